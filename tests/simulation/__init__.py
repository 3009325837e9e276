"""The payment flows under seeded storms: one seed is one schedule, and replays exactly."""
