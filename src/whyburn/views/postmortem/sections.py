"""What a report of a session says, part by part: drawn as text by `explain`, as Markdown by `markdown`.

A section has sentences, entries (a few short cells, a text, lines below it) and a table; each may be missing. Texts
are finished but for their cleaning and escaping, which is for whoever draws them. The order is that of the five
questions: where the money went, what would have saved it, files, commands, retries, the cache, then the work and its
worth, what to do next, and how much of all this is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.views.postmortem import facts
from whyburn.views.words import UNKNOWN, count_of, duration, money, percent, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.views.postmortem.facts import Data

_ROWS, _MOST_FINDINGS, _LOOPS = 10, 12, 6
_TITLE = 150
_PARTS = (("new", "new"), ("carried", "carried"), ("lost", "lost"), ("output", "output"))


class Grid(NamedTuple):
    """A table: columns as (title, whether it holds numbers, when it may be left out), rows with a weight or None."""

    columns: Sequence[tuple[str, bool, int]]
    rows: Sequence[tuple[Sequence[str], int | None]]


class Entry(NamedTuple):
    """One of a list: short cells, its text, and what stands below it."""

    cells: tuple[str, ...]
    text: str
    below: tuple[str, ...] = ()


class Section(NamedTuple):
    """A heading and what stands under it."""

    title: str
    lines: Sequence[tuple[str, str]] = ()
    """(label, sentence)"""
    heads: tuple[str, ...] = ()
    """Titles of the entries' cells."""
    entries: Sequence[Entry] = ()
    grid: Grid | None = None

    @property
    def empty(self) -> bool:
        """Nothing is in it."""
        return not self.lines and not self.entries and (self.grid is None or not self.grid.rows)


def sections(data: Data) -> list[Section]:
    """Everything after the headline; what has nothing to say is left out."""
    found = [
        _bill(data), _where(data), _findings(data), _files(data), _commands(data), _retries(data), _cache(data),
        _process(data), Section("next run", [(f"{n}.", line) for n, line in enumerate(data["next_run_plan"], 1)]),
        _lessons(data), _quality(data),
    ]  # fmt: skip
    return [one for one in found if not one.empty]


# --- the bill ---------------------------------------------------------------------------------------------------------


def _bill(data: Data) -> Section:
    session, cause = data["session"], data["likely_cause"]
    lines = [("session", " · ".join(filter(None, [session["harness"], session["id"], session["title"]])))]
    if session["branch"]:
        lines.append(("branch", session["branch"]))
    lines.append(("cause", f"{cause['label']} ({cause['confidence']} confidence): {cause['why']}"))
    lines += [("tokens", tokens_text(data)), ("prices", _prices(data))]
    lines += [("missing", one) for one in session["missing"]]
    return Section("", lines)


def tokens_text(data: Data) -> str:
    """What was billed, by class."""
    sums = data["billed"]["tokens"]
    written = sums["cache_write_5m"] + sums["cache_write_1h"] + sums["cache_write_other"]
    names = (("1h", "cache_write_1h"), ("5m", "cache_write_5m"), ("lifetime not told", "cache_write_other"))
    kept = ", ".join(f"{name} {tokens(sums[key])}" for name, key in names if sums[key])
    wrote = f"written {tokens(written)}" + (f" ({kept})" if kept else "")
    thought = facts.NOT_RECORDED if sums["reasoning"] is None else tokens(sums["reasoning"])
    parts = [f"new {tokens(sums['input'])}", f"cache read {tokens(sums['cache_read'])}", wrote,
             f"output {tokens(sums['output'])} (reasoning {thought})"]  # fmt: skip
    return ", ".join(parts)


def _prices(data: Data) -> str:
    session = data["session"]
    if not facts.is_priced(data):
        return f"none known for {facts.unpriced_text(data)}"
    recorded = session["recorded_cost_pico_usd"]
    own = f"; the log itself says {money(recorded)}" if recorded is not None else ""
    return f"{session['prices'] or 'price book'}, list prices{own}"


def _where(data: Data) -> Section:
    """What by how: each row sums to its cost, the rows to the bill."""
    priced, rows = facts.is_priced(data), []
    order = "cost_pico_usd" if priced else "tokens"
    for row in sorted(data["attribution"]["by_family"], key=lambda row: -int(row[order])):
        ways = [money(row[f"{key}_pico_usd"]) if row[f"{key}_pico_usd"] else "·" for _, key in _PARTS]
        cost = money(row["cost_pico_usd"]) if priced else ""
        cells = [row["family"], tokens(row["tokens"]), *(ways if priced else [""] * len(ways)), cost]
        share = facts.share_text(row["cost_pico_usd"], data) if priced else ""
        rows.append(((*cells, share), row[order]))
    columns = [("what", False, 0), ("tokens", True, 5), *((title, True, 3) for title, _ in _PARTS), ("cost", True, 0),
               ("share", True, 1)]  # fmt: skip
    return Section("where the money went" if priced else "what the tokens were", grid=Grid(columns, rows))


# --- what would have saved money --------------------------------------------------------------------------------------


def _findings(data: Data) -> Section:
    notable = [one for one in data["findings"] if one["notable"]]
    lines = []
    entries = [_finding(one) for one in notable[:_MOST_FINDINGS]]
    others = len(data["findings"]) - len(entries)
    if any(one["exposure_pico_usd"] is not None for one in notable):
        lines.append(("( )", "what it cost in all, no saving; option: another way to the same saving, not added"))
    joint = data["avoidable"]["cost_pico_usd"]
    if joint:
        lines.append(("together", f"about {money(joint)} of {facts.bill_text(data)}, overlaps removed"))
    if others:
        lines.append(("smaller", f"{others} more below two cents or a hundredth of the bill: --json lists them"))
    return Section("what would have saved money", lines, ("alone", "adds", "sure"), entries)


def _finding(one: Data) -> Entry:
    saving, adds = one["saving_pico_usd"], one["incremental_saving_pico_usd"]
    alone = money(saving) if saving or one["exposure_pico_usd"] is None else f"({money(one['exposure_pico_usd'])})"
    added = "option" if one["option"] else money(adds) if adds else "·"
    where = facts.places_text(one)
    below = [f"→ {one['fix']}" + (f" ({where})" if where else "")] if one["fix"] else [where] if where else []
    below += [f"but: {note}" for note in one["counter"]]
    return Entry((alone, added, one["confidence"]), facts.finding_title(one, _TITLE), tuple(below))


# --- files, commands, retries -----------------------------------------------------------------------------------------


def _files(data: Data) -> Section:
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


def _commands(data: Data) -> Section:
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


def _retries(data: Data) -> Section:
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


def _cache(data: Data) -> Section:
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
    doubt = " (likely)" if one["likely"] else " (reported)" if one["reported"] else ""
    detail = f": {one['detail']}" if one["detail"] and not one["reported"] else ""
    return (
        str(one["call"]), str(one["line"] or UNKNOWN), f"{one['cause']}{doubt}{detail}", tokens(one["lost_tokens"]),
        duration(one["gap_ms"]), duration(one["lifetime_ms"]), "·" if one["premium_pico_usd"] == 0 else money(one["premium_pico_usd"]),
    )  # fmt: skip


# --- the work ---------------------------------------------------------------------------------------------------------


def _process(data: Data) -> Section:
    process, value, drift = data["process"], data["value"], data["drift"]
    whole = sum(one["tokens"] for one in process["phases"])
    phases = ", ".join(f"{one['name'].replace('_', ' ')} {percent(one['tokens'], whole)}"
                       for one in process["phases"] if one["tokens"])  # fmt: skip
    lines = [("shape", process["shape"] + (f" ({phases})" if phases else ""))]
    if drift:
        lines.append(("growth", f"prompts of {tokens(drift['early'])} tokens became {tokens(drift['late'])}, "
                                f"{tokens(drift['peak'])} at call {drift['peak_call']}"))  # fmt: skip
    signals = f"; {', '.join(value['signals'])}" if value["signals"] else ""
    lines.append(("value", f"{value['level']}: {value['why']}{signals}"))
    if value["after_delivery_pico_usd"]:
        lines.append(("after it", f"{money(value['after_delivery_pico_usd'])} came after the last delivery "
                                  f"(call {value['delivered_call']}): a candidate for review"))  # fmt: skip
    lines += [("risk", ": ".join(filter(None, [f"{one['name']} ({one['severity']})", one["detail"]])))
              for one in data["risk_signals"]]  # fmt: skip
    return Section("the work", lines)


def _lessons(data: Data) -> Section:
    rows = data["workflow_lessons"]
    lines = [("", ": ".join(filter(None, [one["title"], one["lesson"]]))) for one in rows]
    ready = [("paste", one["line"]) for one in rows if one["line"]]
    return Section("worth keeping", [*lines, *ready])


def _quality(data: Data) -> Section:
    quality = data["quality"]
    lines = [("quality", f"{quality['level']}: {quality['reason']}")]
    grades = {"A": "measured", "B": "split by size", "C": "estimated", "D": "bounded only"}
    whole = data["billed"]["cost_pico_usd"]
    if whole:
        shares = [f"{grades[grade]} {percent(cost['cost_pico_usd'], whole)}"
                  for grade, cost in quality["cost_by_grade"].items() if cost["cost_pico_usd"]]  # fmt: skip
        lines.append(("sizes", ", ".join(shares)))
    lines += [("note", one) for one in _shortcomings(data)]
    return Section("how much of this is known", [*lines, *(("limit", one) for one in data["limits"])])


def _shortcomings(data: Data) -> list[str]:
    quality = data["quality"]
    counts = [
        (quality["unseen_calls"], "billed call", "that no transcript shows"),
        (quality["skipped_lines"], "line", "that could not be read"),
        (quality["unknown_records"], "record", "of an unknown type"),
        (quality["unexplained_breaks"], "place", "where the prompt shrank for no reason that the log tells"),
    ]
    found = [f"{count_of(number, one)} {what}" for number, one, what in counts if number]
    short = quality["output_shortfall"]["cost_pico_usd"]
    return [*found, f"about {money(short)} of output may be missing in the counters"] if short else found
