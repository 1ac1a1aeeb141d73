"""`whyburn explain` on a terminal: the headline of `why`, then every part of the report, dense and calm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views import text
from whyburn.views.postmortem import why
from whyburn.views.postmortem.facts import tidy
from whyburn.views.postmortem.sections import sections
from whyburn.views.words import shorten, width_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from whyburn.api.postmortem.answers import Answer
    from whyburn.views.postmortem.parts import Grid, Section

_LABEL = 8
_LEAST_NAME = 12


def blocks(answer: Answer, on: text.Screen, zone: tzinfo, *, budget: str = "") -> list[text.Block]:
    """The whole screen; `budget` is the verdict on it."""
    found: list[text.Block] = [*why.head(answer, on, zone)]
    if budget:
        found += labelled("budget", budget, _LABEL, on)
    for section in sections(answer.data):
        found += ["", *section_blocks(section, on)]
    return [*found, "", *text.flow("see:", [f"whyburn report {answer.name} --open", "whyburn overview --open"], on,
                                   gap=" · ", indent=9)]  # fmt: skip


def section_blocks(section: Section, on: text.Screen) -> list[text.Block]:
    """One section as lines and a table."""
    found: list[text.Block] = [on.paint(section.title, "bold")] if section.title else []
    found += _entries(section, on)
    width = max((len(label) for label, _ in section.lines), default=0)
    for label, line in section.lines:
        found += labelled(label, line, max(width, _LABEL) if width else 0, on)
    if section.grid is not None and section.grid.rows:
        found.append(_table(section.grid))
    return found


def labelled(label: str, line: str, width: int, on: text.Screen) -> list[str]:
    """A sentence with its label before it; without one, two blanks."""
    head = f"{label:<{width}} " if width else "  "
    first, *more = hanging(head, line, on)
    return [on.paint(first[: len(head)], "dim") + first[len(head) :], *more]


def hanging(head: str, line: str, on: text.Screen) -> list[str]:
    """A sentence behind its head; it goes on under its first word. A word that is wider than the room is shortened."""
    width = width_of(head)
    words = [shorten(word, max(on.width - width, 8)) for word in tidy(line).split(" ")]
    first, *more = text.prose("x" * width + " ".join(words), on, indent=" " * width)
    return [head + first[width:], *more]


def _entries(section: Section, on: text.Screen) -> list[str]:
    if not section.entries:
        return []
    rows = [section.heads, *(one.cells for one in section.entries)]
    widths = [max(width_of(row[at]) for row in rows) for at in range(len(section.heads))]
    found = [on.paint(f"  {_cells(section.heads, widths)}", "dim")] if any(section.heads) else []
    for one in section.entries:
        head = f"  {_cells(one.cells, widths)}  "
        found += hanging(head, one.text, on)
        for line in one.below:
            found += [on.paint(part, "dim") for part in hanging(" " * width_of(head), line, on)]
    return found


def _cells(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(f"{' ' * (wide - width_of(cell))}{cell}" for cell, wide in zip(cells, widths, strict=True))


def _table(grid: Grid) -> text.Table:
    columns = [
        text.number(title, drop=drop) if right else text.name(title, least=_LEAST_NAME, drop=drop)
        for title, right, drop in grid.columns
    ]
    table = text.Table(columns)
    for cells, weight in grid.rows:
        table.add(*map(tidy, cells), weight=weight)
    return table
