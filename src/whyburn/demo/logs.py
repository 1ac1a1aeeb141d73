"""Invented sessions in the native formats of Claude Code and Codex."""

from __future__ import annotations

import json
import os
import random
import uuid
from datetime import UTC, datetime
from typing import Any

_HOUR_MS = 3_600_000

SESSIONS = (
    # harness, project, model, hours ago, calls, first prompt tokens, growth per call, output per call
    ("claude", "shop/api", "claude-opus-4-5-20251101", 2.0, 46, 24_000, 1_900, 620),
    ("claude", "shop/web", "claude-sonnet-4-5-20250929", 5.5, 18, 21_000, 1_400, 480),
    ("codex", "infra", "gpt-5.1-codex", 3.2, 22, 15_000, 2_100, 540),
    ("claude", "shop/api", "claude-haiku-4-5-20251001", 26.0, 31, 19_000, 1_100, 300),
    ("codex", "infra", "gpt-5-codex", 51.0, 40, 14_000, 1_700, 610),
    ("claude", "docs", "claude-sonnet-4-5-20250929", 76.0, 25, 20_000, 1_500, 700),
    ("claude", "shop/api", "claude-opus-4-5-20251101", 99.0, 12, 23_000, 2_600, 900),
    ("codex", "docs", "gpt-5.1-codex-mini", 124.0, 15, 12_000, 900, 350),
)
"""The shape of each session; everything else follows from its place in this table."""
_TITLES = (
    "fix cart rounding",
    "header on mobile",
    "",
    "tidy up tests",
    "",
    "rewrite the guide",
    "why is checkout slow",
    "",
)


def write_logs(home: str, now_ms: int) -> None:
    """Write all sessions below a home folder, as the two programs would have."""
    for number, (harness, project, model, ago, calls, first, growth, output) in enumerate(SESSIONS):
        rng = random.Random(f"demo-{number}")
        start = now_ms - int(ago * _HOUR_MS) - calls * 90_000
        steps = [
            (
                start + n * 90_000 + rng.randrange(40_000),
                first + n * growth,
                max(40, int(output * rng.uniform(0.3, 1.9))),
            )
            for n in range(calls)
        ]
        session, cwd = str(uuid.UUID(int=rng.getrandbits(128), version=4)), f"/home/dev/{project}"
        if harness == "claude":
            _claude(home, cwd, model, steps, session, _TITLES[number])
        else:
            _codex(home, cwd, model, steps, session)


def _claude(home: str, cwd: str, model: str, steps: list[tuple[int, int, int]], session: str, title: str) -> None:
    rows: list[dict[str, Any]] = []
    cached = 0
    for n, (at_ms, prompt, output) in enumerate(steps):
        usage = {
            "input_tokens": 4, "cache_creation_input_tokens": prompt - cached, "cache_read_input_tokens": cached,
            "cache_creation": {"ephemeral_5m_input_tokens": prompt - cached, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output, "service_tier": "standard",
        }  # fmt: skip
        rows.append({
            "isSidechain": False, "cwd": cwd, "sessionId": session, "version": "2.1.220", "gitBranch": "main",
            "type": "assistant", "uuid": f"{session[:24]}{n:012d}", "timestamp": _stamp(at_ms),
            "requestId": f"req_{session[:8]}{n:04d}",
            "message": {"id": f"msg_{session[:8]}{n:04d}", "type": "message", "role": "assistant", "model": model,
                        "content": [], "stop_reason": "tool_use", "usage": usage},
        })  # fmt: skip
        cached = prompt
    if title:
        rows.append({"type": "custom-title", "customTitle": title, "sessionId": session})
    folder = "".join(char if char.isalnum() else "-" for char in cwd)
    _write(os.path.join(home, ".claude", "projects", folder, f"{session}.jsonl"), rows)


def _codex(home: str, cwd: str, model: str, steps: list[tuple[int, int, int]], session: str) -> None:
    began = steps[0][0] - 5_000
    rows: list[dict[str, Any]] = [
        _line(began, "session_meta", {"id": session, "cwd": cwd, "cli_version": "0.80.0", "model_provider": "openai"}),
        _line(began, "turn_context", {"cwd": cwd, "model": model, "effort": "medium"}),
    ]
    total = [0, 0, 0, 0]
    cached = 0
    for at_ms, prompt, output in steps:
        last = [prompt, cached, output, output // 3]
        total = [a + b for a, b in zip(total, last, strict=True)]
        info = {"total_token_usage": _counts(total), "last_token_usage": _counts(last), "model_context_window": 272_000}
        rows.append(_line(at_ms, "event_msg", {"type": "token_count", "info": info, "rate_limits": None}))
        cached = prompt & ~127
    day = datetime.fromtimestamp(began / 1000, UTC)
    name = f"rollout-{day:%Y-%m-%dT%H-%M-%S}-{session}.jsonl"
    _write(os.path.join(home, ".codex", "sessions", f"{day:%Y}", f"{day:%m}", f"{day:%d}", name), rows)


def _counts(values: list[int]) -> dict[str, int]:
    given, cached, output, reasoning = values
    return {
        "input_tokens": given, "cached_input_tokens": cached, "output_tokens": output,
        "reasoning_output_tokens": reasoning, "total_tokens": given + output,
    }  # fmt: skip


def _line(at_ms: int, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"timestamp": _stamp(at_ms), "type": kind, "payload": payload}


def _stamp(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


def _write(path: str, rows: list[dict[str, Any]]) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
