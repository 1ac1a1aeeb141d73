"""Kinds as people see them: a dozen families of content, and five ways to pay, for pictures and their legends.

A tool result is told by what its tool did, because "tool result" is most of a bill; kinds that mean the same to a
reader are one family. The ways to pay group the mechanisms: what read from the cache, what entered for the first time,
what a lost cache cost on top, what the model put out, fees. Both are partitions, so a table of families by ways sums
to the bill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from whyburn.postmortem.anatomy import ENTRY, RESEND_PREMIUM, REWRITE_PREMIUM
from whyburn.postmortem.marginals import tokens_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.anatomy import Anatomy

Family = Literal[
    "system", "user", "read", "command", "search", "tool", "thinking", "reply", "history", "unlogged", "fees"
]  # fmt: skip
FAMILIES: dict[Family, str] = {
    "system": "system and tools", "user": "prompts and attachments", "read": "file read", "command": "command output",
    "search": "search and web", "tool": "other tools", "thinking": "thinking", "reply": "replies and tool calls",
    "history": "summaries and history", "unlogged": "not in the log", "fees": "fees and rounding",
}  # fmt: skip
"""Each family with its name."""
_OF_KIND: dict[str, Family] = {
    "harness": "system", "tools": "system", "instructions": "system", "memory": "system", "skill": "system",
    "user": "user", "attachment": "user", "image": "user", "assistant-text": "reply", "tool-call": "reply",
    "thinking": "thinking", "summary": "history", "carried": "history", "unlogged": "unlogged", "tool-result": "tool",
}  # fmt: skip
_OF_ACTION: dict[str, Family] = {
    "read": "read", "run": "command", "wait": "command", "search": "search", "list": "search", "fetch": "search",
}  # fmt: skip


class Ways(NamedTuple):
    """Pico-dollars by how they came to be billed."""

    carried: int = 0
    """Presented again, at the price of reading the cache, whether it was read or not."""
    new: int = 0
    """In a prompt for the first time."""
    lost: int = 0
    """What sending or writing again cost beyond reading, because the cache was lost."""
    output: int = 0
    fees: int = 0

    def plus(self, other: Ways) -> Ways:
        """Both together, way by way."""
        return Ways(*(a + b for a, b in zip(self, other, strict=True)))


def ways_of(costs: Sequence[int], output: int = 0, fees: int = 0) -> Ways:
    """The ways of a six of mechanisms, as `Tile.costs` and `charges.mechanisms` have it."""
    lost = costs[REWRITE_PREMIUM] + costs[RESEND_PREMIUM]
    return Ways(sum(costs) - costs[ENTRY] - lost, costs[ENTRY], lost, output, fees)


class FamilyRow(NamedTuple):
    """What one family cost."""

    family: Family
    ways: Ways
    tokens: int
    """Each piece counted once."""
    pieces: int

    @property
    def cost(self) -> int:
        """Pico-dollars in all."""
        return sum(self.ways)


def families_of(anatomy: Anatomy) -> list[Family]:
    """The family of each piece, by its index."""
    answers = {use.answer: _OF_ACTION.get(use.call.action) for use in anatomy.uses if use.answer is not None}
    return [
        "history" if piece.carried else answers.get(piece.index) or _OF_KIND.get(piece.kind, "tool")
        for piece in anatomy.pieces
    ]  # fmt: skip


def by_family(anatomy: Anatomy, families: Sequence[Family]) -> list[FamilyRow]:
    """The bill by family and way to pay, dearest first; fees last."""
    found: dict[Family, FamilyRow] = {}
    for piece, family in zip(anatomy.pieces, families, strict=True):
        if not piece.tiles and not piece.generation:
            continue
        ways = Ways(output=piece.generation)
        for tile in piece.tiles:
            ways = ways.plus(ways_of(anatomy.tiles[tile].costs))
        row = found.get(family) or FamilyRow(family, Ways(), 0, 0)
        found[family] = FamilyRow(
            family, row.ways.plus(ways), row.tokens + tokens_of(anatomy, piece.index), row.pieces + 1
        )  # fmt: skip
    rows = sorted(found.values(), key=lambda row: (-row.cost, row.family))
    fees = sum(call.server for call in anatomy.calls)
    return [*rows, FamilyRow("fees", Ways(fees=fees), 0, 0)] if fees else rows
