"""The demo: its clock, its vendor, its companies and their months. Refused outside demo mode."""
