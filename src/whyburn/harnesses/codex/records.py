"""The fields of a rollout line that matter for billing, decoded by type; everything else is skipped unread.

Names are Codex' own (`protocol.rs`: TokenUsage, SessionMeta, TurnContextItem, RateLimitSnapshot).
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  msgspec resolves the annotation when it runs
from typing import Any

import msgspec


class Counts(msgspec.Struct, gc=False):
    input_tokens: int | None = 0
    cached_input_tokens: int | None = 0
    cache_write_input_tokens: int | None = 0
    output_tokens: int | None = 0
    reasoning_output_tokens: int | None = 0
    total_tokens: int | None = 0


class Info(msgspec.Struct, gc=False):
    total_token_usage: Counts | None = None
    last_token_usage: Counts | None = None


class LimitWindow(msgspec.Struct, gc=False):
    used_percent: float | None = None
    window_minutes: int | None = None
    resets_at: int | None = None
    resets_in_seconds: int | None = None


class Limits(msgspec.Struct, gc=False):
    limit_id: str | None = None
    primary: LimitWindow | None = None
    secondary: LimitWindow | None = None


class Git(msgspec.Struct, gc=False):
    branch: str | None = None


class Settings(msgspec.Struct, gc=False):
    model: str | None = None
    model_provider_id: str | None = None
    effort: str | None = None
    reasoning_effort: str | None = None
    """What 0.144 writes here instead of `effort`."""
    cwd: str | None = None


class Payload(msgspec.Struct, gc=False):
    type: str | None = None
    info: Info | None = None
    rate_limits: Limits | None = None
    # turn_context, task_started
    turn_id: str | None = None
    model: str | None = None
    effort: str | None = None
    cwd: str | None = None
    # session_meta
    id: str | None = None
    session_id: str | None = None
    forked_from_id: str | None = None
    parent_thread_id: str | None = None
    source: Any = None
    model_provider: str | None = None
    git: Git | None = None
    subagent_history_start_ordinal: int | str | None = None
    # token_usage_record
    thread_id: str | None = None
    response_id: str | None = None
    usage: Counts | None = None
    # thread_settings_applied
    thread_settings: Settings | None = None


class Line(msgspec.Struct, gc=False):
    type: str | None = None
    timestamp: datetime | None = None
    ordinal: int | None = None
    payload: Payload | None = None
