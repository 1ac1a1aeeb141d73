"""From a transcript and a bill to an anatomy, step by step: the only place that knows the order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from whyburn.postmortem import charges, events, sizes
from whyburn.postmortem.chains import Assembly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from whyburn.ledger.bills import Bill
    from whyburn.postmortem.anatomy import Anatomy, Call, Chain
    from whyburn.transcript import TranscriptItem

_CLAUDE = ("claude", "anthropic")


def dissect(
    harness: str, session: str, items: Iterable[TranscriptItem], *, bills: Mapping[int, Bill],
    row_of: Callable[[bytes], int | None],
) -> Anatomy:  # fmt: skip
    """Take a session apart. `bills` are its calls in the ledger, `row_of` the ledger's row of a step's key."""
    assembly = Assembly(harness, session, bills, row_of)
    assembly.read(items)
    anatomy = assembly.finish()
    attribute(anatomy)
    return anatomy


def attribute(anatomy: Anatomy) -> None:
    """Sizes, zones, charges and cache events of an assembled session."""
    for chain in anatomy.chains:
        chain.automatic = _automatic(anatomy, chain)
    sizes.solve(anatomy)
    for chain in anatomy.chains:
        _zones(anatomy, chain)
    charges.settle(anatomy)
    for call in anatomy.calls:
        _rest(anatomy, call)
    anatomy.events = events.find(anatomy)


def _automatic(anatomy: Anatomy, chain: Chain) -> bool:
    """Whether the provider caches by itself: no call of the chain wrote by order, and it is not Anthropic's API."""
    calls = [anatomy.calls[index] for index in chain.calls]
    ordered = any(call.w1 or call.w5 for call in calls)
    return not ordered and not any(word in call.model or word in call.provider for call in calls for word in _CLAUDE)


def _zones(anatomy: Anatomy, chain: Chain) -> None:
    """Which part of each prompt was in the one before, and which part of that the cache should have known."""
    reads = any(anatomy.calls[index].r for index in chain.calls)
    before: Call | None = None
    for index in chain.calls:
        call = anatomy.calls[index]
        if before is not None and before.segment == call.segment:
            call.old = min(before.prompt, call.prompt)
            known = (before.prompt if reads else 0) if chain.automatic else before.r + before.w1 + before.w5
            call.expected = min(known, call.old)
        before = call


def _rest(anatomy: Anatomy, call: Call) -> None:
    """What a call cost beyond its prompt: its output, and fees or rounding that no band explains."""
    if call.prices is None or not call.billed:
        return
    call.generation = sum(anatomy.pieces[index].generation for index in call.made)
    call.server = (call.cost or 0) - call.generation - sum(charges.mechanisms(call))


def verify(anatomy: Anatomy) -> list[str]:
    """What does not add up; empty for a sound anatomy."""
    wrong = []
    for segment in anatomy.segments:
        tiles = [anatomy.tiles[index] for index in segment.tiles]
        if any(a.end != b.start for a, b in pairwise(tiles)):
            wrong.append(f"segment {segment.index}: tiles do not join")
        calls = [anatomy.calls[index] for index in segment.calls]
        if max((call.prompt for call in calls), default=0) > (tiles[-1].end if tiles else 0):
            wrong.append(f"segment {segment.index}: tiles do not cover the prompt")
    tiles_cost = sum(sum(tile.costs) for tile in anatomy.tiles)
    made = sum(piece.generation for piece in anatomy.pieces)
    server = sum(call.server for call in anatomy.calls)
    if tiles_cost + made + server != anatomy.cost:
        wrong.append(f"charges sum to {tiles_cost + made + server}, the bill is {anatomy.cost}")
    return wrong
