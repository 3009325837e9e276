"""A process that can be made again where it stands, and told from others that would go on differently."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from tests.simulation.standing import standing

Flow = Generator[Any, Any, Any]
Hears = Callable[[Any, Any], None]
"""What is told a result: given the world and the result."""


class Process:
    """One run of a flow, standing before `effect`; None: it has ended or died.

    A generator can't be copied, but it is pure: a new one that is given the same `answers` stands at the same place.
    """

    def __init__(
        self, name: str, makes: Callable[[], Flow], hears: Hears | None, answers: Sequence[object] = ()
    ) -> None:
        self.name = name
        self.makes = makes
        self.hears = hears
        self.answers = list(answers)
        self.flow = makes()
        self.effect: Any = next(self.flow)
        self.result: object = None
        for answer in answers:
            self.effect = self.flow.send(answer)
        self._standing = 0

    def go_on(self, answer: object) -> object:
        """Hand an answer over; give the next effect, None at the end."""
        self._standing = 0
        self.answers.append(answer)
        try:
            self.effect = self.flow.send(answer)
        except StopIteration as ended:
            self.effect, self.result = None, ended.value
        return self.effect

    def standing(self) -> int:
        """Give a number for all that decides how it goes on."""
        self._standing = self._standing or hash((self.name, self.effect, standing(self.flow)))
        return self._standing
