"""Tables of a page as data: sortable columns, a filter, links, bars; `tables.html` draws them.

A cell is what is seen and, where that does not sort by itself, the exact value behind it. Rows that are not worth
their bytes are summed in the last one, so that a column still adds up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from whyburn.views.page import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence


class Cell(NamedTuple):
    """One cell; a string that is not `Markup` is taken for a text of a log."""

    text: str
    value: int | None = None
    """What it sorts by, exactly; None sorts by the text."""
    href: str = ""
    """An anchor of this page."""
    spot: str = ""
    """Where it stands in the log: `0:4523`, for copying."""
    note: str = ""
    """A second, quieter line."""
    code: bool = False
    """Set as code: a command, a path."""


EMPTY = Cell(Markup(""))


class Column(NamedTuple):
    """One column."""

    title: str
    number: bool = False
    minor: bool = False
    """Goes where the screen is narrow."""
    wide: bool = False
    """Takes the room that is left."""


class Bar(NamedTuple):
    """A row's bar: width as a share, and the class that colours it."""

    width: str
    family: str


@dataclass(slots=True)
class Table:
    """Columns and rows."""

    id: str
    columns: list[Column]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    """One for each row, or none."""
    anchors: list[str] = field(default_factory=list)
    """The id of each row, or none."""
    foot: tuple[Cell, ...] | None = None
    buried: list[str] = field(default_factory=list)
    """Ids of rows that are in the last one only."""
    filter: str = ""
    """What the filter is for; empty for a table that needs none."""
    show: int = 20
    """Rows that a script leaves open at first."""
    empty: str = "none found"

    def add(self, *cells: Cell, bar: Bar | None = None, anchor: str = "") -> None:
        """One more row."""
        assert len(cells) == len(self.columns), self.id
        self.rows.append(cells)
        if bar:
            self.bars.append(bar)
        if anchor:
            self.anchors.append(anchor)

    def bound(self, most: int, *, by: int, what: str, places: int) -> Table:
        """Keep the rows that are dearest in the column `by`; the others are summed in the last row."""
        ranked = sorted(range(len(self.rows)), key=lambda at: -(self.rows[at][by].value or 0))
        kept, rest = sorted(ranked[:most]), ranked[most:]
        if rest:
            cost = sum(self.rows[at][by].value or 0 for at in rest)
            said = Cell(numbers.count_of(len(rest), f"more {what}"))
            self.foot = tuple(
                said if at == 0 else money(cost, places) if at == by else EMPTY for at in range(len(self.columns))
            )  # fmt: skip
            self.buried = [self.anchors[at] for at in rest] if self.anchors else []
            self.rows = [self.rows[at] for at in kept]
            self.anchors = [self.anchors[at] for at in kept] if self.anchors else []
            self.bars = [self.bars[at] for at in kept] if self.bars else []
        return self


def name(title: str, *, minor: bool = False) -> Column:
    """A column of texts that takes the room that is left."""
    return Column(title, wide=True, minor=minor)


def word(title: str, *, minor: bool = False) -> Column:
    """A column of short words."""
    return Column(title, minor=minor)


def number(title: str, *, minor: bool = False) -> Column:
    """A column of numbers."""
    return Column(title, number=True, minor=minor)


def count(value: int | None) -> Cell:
    """A whole number."""
    return Cell(numbers.count(value), value)


def tokens(value: int | None) -> Cell:
    """A count of tokens."""
    return Cell(numbers.count(value), value)


def money(pico: int | None, places: int) -> Cell:
    """An amount."""
    return Cell(numbers.dollars(pico, places), pico)


def bars(values: Sequence[tuple[int, str]]) -> list[Bar]:
    """Bars in the scale of the largest; (value, family)."""
    most = max((value for value, _ in values), default=0)
    return [Bar(numbers.share(value, most), family) for value, family in values]
