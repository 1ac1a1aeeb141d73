"""What really happened: every block's cost, position by position, and the totals that any report must reach.

Each call bills its prompt in bands: read, 1-hour write, 5-minute write, fresh. A block pays for the positions that it
covers. This is the slow and plain way to work it out, on purpose: it is what quicker ways are compared with.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from simulator.prices import SEARCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.records import Billed, Block, Chain
    from simulator.world import Play

MECHANISMS = ("generation", "entry", "reread", "rewrite_base", "rewrite_premium", "resend_base", "resend_premium",
              "server")  # fmt: skip


@dataclass(slots=True)
class Truth:
    """A session as it was."""

    session: str
    harness: str
    chains: list[Chain]
    blocks: list[Block]
    calls: list[Billed]
    by_mechanism: dict[str, int]
    """Pico-dollars."""
    billed: int
    """Pico-dollars, the sum of all calls."""
    under_logged: int
    """Pico-dollars of output that the log does not admit."""
    seeded: tuple[str, ...] = ()
    """Finding ids that were put in on purpose."""
    files: list[str] = field(default_factory=list)
    """The logs, once they are written."""

    @property
    def tokens(self) -> dict[str, int]:
        """Billed tokens by class."""
        calls = self.calls
        return {
            "input": sum(call.bands.fresh for call in calls),
            "output": sum(call.logged for call in calls),
            "cache_read": sum(call.bands.read for call in calls),
            "cache_write_5m": sum(call.bands.write5 for call in calls),
            "cache_write_1h": sum(call.bands.write1 for call in calls),
        }

    def labelled(self, label: str, kind: str | None = None) -> list[Block]:
        """The blocks of a label, in the order in which they came about."""
        return [block for block in self.blocks if block.label == label and kind in (None, block.kind)]


def truth_of(played: Play, *, session: str = "", seeded: tuple[str, ...] = ()) -> Truth:
    """Work out what every block of a played script cost."""
    for call in played.calls:
        for block, mechanism, pico in charges(call):
            block.cost[mechanism] = block.cost.get(mechanism, 0) + pico
    sums: Counter[str] = Counter()
    for block in played.blocks:
        sums.update(block.cost)
    fees = sum(call.searches for call in played.calls) * SEARCH
    if fees:
        sums["server"] += fees
    return Truth(
        session, played.script.harness, played.chains, played.blocks, played.calls, dict(sums),
        billed=sum(call.cost for call in played.calls),
        under_logged=sum((call.output - call.logged) * call.price.output for call in played.calls),
        seeded=seeded,
    )  # fmt: skip


def charges(call: Billed) -> Iterator[tuple[Block, str, int]]:
    """What each block of a call's prompt and output pays: (block, mechanism, pico-dollars)."""
    edges = _edges(call)
    start = 0
    for block in call.tiles:
        end = start + block.tokens
        for low, high in pairwise(edges):
            tokens = min(high, end) - max(low, start)
            if tokens > 0:
                for mechanism, rate in _paid(call, low):
                    if rate:
                        yield block, mechanism, tokens * rate
        start = end
    yield from _generated(call)


def _generated(call: Billed) -> Iterator[tuple[Block, str, int]]:
    """The logged output over the blocks of a response; a count that fell short is shared in their order."""
    left = call.logged
    for block in call.outputs:
        tokens = min(block.tokens, left)
        left -= tokens
        if tokens:
            yield block, "generation", tokens * call.price.output


def _edges(call: Billed) -> list[int]:
    read, write1, write5, fresh = call.bands
    bands = (0, read, read + write1, read + write1 + write5, read + write1 + write5 + fresh)
    return sorted({*bands, call.old, call.expected})


def _paid(call: Billed, position: int) -> list[tuple[str, int]]:
    """Mechanisms and rates of one position of a prompt."""
    price, bands = call.price, call.bands
    read, written1 = bands.read, bands.read + bands.write1
    written = written1 + bands.write5
    rate = (
        price.read if position < read
        else price.write1 if position < written1
        else price.write5 if position < written
        else price.fresh
    )  # fmt: skip
    if position >= call.old:
        return [("entry", rate)]
    if position < read:
        return [("reread", rate)]
    if position >= written:
        return [("resend_base", price.read), ("resend_premium", rate - price.read)]
    if position < call.expected:
        return [("rewrite_base", price.read), ("rewrite_premium", rate - price.read)]
    return [("entry", rate)]
