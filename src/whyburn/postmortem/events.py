"""Where the cache was lost, and why.

A call that read less from the cache than the prompt before it left there is an event. Its cause is the first of a list
of tests that holds; a cause that the provider itself reports comes before all of them.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from whyburn.postmortem import charges
from whyburn.postmortem.anatomy import CacheEvent

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy, Call, Chain

_LEAST_LOST, _LEAST_LOST_AUTOMATIC = 1_000, 2_048
_LEAST_SHARE = 50
"""A fiftieth of what should have been read."""
FIVE_MINUTES, HOUR = 300_000, 3_600_000
"""Lifetimes of caches, in milliseconds."""
_REPORTED = {
    "expired": "expired", "ttl_expired": "expired", "cache_expired": "expired", "model_changed": "model",
    "model_switch": "model", "tools_changed": "tools", "tool_definitions_changed": "tools",
    "system_changed": "system", "system_prompt_changed": "system", "messages_changed": "history",
    "history_changed": "history", "effort_changed": "effort", "thinking_changed": "effort",
}  # fmt: skip
"""`message.diagnostics.cache_miss_reason` of Claude Code 2.1, in our words; others keep their own."""
_NOT_TOLD = frozenset({"unavailable", "unknown", "none", "previous_message_not_found", ""})
"""The provider compared nothing: its record of the request before was gone, as it is after a long pause."""

_INSTRUCTIONS = re.compile(r"(?:^|[/\\])(?:CLAUDE(?:\.local)?|AGENTS|MEMORY)\.md$")


def find(anatomy: Anatomy) -> list[CacheEvent]:
    """All events of a session, chain by chain."""
    found = []
    for chain in anatomy.chains:
        if chain.side:
            continue
        for before, after in pairwise(chain.calls):
            event = _event(anatomy, chain, anatomy.calls[before], anatomy.calls[after])
            if event is not None:
                found.append(event)
    return found


def _event(anatomy: Anatomy, chain: Chain, before: Call, call: Call) -> CacheEvent | None:
    if not call.billed:
        return None
    broken = before.segment != call.segment
    expected = min(before.r + before.w1 + before.w5, call.prompt) if broken and not chain.automatic else call.expected
    if broken and chain.automatic:
        expected = min(before.prompt, call.prompt)
    lost = max(expected - call.r, 0)
    least = _LEAST_LOST_AUTOMATIC if chain.automatic else max(_LEAST_LOST, expected // _LEAST_SHARE)
    if lost < least:
        return None
    rewritten = min(lost, call.w1 + call.w5)
    gap = None if call.request_ms is None or before.at_ms is None else max(call.request_ms - before.at_ms, 0)
    lifetime = _lifetime(anatomy, chain, call)
    cause, detail, reported, likely = _cause(anatomy, chain, before, call, gap, lifetime)
    return CacheEvent(
        call.index, cause, reported, likely, lost, rewritten, min(lost - rewritten, call.u),
        charges.premium(call) if call.prices is not None else None, gap, lifetime, detail,
        _piece_at(anatomy, call) if cause == "history" else None,
    )  # fmt: skip


def _lifetime(anatomy: Anatomy, chain: Chain, call: Call) -> int | None:
    """How long the newest entry of the cache was good for; unknown where the provider caches by itself."""
    if chain.automatic:
        return None
    for index in reversed(chain.calls[: call.place]):
        earlier = anatomy.calls[index]
        if earlier.w5 or earlier.w1:
            return FIVE_MINUTES if earlier.w5 > earlier.w1 else HOUR
    return None


def _cause(
    anatomy: Anatomy, chain: Chain, before: Call, call: Call, gap: int | None, lifetime: int | None
) -> tuple[str, str, bool, bool]:
    """(cause, detail, reported by the provider, likely rather than certain)."""
    reported = (call.step.miss if call.step else None) or ""
    if reported.lower() not in _NOT_TOLD:
        return _REPORTED.get(reported.lower(), "history"), reported, True, False
    if before.segment != call.segment:
        reason = anatomy.segments[call.segment].reason
        return ("history" if reason in {"shrink", "start"} else reason), "", False, False
    if call.model != before.model:
        return "model", f"{before.model} → {call.model}", False, False
    if gap is not None and lifetime is not None and gap * 10 >= lifetime * 9:
        return "expired", "", False, gap * 10 < lifetime * 11
    return _from_changes(anatomy, chain, before, call)


def _from_changes(anatomy: Anatomy, chain: Chain, before: Call, call: Call) -> tuple[str, str, bool, bool]:
    changed = {change.what: change.name for change in reversed(call.changes)}
    if "tools" in changed:
        return "tools", changed["tools"], False, False
    old, new = (one.step.version if one.step else None for one in (before, call))
    if old and new and old != new:
        return "version", f"{old} → {new}", False, False
    floor = chain.harness or 0
    told = changed.get("instructions") or _edited_instructions(anatomy, call)
    if "instructions" in changed or (0 < call.r <= floor and not chain.automatic and (told or call.r < floor)):
        return "system", told, False, "instructions" not in changed
    if before.effort != call.effort and before.effort and call.effort:
        return "effort", f"{before.effort} → {call.effort}", False, False
    if call.r and call.r >= floor and not chain.automatic:
        return "history", changed.get("notification", ""), False, True
    return ("provider-miss" if call.r or chain.automatic else "unknown"), "", False, False


def _edited_instructions(anatomy: Anatomy, call: Call) -> str:
    """A file of instructions that was edited before a call, as the harness told the model."""
    entered = (anatomy.pieces[index] for index in call.entered)
    return next((one.label for one in entered if one.kind == "attachment" and _INSTRUCTIONS.search(one.label)), "")


def _piece_at(anatomy: Anatomy, call: Call) -> int | None:
    """The piece at the position where the cache ended."""
    for index in anatomy.segments[call.segment].tiles:
        tile = anatomy.tiles[index]
        if tile.start <= call.r < tile.end:
            return tile.piece
    return None
