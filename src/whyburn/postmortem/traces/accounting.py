"""Sums over the events of a trace: in all, by model and by step. Every breakdown sums to its total."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.traces.costs import total
from whyburn.postmortem.traces.model import USAGE, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from whyburn.postmortem.traces.costs import Row

NO_MODEL = "(no model)"
NO_STEP = "(no step)"
MOST_ROWS = 5
BARE = frozenset({"model_call", "model_usage"})
"""Categories whose step is no step of somebody's work."""


class Summary(NamedTuple):
    """The trace as a whole. Money in pico-dollars, None where nothing is known."""

    events: int
    usage_records: int
    cost_pico: int | None
    recorded_pico: int | None
    """What the trace itself recorded."""
    billed: Usage | None
    """Tokens that a provider counted; None when the trace tells of none."""
    observable: int
    """Tokens of the text to see."""
    estimated_events: int
    """Events whose tokens come from the length of their text."""
    latency_ms: int | None
    failures: int
    unpriced_events: int
    unpriced_tokens: int
    """Billed tokens for which no cost is known: if not 0, the cost is a lower bound."""
    by_basis: dict[str, int]
    """Pico-dollars by the right to say so."""

    @property
    def tokens(self) -> int:
        """Billed tokens where there are any, else those of the text."""
        return self.billed.total if self.billed is not None else self.observable


class Share(NamedTuple):
    """One row of a breakdown."""

    name: str
    events: int
    value: int
    names: int = 1
    """How many names the row stands for: the last row may stand for all others."""


def summed(rows: Sequence[Row]) -> Summary:
    """The sums over all records."""
    events = [row.event for row in rows if row.event.category != USAGE]
    usages = [row.event.usage for row in rows if row.event.usage is not None]
    recorded = [row.event.recorded_pico for row in rows if row.event.recorded_pico is not None]
    latencies = [row.event.latency_ms for row in rows if row.event.latency_ms is not None]
    unpriced = [row.event.usage for row in rows if row.event.usage is not None and row.cost.pico is None]
    by_basis: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.cost.pico is not None:
            by_basis[row.cost.basis] += row.cost.pico
    return Summary(
        len(events), len(rows) - len(events), total(rows), sum(recorded) if recorded else None, _sum(usages),
        sum(one.tokens for one in events if one.usage is None or not _is_billed(one.tokens, one.usage)),
        sum(one.estimated for one in events), sum(latencies) if latencies else None,
        sum(one.failed for one in events), len(unpriced), sum(one.total for one in unpriced), dict(by_basis),
    )  # fmt: skip


def _is_billed(tokens: int, usage: Usage) -> bool:
    """Whether an event's tokens only repeat what it was billed: then they are no text to see."""
    return tokens == usage.input + usage.output or tokens == usage.total


def _sum(usages: Sequence[Usage]) -> Usage | None:
    return Usage(*map(sum, zip(*usages, strict=True))) if usages else None


def breakdown(
    rows: Iterable[Row], name: Callable[[Row], str], value: Callable[[Row], int | None], *, most: int = MOST_ROWS
) -> list[Share]:
    """At most so many names, the largest first; the last stands for all others. Rows without a value are left out."""
    sums: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        amount = value(row)
        if amount is not None:
            sums[name(row)].append(amount)
    shares = [Share(one, len(amounts), sum(amounts)) for one, amounts in sums.items() if any(amounts)]
    shares.sort(key=lambda share: (-share.value, share.name))
    kept, rest = (shares, []) if len(shares) <= most else (shares[: most - 1], shares[most - 1 :])
    others = Share("(others)", sum(one.events for one in rest), sum(one.value for one in rest), len(rest))
    return [*kept, others] if rest else kept


def model_of(row: Row) -> str:
    """The name of a row's model in a breakdown."""
    return row.event.model or NO_MODEL


def step_of(row: Row) -> str:
    """The name of a row's step in a breakdown."""
    return row.event.name or NO_STEP


def cost_of(row: Row) -> int | None:
    """Pico-dollars of a row."""
    return row.cost.pico


def billed_of(row: Row) -> int | None:
    """Billed tokens of a row."""
    return row.event.usage.total if row.event.usage is not None else None


def seen_of(row: Row) -> int | None:
    """Tokens of a row, billed or else of its text."""
    return row.event.seen or None


def latency_of(row: Row) -> int | None:
    """Milliseconds that a row took."""
    return row.event.latency_ms


def top_step(rows: Sequence[Row]) -> tuple[Share | None, int]:
    """The dearest of several steps, and the cost of all; none where the steps are only the calls of a model."""
    shares = breakdown(rows, step_of, cost_of, most=10**9)
    whole = sum(one.value for one in shares)
    named = {step_of(row) for row in rows if row.event.category not in BARE}
    return (shares[0] if len(shares) > 1 and shares[0].name in named else None), whole
