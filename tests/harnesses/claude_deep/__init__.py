"""A small Claude Code session, line by line, as tests want it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from whyburn.harnesses.claude import HARNESS
from whyburn.harnesses.readers import open_source, source_of
from whyburn.model import Call, Checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from whyburn.transcript import TranscriptItem

SESSION = "0b5e7a10-1111-4c0e-9d53-aaaaaaaaaaaa"
MODEL = "claude-sonnet-4-5-20250929"


class Log:
    """Lines of one file; each hangs on the one before it unless it is told otherwise."""

    def __init__(self, *, version: str = "2.1.220", agent: str | None = None, side: bool = False) -> None:
        self.lines: list[dict[str, Any]] = []
        self.version, self.agent, self.side = version, agent, side or agent is not None
        self.last: str | None = None
        self.minute = 0

    def add(self, kind: str, *, parent: str | None = "last", **fields: Any) -> str:
        """A record of any type; its uuid."""
        name = f"{self.agent or 'm'}-{len(self.lines)}"
        self.minute += 1
        line = {
            "parentUuid": self.last if parent == "last" else parent, "isSidechain": self.side, "sessionId": SESSION,
            "version": self.version, "type": kind, "uuid": name, "cwd": "/home/ana/shop",
            "timestamp": f"2026-03-02T{9 + self.minute // 60:02}:{self.minute % 60:02}:00.000Z", **fields,
        }  # fmt: skip
        if self.agent:
            line["agentId"] = self.agent
        self.lines.append(line)
        self.last = name
        return name

    def says(
        self, number: int, *content: Any, output: int = 100, stop: str | None = None, read: int = 1_000,
        message: dict[str, Any] | None = None, **fields: Any,
    ) -> str:  # fmt: skip
        """One line of response `number`."""
        usage = {"input_tokens": 10, "cache_read_input_tokens": read, "cache_creation_input_tokens": 200,
                 "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 0},
                 "output_tokens": output}  # fmt: skip
        parts = [text(part) if isinstance(part, str) else part for part in content]
        whole = {"id": f"msg_{number}", "role": "assistant", "model": MODEL, "stop_reason": stop, "usage": usage,
                 "content": parts, **(message or {})}  # fmt: skip
        return self.add("assistant", **{"message": whole, "requestId": f"req_{number}", **fields})

    def user(self, content: Any, **fields: Any) -> str:
        """A line in the user's place."""
        return self.add("user", message={"role": "user", "content": content}, **fields)

    def result(self, tool: str, content: Any, *, error: bool = False, **fields: Any) -> str:
        """The answer to a tool call."""
        part = {"type": "tool_result", "tool_use_id": tool, "content": content, "is_error": error}
        return self.user([part], **fields)

    def attach(self, kind: str, **fields: Any) -> str:
        """An attachment record."""
        return self.add("attachment", attachment={"type": kind, **fields})

    def system(self, kind: str, **fields: Any) -> str:
        """A system record."""
        return self.add("system", subtype=kind, **fields)

    def data(self) -> bytes:
        """The bytes of the file."""
        return b"".join(json.dumps(line).encode() + b"\n" for line in self.lines)


def text(words: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "text": words}


def tool(name: str, identity: str = "toolu_1", **arguments: Any) -> dict[str, Any]:
    """A part that calls a tool."""
    return {"type": "tool_use", "id": identity, "name": name, "input": arguments}


def told(folder: Path, *files: bytes | Log, agents: dict[str, bytes | Log] | None = None) -> list[TranscriptItem]:
    """The transcript of files: each one a copy of the session's own under another root, then those of sub-agents."""
    sources = []
    for number, data in enumerate(files):
        sources.append(_write(folder / f"root{number}" / f"{SESSION}.jsonl", data))
    for agent, data in (agents or {}).items():
        sources.append(_write(folder / "root0" / SESSION / "subagents" / f"agent-{agent}.jsonl", data))
    return list(HARNESS.deep(SESSION, sources, lambda source: open_source(source).__enter__()))


def skimmed(folder: Path) -> dict[bytes, Call]:
    """The calls that the ledger would know, by key."""
    found = {}
    for source in HARNESS.sources(str(folder)):
        with open_source(source) as reader:
            for item in HARNESS.skim(source, Checkpoint(0), reader):
                if isinstance(item, Call):
                    found[item.key] = item
    return found


def _write(path: Path, data: bytes | Log) -> Any:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.data() if isinstance(data, Log) else data)
    return source_of(str(path), "lines")
