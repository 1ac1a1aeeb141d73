"""The fields of a transcript line that matter for billing, decoded by type; everything else is skipped unread.

Names are Claude Code's own. Every number may be absent or null (gateways write null cache fields).
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  msgspec resolves the annotation when it runs

import msgspec


class Split(msgspec.Struct, gc=False):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class ServerTools(msgspec.Struct, gc=False):
    web_search_requests: int | None = None


class Iteration(msgspec.Struct, gc=False):
    type: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: Split | None = None


class OutputDetails(msgspec.Struct, gc=False):
    thinking_tokens: int | None = None


class Usage(msgspec.Struct, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: Split | None = None
    server_tool_use: ServerTools | None = None
    output_tokens_details: OutputDetails | None = None
    iterations: list[Iteration] | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None


class Message(msgspec.Struct, gc=False):
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None


class Nested(msgspec.Struct, gc=False):
    """The mirrored line of a sub-agent inside a `progress` line of its parent (2.1)."""

    type: str | None = None
    timestamp: datetime | None = None
    requestId: str | None = None  # noqa: N815
    uuid: str | None = None
    agentId: str | None = None  # noqa: N815
    message: Message | None = None


class Progress(msgspec.Struct, gc=False):
    type: str | None = None
    agentId: str | None = None  # noqa: N815
    message: Nested | None = None


class Line(msgspec.Struct, gc=False):
    type: str | None = None
    timestamp: datetime | None = None
    sessionId: str | None = None  # noqa: N815
    requestId: str | None = None  # noqa: N815
    uuid: str | None = None
    isSidechain: bool | None = None  # noqa: N815
    agentId: str | None = None  # noqa: N815
    cwd: str | None = None
    gitBranch: str | None = None  # noqa: N815
    version: str | None = None
    effort: str | None = None
    costUSD: float | None = None  # noqa: N815
    message: Message | None = None
    data: Progress | None = None


class ToolUse(msgspec.Struct, gc=False):
    type: str | None = None
    id: str | None = None
    tool_use_id: str | None = None
    input: dict[str, object] | None = None


class Spawning(msgspec.Struct, gc=False):
    """What ties a sub-agent to its type: the call that asked for it, and the result that names its id."""

    type: str | None = None
    sessionId: str | None = None  # noqa: N815
    message: SpawningMessage | None = None
    toolUseResult: SpawnResult | None = None  # noqa: N815


class SpawningMessage(msgspec.Struct, gc=False):
    content: list[ToolUse] | None = None


class SpawnResult(msgspec.Struct, gc=False):
    agentId: str | None = None  # noqa: N815
    agentType: str | None = None  # noqa: N815
