"""Which type of sub-agent an agent id belongs to.

Newer versions write a sidecar `agent-<id>.meta.json`; in older ones the type stands in the `Task`/`Agent` tool call of
the parent, and its result line names the agent id. Internal agents are named by their id's prefix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from whyburn.harnesses.claude.records import Spawning
from whyburn.model import AgentFact

if TYPE_CHECKING:
    from collections.abc import Iterable

_decode = msgspec.json.Decoder(Spawning).decode
_MOST_OPEN = 200


class _Sidecar(msgspec.Struct):
    agentType: str | None = None  # noqa: N815


class Spawns:
    """Tool calls that asked for a sub-agent and were not answered yet, by tool-use id."""

    def __init__(self, waiting: dict[str, str]) -> None:
        self.open = waiting

    def asked(self, line: bytes) -> None:
        """Remember the type that an assistant line asks for."""
        try:
            record = _decode(line)
        except (ValueError, RecursionError):
            return
        for block in (record.message.content or ()) if record.message else ():
            kind = (block.input or {}).get("subagent_type")
            if block.type == "tool_use" and block.id and isinstance(kind, str):
                self.open[block.id] = kind
        while len(self.open) > _MOST_OPEN:
            del self.open[next(iter(self.open))]

    def answered(self, line: bytes, session: str) -> Iterable[AgentFact]:
        """The agent that a result line names, with its type if we know it."""
        try:
            record = _decode(line)
        except (ValueError, RecursionError):
            return ()
        result = record.toolUseResult
        if result is None or not result.agentId:
            return ()
        blocks = (record.message.content or ()) if record.message else ()
        kinds = [self.open.pop(block.tool_use_id, None) for block in blocks if block.tool_use_id]
        name = result.agentType or next((kind for kind in kinds if kind), None)
        return (AgentFact(session, result.agentId, name),) if name else ()

    @staticmethod
    def sidecar(text: bytes | None, session: str, agent: str) -> AgentFact | None:
        """The type that the sidecar or the id itself tells."""
        if agent.startswith("acompact"):
            return AgentFact(session, agent, "compaction")
        if agent.startswith("aprompt_suggestion"):
            return AgentFact(session, agent, "prompt-suggestion")
        if not text:
            return None
        try:
            kind = msgspec.json.decode(text, type=_Sidecar).agentType
        except (ValueError, RecursionError):
            return None
        return AgentFact(session, agent, kind) if kind else None
