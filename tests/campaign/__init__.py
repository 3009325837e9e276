"""The proofs that take their time: `make campaign`, before a version is called done."""
