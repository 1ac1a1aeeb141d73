"""The residency strata: what sat in the prompt of which call, as geometry.

A `Plot` has a column for each billed call and a row for each token of the prompt. Each segment is a `Stack` of stripes
by kind: a stripe begins at the call where it entered and ends with the segment, so its area is the tokens that were
sent for it, or, as high as what it cost per call, its money. Blocks too flat to be seen share a stripe: tokens, calls
and pico-dollars of it are sums, so however much is folded, the stripes of all plots, the output and the fees add up to
the bill.

The main thread has a plot of its own; the sub-agents share another one, section by section.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whyburn.postmortem import stacks, timeline
from whyburn.postmortem.families import families_of
from whyburn.postmortem.stacks import Block
from whyburn.postmortem.timeline import Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.anatomy import Anatomy, Chain, Tile
    from whyburn.postmortem.families import Family
    from whyburn.postmortem.stacks import Stack, Stripe
    from whyburn.postmortem.timeline import Bar, Mark

MOST_STRIPES = 400
MOST_BARS = 300
_FINEST = 600
"""A block is a stripe of its own from this part of the plot's height on: flatter ones could not be seen."""
_GAP = 1
"""Empty columns between sections."""


@dataclass(slots=True)
class Plot:
    """See the module's text."""

    columns: list[int | None] = field(default_factory=list)
    """Index of the call of each column; None between sections."""
    sections: list[Section] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    """One for each segment."""
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    tokens: int = 0
    """The largest prompt."""
    pico: int = 0
    """The height of the highest segment in dollars: pico-dollars a call."""

    @property
    def stripes(self) -> list[Stripe]:
        """By segment, then from the bottom up."""
        return [stripe for stack in self.stacks for stripe in stack.stripes]

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

    `stripes` and `bars` bound what is drawn in all; each plot has a share by its number of blocks and calls.
    """
    chains = [chain for chain in anatomy.chains if any(anatomy.calls[at].billed for at in chain.calls)]
    groups = [[one for one in chains if not one.index], [one for one in chains if one.index]]
    families = families_of(anatomy)
    drawings = [_Drawing(anatomy, families, group) for group in groups if group]
    blocks = sum(one.blocks for one in drawings)
    calls = sum(len(one.plot.columns) for one in drawings)
    for one in drawings:
        one.fill(_share(stripes, one.blocks, blocks), _share(bars, len(one.plot.columns), calls))
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
        self._segments = {segment: found for segment in self._ends if (found := self._blocks(segment))}

    def _lay_out(self, chain: Chain) -> None:
        columns = self.plot.columns
        columns.extend([None] * (_GAP if columns else 0))
        calls = tuple(at for at in chain.calls if self._anatomy.calls[at].billed)
        self.plot.sections.append(Section(chain.index, len(columns), calls))
        for at in calls:
            self._places[at] = len(columns)
            columns.append(at)
            self._ends[self._anatomy.calls[at].segment] = len(columns)

    @property
    def blocks(self) -> int:
        """How many there are to draw."""
        return sum(map(len, self._segments.values()))

    def _blocks(self, segment: int) -> list[Block]:
        until, found = self._ends[segment], []
        for tile in (self._anatomy.tiles[at] for at in self._anatomy.segments[segment].tiles):
            column = self._first(tile)
            if tile.tokens and column < until:
                family, pico = self._families[tile.piece], sum(tile.costs)
                found.append(Block(tile.piece, family, column, until, tile.tokens, pico))
        return found

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
        plot.stacks = self._stacks(stripes)
        plot.pico = max((stack.rate for stack in plot.stacks), default=0)
        plot.bars = timeline.bars(self._anatomy, plot.sections, -(-len(plot.columns) // bars))
        plot.marks = timeline.marks(self._anatomy, plot.sections)

    def _stacks(self, most: int) -> list[Stack]:
        """All segments, as fine as can be seen, and no more than `most` stripes unless there are more segments."""
        sizes = sorted((block.tokens for blocks in self._segments.values() for block in blocks), reverse=True)
        least = max(self.plot.tokens // _FINEST, *sizes[most : most + 1], 1)
        while sum(stacks.count(blocks, least) for blocks in self._segments.values()) > most:
            if least > self.plot.tokens:
                break
            least = least * 9 // 8 + 1
        return [stacks.stack(segment, blocks, least) for segment, blocks in self._segments.items()]
