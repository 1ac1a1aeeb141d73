"""Native Codex trees made from a seed: forks with copied prefixes, restamped times, spawned agents, resets, repeats.

Ids are UUIDs of version 7 unless asked otherwise. The truth counts every response once, for the thread that made it.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from laws.trees import Tree

_START_MS = 1_788_300_000_000
_MODELS = ("gpt-5.6-codex", "gpt-5-mini", "gpt-5")
_NAMES = ("input_tokens", "cached_input_tokens", "cache_write_input_tokens", "output_tokens", "reasoning_output_tokens")
SECRET = "zebra-codex-prompt-31ab never to be stored"


class _Thread:
    def __init__(self, native: str, cwd: str) -> None:
        self.native = native
        self.cwd = cwd
        self.lines: list[dict[str, Any]] = []
        self.totals = dict.fromkeys(_NAMES, 0)
        self.recorded = False
        self.turns = 0


class _Writer:
    def __init__(self, rng: Random, *, version_7: bool) -> None:
        self.rng = rng
        self.version = "7" if version_7 else "4"
        self.now = _START_MS
        self.truth = {"calls": 0, "input": 0, "output": 0, "reasoning": 0, "cache_read": 0}

    def uuid(self) -> str:
        """An id that holds the time, as version 7 does; one millisecond apart from all others."""
        self.now += 1
        head = f"{self.now:012x}" if self.version == "7" else f"{self.rng.randrange(16**12):012x}"
        rest = f"{self.rng.randrange(16**15):015x}"
        return f"{head[:8]}-{head[8:]}-{self.version}{rest[:3]}-a{rest[3:6]}-{rest[3:15]}"

    def line(self, thread: _Thread, kind: str, payload: dict[str, Any]) -> None:
        self.now += self.rng.choice((1, 3, 900, 45_000, 600_000))
        thread.lines.append({"timestamp": stamp(self.now), "type": kind, "payload": payload})

    def begin(self, thread: _Thread, **more: Any) -> None:
        meta = {"id": thread.native, "session_id": thread.native, "cwd": thread.cwd, "cli_version": "0.153.0",
                "model_provider": "openai", "git": {"branch": "main"}, "base_instructions": SECRET}  # fmt: skip
        self.line(thread, "session_meta", meta | more)

    def turn(self, thread: _Thread) -> None:
        turn = self.uuid()
        started = self.rng.random() < 0.7
        if started:
            self.line(thread, "event_msg", {"type": "task_started", "turn_id": turn})
        if not started or thread.turns == 0 or self.rng.random() < 0.8:
            self.context(thread, turn)
        thread.turns += 1
        self.line(thread, "event_msg", {"type": "user_message", "message": SECRET})
        for _ in range(self.rng.randrange(1, 5)):
            self.call(thread)
            if self.rng.random() < 0.3:
                self.repeat(thread)
        if self.rng.random() < 0.15:
            self.reset(thread)
        if self.rng.random() < 0.2:
            self.settings(thread)

    def settings(self, thread: _Thread) -> None:
        """The person chooses another model or folder between two turns."""
        thread.cwd = self.rng.choice(("/home/ana/shop", "/srv/elsewhere"))
        chosen = {"model": self.rng.choice(_MODELS), "model_provider_id": "openai", "cwd": thread.cwd, "effort": "low"}
        payload = {"type": "thread_settings_applied", "thread_id": thread.native, "thread_settings": chosen}
        self.line(thread, "event_msg", payload)

    def context(self, thread: _Thread, turn: str) -> None:
        if self.rng.random() < 0.2:
            thread.cwd = self.rng.choice(("/home/ana/shop", "/srv/other", "/home/ana/docs"))
        self.line(thread, "turn_context", {"turn_id": turn, "cwd": thread.cwd, "model": self.rng.choice(_MODELS),
                                           "effort": self.rng.choice(("high", "low"))})  # fmt: skip

    def call(self, thread: _Thread) -> None:
        rng = self.rng
        given = rng.randrange(1_000, 200_000)
        cached = rng.randrange(0, given)
        output = rng.randrange(1, 5_000)
        last = dict(zip(_NAMES, (given, cached, 0, output, rng.randrange(0, output)), strict=True))
        for name in _NAMES:
            thread.totals[name] += last[name]
        if thread.recorded:
            self.line(thread, "token_usage_record", {
                "thread_id": thread.native, "response_id": f"resp_{self.uuid()}", "usage": _whole(last)})  # fmt: skip
        self.count(thread, last)
        self.truth["calls"] += 1
        for name, value in (("input", given - cached), ("output", output), ("cache_read", cached),
                            ("reasoning", last["reasoning_output_tokens"])):  # fmt: skip
            self.truth[name] += value

    def count(self, thread: _Thread, last: dict[str, int]) -> None:
        windows = [self.window(300), self.window(10_080), None]
        self.rng.shuffle(windows)
        limits = {"limit_id": "codex", "primary": windows[0], "secondary": windows[1]}
        info = {"total_token_usage": _whole(thread.totals), "last_token_usage": _whole(last)}
        self.line(thread, "event_msg", {"type": "token_count", "info": info, "rate_limits": limits})

    def window(self, minutes: int) -> dict[str, Any]:
        used = self.rng.choice((None, self.rng.randrange(100) + 0.5))
        return {"used_percent": used, "window_minutes": minutes, "resets_at": self.rng.choice((None, 1_788_345_600))}

    def repeat(self, thread: _Thread) -> None:
        """The same counters again, as every update of rate limits writes them; or limits alone."""
        old = next(one for one in reversed(thread.lines) if one["payload"].get("type") == "token_count")
        payload = json.loads(json.dumps(old["payload"]))
        if self.rng.random() < 0.3:
            payload["info"] = None
        self.line(thread, "event_msg", payload)

    def reset(self, thread: _Thread) -> None:
        """Context overflow: totals fall to zero, the last usage is empty."""
        thread.totals = dict.fromkeys(_NAMES, 0)
        self.count(thread, dict.fromkeys(_NAMES, 0))

    def fork(self, parent: _Thread) -> _Thread:
        """A child that begins with its own meta line and a copy of the parent's history, restamped or not."""
        child = _Thread(self.uuid(), parent.cwd)
        self.begin(child, forked_from_id=parent.native)
        restamped = self.rng.random() < 0.5
        kept = parent.lines[: self.rng.randrange(1, len(parent.lines) + 1)]
        for line in kept:
            if line["type"] != "token_usage_record":
                child.lines.append(line | {"timestamp": stamp(self.now)} if restamped else line)
        counts = [one["payload"]["info"] for one in kept if one["payload"].get("info")]
        if counts:
            child.totals = {name: counts[-1]["total_token_usage"][name] for name in _NAMES}
        return child

    def spawn(self, parent: _Thread) -> _Thread:
        """A sub-agent without history: own totals from zero."""
        child = _Thread(self.uuid(), parent.cwd)
        spawned = {"parent_thread_id": parent.native, "agent_role": "explorer"}
        self.begin(child, session_id=parent.native, source={"subagent": {"thread_spawn": spawned}})
        return child


def stamp(ms: int) -> str:
    """An instant as Codex writes it."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tree(seed: int, *, version_7: bool = True, turns: int = 4) -> Tree:
    """A tree of one or two threads, their forks and spawned agents; some rollouts are archived."""
    rng = Random(seed)
    writer = _Writer(rng, version_7=version_7)
    threads: list[_Thread] = []
    for _ in range(rng.randrange(1, 3)):
        thread = _Thread(writer.uuid(), rng.choice(("/home/ana/shop", "/srv/other")))
        thread.recorded = rng.random() < 0.4
        writer.begin(thread)
        for _ in range(rng.randrange(1, turns)):
            writer.turn(thread)
        threads.append(thread)
    for _ in range(rng.randrange(0, 4)):
        make = rng.choice((writer.fork, writer.spawn))
        child = make(rng.choice(threads))
        child.recorded = rng.random() < 0.4
        for _ in range(rng.randrange(1, 3)):
            writer.turn(child)
        threads.append(child)
    files = {}
    for thread in threads:
        folder = "archived_sessions" if rng.random() < 0.3 else "sessions/2026/09/02"
        files[f"{folder}/rollout-2026-09-02T08-30-11-{thread.native}.jsonl"] = [
            json.dumps(one, separators=(",", ":")).encode() for one in thread.lines
        ]
    return Tree("codex", files, writer.truth, {})


def _whole(counts: dict[str, int]) -> dict[str, int]:
    return counts | {"total_tokens": counts["input_tokens"] + counts["output_tokens"]}
