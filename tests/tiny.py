"""The smallest logs that mean something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CLAUDE = ".claude/projects"
"""Where Claude Code's logs lie below a home."""


def claude_line(
    number: int, *, session: str = "aaaa", model: str = "claude-sonnet-4-5-20250929", output: int = 100,
    stamp: str = "2026-03-02T10:00:00.000Z", text: str = "",
) -> str:  # fmt: skip
    """One billed response of Claude Code: 10 new, 1,000 read, 200 written for five minutes."""
    usage = {
        "input_tokens": 10, "cache_read_input_tokens": 1_000, "cache_creation_input_tokens": 200,
        "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 0}, "output_tokens": output,
    }  # fmt: skip
    message = {"id": f"msg_{number}", "role": "assistant", "model": model, "usage": usage, "stop_reason": "end_turn",
               "content": [{"type": "text", "text": text}]}  # fmt: skip
    return json.dumps({
        "type": "assistant", "sessionId": session, "cwd": "/home/ana/shop", "version": "2.1.220", "timestamp": stamp,
        "requestId": f"req_{number}", "uuid": f"u{number}", "isSidechain": False, "message": message,
    })  # fmt: skip


def write_claude(home: Path, lines: list[str], *, session: str = "aaaa") -> Path:
    """A transcript below a home; lines of another session id are rewritten to this one."""
    path = home / CLAUDE / "-home-ana-shop" / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line.replace('"sessionId": "aaaa"', f'"sessionId": "{session}"') + "\n" for line in lines))
    return path
