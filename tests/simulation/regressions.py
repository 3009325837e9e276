"""Seeds that once failed. Each is run at every change; what it showed also has a test of its own, named here.

A seed means the same as long as the world draws in the same order. After a change of the world it is one more seed.
"""

from __future__ import annotations

REGRESSIONS = {
    605: "Who paid by one form was told of another form's declined attempt (TestAnotherAttempt).",
    820: "Who paid by one form was told of another form's attempt (TestAnotherAttempt).",
}
