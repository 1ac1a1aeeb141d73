"""What a person should notice in a trace, in words with numbers. No saving is claimed here; see `savings`."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Literal, NamedTuple

from whyburn.postmortem.money import dollars
from whyburn.postmortem.traces.accounting import latency_of, step_of, top_step
from whyburn.postmortem.traces.costs import total
from whyburn.postmortem.traces.values import many, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.postmortem.traces.accounting import Summary
    from whyburn.postmortem.traces.costs import Row
    from whyburn.postmortem.traces.patterns import Loop, Repeat

SLOW_MS = 5_000
SLOW_TIMES = 3
HALF = 50
_STRONG = ("opus", "gpt-5", "gpt-4", "o1", "o3", "pro", "large", "ultra", "fable")
_LIGHT = ("mini", "nano", "haiku", "flash", "lite", "small", "spark", "tiny")


class Finding(NamedTuple):
    """One thing to notice."""

    severity: Literal["info", "warning", "high"]
    title: str
    detail: str


def findings(
    rows: Sequence[Row], summary: Summary, *, context: Sequence[Repeat], files: Sequence[Repeat],
    retried: Sequence[Loop], budget_pico: int | None,
) -> list[Finding]:  # fmt: skip
    """All findings, in the order of their weight; one that says so when there are none."""
    if not rows:
        return [Finding("warning", "Nothing to analyse", "the trace holds no events: check that it is the right file")]
    found = [
        *_budget(summary, budget_pico), *_top_step(rows), *_strong(rows), *_loops(retried), *_failures(rows),
        *_context(context), *_files(files), *_slow(rows), *_unpriced(summary),
    ]  # fmt: skip
    return found or [Finding("info", "Nothing stands out", "no step, model, repetition or failure is out of line")]


def over_budget(summary: Summary, budget_pico: int | None) -> bool | None:
    """Whether the known cost exceeds the budget; None without a budget, or when no cost is known."""
    if budget_pico is None or (summary.cost_pico is None and summary.events):
        return None
    return (summary.cost_pico or 0) > budget_pico


def _budget(summary: Summary, budget_pico: int | None) -> Iterable[Finding]:
    if budget_pico is not None and summary.cost_pico is None:
        yield Finding("warning", "The budget cannot be judged", "no cost is recorded and no price applies")
    elif over_budget(summary, budget_pico):
        detail = f"{dollars(summary.cost_pico or 0)} of a budget of {dollars(budget_pico or 0)}"
        yield Finding("high", "Over budget", detail)


def _top_step(rows: Sequence[Row]) -> Iterable[Finding]:
    top, whole = top_step(rows)
    if top is not None and top.value * 100 >= HALF * whole:
        detail = f"{short(top.name)}: {dollars(top.value)}, {100 * top.value // whole} %"
        yield Finding("warning", "One step dominates the cost", detail)


def _strong(rows: Sequence[Row]) -> Iterable[Finding]:
    hit = [row for row in rows if row.event.model and is_strong(row.event.model) and "simple" in row.event.traits]
    if hit:
        models = ", ".join(dict.fromkeys(row.event.model for row in hit))
        yield Finding(
            "warning", "Strong model on simple steps", f"{models} for {_steps(hit)}; their cost: {_cost(hit)}"
        )


def is_strong(model: str) -> bool:
    """Whether a model's name is that of a large one: a word of the name, not any letters in it."""
    name = model.lower()
    words = set(name.replace("/", "-").replace(".", "-").split("-"))
    return any(_in(one, name, words) for one in _STRONG) and not words & set(_LIGHT)


def _in(part: str, name: str, words: set[str]) -> bool:
    return part in name if "-" in part else part in words


def _loops(retried: Sequence[Loop]) -> Iterable[Finding]:
    for loop in retried[:3]:
        yield Finding(
            "high" if len(loop.again) > 1 else "warning", "Retries without new evidence",
            f"{loop.label}: {len(loop.attempts)} failing runs, {len(loop.again)} of them with nothing new before",
        )  # fmt: skip


def _failures(rows: Sequence[Row]) -> Iterable[Finding]:
    failed = [row for row in rows if row.event.failed]
    if failed:
        what = f"{many(len(failed), 'event')} failed ({_steps(failed)})"
        yield Finding("warning", "Failures", f"{what}; their cost: {_cost(failed)}")


def _context(context: Sequence[Repeat]) -> Iterable[Finding]:
    if context:
        rows = [row for one in context for row in one.later]
        tokens = sum(one.tokens for one in context)
        what = f"{many(len(context), 'content')} came again, {tokens:,} tokens in {many(len(rows), 'event')}"
        yield Finding("warning", "Repeated context", f"{what}; their cost: {_cost(rows)}")


def _files(files: Sequence[Repeat]) -> Iterable[Finding]:
    if files:
        top = ", ".join(f"{one.label} ({len(one.rows)} times)" for one in files[:3])
        yield Finding("info", "Repeated files", f"{many(len(files), 'file')} came up again: {top}")


def _slow(rows: Sequence[Row]) -> Iterable[Finding]:
    timed = [(latency, row) for row in rows if (latency := latency_of(row)) is not None]
    if len(timed) < 3:
        return
    usual = median(latency for latency, _ in timed)
    slow = [(latency, row) for latency, row in timed if latency > SLOW_MS and latency > SLOW_TIMES * usual]
    if slow:
        latency, row = max(slow, key=lambda pair: pair[0])
        detail = (
            f"{row.event.place} ({short(step_of(row))}) took {latency / 1000:.1f} s, the median is {usual / 1000:.1f} s"
        )
        yield Finding("info", "Slow step", detail)


def _unpriced(summary: Summary) -> Iterable[Finding]:
    if summary.unpriced_events:
        what = f"{many(summary.unpriced_events, 'event')} with {summary.unpriced_tokens:,} billed tokens"
        detail = f"{what}: no cost is recorded and no price applies"
        yield Finding("info", "Costs that are not known", detail)


def _cost(rows: Iterable[Row]) -> str:
    found = total(rows)
    return "not recorded" if found is None else dollars(found)


def _steps(rows: Iterable[Row]) -> str:
    """The names of their steps, the first three."""
    names = list(dict.fromkeys(short(step_of(row)) for row in rows))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
