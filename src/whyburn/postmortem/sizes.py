"""How many tokens each piece has, and where it lies in the prompt.

The growth of the prompt between two calls is the exact number of tokens that entered. It is shared between the echo
of the previous output and the blocks that the log shows, by output counters where they are final and by bytes where
not; what exceeds the logged bytes by far is called unlogged. Nothing here can break the sums: errors of sizing move
money between pieces, never create it.
"""

from __future__ import annotations

from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from whyburn.postmortem import growth, ratios
from whyburn.postmortem.anatomy import Piece, Segment, Tile
from whyburn.transcript import Compaction, Rewind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Call, Chain, Grade, Reason
    from whyburn.postmortem.ratios import Ratios
    from whyburn.transcript import Kind

_LEAST_SHRINK = 200
_MOST_BREAKS = 64
"""Unexplained breaks of one chain; after that a smaller prompt only leaves tiles uncharged."""
MEASURED, ASSUMED = "system prompt and tools", "start of the conversation, not in the log"
"""Labels of the harness: what cache reads have measured, and the rest of a first prompt that no log shows."""


def solve(anatomy: Anatomy) -> None:
    """Give every piece its tokens and its place in every segment."""
    measured = ratios.measure(anatomy)
    for chain in anatomy.chains:
        _measure_harness(anatomy, chain)
        Layout(anatomy, chain, measured).run()
    for call in anatomy.calls:
        growth.split_output(anatomy, call, measured)
    anatomy.shortfall = sum(growth.shortfall(anatomy, call, measured) for call in anatomy.calls)
    anatomy.ratios = measured.used()


def _measure_harness(anatomy: Anatomy, chain: Chain) -> None:
    """What the cache gave to a first call, or still gave when the conversation was lost or summarised, is system
    prompt and tools."""
    calls = [anatomy.calls[index] for index in chain.calls]
    if not calls or chain.side:
        return
    first = calls[0]
    floors = [
        call.r for before, call in pairwise(calls)
        if 0 < call.r < min(before.prompt * 9 // 10, first.prompt) and call.boundary is None
    ]  # fmt: skip
    begun = [call.r for call in calls if isinstance(call.boundary, Compaction) and call.r < first.prompt]
    chain.harness = max(first.r, min(floors, default=0), *begun, 0) or None


class Layout:
    """Lays the prompts of one chain out, segment by segment."""

    def __init__(self, anatomy: Anatomy, chain: Chain, measured: Ratios) -> None:
        self._anatomy = anatomy
        self._chain = chain
        self._ratios = measured
        self._segment: Segment | None = None
        self._end = 0
        """Tokens that the tiles of the segment cover."""
        self._breaks = 0
        self._harness: tuple[int, ...] = ()
        """The pieces that stand for the harness."""

    @property
    def _again(self) -> str:
        return f"the conversation, read again ({self._chain.name})"

    def run(self) -> None:
        """Every call of the chain in turn."""
        before: Call | None = None
        for index in self._chain.calls:
            call = self._anatomy.calls[index]
            reason = self._reason(before, call)
            if reason is not None:
                self._begin(reason, before, call)
            else:
                self._grow(before, call)
            assert self._segment is not None
            call.segment = self._segment.index
            self._segment.calls.append(index)
            before = call

    def _reason(self, before: Call | None, call: Call) -> Reason | None:
        """Why a new segment begins with this call; None when the prompt only grew."""
        if before is None or self._chain.side:
            return "start"
        smaller = call.prompt < before.prompt
        if isinstance(call.boundary, Compaction) and smaller:
            return "clear" if call.boundary.trigger == "clear" else "compaction"
        if isinstance(call.boundary, Rewind) and smaller:
            return "rewind"
        if self._end - call.prompt > max(_LEAST_SHRINK, before.prompt // 100) and self._breaks < _MOST_BREAKS:
            self._breaks += 1
            return "shrink"
        return None

    def _begin(self, reason: Reason, before: Call | None, call: Call) -> None:
        left = self._tiles()
        self._segment = Segment(len(self._anatomy.segments), self._chain.index, reason)
        self._anatomy.segments.append(self._segment)
        self._end = 0
        if reason == "start" or before is None:
            self._start(call)
        elif reason == "rewind":
            self._rewind(left, call)
        elif reason == "shrink":
            self._shrink(left, before, call)
        else:
            self._keep([tile for tile in left if tile.piece in self._harness], call, call.prompt)
            self._enter(call, (), "C")

    def _tiles(self) -> list[Tile]:
        return [self._anatomy.tiles[index] for index in self._segment.tiles] if self._segment else []

    # --- beginnings ---------------------------------------------------------------------------------------------

    def _start(self, call: Call) -> None:
        """The first prompt: known blocks by their bytes, the rest is the harness."""
        if self._chain.side:
            # An advisor or a summary gets the conversation as it is: one block, as large as the prompt.
            self._invent("carried", self._again, call.prompt, call, "A")
            return
        known = sum(self._weights(call).values())
        rest = max(call.prompt - known, 0)
        floor = min(self._chain.harness or 0, rest)
        made = []
        parts: tuple[tuple[int, str, Grade], ...] = ((floor, MEASURED, "A"), (rest - floor, ASSUMED, "C"))
        for tokens, label, grade in parts:
            if tokens and self._chain.internal:
                # A compaction or a suggestion begins with the conversation of the main thread.
                made.append(self._invent("carried", self._again, tokens, call, grade))
            elif tokens:
                made.append(self._invent("harness", label, tokens, call, grade))
        self._harness = tuple(made)
        self._enter(call, (), "C")

    def _rewind(self, left: Sequence[Tile], call: Call) -> None:
        """What had entered up to the step that the user went back to, what that step put out, and what followed it
        before the prompt that was taken back."""
        boundary = call.boundary
        key = boundary.step if isinstance(boundary, Rewind) else None
        calls = self._anatomy.calls
        earlier = ((calls[at].place, calls[at].step) for at in self._chain.calls[: call.place])
        place = max((place for place, step in earlier if step is not None and step.key == key), default=-1)
        followed = self._before_prompt(calls[self._chain.calls[place + 1]])
        kept = [
            tile for tile in left
            if tile.piece in self._harness or calls[tile.enter].place <= place
            or self._made_at(tile) == place or tile.piece in followed
        ]  # fmt: skip
        self._keep(kept, call, call.prompt)
        self._enter(call, (), "C")

    def _made_at(self, tile: Tile) -> int | None:
        made = self._anatomy.pieces[tile.piece].made_by
        return None if made is None else self._anatomy.calls[made].place

    def _before_prompt(self, call: Call) -> set[int]:
        """What entered before a call and before a person's words."""
        blocks = ((at, self._anatomy.pieces[at].block) for at in call.entered)
        return {at for at, _ in takewhile(lambda one: one[1] is None or not one[1].prompt, blocks)}

    def _shrink(self, left: Sequence[Tile], before: Call, call: Call) -> None:
        """Something went away that no log shows: old thinking first (Codex drops it when a turn begins), else
        everything in proportion. A small rest is left as it is: positions beyond the prompt are not charged."""
        entering = sum(self._weights(call).values()) + (before.o if before.final else 0)
        excess = sum(tile.tokens for tile in left) + entering - call.prompt
        kept = []
        for tile in left:
            if excess > 0 and self._anatomy.pieces[tile.piece].kind == "thinking":
                excess -= tile.tokens
            else:
                kept.append(tile)
        excess -= min(before.thinking or 0, before.o) if len(kept) < len(left) else 0
        scaled = excess > max(_LEAST_SHRINK, call.prompt // 50)
        self._keep(kept, call, max(call.prompt - entering, 0) if scaled else sum(tile.tokens for tile in kept))
        self._enter(call, before.made, "D" if scaled else "B", before)

    def _keep(self, tiles: Sequence[Tile], call: Call, room: int) -> None:
        """Tiles of the segment before, scaled down (all but the harness) where there is not enough room."""
        whole = sum(tile.tokens for tile in tiles)
        fixed = min(sum(tile.tokens for tile in tiles if tile.piece in self._harness), room)
        sizes = growth.share(
            room - fixed if whole > room else whole - fixed,
            [(tile.piece, 0 if tile.piece in self._harness else tile.tokens) for tile in tiles],
        )
        for tile in tiles:
            tokens = min(tile.tokens, fixed) if tile.piece in self._harness else sizes[tile.piece]
            fixed -= tokens if tile.piece in self._harness else 0
            self._place(tile.piece, tokens, call, tile.grade if whole <= room else "D")

    # --- growth -------------------------------------------------------------------------------------------------

    def _grow(self, before: Call | None, call: Call) -> None:
        self._enter(call, before.made if before is not None else (), "A", before)

    def _enter(self, call: Call, echo: Iterable[int], grade: Grade, before: Call | None = None) -> None:
        """Share what the prompt has beyond the tiles between the echo of the output before and what the log shows to
        have entered."""
        shown = [self._anatomy.pieces[index] for index in echo]
        inputs = [self._anatomy.pieces[index] for index in call.entered]
        grown = max(call.prompt - self._end, 0)
        sized = growth.split(self._ratios, call, before, shown, inputs, grown, grade)
        for piece, tokens, found in sized.pieces:
            self._place(piece, tokens, call, found)
        if sized.hidden_echo and before is not None:
            self._place(growth.hidden_output(self._anatomy, before), sized.hidden_echo, call, "A")
        if sized.unlogged:
            self._invent("unlogged", "", sized.unlogged, call, "D")

    def _weights(self, call: Call) -> dict[int, int]:
        pieces = self._anatomy.pieces
        return {at: growth.weight(self._ratios, call, pieces[at]) for at in call.entered}

    def _invent(self, kind: Kind, label: str, tokens: int, call: Call, grade: Grade) -> int:
        """A piece that no log shows."""
        piece = Piece(len(self._anatomy.pieces), kind, self._chain.index, None, label, carried=not call.billed)
        self._anatomy.pieces.append(piece)
        self._place(piece.index, tokens, call, grade)
        return piece.index

    def _place(self, piece: int, tokens: int, call: Call, grade: Grade) -> None:
        if tokens <= 0:
            return
        assert self._segment is not None
        index = len(self._anatomy.tiles)
        self._anatomy.tiles.append(Tile(piece, self._segment.index, self._end, tokens, call.index, grade))
        self._segment.tiles.append(index)
        self._anatomy.pieces[piece].tiles.append(index)
        self._end += tokens
