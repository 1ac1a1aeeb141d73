"""Marks above the stripes and above the bars of a plot, and where its columns are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from whyburn.views.page import numbers
from whyburn.views.page.engine import own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whyburn.postmortem.strata import Plot
    from whyburn.postmortem.timeline import Mark, MarkKind

GLYPHS: dict[MarkKind, tuple[str, str]] = {
    "turn": ("|", "a turn begins"), "compaction": ("▼", "compacted or broken off"), "model": ("◆", "another model"),
    "agent": ("●", "sub-agent started"), "rebuild": ("▼", "cache lost"),
}  # fmt: skip
"""Each kind with its sign and what the legend says of it."""
_ANCHORS: dict[MarkKind, str] = {"agent": "agent", "turn": "turn", "rebuild": "event"}
_BEFORE_CALL: frozenset[MarkKind] = frozenset({"turn", "compaction"})
"""They stand at the left edge of their column, the others in its middle."""
_MOST = 80
_MOST_TEXTS = 4
_LEAST_COLUMNS = 24
"""A plot of fewer calls does not fill the width: a call is no wall."""


def columns_of(plot: Plot) -> int:
    """Columns of the drawing area."""
    return max(len(plot.columns), _LEAST_COLUMNS)


def x_of(column: int, plot: Plot, *, middle: bool = False) -> str:
    """Where a column begins, or its middle, as a share of the width."""
    return numbers.share(2 * column + middle, 2 * columns_of(plot))


def number_at(plot: Plot, column: int) -> int:
    """The number of the call in a column, from 1."""
    return (plot.columns[column] or 0) + 1


def above_stripes(plot: Plot) -> Markup:
    """What explains the shape of prompts."""
    return _drawn(plot, [kind for kind in GLYPHS if kind != "rebuild"])


def above_bars(plot: Plot) -> Markup:
    """What explains the price of calls."""
    return _drawn(plot, ["rebuild"])


def _drawn(plot: Plot, kinds: Sequence[MarkKind]) -> Markup:
    groups = [
        group for kind in kinds for group in _gathered([mark for mark in plot.marks if mark.kind == kind], plot)
    ]  # fmt: skip
    return Markup("").join(_mark(group, plot) for group in groups)


def _mark(group: Sequence[Mark], plot: Plot) -> Markup:
    kind, column = group[0].kind, group[0].column
    x = x_of(column, plot, middle=kind not in _BEFORE_CALL)
    drawn = Markup('<text class="mark {}" x="{}" y="11">{}<title>{}</title></text>').format(
        kind, x, GLYPHS[kind][0], _said(group, plot)
    )
    if group[0].target is None or kind not in _ANCHORS:
        return drawn
    return Markup('<a href="#{}-{}">{}</a>').format(_ANCHORS[kind], group[0].target, drawn)


def _said(group: Sequence[Mark], plot: Plot) -> Markup:
    said = list(dict.fromkeys(mark.text for mark in group))
    more = f" and {len(said) - _MOST_TEXTS} more" if len(said) > _MOST_TEXTS else ""
    return own(f"{'; '.join(said[:_MOST_TEXTS])}{more} · call {number_at(plot, group[0].column)}")


def _gathered(marks: Sequence[Mark], plot: Plot) -> Iterator[list[Mark]]:
    """Marks that would lie on each other as one."""
    near = max(columns_of(plot) // _MOST, 1)
    group: list[Mark] = []
    for mark in marks:
        if group and mark.column - group[0].column >= near:
            yield group
            group = []
        group.append(mark)
    if group:
        yield group
