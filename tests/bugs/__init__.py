"""Seeded bugs: each is put into a copy of the source alone, and must turn the tests red that are there to find it."""
