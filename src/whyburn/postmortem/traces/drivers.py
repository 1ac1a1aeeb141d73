"""Why a trace took the tokens it took: named patterns, each with the events that show it.

A driver's impact is the tokens of those events that belong to it, counted once within the driver; drivers overlap, so
their impacts are not to be added. Beside it stands what these events cost as far as that is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.traces.costs import total
from whyburn.postmortem.traces.findings import is_strong
from whyburn.postmortem.traces.patterns import events_of
from whyburn.postmortem.traces.values import many, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whyburn.postmortem.traces.costs import Row
    from whyburn.postmortem.traces.patterns import Loop, Repeat

LONG = 800
"""Tokens from which the output of a tool is long."""
BROAD = 800
"""Tokens of search results from which looking around is a subject of its own."""
SAMPLES = 6
"""Calls from which a drift of the prompt can be told."""
MOST_EVIDENCE = 5
TALK = frozenset({"user_message", "assistant_message", "model_call", "model_usage", "user_prompt"})
"""Categories that are not the output of a tool."""


class Evidence(NamedTuple):
    """An event that shows a driver."""

    line: int
    detail: str


class Driver(NamedTuple):
    """One pattern that took tokens."""

    name: str
    tokens: int
    cost_pico: int | None
    summary: str
    evidence: Sequence[Evidence]
    cause: str
    """The label of the likely cause when this is the largest."""
    advice: str
    """What to do before the next run."""
    lesson: str
    """What to remember, as a line for an agent's memory file."""


class Drift(NamedTuple):
    """One point of how the prompt grew."""

    label: str
    line: int
    tokens: int


def drivers(
    rows: Sequence[Row], *, context: Sequence[Repeat], files: Sequence[Repeat], retried: Sequence[Loop]
) -> list[Driver]:
    """All drivers of a trace, the dearest first: by cost where it is known, then by tokens."""
    events = events_of(rows)
    found = [
        *_long(events), *_context(context), *_files(files), *_noise(events), *_loops(retried), *_broad(events),
        *_drift(rows), *_strong(events),
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-(one.cost_pico or 0), -one.tokens))


def drift_of(rows: Sequence[Row]) -> list[Drift]:
    """How the prompt grew: its early size, where it first was far above it, its peak, its late size."""
    sent = [(row.event.line, row.event.usage.prompt) for row in rows
            if row.event.usage is not None and not row.event.sum_of_calls and row.event.usage.prompt]  # fmt: skip
    if len(sent) < SAMPLES:
        return []
    part = min(5, max(2, len(sent) // 3))
    early, late = _mean(sent[:part]), _mean(sent[-part:])
    limit = max(early * 9 // 5, early + 500)
    above = next((one for one in sent if one[1] > limit), None)
    peak = max(sent, key=lambda one: one[1])
    points = [Drift("early", sent[0][0], early), Drift("peak", *peak), Drift("late", sent[-1][0], late)]
    if above is not None:
        points.insert(1, Drift("first far above", *above))
    return points


def _mean(sent: Sequence[tuple[int, int]]) -> int:
    return sum(tokens for _, tokens in sent) // len(sent)


# --- the patterns -----------------------------------------------------------------------------------------------------


def _long(events: Sequence[Row]) -> Iterable[Driver]:
    rows = [row for row in events if row.event.category not in TALK and row.event.seen >= LONG and _is_output(row)]
    if rows:
        longest = max(rows, key=lambda row: row.event.seen)
        yield Driver(
            "Long tool output", _tokens(rows), total(rows),
            f"{many(len(rows), 'output')} of {LONG:,} tokens or more; the longest has {longest.event.seen:,}.",
            _evidence(sorted(rows, key=lambda row: -row.event.seen)), "long output was carried along",
            f"Shorten the output of {_named(longest)} ({longest.event.place}) before it enters the conversation.",
            "Pipe long command output through a filter or to a file, and read only the part that is needed.",
        )  # fmt: skip


def _is_output(row: Row) -> bool:
    """An event of a tool, not a call of a model."""
    return bool(row.event.tool or row.event.command or row.event.category.endswith(("_log", "_output")))


def _context(context: Sequence[Repeat]) -> Iterable[Driver]:
    rows = [row for one in context for row in one.later]
    if rows:
        top = context[0]
        yield Driver(
            "Repeated context", sum(one.tokens for one in context), total(rows),
            f"{many(len(context), 'content')} came again; {top.label} came {len(top.rows)} times.", _evidence(rows),
            "the same context was sent again and again",
            f"Send content {top.label} once, or from a cache ({_lines(top.rows)}).",
            "Keep what does not change at the beginning of the prompt, so that a cache can serve it.",
        )  # fmt: skip


def _files(files: Sequence[Repeat]) -> Iterable[Driver]:
    if files:
        rows = list({id(row): row for one in files for row in one.later}.values())
        top = files[0]
        yield Driver(
            "Repeated file", sum(one.tokens for one in files), total(rows),
            f"{many(len(files), 'file')} came up more than once; {top.label} in {len(top.rows)} events.",
            [Evidence(one.rows[0].event.line, f"{one.label}: {_lines(one.rows)}")
             for one in files[:MOST_EVIDENCE]],
            "the same files were loaded again",
            f"Open only these files first: {', '.join(one.label for one in files[:3])}.",
            f"Before opening {top.label} again, look whether what is needed of it is in the conversation already.",
        )  # fmt: skip


def _noise(events: Sequence[Row]) -> Iterable[Driver]:
    rows = [row for row in events if row.event.failed]
    if rows and _tokens(rows):
        yield Driver(
            "Error and test log noise", _tokens(rows), total(rows), f"{many(len(rows), 'event')} failed.",
            _evidence(rows), "failures filled the conversation",
            f"Print only what failed: {_named(rows[0])} ({rows[0].event.place}) first.",
            "Run tests in their quiet form, and look at the first failure only.",
        )  # fmt: skip


def _loops(retried: Sequence[Loop]) -> Iterable[Driver]:
    for loop in retried[:1]:
        rows = [row for one in retried for row in one.again]
        yield Driver(
            "Retry loop", _tokens(rows), total(rows),
            f"{loop.label} failed {len(loop.attempts)} times, {len(loop.again)} of them with nothing new before.",
            [Evidence(one.row.event.line, f"{_said(one.row)}; since the run before: {one.changed or 'nothing'}")
             for one in loop.attempts[:MOST_EVIDENCE]],
            "a command was repeated without new evidence",
            f"After the second equal failure of {loop.label}, change something before running it again.",
            "A command that failed twice in the same way is not run again before something has changed.",
        )  # fmt: skip


def _broad(events: Sequence[Row]) -> Iterable[Driver]:
    rows = [row for row in events if row.event.category == "search_output"]
    distinct = {row.event.command_key or row.event.preview for row in rows}
    if _tokens(rows) >= BROAD and len(distinct) >= 4:
        yield Driver(
            "Broad exploration", _tokens(rows), total(rows), f"{len(distinct)} different searches.",
            _evidence(sorted(rows, key=lambda row: -row.event.seen)), "looking around never narrowed",
            "Name the part of the project that matters before searching the whole of it.",
            "Search inside one folder and for one name at a time; list files before their content.",
        )  # fmt: skip


def _drift(rows: Sequence[Row]) -> Iterable[Driver]:
    points = {one.label: one for one in drift_of(rows)}
    if not points:
        return
    early, late = points["early"], points["late"]
    grown = late.tokens - early.tokens
    if grown >= 500 and late.tokens * 5 >= early.tokens * 9:
        split = points.get("first far above", late)
        after = [row for row in rows if row.event.usage is not None and row.event.line >= split.line]
        yield Driver(
            "Session drift", grown, total(after),
            f"The prompt grew from {early.tokens:,} to {late.tokens:,} tokens; line {split.line} was far above.",
            [Evidence(one.line, f"{one.label}: {one.tokens:,} tokens") for one in points.values()],
            "the conversation grew with every call",
            f"Begin a new session, with a summary, where line {split.line} is now.",
            "When the task changes, write down what is known and begin a new session.",
        )  # fmt: skip


def _strong(events: Sequence[Row]) -> Iterable[Driver]:
    rows = [row for row in events if row.event.model and is_strong(row.event.model) and "simple" in row.event.traits]
    if rows:
        models = ", ".join(dict.fromkeys(row.event.model for row in rows))
        yield Driver(
            "Expensive model on low-value step", _tokens(rows), total(rows),
            f"{many(len(rows), 'simple step')} ran on {models}.", _evidence(rows), "simple steps ran on a dear model",
            f"Give {_named(rows[0])} ({rows[0].event.place}) to a smaller model.",
            "Searching, listing and formatting go to the small model.",
        )  # fmt: skip


# --- pieces -----------------------------------------------------------------------------------------------------------


def _tokens(rows: Iterable[Row]) -> int:
    return sum(row.event.seen for row in rows)


def _evidence(rows: Sequence[Row]) -> list[Evidence]:
    return [Evidence(row.event.line, f"{_said(row)}, {row.event.seen:,} tokens") for row in rows[:MOST_EVIDENCE]]


def _named(row: Row) -> str:
    return short(" ".join(row.event.command.split()) or row.event.tool or row.event.name)


def _said(row: Row) -> str:
    """An event in a few words: what it is, and its error or else nothing."""
    return f"{_named(row)}: {row.event.error}" if row.event.error else _named(row)


def _lines(rows: Sequence[Row]) -> str:
    shown = ", ".join(str(row.event.line) for row in rows[:6])
    return f"{rows[0].event.unit}s {shown}{' …' if len(rows) > 6 else ''}"
