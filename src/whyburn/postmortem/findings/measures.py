"""What every detector needs to know of pieces and calls, and how numbers and times are said in a fix.

All amounts are integer pico-dollars, all sizes tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem.charges import input_cost
from whyburn.postmortem.marginals import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from whyburn.postmortem.anatomy import Anatomy, Call, Grade, Prices
    from whyburn.postmortem.claims import Share
    from whyburn.transcript import Kind

FIXED: frozenset[Kind] = frozenset({"harness", "tools", "instructions", "memory", "skill"})
"""Kinds that stand in every prompt, before or beside the conversation."""
MOST_EVIDENCE = 6
_GRADES: tuple[Grade, ...] = ("D", "C", "B", "A")
_MATTERS = 10
"""A tenth of the cost must hang on a grade for it to count."""
_SUMMARY_TOKENS = 2_000
"""Of a compaction's summary, where neither this session nor another one tells."""


def size_grade(anatomy: Anatomy, pieces: Iterable[int]) -> Grade:
    """The worst grade that at least a tenth of what the pieces cost hangs on; A for nothing."""
    costs: dict[Grade, int] = dict.fromkeys(_GRADES, 0)
    for piece in pieces:
        for index in anatomy.pieces[piece].tiles:
            tile = anatomy.tiles[index]
            costs[tile.grade] += sum(tile.costs)
    whole, worse = sum(costs.values()), 0
    for grade in _GRADES:
        worse += costs[grade]
        if worse and worse * _MATTERS >= whole:
            return grade
    return "A"


def dearest(anatomy: Anatomy, pieces: Iterable[int]) -> list[int]:
    """The pieces by what they cost as input, dearest first."""
    return sorted(pieces, key=lambda piece: (-input_cost(anatomy, piece), piece))


def dearest_calls(amounts: Mapping[int, int]) -> list[int]:
    """The calls with the largest amounts: as many as make evidence."""
    return sorted(amounts, key=lambda call: (-amounts[call], call))[:MOST_EVIDENCE]


def carrying(anatomy: Anatomy) -> list[int]:
    """For each call, what one token of its prompt costs in all later calls of its segment, read from the cache."""
    after = [0] * len(anatomy.calls)
    for segment in anatomy.segments:
        price = 0
        for index in reversed(segment.calls):
            after[index] = price
            prices = anatomy.calls[index].prices
            price += prices.read if prices else 0
    return after


def fixed_tokens(anatomy: Anatomy, segment: int) -> int:
    """Tokens at the head of a segment's prompts that are there whatever is talked about."""
    tokens = 0
    for index in anatomy.segments[segment].tiles:
        tile = anatomy.tiles[index]
        if anatomy.pieces[tile.piece].kind not in FIXED:
            break
        tokens = tile.end
    return tokens


def summary_tokens(anatomy: Anatomy) -> int:
    """Size of a summary: the median of this session's, else an assumption. Other sessions have no say in it: the same
    log gives the same report."""
    summaries = [piece.index for piece in anatomy.pieces if piece.kind == "summary" and piece.tiles]
    sizes = sorted(tokens_of(anatomy, piece) for piece in summaries)
    return sizes[len(sizes) // 2] if sizes else _SUMMARY_TOKENS


def repriced(call: Call, prices: Prices) -> int:
    """What the tokens of a call would have cost at other prices, without fees."""
    thinking = min(call.thinking or 0, call.o)
    return (
        call.u * prices.input + call.r * prices.read + call.w5 * prices.write_5m + call.w1 * prices.write_1h
        + (call.o - thinking) * prices.output + thinking * prices.reasoning
    )  # fmt: skip


def difference(call: Call, prices: Prices | None) -> int:
    """What other prices would have saved of a call; 0 where nothing, or where a price is not known."""
    if prices is None or call.prices is None or not call.cost:
        return 0
    return min(max(repriced(call, call.prices) - repriced(call, prices), 0), call.cost)


def spread(anatomy: Anatomy, amount: int, weights: Mapping[int, int]) -> dict[int, Share]:
    """Shares of calls that sum to an amount, in proportion to the weights, none above what its call cost."""
    whole, left = sum(weights.values()), amount
    shares = {}
    for at, (call, weight) in enumerate(weights.items()):
        part = left if at == len(weights) - 1 else amount * weight // whole if whole else 0
        cost = anatomy.calls[call].cost or 0
        part = min(part, cost)
        left -= part
        if part > 0:
            shares[call] = (part, cost)
    return shares


def lasting(ms: int) -> str:
    """A length of time in a sentence: 40 s, 12 min, 3 h 12 min, 2 d 4 h."""
    minutes = ms // 60_000
    if minutes < 1:
        return f"{max(ms, 0) // 1000} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h"


def count(number: int, one: str) -> str:
    """A number with its noun: 1 call, 2,310 calls."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"
