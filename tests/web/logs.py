"""Logs of invented sessions, small but whole: prompts, files that are read again and again, a failing test.

Written as Claude Code and Codex write them, so the tests of sites and of the server go the whole way from a log.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

START_MS = 1_767_261_600_000
"""2026-01-01 10:00 UTC."""
MODEL = "claude-sonnet-4-5-20250929"
HOSTILE = "<script>document.title='owned'</script>\u202egnp"


class Claude:
    """A session of Claude Code, written call by call into its log."""

    def __init__(
        self, home: Path, ident: str = "3d1f0a52-aaaa", *, start_ms: int = START_MS, model: str = MODEL,
        cwd: str = "/home/ana/shop",
    ) -> None:  # fmt: skip
        self.path = home / ".claude/projects" / cwd.replace("/", "-") / f"{ident}.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._ident, self._model, self._cwd, self._at, self._prompt, self._count = ident, model, cwd, start_ms, 0, 0

    def titled(self, title: str) -> Claude:
        """Give the session a title."""
        return self._write({"type": "custom-title", "customTitle": title, "sessionId": self._ident})

    def asked(self, text: str) -> Claude:
        """A prompt."""
        return self._row("user", {"role": "user", "content": text})

    def read(self, path: str, tokens: int) -> Claude:
        """A call that reads a file, and the file."""
        use = f"toolu_{self._ident}_{self._at}"
        self._call([{"type": "tool_use", "id": use, "name": "Read", "input": {"file_path": path}}])
        body = {"tool_use_id": use, "type": "tool_result", "content": "word " * tokens}
        return self._row("user", {"role": "user", "content": [body]}, grown=tokens)

    def said(self, text: str = "Done.") -> Claude:
        """A call that ends with words."""
        return self._call([{"type": "text", "text": text}])

    def _call(self, content: list[dict[str, Any]]) -> Claude:
        self._count += 1
        fresh = 2_000 if self._count == 1 else self._prompt - self._cached
        usage = {
            "input_tokens": 3, "cache_read_input_tokens": 0 if self._count == 1 else self._cached,
            "cache_creation_input_tokens": fresh, "output_tokens": 60,
            "cache_creation": {"ephemeral_5m_input_tokens": fresh, "ephemeral_1h_input_tokens": 0},
        }  # fmt: skip
        self._prompt = max(self._prompt, 2_000)
        self._cached = self._prompt
        message = {
            "id": f"msg_{self._ident}_{self._at}", "type": "message", "role": "assistant", "model": self._model,
            "content": content, "stop_reason": "end_turn", "usage": usage,
        }  # fmt: skip
        return self._row("assistant", message, grown=60)

    _cached = 0

    def _row(self, kind: str, message: dict[str, Any], *, grown: int = 40) -> Claude:
        self._at += 20_000
        self._prompt += grown
        row = {
            "type": kind, "sessionId": self._ident, "cwd": self._cwd, "version": "2.1.220", "gitBranch": "main",
            "timestamp": _stamp(self._at), "uuid": f"{self._ident}-{self._at}", "isSidechain": False,
            "message": message,
        }  # fmt: skip
        return self._write({**row, "requestId": f"req_{self._ident}_{self._at}"} if kind == "assistant" else row)

    def _write(self, row: dict[str, Any]) -> Claude:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, separators=(",", ":")) + "\n")
        return self


def a_session(home: Path, ident: str = "3d1f0a52-aaaa", *, reads: int = 6, **more: Any) -> Claude:
    """A session that reads one large file again and again."""
    found = Claude(home, ident, **more).asked("why is the cart wrong?")
    for _ in range(reads):
        found.read("/home/ana/shop/package-lock.json", 4_000)
    return found.said()


def a_week(home: Path) -> None:
    """Three sessions on three days, two projects, one hostile title."""
    a_session(home, "3d1f0a52-aaaa").titled(HOSTILE)
    a_session(home, "77aa10b0-bbbb", start_ms=START_MS + 2 * 86_400_000, reads=3, cwd="/home/ana/web")
    a_session(home, "90cc31f7-cccc", start_ms=START_MS + 3 * 86_400_000, reads=2, model="claude-haiku-4-5-20251001")


def _stamp(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
