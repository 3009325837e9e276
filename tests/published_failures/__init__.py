"""Published failures of other systems, re-created: a naive product fails as published, ours holds on the same ground.

The naive ones are a few lines each, written here. Both meet the same PostgreSQL and the same simulated processor.
"""
