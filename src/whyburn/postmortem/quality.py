"""How well the bill is explained: billed dollars by how the sizes behind them were found.

What needs no size is measured: premiums of a lost cache, output, fees, and a harness that cache reads have shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from whyburn.postmortem.anatomy import RESEND_PREMIUM, REWRITE_PREMIUM

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy

Level = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class Quality:
    """Pico-dollars by grade, tokens, and what is missing."""

    level: Level
    reason: str
    cost_by_grade: dict[str, int]
    """A measured, B split by bytes with a measured ratio, C estimated, D opaque or unlogged."""
    unlogged: int
    """Pico-dollars of prompt content and output that no log shows."""
    shortfall: int
    """Pico-dollars of output that was likely put out and is not in the counters; never part of the bill."""
    unpriced_calls: int
    unpriced_tokens: int
    unseen_calls: int
    """Billed calls that no transcript shows."""
    skipped_lines: int
    unknown_records: int
    breaks: int
    """Places where the prompt shrank for no reason that the log tells."""


def assess(anatomy: Anatomy) -> Quality:
    """The quality of an attribution."""
    grades = dict.fromkeys("ABCD", 0)
    unlogged = 0
    for tile in anatomy.tiles:
        premiums = tile.costs[REWRITE_PREMIUM] + tile.costs[RESEND_PREMIUM]
        rest = sum(tile.costs) - premiums
        grades["A"] += premiums
        grades[tile.grade] += rest
        if anatomy.pieces[tile.piece].kind == "unlogged" and anatomy.pieces[tile.piece].made_by is None:
            unlogged += rest
    grades["A"] += sum(call.generation + call.server for call in anatomy.calls)
    unpriced = [call for call in anatomy.billed if call.prices is None and not call.sampling]
    level, reason = _level(anatomy.cost, grades, unlogged)
    return Quality(
        level, reason, grades, unlogged, anatomy.shortfall, len(unpriced),
        sum(call.prompt + call.o for call in unpriced), sum(call.step is None for call in anatomy.billed),
        sum(not one.unknown for one in anatomy.skipped), sum(one.unknown for one in anatomy.skipped),
        sum(one.reason == "shrink" for one in anatomy.segments),
    )  # fmt: skip


def _level(cost: int, grades: dict[str, int], unlogged: int) -> tuple[Level, str]:
    """High: 70 % measured or split, at most 10 % unlogged; medium: 70 % at least estimated."""
    if not cost:
        return "low", "nothing in this session has a price"
    sure, some = grades["A"] + grades["B"], grades["A"] + grades["B"] + grades["C"]
    share, hidden = 100 * sure // cost, 100 * unlogged // cost
    if sure * 10 >= cost * 7 and unlogged * 10 <= cost:
        return "high", f"{share} % of the bill is measured, {hidden} % is not in the log"
    if some * 10 >= cost * 7:
        return "medium", f"{share} % of the bill is measured, the rest estimated; {hidden} % is not in the log"
    return "low", f"only {100 * some // cost} % of the bill can be told from the log"
