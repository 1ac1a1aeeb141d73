"""What to change before the next run, with the saving that it would have had in this one, and what to keep of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem.diagnosis import drivers
from whyburn.postmortem.diagnosis.words import Lesson
from whyburn.postmortem.findings.measures import dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.diagnosis.words import Drift, Driver, FileUse, Risk
    from whyburn.postmortem.findings.retries import Loop
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
    names = {one.name: one for one in found}
    lessons = []
    top = next((one for one in verdict.findings if one.incremental and one.notable), None)
    if top is not None:
        lessons.append(
            Lesson(
                "Avoid the largest cost",
                f"{_sentence(top.finding.fix)}: {dollars(top.incremental)} here",
                top.finding.id,
                f"- {_instruction(top.finding.fix)}.",
            )
        )
    reread = next((one for one in used if one.reads >= _REREAD and not one.edits), None)
    if reread is not None:
        lessons.append(
            Lesson(
                "Keep a note of stable files",
                f"{reread.path} was read {reread.reads} times for {dollars(reread.cost)}",
                drivers.REPEATED_FILE,
                f"- Keep notes of {reread.path}; do not read it again unless it changed.",
            )
        )
    if drivers.EXPLORATION in names:
        lessons.append(
            Lesson(
                "Narrow before searching",
                names[drivers.EXPLORATION].summary,
                drivers.EXPLORATION,
                "- Search inside one folder with a pattern before listing or reading a whole tree.",
            )
        )
    if loops:
        runs = sum(one.failed for one in loops[0].attempts)
        lessons.append(
            Lesson(
                "Change something before running again",
                f"{loops[0].subject} failed {runs} times",
                drivers.RETRY_LOOP,
                "- Do not run a failing command again without a change or new information; say what is different.",
            )
        )
    elif drivers.LONG_OUTPUT in names:
        lessons.append(
            Lesson(
                "Shorten output at its source",
                names[drivers.LONG_OUTPUT].summary,
                drivers.LONG_OUTPUT,
                "- Pipe long output through `tail` or `grep`, and quote only the lines that matter.",
            )
        )
    if drift is not None and drift.drifted:
        lessons.append(
            Lesson(
                "Checkpoint long sessions",
                f"prompts grew from {drift.early:,} to {drift.late:,} tokens",
                drivers.DRIFT,
                "- When the subject changes, write a short summary and begin anew.",
            )
        )
    if quality == "low":
        lessons.append(
            Lesson(
                "Log more",
                "the log shows too little of what was billed to explain this session well",
                "quality",
                "- Keep transcripts of sub-agents and hooks switched on.",
            )
        )
    return lessons[:_MOST_LESSONS]
