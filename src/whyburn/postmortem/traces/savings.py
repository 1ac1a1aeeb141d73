"""What a trace could have cost less: counterfactuals over calls whose tokens are known, and nothing else.

Each saving is a difference of two bills for the same tokens, or the whole cost of a call that should not have been
made; the numbers that went into it stand beside it. An event is claimed once, by the first rule that saves on it, so
that savings never exceed the cost. Where a rule applies and its numbers are missing, the cost that is exposed to it is
shown, and no saving.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.money import dollars
from whyburn.postmortem.traces.accounting import step_of, top_step
from whyburn.postmortem.traces.costs import bill, total
from whyburn.postmortem.traces.patterns import repeated_context, repeated_files
from whyburn.postmortem.traces.values import many, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.postmortem.traces.costs import Costing, Row
    from whyburn.postmortem.traces.model import Event
    from whyburn.postmortem.traces.patterns import Loop, Repeat

MOST = 5
CACHE_LIVES_MS = 300_000
"""How long a prompt cache is kept at least after its last use."""
TOP_STEP = 40
"""Percent of the cost from which a single step is worth a line of its own."""


class Recommendation(NamedTuple):
    """Something to do next time. Money in pico-dollars."""

    title: str
    detail: str
    saving_pico: int | None
    """None where no counterfactual can be computed."""
    exposed_pico: int | None
    """What the events that it is about cost; None where that is unknown."""
    inputs: tuple[tuple[str, str], ...] = ()
    """What went into the saving."""
    lines: tuple[int, ...] = ()


class Saved(NamedTuple):
    """A row and what would not have been paid for it."""

    row: Row
    pico: int


def recommendations(rows: Sequence[Row], retried: Sequence[Loop], costing: Costing) -> list[Recommendation]:
    """The best five: those with savings by their size, then those that only show what is exposed."""
    claimed: set[int] = set()
    found = [*_retries(retried, claimed), *_cheaper(rows, costing, claimed), *_cached(rows, claimed)]
    found += [*_memos(repeated_files(rows)), *_top_step(rows)]
    found.sort(key=lambda one: (-(one.saving_pico or 0), -(one.exposed_pico or 0)))
    return found[:MOST]


def joint(found: Iterable[Recommendation]) -> int | None:
    """All savings together; None where none could be computed."""
    known = [one.saving_pico for one in found if one.saving_pico is not None]
    return sum(known) if known else None


# --- calls that should not have been made -----------------------------------------------------------------------------


def _retries(retried: Sequence[Loop], claimed: set[int]) -> Iterable[Recommendation]:
    for loop in retried:
        exposed = total(loop.again)
        known = [row for row in loop.again if row.event.usage is not None and row.cost.pico]
        claimed.update(id(row) for row in known)
        runs = len(loop.attempts)
        yield Recommendation(
            "Stop when a command fails twice in the same way",
            f"{loop.label} failed {runs} times, {len(loop.again)} of them with nothing new since the run before: read "
            "the error, change something, then run it again.",
            total(known), exposed,
            (("failing runs", str(runs)), ("runs with nothing new", str(len(loop.again))),
             ("runs whose tokens and cost are known", str(len(known)))) if known else (),
            tuple(row.event.line for row in loop.again),
        )  # fmt: skip


# --- the same tokens at another price ---------------------------------------------------------------------------------


def _cheaper(rows: Sequence[Row], costing: Costing, claimed: set[int]) -> Iterable[Recommendation]:
    """Steps such as a search, billed again at the price of a cheaper model that the same trace uses."""
    used = sorted({row.event.model for row in rows if row.event.usage is not None and row.event.model})
    by_pair: dict[tuple[str, str], list[Saved]] = {}
    for row in rows:
        if id(row) in claimed or "simple" not in row.event.traits or row.cost.pico is None:
            continue
        best = min(_others(row, used, costing), default=None)
        if best is not None and best[0] < row.cost.pico:
            by_pair.setdefault((row.event.model, best[1]), []).append(Saved(row, row.cost.pico - best[0]))
    for (model, other), saved in by_pair.items():
        claimed.update(id(one.row) for one in saved)
        yield _pair(model, other, saved)


def _others(row: Row, used: Sequence[str], costing: Costing) -> Iterable[tuple[int, str]]:
    """(pico-dollars, model): a row's tokens at the prices of the other models. Another model has another cache: what
    was read from one would have been new."""
    usage = row.event.usage
    if usage is None or usage.unsorted or row.cost.rate is None:
        return
    fresh = usage._replace(input=usage.prompt, cache_read=0, write_5m=0, write_1h=0, write_other=0)
    for model in used:
        rate = costing.rate(row.event, model) if model != row.event.model else None
        if rate is not None:
            yield bill(rate, fresh), model


def _pair(model: str, other: str, saved: Sequence[Saved]) -> Recommendation:
    rows = [one.row for one in saved]
    steps = ", ".join(dict.fromkeys(step_of(row) for row in rows))
    tokens = sum(row.event.usage.total for row in rows if row.event.usage is not None)
    return Recommendation(
        f"Give {short(steps)} to {other}",
        f"{len(rows)} of these steps ran on {model}. The same tokens, all of them as new input, cost less at the price "
        f"of {other}, which this trace uses too.",
        sum(one.pico for one in saved), total(rows),
        (("calls", str(len(rows))), ("tokens", f"{tokens:,}"), ("from", model), ("to", other)),
        tuple(row.event.line for row in rows),
    )  # fmt: skip


# --- the same prompt from a cache -------------------------------------------------------------------------------------


def _cached(rows: Sequence[Row], claimed: set[int]) -> Iterable[Recommendation]:
    """Prompts that were sent again as new input: a saving where the times show that a cache would still have lived."""
    for repeat in repeated_context(rows):
        saved, tokens = _from_cache(repeat, claimed)
        premium = _premium(repeat, tokens)
        saving = sum(one.pico for one in saved) - premium
        if not saved or saving <= 0:
            if repeat.cost_pico:
                yield _sent_again(repeat)
            continue
        claimed.update(id(one.row) for one in saved)
        rate = saved[0].row.cost.rate
        assert rate is not None
        prices = f"{_usd(rate.input)} as input, {_usd(rate.cache_read or 0)} from the cache, per million tokens"
        yield Recommendation(
            "Cache the context that is sent again",
            f"Content {repeat.label} was sent {many(len(repeat.rows), 'time')}. {len(saved)} of these calls came "
            "within five minutes of the one before and paid for it as new input.",
            saving, repeat.cost_pico,
            (("calls", str(len(saved))), ("tokens a call", f"{tokens:,}"), ("prices", prices),
             ("less the price of writing the cache", dollars(premium))),
            tuple(one.row.event.line for one in saved),
        )  # fmt: skip


def _from_cache(repeat: Repeat, claimed: set[int]) -> tuple[list[Saved], int]:
    """Later calls that could have read what the first one sent, and how many tokens all of them share at least."""
    whole = all(row.event.hash_basis == "prompt" for row in repeat.rows)
    sent = [row.event.usage.input for row in repeat.rows if row.event.usage is not None]
    tokens = min(sent, default=0)
    if not whole or len(sent) < len(repeat.rows) or not tokens:
        return [], 0
    found: list[Saved] = []
    for before, row in pairwise(repeat.rows):
        rate = row.cost.rate
        same = row.event.model == before.event.model and rate is not None and rate.cache_read is not None
        if same and rate is not None and _alive(before.event, row.event) and id(row) not in claimed and row.cost.pico:
            pico = tokens * (rate.input - (rate.cache_read or 0))
            found.append(Saved(row, min(pico, row.cost.pico)))
    return found, tokens


def _alive(before: Event, later: Event) -> bool:
    if before.at_ms is None or later.at_ms is None:
        return False
    return 0 <= later.at_ms - before.at_ms <= CACHE_LIVES_MS


def _premium(repeat: Repeat, tokens: int) -> int:
    """What writing the cache would have cost on top, once."""
    rate = repeat.rows[0].cost.rate
    return tokens * max((rate.write_5m or rate.input) - rate.input, 0) if rate is not None else 0


def _sent_again(repeat: Repeat) -> Recommendation:
    return Recommendation(
        "Send repeated context once",
        f"Content {repeat.label} came {len(repeat.rows)} times. What a cache would have saved cannot be told from "
        "what is recorded: the cost of the later events is shown.",
        None, repeat.cost_pico, (), tuple(row.event.line for row in repeat.later),
    )  # fmt: skip


# --- exposure only ----------------------------------------------------------------------------------------------------


def _memos(files: Sequence[Repeat]) -> Iterable[Recommendation]:
    """One line for the files that came up again and again."""
    often = [one for one in files if len(one.rows) >= 3][:3]
    if often:
        rows = list({id(row): row for one in often for row in one.later}.values())
        names = ", ".join(f"{one.label} ({len(one.rows)} times)" for one in often)
        yield Recommendation(
            "Keep a note of files that come up again and again",
            f"{names}: a short note on each spares the next visit.",
            None, total(rows), (), tuple(sorted(row.event.line for row in rows)),
        )  # fmt: skip


def _top_step(rows: Sequence[Row]) -> Iterable[Recommendation]:
    """One step that is a large part of the cost."""
    top, whole = top_step(rows)
    if top is not None and top.value * 100 >= TOP_STEP * whole:
        yield Recommendation(
            f"Look at {short(top.name)} first",
            f"It is {100 * top.value // whole} % of the cost, over {many(top.events, 'event')}.", None, top.value, (),
            tuple(row.event.line for row in rows if step_of(row) == top.name)[:20],
        )  # fmt: skip


def _usd(pico: int) -> str:
    """A price per token as one per million."""
    whole, part = divmod(pico, 10**6)
    return f"${whole}.{f'{part:06}'.rstrip('0').ljust(2, '0')}"
