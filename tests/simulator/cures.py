"""The script as it would have been: what a cause's cures make of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator.script import Action, Call, Cure, Output, Script, Use


def without(script: Script, *causes: str) -> Script:
    """The script as it would have been without some causes."""
    for cure in script.cures:
        if cure.cause in causes and cure.how == "change":
            script = replace(script, **dict(cure.fields))
    actions: list[Action] = []
    for action in script.actions:
        cured = _cured(action, causes)
        if isinstance(cured, Call):
            _add_call(actions, action, cured, causes)
        elif cured is not None:
            actions.append(cured)
    return replace(script, actions=tuple(actions))


def _add_call(actions: list[Action], before: Action, call: Call, causes: tuple[str, ...]) -> None:
    """Add a call with its outputs cured; one whose every output is gone is gone, one that joins adds to the last."""
    outputs = tuple(kept for one in call.outputs if (kept := _cured_output(one, causes)) is not None)
    if call.outputs and not outputs:
        return
    last = actions[-1] if actions else None
    joins = any(cure.how == "join" and cure.cause in causes for cure in before.cures)
    if joins and isinstance(last, Call):
        actions[-1] = replace(last, outputs=last.outputs + outputs)
    else:
        actions.append(replace(call, outputs=outputs))


def _cured_output(output: Output, causes: tuple[str, ...]) -> Output | None:
    cured: Output | None = _cured(output, causes)
    if isinstance(cured, Use) and cured.agent is not None:
        return replace(cured, agent=without(cured.agent, *causes))
    return cured


def _cured(piece: Any, causes: tuple[str, ...]) -> Any:
    """A piece after its cures; None when it is left out."""
    for cure in piece.cures:
        if cure.cause not in causes:
            continue
        if cure.how == "drop":
            return None
        if cure.how == "swap":
            piece = cure.instead
        elif cure.how == "change":
            piece = replace(piece, **dict(cure.fields))
        elif cure.how == "trim":
            piece = _trimmed(piece, cure.tokens)
    return piece


def _trimmed(piece: Any, tokens: int) -> Any:
    if isinstance(piece, Use):
        return replace(piece, result=replace(piece.result, tokens=min(piece.result.tokens, tokens)))
    return replace(piece, tokens=min(piece.tokens, tokens))


def uncured(script: Script) -> Script:
    """The same script, and nothing in it is held to be wrong."""

    def output(one: Output) -> Output:
        one = replace(one, cures=())
        return replace(one, agent=uncured(one.agent)) if isinstance(one, Use) and one.agent is not None else one

    def action(one: Action) -> Action:
        one = replace(one, cures=())
        return replace(one, outputs=tuple(output(each) for each in one.outputs)) if isinstance(one, Call) else one

    return replace(script, cures=(), actions=tuple(action(one) for one in script.actions))


def drop(cause: str) -> tuple[Cure, ...]:
    """The cure of what should not be there."""
    return (Cure(cause, "drop"),)


def trim(cause: str, tokens: int) -> tuple[Cure, ...]:
    """The cure of what is too long."""
    return (Cure(cause, "trim", tokens=tokens),)


def swap(cause: str, instead: Any) -> tuple[Cure, ...]:
    """The cure of what should be something else."""
    return (Cure(cause, "swap", instead=instead),)


def join(cause: str) -> tuple[Cure, ...]:
    """The cure of a call that need not be one of its own."""
    return (Cure(cause, "join"),)


def change(cause: str, **fields: Any) -> tuple[Cure, ...]:
    """The cure of a wrong setting."""
    return (Cure(cause, "change", fields=tuple(fields.items())),)
