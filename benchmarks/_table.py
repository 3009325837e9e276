"""One line of the table that `make bench` prints. Run alone it prints the head of the table."""

from __future__ import annotations

HEAD = ("Work", "Measured", "Goal", "Reference in the same run", "Ratio")
WIDTHS = (34, 58, 26, 44, 7)


def line(work: str, measured: str, goal: str, reference: str, ratio: float | str) -> None:
    """Print one line; the ratio is measured ÷ reference, whatever else the machine does meanwhile."""
    _print(work, measured, goal, reference, ratio if isinstance(ratio, str) else f"{ratio:.2f}")


def _print(*cells: str) -> None:
    print("| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)) + " |", flush=True)


if __name__ == "__main__":
    _print(*HEAD)
    _print(*("-" * width for width in WIDTHS))
