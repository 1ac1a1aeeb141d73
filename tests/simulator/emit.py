"""From a script to logs on disk, and to the truth about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from simulator import claude, codex
from simulator.logs import Writer
from simulator.script import Call, Script, Switch, Use, Version
from simulator.truth import Truth, truth_of
from simulator.world import play

CODEX_MODELS = {
    "claude-opus-4-5-20251101": "gpt-5-codex",
    "claude-opus-4-6": "gpt-5.1-codex",
    "claude-sonnet-4-5-20250929": "gpt-5.1-codex",
    "claude-haiku-4-5-20251001": "gpt-5.1-codex-mini",
}
"""Which model of Codex stands for one of Claude Code."""


def emit(
    script: Script, folder: str, harness: Literal["claude", "codex"] | None = None,
    *, seed: int = 0, now_ms: int = 1_795_000_000_000, tool_names: dict[str, str] | None = None,
    seeded: tuple[str, ...] = (),
) -> Truth:  # fmt: skip
    """Write the logs of a script below a home-like folder, its last event a minute before `now_ms`; the truth about it.

    The same arguments give the same bytes. `tool_names` renames tools as the log shows them.
    """
    if harness is not None and harness != script.harness:
        script = as_harness(script, harness)
    played = play(script)
    writer = Writer(script, seed=seed, shift_ms=now_ms - 60_000 - played.end_ms, tool_names=tool_names or {})
    files = (claude if script.harness == "claude" else codex).write(played, folder, writer)
    truth = truth_of(played, session=writer.session, seeded=seeded)
    truth.files = files
    return truth


def as_harness(script: Script, harness: Literal["claude", "codex"]) -> Script:
    """The same session with the other program, sub-agents too; its models are replaced by their like."""
    if harness == script.harness:
        return script
    models = CODEX_MODELS if harness == "codex" else {new: old for old, new in CODEX_MODELS.items()}
    version = "0.142.5" if harness == "codex" else "2.1.220"
    return _moved(script, harness, models, version)


def _moved(script: Script, harness: Literal["claude", "codex"], models: dict[str, str], version: str) -> Script:
    def output(one: object) -> object:
        if isinstance(one, Use) and one.agent is not None:
            return replace(one, agent=_moved(one.agent, harness, models, version))
        return one

    def action(one: object) -> object:
        if isinstance(one, Call):
            return replace(one, outputs=tuple(output(each) for each in one.outputs))  # type: ignore[misc]
        if isinstance(one, Switch):
            return replace(one, model=models[one.model])
        return one

    actions = tuple(action(one) for one in script.actions if not isinstance(one, Version))
    return replace(script, harness=harness, model=models[script.model], version=version, actions=actions)  # type: ignore[arg-type]
