"""Caches that were written in the wrong way: never, for too short, for too long, or for nobody to read.

Each saving is a difference of prices on counters that were billed, so it is claimed as a share of the calls concerned.
Another lifetime is one of several answers to the same pause: its saving is an option beside that of the pause.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from whyburn.postmortem.anatomy import RESEND_PREMIUM
from whyburn.postmortem.charges import mechanisms
from whyburn.postmortem.claims import Claim
from whyburn.postmortem.events import FIVE_MINUTES, HOUR
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import count, dearest_calls, lasting, spread
from whyburn.postmortem.findings.pauses import one_hour
from whyburn.postmortem.money import dollars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from whyburn.postmortem.anatomy import Anatomy, Call, Chain
    from whyburn.postmortem.findings.interface import Market

_LEAST_CALLS = 5
_LEAST_PROMPT = 2_048
"""Tokens; providers do not cache shorter prompts."""
_UNCACHED = 5
"""A fifth of the prompt has to be sent uncached."""


def never_cached(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Chains whose calls send their history again and again without ever using the cache."""
    for chain in _conversations(anatomy):
        calls = [call for call in _calls(anatomy, chain) if _sent_uncached(call)]
        paid = {call.index: mechanisms(call)[RESEND_PREMIUM] for call in calls}
        paid = {index: premium for index, premium in paid.items() if premium > 0}
        if len(calls) >= _LEAST_CALLS and paid:
            tokens = sum(min(call.old, call.u) for call in calls)
            yield Finding(
                "never-cached", chain.name,
                f"{len(calls)} calls of {chain.name} sent {tokens:,} known tokens uncached",
                Claim(premiums=frozenset(paid)),
                "Switch prompt caching on for this model or gateway: a history is read from the cache at a fraction",
                "A", 1, _evidence(anatomy, paid, "sent uncached"), tokens=tokens,
            )  # fmt: skip


def _sent_uncached(call: Call) -> bool:
    """Nothing was read or written, and the prompt was long enough to be cached."""
    untouched = not call.r and not call.w1 and not call.w5
    return untouched and call.prompt >= _LEAST_PROMPT and call.u * _UNCACHED > call.prompt


def ttl_too_short(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Five-minute caches that a pause of less than an hour outlived, where an hour would have cost less."""
    longer = [found for chain in _conversations(anatomy) if (found := one_hour(anatomy, chain.index)).saving > 0]
    if longer:
        saving = sum(found.saving for found in longer)
        weights = {event.call: event.premium or 0 for found in longer for event in found.events}
        yield Finding(
            "ttl-too-short", "lifetime",
            f"{count(len(weights), 'pause')} between 5 and 60 min outlived the 5 min cache",
            Claim(shares=spread(anatomy, saving, weights)),
            f"Use the one-hour cache in sessions with such pauses: {dollars(saving)} less here, dearer writes included",
            "A", 3, _evidence(anatomy, weights, "the cache had expired"), option=True,
            tokens=sum(event.lost for found in longer for event in found.events),
        )  # fmt: skip


def ttl_too_long(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """One-hour caches that no pause needed: five minutes would have cost less."""
    weights: dict[int, int] = {}
    saving = tokens = 0
    for chain in _conversations(anatomy):
        cheaper = _dearer_writes(anatomy, chain)
        gain = sum(cheaper.values()) - _lost_at_five_minutes(anatomy, chain)
        if gain > 0:
            saving += gain
            weights.update(cheaper)
            tokens += sum(anatomy.calls[index].w1 for index in cheaper)
    if saving:
        yield Finding(
            "ttl-too-long", "lifetime", f"{tokens:,} tokens were cached for an hour and needed for minutes",
            Claim(shares=spread(anatomy, saving, weights)),
            f"Use the five-minute cache in sessions without long pauses: {dollars(saving)} less here, "
            "what it would have lost included",
            "A", 3, _evidence(anatomy, weights, "written for an hour"), option=True, tokens=tokens,
        )  # fmt: skip


def _dearer_writes(anatomy: Anatomy, chain: Chain) -> dict[int, int]:
    """What each call paid for an hour beyond five minutes."""
    found = {}
    for call in _calls(anatomy, chain):
        more = call.w1 * (call.prices.write_1h - call.prices.write_5m) if call.prices and call.billed else 0
        if more > 0:
            found[call.index] = more
    return found


def _lost_at_five_minutes(anatomy: Anatomy, chain: Chain) -> int:
    """The premiums of reads that only the longer lifetime made possible."""
    lost = 0
    calls = _calls(anatomy, chain)
    for before, call in pairwise(calls):
        gap = _gap(before, call)
        if gap is None or call.prices is None or not FIVE_MINUTES <= gap < HOUR:
            continue
        lost += min(call.r, call.old) * max(call.prices.write_5m - call.prices.read, 0)
    return lost


def _gap(before: Call, call: Call) -> int | None:
    if call.request_ms is None or before.at_ms is None:
        return None
    return call.request_ms - before.at_ms


def write_never_read(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Chains of one call: what they wrote to the cache, nobody came back for."""
    readers = _first_reads(anatomy)
    by_name: dict[str, dict[int, int]] = {}
    tokens: dict[str, int] = {}
    for chain in anatomy.chains:
        if len(chain.calls) != 1 or chain.internal or chain.side:
            continue
        call = anatomy.calls[chain.calls[0]]
        unread = _unread(call, readers)
        paid = _paid_to_write(call, unread)
        if paid > 0:
            by_name.setdefault(chain.name, {})[call.index] = paid
            tokens[chain.name] = tokens.get(chain.name, 0) + unread
    for name, paid_by in by_name.items():
        shares = {index: (paid, anatomy.calls[index].cost or 0) for index, paid in paid_by.items()}
        yield Finding(
            "write-never-read", name,
            f"{count(len(paid_by), 'single call')} of {name} cached {tokens[name]:,} tokens that no call read",
            Claim(shares=shares),
            f"Give several such small jobs to one {name}, or to the main thread: a single call caches for nobody"
            if anatomy.calls[next(iter(paid_by))].chain else "Ask short questions one after the other in one session",
            "A", 3, _evidence(anatomy, paid_by, "written, never read"), tokens=tokens[name],
            counter=("a session that began within the cache's lifetime may have read it",),
        )  # fmt: skip


def _first_reads(anatomy: Anatomy) -> dict[str, list[tuple[int, int]]]:
    """By model, when chains began and what their first call found in the cache."""
    found: dict[str, list[tuple[int, int]]] = {}
    for chain in anatomy.chains:
        for index in chain.calls[:1]:
            call = anatomy.calls[index]
            if call.r and call.request_ms is not None:
                found.setdefault(call.model, []).append((call.request_ms, call.r))
    return {model: sorted(reads) for model, reads in found.items()}


def _unread(call: Call, readers: Mapping[str, list[tuple[int, int]]]) -> int:
    """Tokens that the call wrote and that no other chain's first call can have read."""
    written = call.w1 + call.w5
    lifetime = HOUR if call.w1 else FIVE_MINUTES
    if not written or call.at_ms is None:
        return written
    read = max((r for at, r in readers.get(call.model, ()) if 0 <= at - call.at_ms < lifetime), default=0)
    return max(written - max(read - call.r, 0), 0)


def _paid_to_write(call: Call, tokens: int) -> int:
    if call.prices is None or not call.billed or not call.cost:
        return 0
    dear = call.prices.write_1h if call.w1 else call.prices.write_5m
    return min(tokens * max(dear - call.prices.input, 0), call.cost)


def _conversations(anatomy: Anatomy) -> list[Chain]:
    return [chain for chain in anatomy.chains if not chain.side]


def _calls(anatomy: Anatomy, chain: Chain) -> list[Call]:
    return [anatomy.calls[index] for index in chain.calls]


def _evidence(anatomy: Anatomy, paid: Mapping[int, int], note: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(index, None, _said(anatomy, index, note)) for index in dearest_calls(paid))


def _said(anatomy: Anatomy, index: int, note: str) -> str:
    call = anatomy.calls[index]
    gap = _gap(anatomy.calls[index - 1], call) if call.place else None
    return f"{call.prompt:,} tokens, {note}" + (f", {lasting(gap)} after the call before" if gap else "")
