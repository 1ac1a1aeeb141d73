"""What happened in a session, as tables: files, commands, tries without anything new, losses of the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views.postmortem import facts
from whyburn.views.postmortem.parts import Entry, Grid, Section
from whyburn.views.words import UNKNOWN, count_of, duration, money, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.views.postmortem.facts import Data

_ROWS, _LOOPS = 10, 6


def files(data: Data) -> Section:
    """Which files burned context."""
    rows = [one for one in data["files"] if one["reads"] or one["edits"]]
    if not data["tool_health"]["calls"]:
        return Section("files", [("", f"tool calls: {facts.NOT_RECORDED}, or none were made")])
    cells = [
        ((one["path"], f"{one['reads']:,}", f"{one['edits']:,}", tokens(one["tokens"]), f"{one['rereads']:,}",
          _cost(data, one["cost_pico_usd"]), _note(one)), None)
        for one in rows[:_ROWS]
    ]  # fmt: skip
    columns = [("file", False, 0), ("reads", True, 4), ("edits", True, 4), ("tokens", True, 2), ("carried", True, 5),
               ("cost", True, 0), ("note", False, 6)]  # fmt: skip
    return Section("files that burned context", _more(rows, "file"), grid=Grid(columns, cells))


def _note(one: Data) -> str:
    again = f"{one['duplicates']} reads of the same lines" if one["duplicates"] else ""
    return ", ".join(filter(None, [one["annotation"], again])) or "·"


def commands(data: Data) -> Section:
    """Which commands were noisy."""
    rows = data["commands"]
    cells = [
        ((one["command"], one["category"], f"{one['runs']:,}", f"{one['failures']:,}" if one["failures"] else "·",
          tokens(one["tokens"]), f"{one['rereads']:,}", _cost(data, one["cost_pico_usd"])), None)
        for one in rows[:_ROWS]
    ]  # fmt: skip
    columns = [("command", False, 0), ("kind", False, 4), ("runs", True, 2), ("failed", True, 2), ("tokens", True, 3),
               ("carried", True, 5), ("cost", True, 0)]  # fmt: skip
    return Section("commands and their output", _more(rows, "command"), grid=Grid(columns, cells))


def _more(rows: Sequence[Data], what: str) -> list[tuple[str, str]]:
    return [("", f"{_ROWS} of {count_of(len(rows), what)}, dearest first")] if len(rows) > _ROWS else []


def _cost(data: Data, pico: int) -> str:
    return (money(pico) if pico else "·") if facts.is_priced(data) else UNKNOWN


def retries(data: Data) -> Section:
    """Loops with their attempts, and what changed before each."""
    loops = data["retry_loops"]
    entries = [
        Entry((f"{len(one['attempts'])} runs",), one["subject"], tuple(map(_attempt, one["attempts"])))
        for one in loops[:_LOOPS]
    ]
    lines = [("", f"{_LOOPS} of {len(loops)} loops")] if len(loops) > _LOOPS else []
    return Section("tried again without anything new", lines, ("",), entries)


def _attempt(one: Data) -> str:
    spot = f"call {one['call']}" + (f", line {one['line']}" if one["line"] is not None else "")
    result = "failed" if one["failed"] else "succeeded"
    changed = ", ".join(one["changed"]) or "nothing"
    verdict = " — the same failure again" if one["redundant"] else " — without effect" if one["without_effect"] else ""
    return f"{spot}: {result}; changed before it: {changed}{verdict}"


# --- cache ------------------------------------------------------------------------------------------------------------


def cache(data: Data) -> Section:
    """Where the cache was lost: the dearest losses in their order."""
    events = data["cache_events"]
    lines = []
    if events:
        premium = sum(one["premium_pico_usd"] or 0 for one in events)
        cost = f", {money(premium)} more than reading would have cost" if premium else ""
        lines.append(("", f"lost {count_of(len(events), 'time')}{cost}"))
    dearest = sorted(events, key=lambda one: -(one["premium_pico_usd"] or one["lost_tokens"]))[:_ROWS]
    rows = [(event_cells(one), None) for one in sorted(dearest, key=lambda one: int(one["call"]))]
    return Section("where the cache was lost", lines, grid=Grid(EVENT_COLUMNS, rows))


EVENT_COLUMNS = [("call", True, 0), ("line", True, 5), ("cause", False, 0), ("lost tokens", True, 2),
                 ("pause", True, 3), ("lifetime", True, 4), ("premium", True, 0)]  # fmt: skip


def event_cells(one: Data) -> tuple[str, ...]:
    """One lost cache as a row of `EVENT_COLUMNS`."""
    premium = one["premium_pico_usd"]
    doubt = " (likely)" if one["likely"] else " (reported)" if one["reported"] else ""
    detail = f": {one['detail']}" if one["detail"] and not one["reported"] else ""
    return (
        str(one["call"]), str(one["line"] or UNKNOWN), f"{one['cause']}{doubt}{detail}", tokens(one["lost_tokens"]),
        duration(one["gap_ms"]), duration(one["lifetime_ms"]), "·" if premium == 0 else money(premium),
    )  # fmt: skip
