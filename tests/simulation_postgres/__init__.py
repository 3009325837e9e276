"""The simulator on the real database: the product's own verbs over real connections, one step at a time."""
