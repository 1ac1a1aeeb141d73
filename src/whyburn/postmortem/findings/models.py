"""The same tokens at another price: shorter prompts, normal speed, a cheaper model for plain looking around.

A saving is the difference between two prices on the counters that were billed, claimed as a share of each call. A
single call inside a conversation is never advised to use another model: it would pay for a cache of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from whyburn.postmortem.claims import Claim
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import (
    MOST_EVIDENCE,
    carrying,
    count,
    dearest_calls,
    difference,
    fixed_tokens,
    spread,
    summary_tokens,
)
from whyburn.postmortem.findings.work import by_chain, fresh_price, looks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Call, Chain, Prices
    from whyburn.postmortem.findings.interface import Market

Key = TypeVar("Key")
_LEAST_RUN = 10
"""Calls in a row that only look around."""


def long_context_tier(anatomy: Anatomy, market: Market) -> Iterator[Finding]:
    """Calls whose prompt was long enough for a dearer price, and would not have been in a session split in two."""
    saved: dict[str, dict[int, int]] = {}
    fixed = {segment.index: fixed_tokens(anatomy, segment.index) for segment in anatomy.segments}
    for calls in _alike(anatomy):
        longest = max(calls, key=lambda call: call.prompt)
        if not difference(longest, market.prices(longest, prompt=1)):
            continue
        for call in calls:
            short = fixed.get(call.segment, 0) + call.prompt - call.old
            _add(saved, call.model, call, market.prices(call, prompt=min(short, call.prompt)))
    for model, by_call in saved.items():
        calls = [anatomy.calls[index] for index in by_call]
        yield Finding(
            "long-context-tier", model,
            f"{count(len(calls), 'call')} of {model} paid the price of long prompts, up to "
            f"{max(call.prompt for call in calls):,} tokens",
            _shares(anatomy, by_call),
            "Compact, or split the session where a task ends, before the prompt reaches the dearer tier",
            "A", 3, _evidence(anatomy, by_call), tokens=max(call.prompt for call in calls),
        )  # fmt: skip


def _alike(anatomy: Anatomy) -> list[list[Call]]:
    """The priced calls by model and terms: what makes no difference to the dearest of a group need not be asked for
    thousands of others."""
    groups: dict[tuple[str, str, str, str], list[Call]] = {}
    for call in anatomy.billed:
        if call.prices is not None:
            groups.setdefault((call.provider, call.model, call.speed, call.tier), []).append(call)
    return list(groups.values())


def speed_tier(anatomy: Anatomy, market: Market) -> Iterator[Finding]:
    """Calls that were paid to be fast or first in the queue."""
    saved: dict[str, dict[int, int]] = {}
    for calls in _alike(anatomy):
        name = _extra(max(calls, key=lambda call: call.cost or 0), market)
        for call in calls if name else ():
            _add(saved, name, call, market.prices(call, speed="", tier=""))
    for name, by_call in saved.items():
        yield Finding(
            "speed-tier", name, f"{count(len(by_call), 'call')} ran at the {name} price", _shares(anatomy, by_call),
            "Use the standard speed where nobody waits for the answer", "A", 1, _evidence(anatomy, by_call),
            counter=("a choice, not a mistake: the time that it saved has its worth too",),
        )  # fmt: skip


def _extra(call: Call, market: Market) -> str:
    """The words for what a call paid extra for: its speed, its service tier; empty for neither."""
    fast = call.speed if call.speed and difference(call, market.prices(call, speed="")) else ""
    first = call.tier if call.tier and difference(call, market.prices(call, tier="")) else ""
    return f"{fast} {first}".strip()


def strong_model_subagent(anatomy: Anatomy, market: Market) -> Iterator[Finding]:
    """Sub-agents that only searched, read and listed, on a model that has a cheaper sibling."""
    used = {call.model for call in anatomy.billed}
    work = by_chain(anatomy)
    saved: dict[tuple[str, str, str], dict[int, int]] = {}
    for chain in anatomy.chains[1:]:
        uses = work.get(chain.index, ())
        if chain.internal or not uses or not all(looks(one.use) for one in uses):
            continue
        for index in chain.calls:
            call = anatomy.calls[index]
            cheaper = market.cheaper(call, used) if call.prices is not None else None
            if cheaper:
                _add(saved, (chain.name, call.model, cheaper), call, market.prices(call, model=cheaper))
    for (name, model, cheaper), by_call in saved.items():
        chains = {anatomy.calls[index].chain for index in by_call}
        yield Finding(
            "strong-model-subagent", f"{name} on {model}",
            f"{count(len(chains), 'sub-agent')} ({name}) only searched and read, on {model}",
            _shares(anatomy, by_call), f"Give {name} the model {cheaper}", "A", 3, _evidence(anatomy, by_call),
            counter=(f"{cheaper} may need more calls for the same",),
        )  # fmt: skip


class _Run(NamedTuple):
    """Calls in a row that only looked around, and the call that took the last result in."""

    calls: list[Call]
    after: Call


def strong_model_run(anatomy: Anatomy, market: Market) -> Iterator[Finding]:
    """Long looks around in the main thread that a sub-agent on a cheaper model would have done for less."""
    used = {call.model for call in anatomy.billed}
    later, summary = carrying(anatomy), summary_tokens(anatomy)
    saved: dict[tuple[str, str], list[tuple[_Run, int]]] = {}
    for run in _runs(anatomy):
        first = run.calls[0]
        cheaper = market.cheaper(first, used)
        prices = market.prices(first, model=cheaper) if cheaper else None
        if cheaper and prices is not None:
            gain = _in_thread(run, later, summary) - _delegated(anatomy, run, prices, summary)
            if gain > 0:
                saved.setdefault((first.model, cheaper), []).append((run, gain))
    for (model, cheaper), runs in saved.items():
        yield _delegate(anatomy, model, cheaper, runs)


def _runs(anatomy: Anatomy) -> Iterator[_Run]:
    """Runs of the main chain inside one turn and one segment, on one model."""
    chain = anatomy.chains[0]
    plain = _looking(anatomy, chain)
    run: list[Call] = []
    for index in chain.calls:
        call = anatomy.calls[index]
        if run and (call.segment, call.turn, call.model) != (run[-1].segment, run[-1].turn, run[-1].model):
            run = []
        if index in plain:
            run.append(call)
            continue
        if len(run) >= _LEAST_RUN:
            yield _Run(run, call)
        run = []


def _looking(anatomy: Anatomy, chain: Chain) -> set[int]:
    """Priced calls that asked for nothing but reading, searching and listing."""
    plain: dict[int, bool] = {}
    for one in by_chain(anatomy).get(chain.index, ()):
        plain[one.use.made] = plain.get(one.use.made, True) and looks(one.use)
    return {index for index, only in plain.items() if only and anatomy.calls[index].prices is not None}


def _in_thread(run: _Run, later: Sequence[int], summary: int) -> int:
    """What the run cost in the main thread beyond asking for it, and what its results cost there later; a report of
    `summary` tokens would have come in their place."""
    first, after = run.calls[0], run.after
    spent = sum(call.cost or 0 for call in run.calls[1:])
    if after.prices is None:
        return spent
    seen, new = max(after.old - first.prompt, 0), after.prompt - after.old
    spent += seen * after.prices.read + (new - summary) * fresh_price(after, after.prices)
    return spent + (seen + new - summary) * later[after.index]


def _delegated(anatomy: Anatomy, run: _Run, prices: Prices, summary: int) -> int:
    """The same steps in a sub-agent with a prompt of its own: written once, read by every next step."""
    first, cost = run.calls[0], 0
    known, base = 0, _cold(anatomy, first)
    for call in run.calls:
        prompt = base + call.prompt - first.prompt
        cost += known * prices.read + (prompt - known) * prices.write_5m + call.o * prices.output
        known = prompt
    new = max(run.after.prompt - run.after.old, 0)
    return cost + known * prices.read + new * prices.write_5m + summary * prices.output


def _cold(anatomy: Anatomy, first: Call) -> int:
    """The first prompt of a sub-agent: the middle one of this session's, else what stands in every prompt here."""
    sizes = sorted(
        anatomy.calls[chain.calls[0]].prompt
        for chain in anatomy.chains[1:]
        if chain.calls and not chain.side and not chain.internal
    )
    return sizes[len(sizes) // 2] if sizes else fixed_tokens(anatomy, first.segment)


def _delegate(anatomy: Anatomy, model: str, cheaper: str, runs: list[tuple[_Run, int]]) -> Finding:
    shares = {}
    for run, gain in runs:
        weights = {call.index: call.cost or 0 for call in run.calls[1:]}
        shares.update(spread(anatomy, min(gain, sum(weights.values())), weights))
    steps = sum(len(run.calls) for run, _ in runs)
    dear = sorted(runs, key=lambda pair: -pair[1])[:MOST_EVIDENCE]
    return Finding(
        "strong-model-run", model,
        f"{steps} calls in {count(len(runs), 'run')} of the main thread only looked around, on {model}",
        Claim(shares=shares),
        f"Ask for such a search as a task of its own, for a sub-agent on {cheaper} that reports back in a few lines",
        "A", 4, tuple(Evidence(run.calls[0].index, None, f"{len(run.calls)} such calls from here") for run, _ in dear),
        counter=("the report of a sub-agent may leave out what was needed later",),
    )  # fmt: skip


def _add(saved: dict[Key, dict[int, int]], key: Key, call: Call, prices: Prices | None) -> None:
    """Note what other prices would have saved of a call, if anything."""
    amount = difference(call, prices)
    if amount:
        saved.setdefault(key, {})[call.index] = amount


def _shares(anatomy: Anatomy, saved: Mapping[int, int]) -> Claim:
    return Claim(shares={index: (amount, anatomy.calls[index].cost or 0) for index, amount in saved.items()})


def _evidence(anatomy: Anatomy, saved: Mapping[int, int]) -> tuple[Evidence, ...]:
    prompts = {index: anatomy.calls[index].prompt for index in dearest_calls(saved)}
    return tuple(Evidence(index, None, f"{tokens:,} tokens of prompt") for index, tokens in prompts.items())
