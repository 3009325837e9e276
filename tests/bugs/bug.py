"""A bug: what it changes in the source, and which tests have to find it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """A passage of a file below `src`, and what stands there instead. It has to occur exactly once."""

    path: str
    old: str
    new: str

    def carry_out(self, source: Path) -> None:
        """Change the file below `source`.

        Raises:
            LookupError: as `of` does.
        """
        file = source / self.path
        text = self.of(file.read_text(encoding="utf-8"))
        file.unlink()  # it may be one file with the original's, by another name
        file.write_text(text, encoding="utf-8")

    def of(self, text: str) -> str:
        """Give the file's text with the bug in it.

        Raises:
            LookupError: the passage isn't there, or not once: the product has changed, so the bug has to follow.
        """
        if (count := text.count(self.old)) != 1:
            raise LookupError(f"{self.path} has this {count} times, not once: {self.old!r}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Bug:
    """One known way to be wrong. `number` is its place in the list of `docs/reliability.md`.

    Every test of `caught_by` has to fail by itself: `file::test`, in a class `file::Class::test`; of one with
    parameters at least one case. `stopped_by` are the words with which the product itself refuses to go on, where
    that is what the tests run into.

    The long proofs look for it too: `schedules` are so many as the simulator may take to find it, and `racer` is who
    takes part in the races that find it. Zero and empty: it is none of theirs.
    """

    number: int
    name: str
    changes: tuple[Change, ...]
    caught_by: tuple[str, ...]
    stopped_by: str = ""
    schedules: int = 0
    racer: str = ""
