"""Short reports on one side of a session: its health without any text of the log, its cache, its tool calls.

They are cuts from the data of a report, so their numbers are those of `explain`; what a report does not list one by
one (every tool call, every call with its cache) is taken from the anatomy.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from whyburn.postmortem.money import money

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import ToolUse
    from whyburn.postmortem.report import Report

Data = dict[str, Any]
_NAMES = ("key", "machine", "harness", "id", "first_ms", "last_ms", "calls", "turns", "models", "parent", "relation")
_DETAILS = ("findings", "files", "commands", "retry_loops", "next_run_plan", "workflow_lessons", "risk_signals")
_CACHE_FINDINGS = ("cache-", "ttl-", "keep-alive", "never-cached", "write-never-read", "compaction")
_HOW = ("entry", "reread", "rewrite_base", "rewrite_premium", "resend_base", "resend_premium")


def session_compact(data: Data, *, details: bool = False) -> Data:
    """The health of a session. Without `details` no message text, command or file is in it."""
    cause, process, loops = data["likely_cause"], data["process"], data["retry_loops"]
    phases = [{key: value for key, value in one.items() if key != "evidence"} for one in process["phases"]]
    found = {
        "session": names_of(data), "usage": {**data["billed"], "by_model": data["attribution"]["by_model"]},
        "cache": cache_sums(data), "tool_health": data["tool_health"],
        "quality": {key: data["quality"][key] for key in ("level", "reason", "unpriced_calls", "unseen_calls")},
        "likely_cause": {key: cause[key] for key in ("label", "confidence", "finding")},
        "avoidable": data["avoidable"], "process": {"shape": process["shape"], "phases": phases},
        "retries": {"loops": len(loops), "attempts": sum(len(one["attempts"]) for one in loops)},
        "limits": data["limits"],
    }  # fmt: skip
    return {**found, "details": {key: data[key] for key in _DETAILS}} if details else found


def names_of(data: Data) -> Data:
    """Which session, without its title, folder or files."""
    return {key: data["session"][key] for key in _NAMES}


def cache_sums(data: Data) -> Data:
    """What the cache did: tokens, and what losing it cost, by cause."""
    sums, events = data["billed"]["tokens"], data["cache_events"]
    written = sums["cache_write_5m"] + sums["cache_write_1h"] + sums["cache_write_other"]
    prompt = sums["input"] + sums["cache_read"] + written
    return {
        "prompt_tokens": prompt, "cache_read": sums["cache_read"], "cache_write_5m": sums["cache_write_5m"],
        "cache_write_1h": sums["cache_write_1h"], "cache_write_other": sums["cache_write_other"],
        "read_share": f"{sums['cache_read'] * 1000 // prompt / 10:.1f}" if prompt else None,
        "events": len(events), "lost_tokens": sum(one["lost_tokens"] for one in events),
        **_premium([one["premium_pico_usd"] for one in events]), "by_cause": _by_cause(events),
    }  # fmt: skip


def _by_cause(events: list[Data]) -> list[Data]:
    rows = []
    for cause, count in Counter(one["cause"] for one in events).most_common():
        same = [one for one in events if one["cause"] == cause]
        rows.append({"cause": cause, "events": count, "lost_tokens": sum(one["lost_tokens"] for one in same),
                     **_premium([one["premium_pico_usd"] for one in same])})  # fmt: skip
    return sorted(rows, key=lambda row: (-(row["premium_pico_usd"] or 0), -row["lost_tokens"], row["cause"]))


def _premium(amounts: list[int | None]) -> Data:
    """What losing the cache cost beyond reading it; None when not one of the calls has a price."""
    known = [one for one in amounts if one is not None]
    whole = sum(known) if known or not amounts else None
    return money(whole, "premium")


def cache_analysis(data: Data, calls: list[Data] | None) -> Data:
    """Everything about the cache of a session; `calls` are the rows of `cache_calls`."""
    how = {row["kind"]: row for row in data["attribution"]["by_how"]}
    findings = [one for one in data["findings"] if one["id"].startswith(_CACHE_FINDINGS) or one["option"]]
    keys = ("id", "subject", "title", "fix", "saving_usd", "saving_pico_usd", "incremental_saving_usd",
            "incremental_saving_pico_usd", "confidence", "option")  # fmt: skip
    found = {
        "session": names_of(data), "billed": data["billed"], "cache": cache_sums(data),
        "by_how": [how[name] for name in _HOW if name in how], "events": data["cache_events"],
        "options": [{key: one[key] for key in keys} for one in findings],
    }  # fmt: skip
    return found if calls is None else {**found, "calls": calls}


def cache_calls(report: Report) -> list[Data]:
    """Every billed call with what it read, wrote and lost."""
    anatomy = report.anatomy
    causes = {event.call: event for event in anatomy.events}
    found = []
    for call in anatomy.billed:
        event = causes.get(call.index)
        found.append({
            "call": call.index + 1, "at_ms": call.at_ms, "agent": anatomy.chains[call.chain].name, "model": call.model,
            "input": call.u, "cache_read": call.r, "cache_write": call.w5 + call.w1, "output": call.o,
            "lost_tokens": event.lost if event else 0, "cause": event.cause if event else None,
            **money(call.cost),
        })  # fmt: skip
    return found


def tool_calls(report: Report, *, bad_only: bool) -> list[Data]:
    """Every tool call, or those that did not succeed: what kind, how it failed, where it stands."""
    rows = [_tool_call(report, use) for use in report.anatomy.uses]
    return [row for row in rows if row["failure"]] if bad_only else rows


def _tool_call(report: Report, use: ToolUse) -> Data:
    from whyburn.postmortem.diagnosis.tables import category_of  # noqa: PLC0415
    from whyburn.postmortem.findings import work  # noqa: PLC0415

    failure = "unanswered" if use.result is None else use.result.failure or ("failed" if work.failed(use) else None)
    return {
        "tool": use.call.name, "category": category_of(use), "failure": failure, "call": use.made + 1,
        "line": report.anatomy.pieces[use.request].line,
    }  # fmt: skip
