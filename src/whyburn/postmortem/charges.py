"""Who pays for a call: positions of the prompt, by band and by mechanism.

A call's prompt is cut at the ends of its bands (read, written for an hour, for five minutes, uncached) and of its
zones: below `expected` the cache should have known the tokens, below `old` they were in the previous prompt, the rest
is new. `bands_of` lists the pieces of that cut; everything else is sums over it. Positions of a call that `sizes` left
without a tile cannot exist: tiles cover the prompt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.anatomy import (
    ENTRY,
    NOTHING,
    REREAD,
    RESEND_BASE,
    RESEND_PREMIUM,
    REWRITE_BASE,
    REWRITE_PREMIUM,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Call, Costs, Tile


class Band(NamedTuple):
    """Positions [start, end) of one call that pay the same way: up to two mechanisms, each with a price."""

    start: int
    end: int
    first: int
    price: int
    second: int
    """The mechanism of the premium; -1 for none."""
    premium: int


def bands_of(call: Call) -> list[Band]:
    """The cut of one call's prompt, without empty bands; nothing for an unpriced or unbilled call."""
    prices = call.prices
    if prices is None or not call.billed:
        return []
    read, hour = call.r, call.r + call.w1
    short, base = hour + call.w5, prices.read
    found: list[Band] = []
    _cut(found, 0, read, call.old, (REREAD, base, -1, 0), base)
    for start, end, price in ((read, hour, prices.write_1h), (hour, short, prices.write_5m)):
        _cut(found, start, end, call.expected, (REWRITE_BASE, base, REWRITE_PREMIUM, price - base), price)
    again = (RESEND_BASE, base, RESEND_PREMIUM, prices.input - base)
    _cut(found, short, call.prompt, call.old, again, prices.input)
    return found


def _cut(found: list[Band], start: int, end: int, known: int, again: tuple[int, int, int, int], price: int) -> None:
    """Positions below `known` pay as `again` says; those from there on enter the prompt, at `price`."""
    if start < min(end, known):
        found.append(Band(start, min(end, known), *again))
    if max(start, known) < end:
        found.append(Band(max(start, known), end, ENTRY, price, -1, 0))


def charge(anatomy: Anatomy, tile: Tile, call: Call) -> Costs:
    """What one tile costs in one call, by mechanism."""
    if call.segment != tile.segment or call.place < anatomy.calls[tile.enter].place:
        return NOTHING
    costs = [0, 0, 0, 0, 0, 0]
    for band in bands_of(call):
        tokens = min(band.end, tile.end) - max(band.start, tile.start)
        if tokens > 0:
            costs[band.first] += tokens * band.price
            if band.second >= 0:
                costs[band.second] += tokens * band.premium
    return _six(costs)


def mechanisms(call: Call) -> Costs:
    """What the positions of one call cost together, by mechanism; with `generation` and `server` this is its cost."""
    costs = [0, 0, 0, 0, 0, 0]
    for band in bands_of(call):
        costs[band.first] += (band.end - band.start) * band.price
        if band.second >= 0:
            costs[band.second] += (band.end - band.start) * band.premium
    return _six(costs)


def premium(call: Call) -> int:
    """Pico-dollars that a call paid beyond reading the cache."""
    costs = mechanisms(call)
    return costs[REWRITE_PREMIUM] + costs[RESEND_PREMIUM]


def context(call: Call) -> int:
    """One presentation of the old part of a call's prompt, at the price of reading it: what a step less would save."""
    return call.old * call.prices.read if call.prices is not None and call.billed else 0


def context_of(tile: Tile, call: Call) -> int:
    """The part of `context` that is one tile's."""
    if call.segment != tile.segment or call.prices is None or not call.billed:
        return 0
    return max(min(tile.end, call.old) - tile.start, 0) * call.prices.read


def settle(anatomy: Anatomy) -> None:
    """Fill in what every tile of every segment costs over all its calls.

    Prices are constant between breakpoints, so each mechanism is an integral of a step function of the position: one
    sweep over sorted breakpoints and sorted tiles.
    """
    for segment in anatomy.segments:
        steps: dict[int, list[int]] = {}
        for index in segment.calls:
            for band in bands_of(anatomy.calls[index]):
                _step(steps, band.start, band, 1)
                _step(steps, band.end, band, -1)
        _sweep([anatomy.tiles[index] for index in segment.tiles], sorted(steps.items()))


def _step(steps: dict[int, list[int]], at: int, band: Band, sign: int) -> None:
    slope = steps.setdefault(at, [0, 0, 0, 0, 0, 0])
    slope[band.first] += sign * band.price
    if band.second >= 0:
        slope[band.second] += sign * band.premium


def _sweep(tiles: Sequence[Tile], steps: Sequence[tuple[int, list[int]]]) -> None:
    """Integrate the slopes over each tile; both are in the order of positions."""
    slope, at, next_step = [0, 0, 0, 0, 0, 0], 0, 0
    for tile in tiles:
        sums = [0, 0, 0, 0, 0, 0]
        at = tile.start
        while next_step < len(steps) and steps[next_step][0] <= at:
            slope = [a + b for a, b in zip(slope, steps[next_step][1], strict=True)]
            next_step += 1
        while next_step < len(steps) and steps[next_step][0] < tile.end:
            until = steps[next_step][0]
            sums = [a + b * (until - at) for a, b in zip(sums, slope, strict=True)]
            slope = [a + b for a, b in zip(slope, steps[next_step][1], strict=True)]
            at = until
            next_step += 1
        tile.costs = _six([a + b * (tile.end - at) for a, b in zip(sums, slope, strict=True)])


def _six(costs: Sequence[int]) -> Costs:
    a, b, c, d, e, f = costs
    return (a, b, c, d, e, f)


def input_cost(anatomy: Anatomy, piece: int) -> int:
    """Everything that a piece cost as part of prompts, in pico-dollars."""
    return sum(sum(anatomy.tiles[tile].costs) for tile in anatomy.pieces[piece].tiles)


def input_costs(anatomy: Anatomy, pieces: Iterable[int]) -> int:
    """The same of several pieces together."""
    return sum(input_cost(anatomy, piece) for piece in pieces)


def life_cost(anatomy: Anatomy, piece: int) -> int:
    """Everything that a piece ever cost: its generation too."""
    return input_cost(anatomy, piece) + anatomy.pieces[piece].generation
