"""The same blocks drawn by rich, for `--rich`: its tables wrap and have rules, the numbers are those of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from whyburn.errors import MissingExtraError
from whyburn.views.text import Screen, Table, screen
from whyburn.views.words import bar

if TYPE_CHECKING:
    from collections.abc import Sequence

_BAR = 20


def write(blocks: Sequence[str | Table], on: Screen | None = None) -> None:
    """Print lines and tables with rich."""
    try:
        from rich.console import Console  # noqa: PLC0415  the extra
        from rich.text import Text  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("rich", "--rich") from None
    on = on or screen()
    console = Console(width=on.width, highlight=False, no_color=not on.colour, markup=False, emoji=False)
    for block in blocks:
        console.print(Text.from_ansi(block) if isinstance(block, str) else _table(block, on))


def _table(table: Table, on: Screen) -> Any:
    from rich import box  # noqa: PLC0415
    from rich.table import Table as RichTable  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    every = [*table.rows, *([table.foot] if table.foot else [])]
    places = [at for at in range(len(table.columns)) if any(row[at] for row in every)]
    most = max((one or 0 for one in table.weights), default=0)
    foot = table.foot
    drawn = RichTable(box=box.SIMPLE_HEAD, show_footer=foot is not None)
    for at in places:
        column = table.columns[at]
        side: Literal["left", "right"] = "right" if column.right else "left"
        footer = Text(foot[at]) if foot else ""
        drawn.add_column(column.title, footer=footer, justify=side, no_wrap=column.right, overflow="fold")
    if on.pictures and most:
        drawn.add_column("")
    for cells, weight in zip(table.rows, table.weights, strict=True):
        picture = [Text(bar(weight or 0, most, _BAR), style="blue")] if on.pictures and most else []
        drawn.add_row(*(Text(cells[at]) for at in places), *picture)
    return drawn
