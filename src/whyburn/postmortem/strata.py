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
from typing import TYPE_CHECKING, Literal, NamedTuple

from whyburn.postmortem import charges
from whyburn.postmortem.families import Ways, families_of, ways_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Call, Chain, Tile
    from whyburn.postmortem.families import Family

MOST_STRIPES = 800
MOST_BARS = 400
MarkKind = Literal["compaction", "model", "agent", "rebuild", "turn"]
_FINEST = 1_000
"""Parts of the height of a plot that a stripe must have when not all can be drawn."""
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

    @property
    def tokens(self) -> int:
        """Its height in the end."""
        return sum(tokens for _, tokens in self.steps)

    @property
    def sent(self) -> int:
        """Its area: tokens times the calls that carried them."""
        return sum(tokens * (self.until - column) for column, tokens in self.steps)


class Bar(NamedTuple):
    """What one call cost, or some neighbouring ones."""

    column: int
    width: int
    calls: tuple[int, ...]
    """Indexes of calls."""
    pico: int
    ways: Ways


class Mark(NamedTuple):
    """Something that happened before a call."""

    column: int
    kind: MarkKind
    text: str
    """In words; may hold names from the log."""
    target: int | None = None
    """Index of the chain or turn that it leads to."""


class Section(NamedTuple):
    """The columns of one chain."""

    chain: int
    column: int
    width: int


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
    """The height of the largest segment in dollars: pico-dollars a call."""

    @property
    def cost(self) -> int:
        """What its calls cost."""
        return sum(bar.pico for bar in self.bars)


def draw(anatomy: Anatomy, *, stripes: int = MOST_STRIPES, bars: int = MOST_BARS) -> list[Plot]:
    """The plots of a session: its main thread and its sub-agents, those that have billed calls.

    `stripes` and `bars` bound what is drawn of all plots together; a plot's share follows its number of pieces.
    """
    chains = [chain for chain in anatomy.chains if any(anatomy.calls[at].billed for at in chain.calls)]
    groups = [[one for one in chains if not one.index], [one for one in chains if one.index]]
    plots = [_Drawing(anatomy, group) for group in groups if group]
    tiles = sum(len(plot.tiles) for plot in plots)
    calls = sum(len(plot.plot.columns) for plot in plots)
    for plot in plots:
        plot.fill(_share(stripes, len(plot.tiles), tiles), _share(bars, len(plot.plot.columns), calls))
    return [one.plot for one in plots]


def _share(most: int, part: int, whole: int) -> int:
    """A part of a bound: a quarter for the smallest one at least."""
    return max(most * part // max(whole, 1), most // 4) if part < whole else most


class _Drawing:
    """One plot while it is made."""

    def __init__(self, anatomy: Anatomy, chains: Sequence[Chain]) -> None:
        self._anatomy = anatomy
        self._families = families_of(anatomy)
        self.plot = Plot()
        self._places: dict[int, int] = {}
        """Call → column."""
        self._ends: dict[int, int] = {}
        """Segment → column behind its last one."""
        for chain in chains:
            self._lay_out(chain)
        self.tiles = [
            anatomy.tiles[at]
            for segment in self._ends
            for at in anatomy.segments[segment].tiles
            if anatomy.tiles[at].tokens and self._first(anatomy.tiles[at]) < self._ends[segment]
        ]

    def _lay_out(self, chain: Chain) -> None:
        columns = self.plot.columns
        if columns:
            columns.extend([None] * _GAP)
        begin = len(columns)
        for call in (self._anatomy.calls[at] for at in chain.calls):
            if call.billed:
                self._places[call.index] = len(columns)
                columns.append(call.index)
                self._ends[call.segment] = len(columns)
        self.plot.sections.append(Section(chain.index, begin, len(columns) - begin))

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
        plot.tokens = max((self._anatomy.calls[at].prompt for at in self._places), default=0)
        plot.stripes = self._stripes(stripes)
        plot.pico = max(self._heights().values(), default=0)
        plot.bars = list(self._bars(-(-len(plot.columns) // max(bars, 1))))
        plot.marks = sorted(self._marks())

    def _stripes(self, most: int) -> list[Stripe]:
        """All stripes, folded no more than needed."""
        least = 0
        runs = list(_runs(self.tiles, least))
        while len(runs) > most:
            least = max(least * 3 // 2, self.plot.tokens // _FINEST, 1)
            runs = list(_runs(self.tiles, least))
        return [self._stripe(run) for run in runs]

    def _stripe(self, run: Sequence[Tile]) -> Stripe:
        steps: dict[int, int] = {}
        sizes: dict[Family, int] = {}
        for tile in run:
            column = self._first(tile)
            steps[column] = steps.get(column, 0) + tile.tokens
            family = self._families[tile.piece]
            sizes[family] = sizes.get(family, 0) + tile.tokens
        largest = max(run, key=lambda tile: tile.tokens)
        return Stripe(
            run[0].segment, run[0].start, tuple(sorted(steps.items())), self._ends[run[0].segment],
            sum(sum(tile.costs) for tile in run), largest.piece, len(run), max(sizes, key=lambda one: sizes[one]),
        )  # fmt: skip

    def _heights(self) -> dict[int, int]:
        """Segment → pico-dollars a call of all its stripes on each other."""
        found: dict[int, int] = {}
        for stripe in self.plot.stripes:
            height = stripe.pico * stripe.tokens // stripe.sent
            found[stripe.segment] = found.get(stripe.segment, 0) + height
        return found

    def _bars(self, width: int) -> Iterator[Bar]:
        for section in self.plot.sections:
            until = section.column + section.width
            for column in range(section.column, until, width):
                calls = [at for at in self.plot.columns[column : min(column + width, until)] if at is not None]
                ways, pico = Ways(), 0
                for call in (self._anatomy.calls[at] for at in calls):
                    ways = ways.plus(ways_of(charges.mechanisms(call), call.generation, call.server))
                    pico += call.cost or 0
                yield Bar(column, len(calls), tuple(calls), pico, ways)

    def _marks(self) -> Iterator[Mark]:
        anatomy = self._anatomy
        rebuilt = {event.call: event.cause for event in anatomy.events}
        turn = -1
        for section in self.plot.sections:
            before: Call | None = None
            for column in range(section.column, section.column + section.width):
                call = anatomy.calls[self.plot.columns[column] or 0]
                if call.turn != turn and not section.chain:
                    turn = call.turn
                    yield Mark(column, "turn", f"turn {turn}" if turn else "before the first prompt", turn)
                yield from self._changes(before, call, column)
                if call.index in rebuilt:
                    yield Mark(column, "rebuild", f"cache lost: {rebuilt[call.index]}", call.index)
                before = call
        yield from self._spawned()

    def _changes(self, before: Call | None, call: Call, column: int) -> Iterator[Mark]:
        if before is None:
            return
        if before.segment != call.segment and not self._anatomy.chains[call.chain].side:
            yield Mark(column, "compaction", _BREAKS[self._anatomy.segments[call.segment].reason])
        if before.model != call.model:
            yield Mark(column, "model", f"{before.model} → {call.model}")

    def _spawned(self) -> Iterator[Mark]:
        for chain in self._anatomy.chains:
            made = None if chain.request is None else self._anatomy.pieces[chain.request].made_by
            if made in self._places and chain.calls:
                yield Mark(self._places[made], "agent", chain.name, chain.index)


_BREAKS = {
    "start": "a new prompt", "compaction": "compacted", "clear": "cleared", "rewind": "rewound",
    "shrink": "the prompt shrank, the log does not tell why",
}  # fmt: skip


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
