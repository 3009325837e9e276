"""Every pair of things that can happen to a company at once, on real connections that start together."""
