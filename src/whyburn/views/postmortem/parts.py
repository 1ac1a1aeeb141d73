"""What a section of a report consists of, before it is drawn as text or as Markdown.

Texts are finished but for their cleaning and escaping, which is for whoever draws them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Grid(NamedTuple):
    """A table: columns as (title, whether it holds numbers, when it may be left out), rows with a weight or None."""

    columns: Sequence[tuple[str, bool, int]]
    rows: Sequence[tuple[Sequence[str], int | None]]


class Entry(NamedTuple):
    """One of a list: short cells, its text, and what stands below it."""

    cells: tuple[str, ...]
    text: str
    below: tuple[str, ...] = ()


class Section(NamedTuple):
    """A heading and what stands under it."""

    title: str
    lines: Sequence[tuple[str, str]] = ()
    """(label, sentence)"""
    heads: tuple[str, ...] = ()
    """Titles of the entries' cells."""
    entries: Sequence[Entry] = ()
    grid: Grid | None = None

    @property
    def empty(self) -> bool:
        """Nothing is in it."""
        return not self.lines and not self.entries and (self.grid is None or not self.grid.rows)
