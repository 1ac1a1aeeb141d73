"""Native Claude Code trees made from a seed: streamed lines, forks, resumes, sub-agents, mirrors, replays.

`tree` gives a `Tree`: the lines of every file, and the truth about what was billed. The truth holds as long as every
response keeps its message id, which these trees do; the last line of a response is its fullest.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from laws.trees import Tree

_START = datetime(2026, 8, 3, 22, 0, tzinfo=UTC)
_MODELS = ("claude-sonnet-5", "claude-opus-4-1", "claude-haiku-4-5", "made-up-model")
_CWDS = ("/home/ana/shop", "/home/ana/my.app", "/srv/other")
SECRET_PROMPT = "zebra-prompt-7f3a never to be stored"
SECRET_OUTPUT = "zebra-tool-output-91cc never to be stored"
SECRET_THINKING = "zebra-thinking-55de never to be stored"


class _Session:
    """One transcript that is being written."""

    def __init__(self, native: str, at: datetime, cwd: str) -> None:
        self.native = native
        self.at = at
        self.cwd = cwd
        self.branch = "main"
        self.records: list[dict[str, Any]] = []


class _Writer:
    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.truth = {"calls": 0, "input": 0, "output": 0, "cache_read": 0, "w5": 0, "w1": 0}
        self.files: dict[str, list[dict[str, Any]]] = {}
        self.sidecars: dict[str, bytes] = {}
        self._next = 0

    def ident(self, prefix: str) -> str:
        self._next += 1
        return f"{prefix}{self._next:04d}{self.rng.randrange(16**6):06x}"

    def stamp(self, session: _Session) -> str:
        """Times mostly go forward, sometimes stand still, rarely go back."""
        session.at += timedelta(milliseconds=self.rng.choice((0, 0, 1, 250, 4_000, 60_000, 900_000, -30)))
        return session.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def envelope(self, session: _Session, kind: str, message: dict[str, Any] | None) -> dict[str, Any]:
        record: dict[str, Any] = {
            "parentUuid": None, "isSidechain": False, "cwd": session.cwd, "sessionId": session.native,
            "version": "2.1.220", "gitBranch": session.branch, "type": kind, "uuid": self.ident("u"),
            "timestamp": self.stamp(session),
        }  # fmt: skip
        if message is not None:
            record["message"] = message
        return record

    def user(self, session: _Session) -> None:
        text = self.rng.choice((SECRET_PROMPT, 'quoted {"usage":{"output_tokens":9}} text', "go on"))
        session.records.append(self.envelope(session, "user", {"role": "user", "content": text}))

    def response(self, session: _Session, agent: str | None = None) -> list[dict[str, Any]]:
        """One billed response over one to four lines; the last one tells the final counts."""
        rng = self.rng
        message, request = self.ident("msg_"), self.ident("req_") if rng.random() < 0.85 else None
        model = rng.choice(_MODELS)
        final = {
            "input_tokens": rng.randrange(1, 900), "output_tokens": rng.randrange(40, 4_000),
            "cache_read_input_tokens": rng.randrange(0, 250_000),
        }  # fmt: skip
        five, hour = rng.choice((0, rng.randrange(9_000))), rng.choice((0, rng.randrange(9_000)))
        count = rng.randrange(1, 5)
        advised = rng.randrange(count) if rng.random() < 0.15 else count
        lines = []
        for nth in range(count):
            last = nth == count - 1
            usage = final | {
                "cache_creation_input_tokens": five + hour,
                "cache_creation": {"ephemeral_5m_input_tokens": five, "ephemeral_1h_input_tokens": hour},
                "service_tier": "standard",
            }
            if not last and rng.random() < 0.6:
                usage["output_tokens"] = rng.randrange(1, 30)
            if nth >= advised:
                usage["iterations"] = [
                    {"type": "message", "output_tokens": usage["output_tokens"]},
                    {"type": "advisor_message", "model": "claude-opus-4-1", "input_tokens": 700, "output_tokens": 70},
                ]
            block = rng.choice((
                {"type": "thinking", "thinking": SECRET_THINKING}, {"type": "text", "text": "done"},
                {"type": "tool_use", "id": self.ident("toolu_"), "name": "Bash", "input": {"command": SECRET_PROMPT}},
            ))  # fmt: skip
            body = {"id": message, "type": "message", "role": "assistant", "model": model, "content": [block],
                    "stop_reason": "end_turn" if last else None, "usage": usage}  # fmt: skip
            record = self.envelope(session, "assistant", body)
            if request is not None:
                record["requestId"] = request
            if nth and rng.random() < 0.05:
                del record["timestamp"]
            if nth and rng.random() < 0.1:
                body["model"] = None
            if agent is not None:
                record |= {"isSidechain": True, "agentId": agent}
            lines.append(record)
        if advised < count:
            self.truth["calls"] += 1
            self.truth["input"] += 700
            self.truth["output"] += 70
        self.truth["calls"] += 1
        for name in ("input", "output", "cache_read"):
            self.truth[name] += final[f"{name}_input_tokens" if name == "cache_read" else f"{name}_tokens"]
        self.truth["w5"] += five
        self.truth["w1"] += hour
        return lines

    def grow(self, session: _Session, turns: int) -> None:
        for _ in range(turns):
            self.user(session)
            if self.rng.random() < 0.2:
                session.cwd, session.branch = self.rng.choice(_CWDS), self.rng.choice(("main", "fix/cart"))
            session.records.extend(self.response(session))
            if self.rng.random() < 0.2:
                self.tool_result(session)
            if self.rng.random() < 0.15:
                nothing = {"input_tokens": 0, "output_tokens": 0}
                body = {"id": self.ident("msg_"), "model": "<synthetic>", "usage": nothing}
                session.records.append(self.envelope(session, "assistant", body))
            if self.rng.random() < 0.25:
                self.agent(session)

    def tool_result(self, session: _Session) -> None:
        content = [{"type": "tool_result", "tool_use_id": "toolu_x", "content": SECRET_OUTPUT}]
        record = self.envelope(session, "user", {"role": "user", "content": content})
        session.records.append(record | {"toolUseResult": SECRET_OUTPUT})

    def agent(self, session: _Session) -> None:
        """A sub-agent with a file of its own, whose responses the parent may mirror as progress lines."""
        agent = self.ident("a")
        inner = _Session(session.native, session.at, self.rng.choice((session.cwd, session.cwd + "/sub")))
        mirrored = self.rng.random() < 0.5
        for _ in range(self.rng.randrange(1, 4)):
            self.user(inner)
            lines = self.response(inner, agent)
            inner.records.extend(lines)
            if mirrored:
                session.records.extend(self.mirror(session, agent, line) for line in lines)
        for record in inner.records:
            record |= {"isSidechain": True, "agentId": agent}
        old_place = self.rng.random() < 0.3
        folder = "projects/p" if old_place else f"projects/p/{session.native}/subagents"
        self.files[f"{folder}/agent-{agent}.jsonl"] = inner.records
        if not old_place:
            self.sidecars[f"{folder}/agent-{agent}.meta.json"] = b'{"agentType":"Explore"}'

    def mirror(self, session: _Session, agent: str, line: dict[str, Any]) -> dict[str, Any]:
        keep = ("timestamp", "requestId", "uuid", "message", "type")
        inner = {key: line[key] for key in keep if key in line}
        record = self.envelope(session, "progress", None)
        return record | {"data": {"type": "agent_progress", "agentId": agent, "message": inner}}

    def fork(self, parent: _Session) -> _Session:
        """Lines of a parent under a new session id, everything else as it was, then turns of its own."""
        child = _Session(self.ident("f"), parent.at, parent.cwd)
        kept = parent.records[: self.rng.randrange(1, len(parent.records) + 1)]
        child.records = [record | {"sessionId": child.native} for record in kept]
        return child

    def replay(self, parent: _Session) -> None:
        """A side conversation that logs a main line again, under a new request id and with a huge cache read."""
        able = [
            one for one in parent.records if one["type"] == "assistant" and one["message"]["model"] != "<synthetic>"
        ]
        if not able:
            return
        line = json.loads(json.dumps(self.rng.choice(able)))
        agent = self.ident("aside")
        line |= {"isSidechain": True, "agentId": agent, "requestId": self.ident("req_"), "uuid": self.ident("u")}
        line["message"]["usage"]["cache_read_input_tokens"] = 900_000
        self.files[f"projects/p/{parent.native}/subagents/agent-{agent}.jsonl"] = [line]


def tree(seed: int, *, turns: int = 6) -> Tree:
    """A tree of one to three sessions and what belongs to them."""
    rng = Random(seed)
    writer = _Writer(rng)
    sessions: list[_Session] = []
    for _ in range(rng.randrange(1, 3)):
        session = _Session(writer.ident("s"), _START + timedelta(minutes=rng.randrange(300)), rng.choice(_CWDS))
        writer.grow(session, rng.randrange(1, turns))
        sessions.append(session)
    for _ in range(rng.randrange(0, 3)):
        child = writer.fork(rng.choice(sessions))
        if rng.random() < 0.8:
            writer.grow(child, rng.randrange(1, 3))
        sessions.append(child)
    for session in sessions:
        if rng.random() < 0.3:
            writer.replay(session)
        writer.files[f"projects/p/{session.native}.jsonl"] = session.records
    return Tree(
        "claude",
        {path: [_encode(rng, record) for record in records] for path, records in writer.files.items()},
        writer.truth,
        writer.sidecars,
    )


def _encode(rng: Random, record: dict[str, Any]) -> bytes:
    spaced = rng.random() < 0.2
    return json.dumps(record, separators=(", ", ": ") if spaced else (",", ":")).encode()
