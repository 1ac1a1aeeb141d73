"""The three views of one bill: what it was spent on, how it came to be billed, and when.

Each view partitions the same charges, so each sums to the bill to the pico-dollar. Calls that have no price are in no
view; their tokens are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whyburn.postmortem import charges
from whyburn.postmortem.anatomy import MECHANISMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.postmortem.anatomy import Anatomy, Call, Piece

SERVER = "server"
"""The kind of what is no piece: fees of the provider's own tools, and rounding of recorded costs."""


@dataclass(slots=True)
class Row:
    """One part of the bill."""

    kind: str
    """Kind of content, mechanism, or `turn`."""
    label: str
    tokens: int
    """Of content: each piece counted once. Of a mechanism or turn: as billed."""
    cost: int
    """Pico-dollars."""
    pieces: int = 0
    sent: int = 0
    """Tokens times the calls that carried them: what was really sent."""
    calls: int = 0

    @property
    def name(self) -> str:
        """Kind and label in one."""
        return f"{self.kind}: {self.label}" if self.label else self.kind


def kind_of(piece: Piece) -> str:
    """The kind that a piece is shown under: content of a copied history is `carried`."""
    return "carried" if piece.carried else piece.kind


def by_source(anatomy: Anatomy) -> list[Row]:
    """What: the bill by kind and source, dearest first."""
    found: dict[tuple[str, str], Row] = {}
    for piece in anatomy.pieces:
        if not piece.tiles and not piece.generation:
            continue
        kind = kind_of(piece)
        row = found.setdefault((kind, piece.label), Row(kind, piece.label, 0, 0))
        row.pieces += 1
        row.tokens += tokens_of(anatomy, piece.index)
        row.sent += sum(anatomy.tiles[at].tokens * carried_by(anatomy, at) for at in piece.tiles)
        row.cost += charges.life_cost(anatomy, piece.index)
    fees = sum(call.server for call in anatomy.calls)
    if fees:
        found[SERVER, ""] = Row(SERVER, "", 0, fees)
    return ranked(found.values())


def by_kind(sources: Iterable[Row]) -> list[Row]:
    """What, in short: the rows of `by_source` added up by kind."""
    found: dict[str, Row] = {}
    for one in sources:
        row = found.setdefault(one.kind, Row(one.kind, "", 0, 0))
        row.tokens += one.tokens
        row.cost += one.cost
        row.pieces += one.pieces
        row.sent += one.sent
    return ranked(found.values())


def by_mechanism(anatomy: Anatomy) -> list[Row]:
    """How: the bill by mechanism, in the order of `MECHANISMS`; only those that occur."""
    rows = {name: Row(name, "", 0, 0) for name in MECHANISMS}
    for call in anatomy.calls:
        if call.prices is None or not call.billed:
            continue
        rows["generation"].tokens += call.o
        rows["generation"].cost += call.generation
        rows["server"].cost += call.server
        for start, end, first, price, second, premium in charges.bands_of(call):
            row = rows[MECHANISMS[1 + first]]
            row.tokens += end - start
            row.cost += (end - start) * price
            if second >= 0:
                rows[MECHANISMS[1 + second]].cost += (end - start) * premium
    return [row for row in rows.values() if row.cost or row.tokens]


def by_turn(anatomy: Anatomy) -> list[Row]:
    """When and who: the bill by user turn, and inside a turn by chain, in the order of turns."""
    found: dict[tuple[int, int], Row] = {}
    for call in anatomy.calls:
        if not call.billed:
            continue
        chain = anatomy.chains[call.chain]
        row = found.setdefault((call.turn, call.chain), Row("turn", _turn_name(call, chain.name), 0, 0))
        row.tokens += call.prompt + call.o
        row.cost += call.cost or 0
        row.calls += 1
    return [found[key] for key in sorted(found)]


def _turn_name(call: Call, chain: str) -> str:
    turn = f"turn {call.turn}" if call.turn else "before the first prompt"
    return turn if chain == "main" else f"{turn} · {chain}"


def tokens_of(anatomy: Anatomy, piece: int) -> int:
    """How large a piece is, counted once: its place in the first prompt it was in, else what it was billed for as
    output."""
    found = anatomy.pieces[piece]
    return anatomy.tiles[found.tiles[0]].tokens if found.tiles else found.made_tokens


def carried_by(anatomy: Anatomy, tile: int) -> int:
    """How many billed calls had a tile in their prompt. Calls of a copied history come before all others."""
    one = anatomy.tiles[tile]
    calls = anatomy.segments[one.segment].calls
    skipped = anatomy.calls[one.enter].place - anatomy.calls[calls[0]].place
    if anatomy.calls[one.enter].billed:
        return len(calls) - skipped
    return sum(anatomy.calls[at].billed for at in calls[skipped:])


def rereads(anatomy: Anatomy, piece: int) -> int:
    """How many billed calls had a piece in their prompt again, after the one where it entered."""
    tiles = anatomy.pieces[piece].tiles
    entered = bool(tiles) and anatomy.calls[anatomy.tiles[tiles[0]].enter].billed
    return sum(carried_by(anatomy, at) for at in tiles) - entered


def ranked(rows: Iterable[Row]) -> list[Row]:
    """Dearest first; equal ones by tokens and name, so that the order is always the same."""
    return sorted(rows, key=lambda row: (-row.cost, -row.tokens, row.kind, row.label))
