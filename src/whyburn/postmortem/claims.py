"""What findings claim of a bill, and how much they save together.

A finding removes parts of pieces, whole steps, cache losses, or a share of what is left of some calls. Claims of
several findings overlap: a lockfile that was written to the cache again is in the premium of that call too. `Savings`
takes claims one by one and says what each adds to the joint saving, overlaps taken out; the sum never exceeds the
bill. All amounts are integer pico-dollars.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from whyburn.postmortem.anatomy import RESEND_PREMIUM, REWRITE_PREMIUM
from whyburn.postmortem.charges import charge, context, context_of, input_cost, premium

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whyburn.postmortem.anatomy import Anatomy, Tile

Share = tuple[int, int]
"""A fraction (part, whole), from 0 to 1."""
_NONE = Fraction(0)


@dataclass(frozen=True, slots=True)
class Claim:
    """What would not have been billed."""

    pieces: Mapping[int, Share] = field(default_factory=dict)
    """Piece → the share of its tokens that would not have been in any prompt."""
    generated: frozenset[int] = frozenset()
    """Pieces whose generation would not have happened either."""
    steps: frozenset[int] = frozenset()
    """Calls that would not have been made: each saves one presentation of the old part of its prompt at read price.
    The premium of a call that goes moves to the next one, so it is not saved."""
    premiums: frozenset[int] = frozenset()
    """Calls whose premiums for a lost cache would not have been paid."""
    shares: Mapping[int, Share] = field(default_factory=dict)
    """Call → the share that would be saved of what is left of its cost after everything else: another price."""


class Savings:
    """The joint saving of a growing set of claims."""

    def __init__(self, anatomy: Anatomy) -> None:
        self._anatomy = anatomy
        self._pieces: dict[int, Fraction] = {}
        self._held: dict[int, list[int]] = {}
        """Tiles of these pieces by segment."""
        self._calls: dict[int, set[int]] = {}
        """Calls that steps, premiums or shares were claimed of, by segment."""
        self._generated: set[int] = set()
        self._steps: set[int] = set()
        self._premiums: set[int] = set()
        self._shares: dict[int, Fraction] = {}
        self.total = 0

    def add(self, claim: Claim) -> int:
        """Add a claim; by how much the joint saving grows, never less than 0."""
        before = self.total
        for call, (part, whole) in claim.shares.items():
            self._share(call, Fraction(part, whole) if whole else _NONE)
        for piece, (part, whole) in claim.pieces.items():
            self._piece(piece, Fraction(part, whole) if whole else _NONE)
        for piece in claim.generated - self._generated:
            self._generated.add(piece)
            made = self._anatomy.pieces[piece]
            self._take(made.generation, made.made_by)
        for call in claim.steps - self._steps:
            self._step(call)
        for call in claim.premiums - self._premiums:
            self._premium(call)
        return max(self.total - before, 0)

    def _take(self, amount: int, call: int | None) -> None:
        """Something saved in one call; a share of the rest of that call shrinks accordingly."""
        share = _NONE if call is None else self._shares.get(call, _NONE)
        self.total += amount - int(amount * share)

    def _share(self, call: int, share: Fraction) -> None:
        share = min(share, Fraction(1))
        held = self._shares.get(call, _NONE)
        if share <= held:
            return
        self._shares[call] = share
        self._claim_of(call)
        rest = (self._anatomy.calls[call].cost or 0) - self._taken(call)
        self.total += int(rest * share) - int(rest * held)

    def _piece(self, piece: int, share: Fraction) -> None:
        share = min(share, Fraction(1))
        held = self._pieces.get(piece, _NONE)
        if share <= held:
            return
        if not held:
            for at in self._anatomy.pieces[piece].tiles:
                self._held.setdefault(self._anatomy.tiles[at].segment, []).append(at)
        self._pieces[piece] = share
        grown = share - held
        amount = int(input_cost(self._anatomy, piece) * share) - int(input_cost(self._anatomy, piece) * held)
        for tile in self._tiles(piece):
            amount -= int(grown * self._already(tile))
        self.total += amount

    def _already(self, tile: Tile) -> int:
        """What of a tile's charges has been claimed through the calls that carry it."""
        found = 0
        calls = self._anatomy.calls
        for index in self._calls.get(tile.segment, ()):
            if index in self._steps:
                found += context_of(tile, calls[index])
            if index in self._premiums:
                found += _premium_of(self._anatomy, tile, index)
            share = self._shares.get(index)
            if share:
                charged = sum(charge(self._anatomy, tile, calls[index]))
                found += int(charged * share)
        return found

    def _claim_of(self, call: int) -> None:
        self._calls.setdefault(self._anatomy.calls[call].segment, set()).add(call)

    def _step(self, call: int) -> None:
        self._steps.add(call)
        self._claim_of(call)
        self._take(self._context_left(call), call)

    def _premium(self, call: int) -> None:
        self._premiums.add(call)
        self._claim_of(call)
        self._take(self._premium_left(call), call)

    def _taken(self, call: int) -> int:
        """What earlier claims have taken of one call."""
        anatomy, whole = self._anatomy, self._anatomy.calls[call]
        found = sum(anatomy.pieces[piece].generation for piece in self._generated & set(whole.made))
        for tile, share in self._claimed_tiles(whole.segment):
            found += int(share * sum(charge(anatomy, tile, whole)))
        if call in self._steps:
            found += self._context_left(call)
        if call in self._premiums:
            found += self._premium_left(call)
        return found

    def _context_left(self, call: int) -> int:
        """The old part of a call's prompt at read price, without what claimed pieces are of it."""
        whole = self._anatomy.calls[call]
        claimed = (int(share * context_of(tile, whole)) for tile, share in self._claimed_tiles(whole.segment))
        return context(whole) - sum(claimed)

    def _premium_left(self, call: int) -> int:
        """The premiums of a call, without those of claimed pieces."""
        whole = self._anatomy.calls[call]
        tiles = self._claimed_tiles(whole.segment)
        return premium(whole) - sum(int(share * _premium_of(self._anatomy, tile, call)) for tile, share in tiles)

    def _claimed_tiles(self, segment: int) -> list[tuple[Tile, Fraction]]:
        tiles = self._anatomy.tiles
        return [(tiles[at], self._pieces[tiles[at].piece]) for at in self._held.get(segment, ())]

    def _tiles(self, piece: int) -> list[Tile]:
        return [self._anatomy.tiles[index] for index in self._anatomy.pieces[piece].tiles]


def _premium_of(anatomy: Anatomy, tile: Tile, call: int) -> int:
    costs = charge(anatomy, tile, anatomy.calls[call])
    return costs[REWRITE_PREMIUM] + costs[RESEND_PREMIUM]


def saving(anatomy: Anatomy, claim: Claim) -> int:
    """What one claim would save alone."""
    return Savings(anatomy).add(claim)
