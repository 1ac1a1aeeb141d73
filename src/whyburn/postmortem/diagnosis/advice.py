"""What to change before the next run, with the saving that it would have had in this one, and what to keep of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem.diagnosis import drivers
from whyburn.postmortem.diagnosis.words import Lesson
from whyburn.postmortem.money import dollars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whyburn.postmortem.diagnosis.words import Drift, Driver, FileUse, Risk
    from whyburn.postmortem.findings.attempts import Loop
    from whyburn.postmortem.judge import Verdict

_MOST_LINES, _MOST_LESSONS = 3, 4
_REREAD = 3


def plan_of(verdict: Verdict, *, used: Sequence[FileUse], risks: Sequence[Risk], drift: Drift | None) -> list[str]:
    """At most three imperative lines, each with a file, a command, a turn or a number of this session."""
    lines = [
        f"{_sentence(one.finding.fix)} (would have saved {dollars(one.incremental)})"
        for one in verdict.findings
        if one.incremental and one.notable
    ]
    if len(lines) < _MOST_LINES and any(risk.name == "Weak verification" for risk in risks):
        edited = next((one.path for one in used if one.edits), "the last edit")
        lines.append(f"Run a check after changing {edited}")
    if len(lines) < _MOST_LINES and drift is not None and drift.drifted and drift.first_call is not None:
        lines.append(
            f"Start anew or summarise before prompts pass {drift.early * 18 // 10:,} tokens "
            f"(call {drift.first_call + 1} of this session)"
        )
    again = [one.path for one in used if one.reads > 1 and not one.edits][:_MOST_LINES]
    if len(lines) < _MOST_LINES and again:
        lines.append(f"Inspect only these files first: {', '.join(again)}")
    return lines[:_MOST_LINES]


def _sentence(text: str) -> str:
    """The first sentence of a fix: what follows compares other ways."""
    first = text.partition(". ")[0]
    return first[:1].upper() + first[1:].rstrip(". ")


def _instruction(fix: str) -> str:
    """A fix as a line of the agent's memory file, which is where it says it should go."""
    return _sentence(fix.removeprefix("Add to the instructions: "))


def lessons_of(
    verdict: Verdict, *, used: Sequence[FileUse], found: Sequence[Driver], loops: Sequence[Loop], quality: str,
    drift: Drift | None,
) -> list[Lesson]:  # fmt: skip
    """At most four lessons, each with the numbers that call for it."""
    told = {one.name: one.summary for one in found}
    lessons = (
        _dearest(verdict), _read_again(used), _searches(told), _tried_again(loops) or _long_output(told), _grown(drift),
        _LOG_MORE if quality == "low" else None,
    )  # fmt: skip
    return [one for one in lessons if one is not None][:_MOST_LESSONS]


_LOG_MORE = Lesson(
    "Log more", "the log shows too little of what was billed to explain this session well", "quality",
    "- Keep transcripts of sub-agents and hooks switched on.",
)  # fmt: skip


def _dearest(verdict: Verdict) -> Lesson | None:
    top = next((one for one in verdict.findings if one.incremental and one.notable), None)
    if top is None:
        return None
    fix = top.finding.fix
    return Lesson(
        "Avoid the largest cost", f"{_sentence(fix)}: {dollars(top.incremental)} here", top.finding.id,
        f"- {_instruction(fix)}.",
    )  # fmt: skip


def _read_again(used: Sequence[FileUse]) -> Lesson | None:
    one = next((one for one in used if one.reads >= _REREAD and not one.edits), None)
    if one is None:
        return None
    paid = f" for {dollars(one.cost)}" if one.cost else ""
    return Lesson(
        "Keep a note of stable files", f"{one.path} was read {one.reads} times{paid}",
        drivers.REPEATED_FILE, f"- Keep notes of {one.path}; do not read it again unless it changed.",
    )  # fmt: skip


def _searches(told: Mapping[str, str]) -> Lesson | None:
    if drivers.EXPLORATION not in told:
        return None
    return Lesson(
        "Narrow before searching", told[drivers.EXPLORATION], drivers.EXPLORATION,
        "- Search inside one folder with a pattern before listing or reading a whole tree.",
    )  # fmt: skip


def _tried_again(loops: Sequence[Loop]) -> Lesson | None:
    if not loops:
        return None
    runs = sum(one.failed for one in loops[0].attempts)
    return Lesson(
        "Change something before running again", f"{loops[0].subject} failed {runs} times", drivers.RETRY_LOOP,
        "- Do not run a failing command again without a change or new information; say what is different.",
    )  # fmt: skip


def _long_output(told: Mapping[str, str]) -> Lesson | None:
    if drivers.LONG_OUTPUT not in told:
        return None
    return Lesson(
        "Shorten output at its source", told[drivers.LONG_OUTPUT], drivers.LONG_OUTPUT,
        "- Pipe long output through `tail` or `grep`, and quote only the lines that matter.",
    )  # fmt: skip


def _grown(drift: Drift | None) -> Lesson | None:
    if drift is None or not drift.drifted:
        return None
    return Lesson(
        "Checkpoint long sessions", f"prompts grew from {drift.early:,} to {drift.late:,} tokens", drivers.DRIFT,
        "- When the subject changes, write a short summary and begin anew.",
    )  # fmt: skip
