"""Search what is kept for the very card and account numbers that the suite types, however they are written (M2)."""

from __future__ import annotations

import json
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

from sandbox_gateway import numbers

TYPED = (
    *(card.number for card in numbers.CARDS),
    *("000123456789", *numbers.KNOWN_RETURNS.values(), "000990000001", "000880000001", "000860000001"),
)
"""Every number that the processor's pages know by name, which are those that tests type."""


def spellings(number: str) -> set[bytes]:
    """Give the ways in which a number could stand somewhere: grouped, encoded, in another character set."""
    texts = {number, number[::-1]}
    for blank in (" ", "-", ".", "\u00a0", "\u2009"):
        texts.add(blank.join(number[at : at + 4] for at in range(0, len(number), 4)))
    written = {form for text in texts for form in (text, quote(text), quote_plus(text), json.dumps(text).strip('"'))}
    found = {form.encode(charset) for form in written for charset in ("utf-8", "utf-16-le", "utf-16-be")}
    found |= {text.encode().hex().encode() for text in texts} | {text.encode().hex().upper().encode() for text in texts}
    return found | set(_in_base64(number.encode()))


def _in_base64(plain: bytes) -> Iterator[bytes]:
    """Give what base64 makes of it wherever it begins, without the letters that its neighbors have a part in."""
    for before in range(3):
        encoded = b64encode(b"\0" * before + plain + b"\0\0\0")
        yield encoded[(0, 2, 3)[before] : (before + len(plain)) * 8 // 6]


SPELLINGS = {spelling: number for number in TYPED for spelling in spellings(number)}


def found_in(kept: bytes) -> list[str]:
    """Name the numbers that stand in some bytes, in any spelling."""
    return sorted({number for spelling, number in SPELLINGS.items() if spelling in kept})


def found_below(places: Iterable[Path]) -> list[str]:
    """Name the files below some places that hold a number, with the line of bytes: fast, for whole data directories.

    It leaves out the two-byte character sets, which grep can't be asked for; `found_in` knows them.
    """
    plain = [spelling for spelling in SPELLINGS if b"\0" not in spelling and b"\n" not in spelling]
    with tempfile.NamedTemporaryFile() as patterns:
        patterns.write(b"\n".join(plain) + b"\n")
        patterns.flush()
        command = ["grep", "-r", "-a", "-o", "-F", "-f", patterns.name, "--", *(str(place) for place in places)]
        ran = subprocess.run(command, env={"LC_ALL": "C"}, capture_output=True, check=False)
    assert ran.returncode in (0, 1), ran.stderr
    return sorted(set(ran.stdout.decode(errors="replace").splitlines()))
