"""The residency strata: what sat in the prompt of which call, as geometry.

A `Plot` has a column for each billed call and a row for each token of the prompt. A stripe is a piece in one segment:
it begins at the call where it entered and ends with the segment, so its area is the tokens that were sent for it.
Stripes lie on each other in the order of the prompt, and what lies above entered no earlier; therefore a stripe stays
a rectangle, and stays one when every height is multiplied by its own factor, as the view in dollars does. Neighbours
that are too flat to be seen are one stripe with steps: tokens, calls and pico-dollars of a group are sums, so however
much is folded, the stripes of all plots, the output and the fees add up to the bill.

The main thread has a plot of its own; the sub-agents share another one, section by section.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem import timeline
from whyburn.postmortem.families import families_of
from whyburn.postmortem.timeline import Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Chain, Tile
    from whyburn.postmortem.families import Family
    from whyburn.postmortem.timeline import Bar, Mark

MOST_STRIPES = 600
MOST_BARS = 300
_FINEST = 600
"""A stripe is at least this part of its plot's height: flatter ones could not be seen."""
_GAP = 1
"""Empty columns between sections."""


class Stripe(NamedTuple):
    """One piece, or a run of flat neighbours, from where it entered to the end of its segment."""

    segment: int
    start: int
    """Position in the prompt of its first token."""
    steps: tuple[tuple[int, int], ...]
    """(column, tokens that entered there), by column; one for what is a rectangle."""
    until: int
    """The column behind its last one."""
    pico: int
    """What it cost as part of these prompts."""
    piece: int
    """Index of the largest piece in it."""
    pieces: int
    family: Family
    """Of most of its tokens."""

    @property
    def tokens(self) -> int:
        """Its height in the end."""
        return sum(tokens for _, tokens in self.steps)

    @property
    def sent(self) -> int:
        """Its area: tokens times the calls that carried them."""
        return sum(tokens * (self.until - column) for column, tokens in self.steps)


@dataclass(slots=True)
class Plot:
    """See the module's text."""

    columns: list[int | None] = field(default_factory=list)
    """Index of the call of each column; None between sections."""
    sections: list[Section] = field(default_factory=list)
    stripes: list[Stripe] = field(default_factory=list)
    """By segment, then from the bottom up."""
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    tokens: int = 0
    """The largest prompt."""
    pico: int = 0
    """The height of the highest segment in dollars: pico-dollars a call."""

    @property
    def cost(self) -> int:
        """What its calls cost."""
        return sum(bar.pico for bar in self.bars)

    @property
    def is_main(self) -> bool:
        """It shows the main thread."""
        return self.sections[0].chain == 0


def draw(anatomy: Anatomy, *, stripes: int = MOST_STRIPES, bars: int = MOST_BARS) -> list[Plot]:
    """The plots of a session: its main thread and its sub-agents, as far as they have billed calls.

    `stripes` and `bars` bound what is drawn in all; each plot has a share by its number of tiles and calls.
    """
    chains = [chain for chain in anatomy.chains if any(anatomy.calls[at].billed for at in chain.calls)]
    groups = [[one for one in chains if not one.index], [one for one in chains if one.index]]
    families = families_of(anatomy)
    drawings = [_Drawing(anatomy, families, group) for group in groups if group]
    tiles = sum(len(one.tiles) for one in drawings)
    calls = sum(len(one.plot.columns) for one in drawings)
    for one in drawings:
        one.fill(_share(stripes, len(one.tiles), tiles), _share(bars, len(one.plot.columns), calls))
    return [one.plot for one in drawings]


def _share(most: int, part: int, whole: int) -> int:
    """A part's share of a bound, a tenth of it at least."""
    return max(most * (part * 8 + whole) // (10 * whole), 1) if part < whole else most


class _Drawing:
    """One plot while it is made."""

    def __init__(self, anatomy: Anatomy, families: Sequence[Family], chains: Sequence[Chain]) -> None:
        self._anatomy, self._families = anatomy, families
        self.plot = Plot()
        self._places: dict[int, int] = {}
        """Call → column."""
        self._ends: dict[int, int] = {}
        """Segment → column behind its last one."""
        for chain in chains:
            self._lay_out(chain)
        self.tiles = [tile for segment in self._ends for tile in self._visible(segment)]

    def _lay_out(self, chain: Chain) -> None:
        columns = self.plot.columns
        columns.extend([None] * (_GAP if columns else 0))
        calls = tuple(at for at in chain.calls if self._anatomy.calls[at].billed)
        self.plot.sections.append(Section(chain.index, len(columns), calls))
        for at in calls:
            self._places[at] = len(columns)
            columns.append(at)
            self._ends[self._anatomy.calls[at].segment] = len(columns)

    def _visible(self, segment: int) -> Iterator[Tile]:
        for at in self._anatomy.segments[segment].tiles:
            tile = self._anatomy.tiles[at]
            if tile.tokens and self._first(tile) < self._ends[segment]:
                yield tile

    def _first(self, tile: Tile) -> int:
        """The column where a tile begins: that of the first billed call that has it."""
        found = self._places.get(tile.enter)
        if found is not None:
            return found
        calls = [at for at in self._anatomy.segments[tile.segment].calls if at in self._places]
        at = bisect_left(calls, tile.enter)
        return self._places[calls[at]] if at < len(calls) else self._ends[tile.segment]

    def fill(self, stripes: int, bars: int) -> None:
        plot = self.plot
        plot.tokens = max(self._anatomy.calls[at].prompt for at in self._places)
        plot.stripes = self._stripes(stripes)
        plot.pico = self._height()
        plot.bars = timeline.bars(self._anatomy, plot.sections, -(-len(plot.columns) // bars))
        plot.marks = timeline.marks(self._anatomy, plot.sections)

    def _stripes(self, most: int) -> list[Stripe]:
        """All stripes, as fine as can be seen, and no more than `most` unless there are more segments."""
        least = self.plot.tokens // _FINEST
        runs = list(_runs(self.tiles, least))
        while len(runs) > most and least <= self.plot.tokens:
            least = least * 3 // 2 + 1
            runs = list(_runs(self.tiles, least))
        return [self._stripe(run) for run in runs]

    def _stripe(self, run: Sequence[Tile]) -> Stripe:
        steps: dict[int, int] = {}
        sizes: dict[Family, int] = {}
        for tile in run:
            column, family = self._first(tile), self._families[tile.piece]
            steps[column] = steps.get(column, 0) + tile.tokens
            sizes[family] = sizes.get(family, 0) + tile.tokens
        largest = max(run, key=lambda tile: tile.tokens)
        return Stripe(
            run[0].segment, run[0].start, tuple(sorted(steps.items())), self._ends[run[0].segment],
            sum(sum(tile.costs) for tile in run), largest.piece, len(run), max(sizes, key=lambda one: sizes[one]),
        )  # fmt: skip

    def _height(self) -> int:
        """Pico-dollars a call of the highest segment, its stripes on each other."""
        heights: dict[int, int] = {}
        for stripe in self.plot.stripes:
            height = stripe.pico * stripe.tokens // stripe.sent
            heights[stripe.segment] = heights.get(stripe.segment, 0) + height
        return max(heights.values(), default=0)


def _runs(tiles: Sequence[Tile], least: int) -> Iterator[list[Tile]]:
    """Tiles in groups of neighbours: each of `least` tokens or more alone, flatter ones until they are that high."""
    run: list[Tile] = []
    height = 0
    for tile in tiles:
        alone = tile.tokens >= least
        if run and (alone or height >= least or run[0].segment != tile.segment):
            yield run
            run, height = [], 0
        run.append(tile)
        height = least if alone else height + tile.tokens
    if run:
        yield run
