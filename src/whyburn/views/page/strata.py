"""The strata as SVG: stripes in tokens, bars in dollars, marks above both.

The drawing area has one unit a call and one unit a token, so the attributes of a rectangle are the numbers themselves
and the browser does the scaling; labels stand outside of it, at percentages, so that they keep their size. Stripes and
bars carry `data-call`, `data-tokens` and `data-pico` (exact, and beyond what a script's numbers hold), and a title for
those who have no script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from whyburn.views import words
from whyburn.views.page import marks, numbers
from whyburn.views.page.engine import own
from whyburn.views.page.marks import columns_of, number_at, x_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.strata import Plot, Stripe
    from whyburn.postmortem.timeline import Bar

_LABEL = 52
"""Characters of a label in a title."""
_FINE = 100_000
"""Units of the height of the bars."""
_SEAM = 80
"""A stripe has a seam from this part of the plot's height on; thinner ones would be nothing but seams."""


class Picture(NamedTuple):
    """One plot, drawn."""

    id: str
    title: str
    calls: int
    sections: list[tuple[str, str, str]]
    """(name, x and width as shares)."""
    columns: int
    tokens: int
    bar_height: int
    pico: int
    """Height of the stripes' view in dollars."""
    stripes: Markup
    bars: Markup
    ways: list[tuple[str, str]]
    """(class, path): what each way to pay adds to the bars."""
    cuts: list[int]
    """Columns where a segment begins."""
    marks: Markup
    """Above the stripes."""
    losses: Markup
    """Above the bars."""
    token_ticks: list[tuple[str, str]]
    """(y as a share, label)."""
    dollar_ticks: list[tuple[str, str]]
    bar_ticks: list[tuple[str, str]]
    grids: tuple[str, str]
    """Lines behind the stripes, at the ticks of tokens and of dollars."""
    call_ticks: list[tuple[str, str]]
    period: Markup
    found: frozenset[str]
    """Kinds of marks that occur."""


class Drawer:
    """Draws the plots of one session."""

    def __init__(self, anatomy: Anatomy, *, places: int, labels: Mapping[int, str], zone: tzinfo) -> None:
        """`labels` are those of the pieces as they may be shown, not yet escaped."""
        self._anatomy, self._places, self._labels, self._zone = anatomy, places, labels, zone

    def picture(self, plot: Plot, name: str, title: str) -> Picture:
        """One plot."""
        most = max((bar.pico for bar in plot.bars), default=0)
        unit = max(most // _FINE, 1)
        calls = [self._anatomy.calls[at] for section in plot.sections for at in section.calls]
        times = [call.at_ms for call in calls if call.at_ms is not None]
        return Picture(
            name, title, len(calls), list(self._sections(plot)), columns_of(plot), plot.tokens, most // unit or 1,
            plot.pico, self._stripes(plot), self._bars(plot.bars, unit), _ways(plot.bars, unit),
            [mark.column for mark in plot.marks if mark.kind == "compaction"], marks.above_stripes(plot),
            marks.above_bars(plot),
            [(_height(at, plot.tokens), numbers.short_tokens(at)) for at in numbers.ticks(plot.tokens)],
            [(_height(at, plot.pico), numbers.short_dollars(at)) for at in numbers.ticks(plot.pico)],
            [(_height(at, most), numbers.short_dollars(at)) for at in numbers.ticks(most, 2)[1:]],
            (_grid(plot.tokens, plot.tokens, plot), _grid(plot.pico, plot.tokens, plot)), list(self._call_ticks(plot)),
            numbers.period(min(times, default=None), max(times, default=None), self._zone),
            frozenset(mark.kind for mark in plot.marks),
        )  # fmt: skip

    def _sections(self, plot: Plot) -> Iterator[tuple[str, str, str]]:
        for one in plot.sections:
            share = numbers.share(len(one.calls), columns_of(plot))
            yield own(self._anatomy.chains[one.chain].name), x_of(one.column, plot), share

    def _call_ticks(self, plot: Plot) -> Iterator[tuple[str, str]]:
        for column in dict.fromkeys(max(tick - 1, 0) for tick in numbers.ticks(columns_of(plot), 8)):
            at = plot.columns[column] if column < len(plot.columns) else None
            if at is not None:
                yield x_of(column, plot, middle=True), str(at + 1)

    # -- stripes

    def _stripes(self, plot: Plot) -> Markup:
        parts, segment = [], -1
        for stripe in plot.stripes:
            if stripe.segment != segment:
                parts.append("</g><g>" if segment >= 0 else "<g>")
                segment = stripe.segment
            parts.append(self._stripe(stripe, plot))
        return Markup("".join([*parts, "</g>" if parts else ""]))  # noqa: S704  every text in it is escaped

    def _stripe(self, one: Stripe, plot: Plot) -> str:
        column, height = one.steps[0]
        first, last = (number_at(plot, at) for at in (column, one.until - 1))
        thin = " thin" if one.tokens * _SEAM < plot.tokens else ""
        facts = f'class="k-{one.family}{thin}" data-call="{first}" data-tokens="{one.tokens}" data-pico="{one.pico}"'
        title = f"<title>{self._stripe_title(one, first, last)}</title>"
        if len(one.steps) == 1:
            width = one.until - column
            return f'<rect x="{column}" y="{one.start}" width="{width}" height="{height}" {facts}>{title}</rect>'
        return f'<path d="{_staircase(one)}" {facts} data-sent="{one.sent}">{title}</path>'

    def _stripe_title(self, one: Stripe, first: int, last: int) -> str:
        label = words.cut(self._labels[one.piece], _LABEL)
        name = label if one.pieces == 1 else f"{one.pieces} small ones, largest {label}"
        stay = f"call {first}" if first == last else f"calls {first}–{last}"
        cost = numbers.dollars(one.pico, self._places)
        return f"{Markup.escape(name)} · {one.tokens:,} tokens · {stay} · {cost}"

    # -- bars

    def _bars(self, bars: Sequence[Bar], unit: int) -> Markup:
        parts = []
        for bar in bars:
            first, last, height = bar.calls[0] + 1, bar.calls[-1] + 1, max(bar.pico // unit, 0)
            parts.append(
                f'<rect x="{bar.column}" width="{len(bar.calls)}" height="{height}" data-call="{first}"'
                f' data-pico="{bar.pico}"><title>{self._bar_title(bar, first, last)}</title></rect>'
            )
        return Markup("".join(parts))  # noqa: S704  numbers and model names, escaped

    def _bar_title(self, bar: Bar, first: int, last: int) -> str:
        calls = [self._anatomy.calls[at] for at in bar.calls]
        name = f"call {first}" if first == last else f"calls {first}–{last}"
        if all(call.cost is None for call in calls):
            return f"{name} · no price for {own(calls[0].model)}"
        parts = [f"{name} · {numbers.dollars(bar.pico, self._places)}"]
        sent, made = sum(call.prompt for call in calls), sum(call.o for call in calls)
        parts.append(f"{numbers.tokens(sent)} sent, {numbers.tokens(made)} out")
        if bar.ways.lost:
            parts.append(f"{numbers.dollars(bar.ways.lost, self._places)} for a lost cache")
        return " · ".join(parts)


def _staircase(one: Stripe) -> str:
    """The outline of a run: flat below, rising where its pieces entered."""
    column = one.steps[0][0]
    parts = [f"M{column} {one.start}"]
    for at, tokens in one.steps:
        if at != column:
            parts.append(f"h{at - column}")
            column = at
        parts.append(f"v{tokens}")
    parts.append(f"h{one.until - column}V{one.start}z")
    return "".join(parts)


def _ways(bars: Sequence[Bar], unit: int) -> list[tuple[str, str]]:
    """Outlines over the bars, the highest first: all but the loss, that without output, that without what is new."""
    sums = {
        "output": [bar.pico - bar.ways.lost for bar in bars],
        "new": [bar.ways.carried + bar.ways.new for bar in bars],
        "carried": [bar.ways.carried for bar in bars],
    }
    return [
        (name, "".join(_box(bar, height // unit) for bar, height in zip(bars, heights, strict=True) if height > 0))
        for name, heights in sums.items()
    ]


def _box(bar: Bar, height: int) -> str:
    return f"M{bar.column} 0v{height}h{len(bar.calls)}V0z"


def _grid(most: int, height: int, plot: Plot) -> str:
    lines = [at * height // max(most, 1) for at in numbers.ticks(most)]
    return "".join(f"M0 {-line}H{columns_of(plot)}" for line in lines)


def _height(value: int, most: int) -> str:
    return numbers.share(most - value, most)
