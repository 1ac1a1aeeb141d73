"""A report that says nothing of the work: for `--redact share` and `--no-content`.

Counts, tokens, dollars, lines and our own words stay. What the log says (titles, paths, commands, labels) becomes a
pseudonym that is the same for the same text, or goes altogether. Sentences that may quote the log are said again
without it, so that a report can be shown to somebody and still tells what happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from whyburn.postmortem.diagnosis.causes import LABELS
from whyburn.postmortem.redact import Redactor, masked

if TYPE_CHECKING:
    from whyburn.usage.sessions import Sessions

Data = dict[str, Any]
Name = Callable[[str, str], str]
"""(kind, text from the log) to what is shown of it."""
_OWN_DETAILS = frozenset({"model", "version", "effort"})
"""Causes of cache events whose detail is a model's or a version's name."""


_TOLD = ("session_title", "cwd", "git_root", "git_remote", "project", "branch")
"""What a list of sessions says in words that are not ours."""


def discreet(report: Sessions) -> Sessions:
    """A list of sessions without the secrets that titles, folders and remotes may hold."""

    def told(names: Data) -> Data:
        return {key: masked(text) if text and key in _TOLD else text for key, text in names.items()}

    return replace(report, rows=[replace(row, names=told(row.names)) for row in report.rows])


def hidden(data: Data, *, content: bool, share: bool = True) -> Data:
    """The same report; `content=False` leaves out names altogether, otherwise they become pseudonyms.

    `share` hides the machine too, whose name stands in no log.
    """
    name = _pseudonyms() if content else _nothing
    found = dict(data)
    found["session"] = _session(data["session"], name, Redactor.of("share" if share else "none").machine)
    found["attribution"] = {
        **data["attribution"],
        "by_source": [_source(row, name) for row in data["attribution"]["by_source"]],
    }
    found["findings"] = [_finding(one, name) for one in data["findings"]]
    found["cache_events"] = [
        one if one["cause"] in _OWN_DETAILS else {**one, "detail": ""} for one in data["cache_events"]
    ]
    found.update(_diagnosis(data, name))
    if "blocks" in data:
        found["blocks"] = [{**one, "label": name(one["kind"], one["label"]) or one["kind"]} for one in data["blocks"]]
    return found


def _pseudonyms() -> Name:
    redact = Redactor.of("share")
    return lambda kind, text: (redact.path if kind == "path" else redact.text)(text)


def _nothing(_kind: str, _text: str) -> str:
    return ""


def _session(session: Data, name: Name, machine: Callable[[str], str]) -> Data:
    paths = {key: session[key] and (name("path", session[key]) or None) for key in ("cwd", "project")}
    texts = {key: session[key] and (name("text", session[key]) or None) for key in ("title", "branch")}
    sources = [shown for path in session["sources"] if (shown := name("path", path))]
    keys = {key: machine(session[key]) for key in ("key", "machine")}
    return {**session, **paths, **texts, **keys, "sources": sources}


def _source(row: Data, name: Name) -> Data:
    kind, _, label = row["label"].partition(": ")
    shown = name("text", label) if label else ""
    return {**row, "label": f"{kind}: {shown}" if shown else kind}


def _finding(one: Data, name: Name) -> Data:
    evidence = [{**spot, "file": spot["file"] and (name("path", spot["file"]) or None), "note": ""}
                for spot in one["evidence"]]  # fmt: skip
    return {**one, "subject": name("text", one["subject"]), "title": label_of(one["id"]), "fix": "",
            "evidence": evidence, "counter": []}  # fmt: skip


def label_of(finding: str) -> str:
    """What a finding of this id is called."""
    return LABELS.get(finding, finding.replace("-", " "))


def _diagnosis(data: Data, name: Name) -> Data:
    cause = data["likely_cause"]
    process = data["process"]
    return {
        "likely_cause": {**cause, "why": _why(data) if cause["finding"] else cause["why"]},
        "evidence": [{**one, "detail": label_of(one["name"])} for one in data["evidence"]],
        "cost_drivers": [{**one, "summary": "", "evidence": []} for one in data["cost_drivers"]],
        "process": {**process, "phases": [{**one, "evidence": []} for one in process["phases"]]},
        "risk_signals": [{**one, "detail": ""} for one in data["risk_signals"]],
        "next_run_plan": _plan(data["findings"]),
        "workflow_lessons": [{**one, "lesson": "", "line": ""} for one in data["workflow_lessons"]],
        "files": [{**one, "path": name("path", one["path"]) or f"file {n}"} for n, one in enumerate(data["files"], 1)],
        "commands": [
            {**one, "command": name("text", one["command"]) or f"command {n}"}
            for n, one in enumerate(data["commands"], 1)
        ],
        "retry_loops": [_loop(one, name, n) for n, one in enumerate(data["retry_loops"], 1)],
    }  # fmt: skip


def _why(data: Data) -> str:
    """What the cause's finding adds to the joint saving."""
    same = [one for one in data["findings"] if one["id"] == data["likely_cause"]["finding"]]
    largest = max(same, key=lambda one: int(one["incremental_saving_pico_usd"]))
    return f"${largest['incremental_saving_usd']} of ${data['billed']['cost_usd']} could have been avoided"


def _plan(findings: list[Data]) -> list[str]:
    saving = [one for one in findings if one["notable"] and one["incremental_saving_pico_usd"]]
    return [f"{label_of(one['id'])} (would have saved ${one['incremental_saving_usd']})" for one in saving[:3]]


def _loop(loop: Data, name: Name, number: int) -> Data:
    attempts = [{**one, "changed": ["something"] * len(one["changed"])} for one in loop["attempts"]]
    return {**loop, "subject": name("text", loop["subject"]) or f"loop {number}", "attempts": attempts}
