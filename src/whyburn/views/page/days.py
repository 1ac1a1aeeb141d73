"""Spending over time as SVG: one column a day (or week, or month), stacked by harness, or by model where there is one.

As in the other pictures, the drawing's units are the numbers: a column is one wide and its height is money, so the
browser does the scaling and labels stand outside. Shades, not colours, tell the stacks apart: colours mean kinds of
content everywhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from whyburn.views.page import numbers
from whyburn.views.page.engine import own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whyburn.api.postmortem.spend import Part, Spend

_SHADES = ("1", ".66", ".42", ".24")
"""Opacities of the stacks, dearest first; the last is for all others together."""
_FINE = 100_000
"""Units of the height of the tallest column."""
_LABELS = 8
_OTHERS = "others"


class Days(NamedTuple):
    """The picture."""

    columns: int
    height: int
    bars: Markup
    ticks: list[tuple[str, str]]
    """(y as a share, label)."""
    labels: list[tuple[str, Markup]]
    """(x as a share, label)."""
    legend: list[tuple[Markup, Markup]]
    """(opacity, name); one stack needs none."""
    unit: str
    by: str


def draw(spend: Spend, *, places: int) -> Days | None:
    """The picture of what was spent; None where nothing is priced."""
    several = len({part.harness for part in spend.parts}) > 1
    names = _stacks(spend, several=several)
    sums = _sums(spend, names, several=several)
    most = max((sum(column) for column in sums), default=0)
    if not most:
        return None
    unit, exact = max(most // _FINE, 1), 2 if most >= 2 * 10**12 else 4
    legend = [(own(shade), own(name)) for shade, name in zip(_SHADES, names, strict=False)]
    return Days(
        len(spend.periods), most // unit, _bars(spend, sums, names, unit=unit, places=places),
        [(numbers.share(most - at, most), numbers.dollars(at, exact)) for at in numbers.ticks(most)],
        list(_labels(spend)), legend if len(names) > 1 else [], spend.unit, "harness" if several else "model",
    )  # fmt: skip


def _name(part: Part, *, several: bool) -> str:
    return part.harness if several else part.model


def _stacks(spend: Spend, *, several: bool) -> list[str]:
    """Names of the stacks, dearest first: as many as there are shades."""
    found = [name for name, sums in spend.by(lambda part: _name(part, several=several)) if sums.virtual_pico]
    return found if len(found) <= len(_SHADES) else [*found[: len(_SHADES) - 1], _OTHERS]


def _sums(spend: Spend, names: Sequence[str], *, several: bool) -> list[list[int]]:
    """Pico-dollars by period and stack."""
    found = [[0] * len(names) for _ in spend.periods]
    for part in spend.parts:
        name = _name(part, several=several)
        if part.totals.virtual_pico:
            found[part.period][names.index(name if name in names else _OTHERS)] += part.totals.virtual_pico
    return found


def _bars(spend: Spend, sums: Sequence[Sequence[int]], names: Sequence[str], *, unit: int, places: int) -> Markup:
    drawn = []
    for at, column in enumerate(sums):
        base = 0
        for shade, (name, pico) in enumerate(zip(names, column, strict=True)):
            if not pico:
                continue
            title = Markup("{} · {} · {}").format(spend.periods[at].label, own(name), numbers.dollars(pico, places))
            start, base = base, base + pico
            drawn.append(
                f'<rect class="k-fees" fill-opacity="{_SHADES[shade]}" x="{at}.1" width=".8" y="{start // unit}"'
                f' height="{base // unit - start // unit}" data-pico="{pico}"><title>{title}</title></rect>'
            )
    return Markup("".join(drawn))  # noqa: S704  every text in it is escaped


def _labels(spend: Spend) -> Iterator[tuple[str, Markup]]:
    """Every so many periods one label, in the middle under its column."""
    count = len(spend.periods)
    step = -(-count // _LABELS)
    for at in range(0, count, step):
        key = spend.periods[at].key
        yield numbers.share(2 * at + 1, 2 * count), own(key if spend.unit == "month" else key[5:])
