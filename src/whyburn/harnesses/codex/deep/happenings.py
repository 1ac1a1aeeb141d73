"""What events and calls say beside the conversation: troubles, children, the outcome of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from whyburn.harnesses.codex.deep.records import object_of, text_of, value_of
from whyburn.transcript import Trouble

if TYPE_CHECKING:
    from whyburn.harnesses.codex.deep.messages import Origin
    from whyburn.harnesses.codex.deep.records import DeepPayload

_MOST = 80
_ENDS = frozenset({"turn_aborted", "error", "task_complete", "turn_complete"})


def trouble(event: DeepPayload, origin: Origin) -> tuple[bool, Trouble | None]:
    """(the turn is over, what went wrong with it)."""
    ends, spot, at_ms = event.type in _ENDS, origin.spot, origin.at_ms
    if event.type == "turn_aborted":
        return ends, Trouble(None, spot, at_ms, "interrupted", text_of(event.reason)[:_MOST])
    code = _error_code(event) if ends or event.type == "stream_error" else None
    return ends, None if code is None else Trouble(None, spot, at_ms, _error_kind(code), code[:_MOST])


def _error_code(event: DeepPayload) -> str | None:
    """The name of what went wrong; empty when it has none, None when nothing did. Messages may quote anything."""
    given = value_of(event.codex_error_info)
    if event.type in ("task_complete", "turn_complete"):
        error = value_of(event.error)
        if not error:
            return None
        given = error.get("codex_error_info") if isinstance(error, dict) else None
    if isinstance(given, dict):
        given = next(iter(given), "")
    return given if isinstance(given, str) else ""


def _error_kind(code: str) -> Literal["api_error", "rate_limit", "refused", "truncated"]:
    lowered = code.lower()
    if "limit" in lowered:
        return "rate_limit"
    if "context" in lowered:
        return "truncated"
    return "refused" if "policy" in lowered else "api_error"


def outcome(event: DeepPayload) -> bool | None:
    """Whether the call of an event failed; None when the event does not tell."""
    if event.type == "patch_apply_end":
        return bytes(event.success) == b"false" if event.success else None
    if event.type == "mcp_tool_call_end":
        result = bytes(event.result)
        return result.startswith(b'{"Err"') or b'"isError":true' in result[-200:]
    return None


def child(event: DeepPayload) -> tuple[str | None, str, str]:
    """(thread, call, name) of a child that an event names."""
    if event.type == "sub_agent_activity":
        return event.agent_thread_id, event.event_id or "", text_of(event.agent_path)[:_MOST]
    name = text_of(event.new_agent_role) or text_of(event.new_agent_nickname)
    return event.new_thread_id, event.call_id or "", name[:_MOST]


def agent_id(result: DeepPayload) -> str | None:
    """The child that `spawn_agent` answers, in the versions that do."""
    agent = (object_of(text_of(result.output)) or {}).get("agent_id")
    return agent if isinstance(agent, str) else None


def role(call: DeepPayload) -> str:
    """What a child is asked for as."""
    asked = object_of(text_of(call.arguments)) or {}
    return next((asked[key] for key in ("agent_type", "task_name") if isinstance(asked.get(key), str)), "")[:_MOST]
