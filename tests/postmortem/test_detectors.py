"""Every finding of the catalogue through the whole pipeline: put in on purpose, just below its threshold, and its
benign twin, in sessions as the harnesses log them."""

from __future__ import annotations

import os

import pytest

from laws_postmortem.scoring import clean_alarms, notable
from laws_postmortem.whole import LONG, examined
from simulator import IDS, harnesses, seeded

SEEDS = range(8) if LONG else range(5, 6)
CASES = [(name, harness, seed) for name in IDS for harness in harnesses(name) for seed in SEEDS]
RENAMED = {
    "Read": "Peruse", "Grep": "Comb", "Glob": "Gather", "Bash": "Perform", "Edit": "Amend", "Write": "Compose",
    "Task": "Errand", "BashOutput": "Listen", "TodoWrite": "Intend", "exec_command": "perform",
    "apply_patch": "amend", "spawn_agent": "errand", "write_stdin": "listen", "update_plan": "intend",
}  # fmt: skip
"""Names that no harness uses for its tools."""


@pytest.mark.parametrize("tool_names", [{}, RENAMED], ids=["usual names", "other names"])
@pytest.mark.parametrize(("name", "harness", "seed"), CASES)
def test_a_cause_is_found_and_what_looks_like_it_is_not(
    name: str, harness: str, seed: int, tool_names: dict[str, str]
) -> None:
    """The cause is a notable finding with evidence and a fix; neither its twin nor its near miss is; and none of the
    three is blamed for anything that it has not done. Names of tools do not matter, what they are told does."""
    made = seeded(name, seed, harness)  # type: ignore[arg-type]
    told, twin, near = (
        examined(script, seed=seed, tool_names=tool_names) for script in (made.script, made.benign, made.near)
    )
    (first, *_) = (one for one in told.found(name) if one.notable)

    assert first.finding.fix
    assert first.finding.evidence
    assert (first.saving > 0) if made.claim == "saving" and name != "rewrite-for-edit" else first.finding.exposure
    assert name not in notable(twin) | notable(near)
    assert (notable(told) | notable(twin) | notable(near)) <= made.also | {name}


def test_healthy_sessions_are_not_blamed() -> None:
    """No finding is above the threshold where nothing is wrong."""
    assert list(clean_alarms(range(40 if LONG else 5))) == []


def test_evidence_names_the_lines_where_it_can_be_seen() -> None:
    """The line of a log is that of the block in question, in the file that is named."""
    told = examined(seeded("low-signal-file", 5).script, seed=5)
    (found,) = told.found("low-signal-file")
    named = (block for block in told.truth.blocks if block.label and found.finding.subject.endswith(block.label))
    (lock,) = (block for block in named if block.kind == "tool-result")
    (row,) = (row for row in told.report.as_dict()["findings"] if row["id"] == "low-signal-file")

    assert [(place["line"], os.path.basename(place["file"])) for place in row["evidence"]] == [
        (lock.line, os.path.basename(lock.file))
    ]
