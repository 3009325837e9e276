"""Reads our own source, for the tests of its structure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
TENANTRY = SOURCE / "tenantry"


def modules(*below: str) -> list[Path]:
    """List the Python files below folders of the package (all of it without one), migrations left out."""
    folders = [TENANTRY / folder for folder in below] or [TENANTRY]
    found = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give every function and method of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name(path: Path) -> str:
    """Name a file as it stands in the repository."""
    return str(path.relative_to(ROOT))


def verbs() -> list[Path]:
    """List the files that hold a verb: those of `actions` whose name has no underscore in front."""
    return [path for path in modules("actions") if not path.stem.startswith("_")]
