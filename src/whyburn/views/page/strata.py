"""The strata as SVG: stripes in tokens, bars in dollars, marks above both.

The drawing area has one unit a call and one unit a token, so the attributes of a shape are the numbers themselves and
the browser does the scaling; labels stand outside of it, at percentages, so that they keep their size. Stripes and
bars carry `data-call`, `data-tokens` and `data-pico` (exact, and beyond what a script's numbers hold), and a title for
those who have no script.

The stripes of a segment are painted from the top one down, each from its top to the ground, so that what lies lower
covers it. A top is a curve that many stripes share: a `symbol`, and a stripe is one `use` of it, raised by `y` and cut
off where the stripe begins. A `use` is cut off behind its `width`, so a segment is drawn from its end to the left.
Curves and stripes carry their form in dollars for the script to switch to.
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
    from whyburn.postmortem.stacks import Stack, Stripe
    from whyburn.postmortem.strata import Plot
    from whyburn.postmortem.timeline import Bar

_LABEL = 52
"""Characters of a label in a title."""
_FINE = 100_000
"""Units of the height of the bars."""
_SEAM = 120
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
            self._stripes(plot), self._bars(plot.bars, unit), _ways(plot.bars, unit),
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
        parts = []
        for stack in plot.stacks:
            used = {stripe.curve for stripe in stack.stripes}
            parts += [_symbol(stack, at, plot) for at in sorted(used)]
            parts.append(f'<g transform="matrix(-1 0 0 -1 {stack.until} {plot.tokens})">')
            parts += [self._stripe(stack, stripe, plot) for stripe in reversed(stack.stripes)]
            parts.append("</g>")
        return Markup("".join(parts))  # noqa: S704  every text in it is escaped

    def _stripe(self, stack: Stack, one: Stripe, plot: Plot) -> str:
        first, last = (number_at(plot, at) for at in (one.column, one.until - 1))
        over = f' y="{one.over}" data-dollars="{_scaled(one.over_rate, plot)}"' if one.over else ""
        thin = " thin" if one.tokens * _SEAM < plot.tokens else ""
        return (
            f'<use href="#{_id(stack, one.curve)}" width="{one.until - one.column}"{over} class="k-{one.family}{thin}"'
            f' data-call="{first}" data-tokens="{one.tokens}" data-sent="{one.sent}" data-pico="{one.pico}">'
            f"<title>{self._stripe_title(one, first, last)}</title></use>"
        )

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


def _id(stack: Stack, curve: int) -> str:
    return f"s{stack.segment}-{curve}"


def _scaled(rate: int, plot: Plot) -> int:
    """Pico-dollars a call in units of the drawing area: the highest segment fills it, as in tokens."""
    return rate * plot.tokens // plot.pico if plot.pico > 0 else 0


def _symbol(stack: Stack, at: int, plot: Plot) -> str:
    """A curve, filled down to the ground and as far below as a stripe can be raised."""
    curve, ground = stack.curves[at], plot.tokens
    tokens = _path([(step.column, ground + step.tokens) for step in curve], stack.until)
    dollars = _path([(step.column, ground + _scaled(step.rate, plot)) for step in curve], stack.until)
    return f'<symbol id="{_id(stack, at)}"><path class="edge" d="{tokens}" data-dollars="{dollars}"/></symbol>'


def _path(steps: Sequence[tuple[int, int]], until: int) -> str:
    """Steps (column, height) with what is below them, mirrored: from the end on the left to the first column."""
    parts, width, height = [f"M0 0V{steps[-1][1]}"], 0, steps[-1][1]
    for column, high in reversed(steps):
        if high != height:
            parts.append(f"h{width}v{high - height}")
            width, height = 0, high
        width += until - column
        until = column
    return "".join([*parts, f"h{width}V0z"])


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
