"""Plain text screens: lines and borderless columns that fit the width, with colour and bars on a terminal only.

A view builds a list of blocks, each a line or a `Table` of finished texts, and hands it to `write`. Tables never wrap:
long names are shortened in their middle, then the least important columns go, then names are shortened down to the
column's `least`, then everything is cut. The same blocks are drawn by `rich_tables` for `--rich`, so both show the same
numbers. Single values are formatted by `words`.

    screen = text.screen()
    table = text.Table([text.name("model", least=12), text.number("calls"), text.number("cost")])
    table.add("claude-opus-5", "212", words.money(11_360_000_000_000), weight=11_360_000_000_000)
    text.write([screen.paint("usage today", "bold"), "", table], screen)
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from whyburn.views.words import bar, clean, cut, shorten, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

GAP = 2
WIDEST_BAR, SMALLEST_BAR = 20, 6
READABLE = 14
"""Names are not made shorter than this while there is a column that can go instead."""
PIPE_WIDTH = 200
"""Where the output is no terminal and COLUMNS is not set: wide enough to shorten almost nothing."""
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_ASCII = str.maketrans({"—": "-", "–": "-", "·": ".", "…": "~", "→": ">", "×": "x", "≥": ">", "█": "#", "▏": "|"})


class Screen(NamedTuple):
    """What the output can show."""

    width: int
    colour: bool = False
    pictures: bool = False
    """Bars and sparklines: on a terminal only, a program that reads a pipe does not want them."""

    def paint(self, text: str, style: str) -> str:
        """The text in a style (`bold`, `dim`, a colour), where colour is wanted."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and style and text else text


def screen(stream: TextIO | None = None) -> Screen:
    """What standard output can show: its width (COLUMNS wins), colour unless NO_COLOR, pictures on a terminal."""
    out = stream or sys.stdout
    terminal = out.isatty()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Screen(_width(out, terminal=terminal), terminal and not plain, terminal)


def _width(out: TextIO, *, terminal: bool) -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    if terminal:
        try:
            return os.get_terminal_size(out.fileno()).columns or 80
        except (OSError, ValueError):
            return 80
    return PIPE_WIDTH


class Column(NamedTuple):
    """One column of a table."""

    title: str
    right: bool = False
    least: int = 0
    """It may be shortened to this many columns; 0: never."""
    drop: int = 0
    """Columns with a higher number go first when space is short; 0 stays."""


def name(title: str, *, least: int = 10, drop: int = 0) -> Column:
    """A column of texts."""
    return Column(title, least=least, drop=drop)


def number(title: str, *, drop: int = 0) -> Column:
    """A column of numbers, right-aligned and never shortened."""
    return Column(title, right=True, drop=drop)


class Table:
    """Columns and rows of finished texts; a row's weight draws its bar."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = list(columns)
        self.rows: list[tuple[str, ...]] = []
        self.weights: list[int | None] = []
        self.foot: tuple[str, ...] | None = None
        self.widths: list[int] = [0] * len(self.columns)
        """Widths that the columns have at least; see `align`."""

    def add(self, *cells: object, weight: int | None = None) -> None:
        """One more row, a text for each column; they are cleaned here."""
        assert len(cells) == len(self.columns)
        self.rows.append(tuple(clean(cell) for cell in cells))
        self.weights.append(weight)

    def total(self, *cells: object) -> None:
        """The row under all others."""
        assert len(cells) == len(self.columns)
        self.foot = tuple(clean(cell) for cell in cells)


def show(blocks: Sequence[Block], on: Screen | None = None, *, rich: bool) -> None:
    """Print lines and tables, on request with rich (an extra)."""
    if rich:
        from whyburn.views import rich_tables  # noqa: PLC0415  an extra

        rich_tables.write(blocks, on)
    else:
        write(blocks, on)


def write(blocks: Iterable[str | Table], on: Screen | None = None, stream: TextIO | None = None) -> None:
    """Print lines and tables; characters that the output's encoding lacks are replaced, not an error."""
    out = stream or sys.stdout
    on = on or screen(out)
    text = "".join(f"{line}\n" for line in lines(blocks, on))
    try:
        out.write(text)
    except UnicodeEncodeError:
        encoding = out.encoding or "ascii"
        out.write(text.translate(_ASCII).encode(encoding, "replace").decode(encoding))


Block = str | Table
"""What a screen consists of."""


def lines(blocks: Iterable[Block], on: Screen) -> list[str]:
    """Everything as lines."""
    found: list[str] = []
    for block in blocks:
        found.extend([block] if isinstance(block, str) else table_lines(block, on))
    return found


def flow(label: str, parts: Sequence[str], on: Screen, *, gap: str = "   ", indent: int = 11) -> list[str]:
    """A labelled line of parts; it continues under its first part where the width ends."""
    found, line = [], f"{label:<{indent}}"
    empty = True
    for part, before in _pieces(parts, on.width - indent, gap):
        if not empty and visible(line) + len(before) + visible(part) > on.width:
            found.append(line.rstrip())
            line, empty = " " * indent, True
        line += part if empty else before + part
        empty = False
    return [*found, line.rstrip()]


def _pieces(parts: Sequence[str], width: int, gap: str) -> Iterator[tuple[str, str]]:
    """(part, what stands before it); a part that is wider than a line comes word by word."""
    for part in parts:
        words = part.split(" ") if visible(part) > width and "\x1b" not in part else [part]
        yield words[0], gap
        yield from ((word, " ") for word in words[1:])


def prose(text: str, on: Screen, *, indent: str = "", style: str = "") -> list[str]:
    """A sentence, broken at blanks; continuation lines are indented."""
    found, line = [], ""
    for word in text.split(" "):
        if line.strip() and visible(line) + 1 + visible(word) > on.width:
            found.append(line)
            line = indent + word
        else:
            line = f"{line} {word}" if line else word
    return [on.paint(one.rstrip(), style) for one in (*found, line)]


def plain(text: str) -> str:
    """The text without the colours that `Screen.paint` gave it."""
    return _SGR.sub("", text) if "\x1b" in text else text


def visible(text: str) -> int:
    """Columns that a line takes, its colours not counted."""
    return width_of(plain(text))


def table_lines(table: Table, on: Screen) -> list[str]:
    """A table in the screen's width."""
    places, widths = _fit(table, on.width)
    used = sum(widths) + GAP * max(len(widths) - 1, 0)
    most = max((weight or 0 for weight in table.weights), default=0)
    room = min(on.width - used - GAP, WIDEST_BAR) if on.pictures and most and len(table.weights) > 1 else 0
    found = []
    if any(table.columns[at].title for at in places):
        titles = tuple(column.title for column in table.columns)
        found.append(on.paint(_row(table, titles, places, widths).rstrip(), "dim"))
    for cells, weight in zip(table.rows, table.weights, strict=True):
        line = _row(table, cells, places, widths)
        picture = bar(weight or 0, most, room) if room >= SMALLEST_BAR else ""
        found.append(f"{line}{' ' * GAP}{on.paint(picture, 'blue')}" if picture else line.rstrip())
    if table.foot is not None:
        found.append(on.paint(_row(table, table.foot, places, widths).rstrip(), "bold"))
    return found


def natural_widths(table: Table) -> list[int]:
    """How wide each column would be if there were room for everything."""
    every = [tuple(column.title for column in table.columns), *table.rows, *([table.foot] if table.foot else [])]
    return [max(width_of(row[at]) for row in every) for at in range(len(table.columns))]


def align(tables: Sequence[Table], on: Screen) -> None:
    """Let the numbers of tables with the same right-aligned columns stand under each other, where that fits."""
    if not tables:
        return
    widths = [natural_widths(table) for table in tables]
    names = [sum(not column.right for column in table.columns) for table in tables]
    numbers = [max(column) for column in zip(*(wide[n:] for wide, n in zip(widths, names, strict=True)), strict=True)]
    names_width = max(sum(wide[:n]) + GAP * (n - 1) for wide, n in zip(widths, names, strict=True))
    if names_width + sum(numbers) + GAP * (len(numbers) + 1) + SMALLEST_BAR > on.width:
        return
    for table, wide, n in zip(tables, widths, names, strict=True):
        first = names_width - sum(wide[1:n]) - GAP * (n - 1)
        table.widths = [first, *wide[1:n], *numbers]


def _fit(table: Table, width: int) -> tuple[list[int], list[int]]:
    """Which columns are shown, and how wide each is."""
    every = [tuple(column.title for column in table.columns), *table.rows, *([table.foot] if table.foot else [])]
    natural = [max(wide, given) for wide, given in zip(natural_widths(table), table.widths, strict=True)]
    places = [at for at in range(len(natural)) if any(row[at] for row in every[1:])]
    while True:
        wide, least = [natural[at] for at in places], [table.columns[at].least for at in places]
        droppable = [at for at in places if table.columns[at].drop]
        widths = _squeezed(wide, [max(one, READABLE) if one and droppable else one for one in least], width)
        if sum(widths) + GAP * (len(widths) - 1) <= width:
            return places, widths
        if not droppable:
            return places, _forced(widths, width)
        places.remove(max(droppable, key=lambda at: (table.columns[at].drop, at)))


def _squeezed(natural: list[int], least: list[int], width: int) -> list[int]:
    """The widest names give way first, each down to its least width."""
    widths = list(natural)
    over = sum(widths) + GAP * (len(widths) - 1) - width
    while over > 0:
        able = [at for at, wide in enumerate(widths) if least[at] and wide > least[at]]
        if not able:
            break
        widths[max(able, key=lambda at: widths[at])] -= 1
        over -= 1
    return widths


def _forced(widths: list[int], width: int) -> list[int]:
    """What is left for each column on a screen too narrow for the least: the last columns lose."""
    found = []
    for wide in widths:
        kept = max(0, min(wide, width))
        found.append(kept)
        width -= kept + GAP
    return found


def _row(table: Table, cells: Sequence[str], places: Sequence[int], widths: Sequence[int]) -> str:
    parts = []
    for at, wide in zip(places, widths, strict=True):
        column = table.columns[at]
        cell = shorten(cells[at], wide) if column.least else cut(cells[at], wide)
        pad = " " * (wide - width_of(cell))
        parts.append(pad + cell if column.right else cell + pad)
    return (" " * GAP).join(parts)
