"""The logs of Codex: one rollout for each thread, with running totals after every response.

From 0.100 on (about 2026) the counters follow the results of a response's tools; older versions write them before its
items and once more, unchanged, when the rate limits are told. Reasoning is logged encrypted.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.logs import Log, Writer
from simulator.script import Attach, Effort, Notice, Script, Switch, Trouble, Use

if TYPE_CHECKING:
    from simulator.records import Billed, Block, Chain, Event
    from simulator.world import Play

_KEYS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens")
_LIMITS = {
    "limit_id": "codex", "primary": {"used_percent": 12.0, "window_minutes": 300, "resets_at": 1_795_000_000},
    "secondary": None, "credits": None, "plan_type": "pro",
}  # fmt: skip


def write(played: Play, home: str, writer: Writer) -> list[str]:
    """Write all rollouts of a session below a home folder; their paths."""
    for chain in played.chains:
        chain.agent_id = writer.uuid7((chain.events[0].at_ms if chain.events else 0) - 5)  # before its first turn
    writer.session = played.chains[0].agent_id
    agents = {chain.tool: chain for chain in played.chains if chain.tool}
    paths = []
    for chain in played.chains:
        started = datetime.fromtimestamp(_began(chain, writer) / 1000, UTC)
        name = f"rollout-{started:%Y-%m-%dT%H-%M-%S}-{chain.agent_id}.jsonl"
        day = os.path.join(home, ".codex", "sessions", f"{started:%Y}", f"{started:%m}", f"{started:%d}")
        log = Log(os.path.join(day, name))
        parent = played.chains[chain.parent].agent_id if chain.parent is not None else None
        _Rollout(writer, chain, log, agents, parent).write()
        log.save()
        paths.append(log.path)
    return paths


def _began(chain: Chain, writer: Writer) -> int:
    return (chain.events[0].at_ms if chain.events else 0) + writer.shift_ms


class _Rollout:
    """One file."""

    def __init__(self, writer: Writer, chain: Chain, log: Log, agents: dict[str, Chain], parent: str | None) -> None:
        self.writer, self.chain, self.log, self.agents, self.parent = writer, chain, log, agents, parent
        self.model, self.effort = chain.script.model, chain.script.effort
        self.total = dict.fromkeys(_KEYS, 0)
        self.turn = ""
        self.turns = 0
        self.owed: tuple[Billed, set[str]] | None = None
        self.new_style = tuple(int(part) for part in _codex_version(chain.script).split(".")[:2]) >= (0, 100)

    def write(self) -> None:
        """All events of the thread."""
        begun = self.chain.events[0].at_ms if self.chain.events else 0
        self._meta(begun)
        for event in self.chain.events:
            if not self.turn and event.what != "block":
                self._turn(event.at_ms)
            if event.what == "call" and event.call:
                self._response(event.call)
            elif event.what == "block" and event.block:
                self._block(event, event.block)
            else:
                self._other(event)
        if self.owed:
            self._count(self.owed[0], self.chain.calls[-1].end_ms)

    def _line(self, kind: str, at_ms: int, payload: dict[str, Any], *blocks: Block) -> None:
        self.log.add({"timestamp": self.writer.stamp(at_ms), "type": kind, "payload": payload}, *blocks)

    def _meta(self, at_ms: int) -> None:
        """Who and where; the system prompt is told in full."""
        script = self.chain.script
        source: Any = "cli"
        if self.parent is not None:
            spawn = {"parent_thread_id": self.parent, "depth": 1, "agent_role": script.agent}
            source = {"subagent": {"thread_spawn": spawn}}
        told = [block for call in self.chain.calls[:1] for block in call.tiles if block.label == "base"]
        base = {"text": "".join(self.writer.text(block) for block in told)}
        self._line("session_meta", at_ms, {
            "id": self.chain.agent_id, "session_id": self.writer.session, "timestamp": self.writer.stamp(at_ms),
            "cwd": script.cwd, "originator": "codex_cli_rs", "cli_version": _codex_version(script), "source": source,
            **({"parent_thread_id": self.parent} if self.parent else {}),
            "model_provider": "openai", "base_instructions": base, "git": {"branch": script.branch},
        }, *told)  # fmt: skip

    def _turn(self, at_ms: int) -> None:
        self.turn = self.writer.uuid7(at_ms)
        self._line("event_msg", at_ms, {"type": "task_started", "turn_id": self.turn, "model_context_window": 272_000})
        self._context(at_ms)

    def _context(self, at_ms: int) -> None:
        self._line("turn_context", at_ms, {
            "turn_id": self.turn, "cwd": self.chain.script.cwd, "approval_policy": "never",
            "sandbox_policy": {"type": "danger-full-access"}, "model": self.model,
            "effort": self.effort or "medium", "summary": "auto",
        })  # fmt: skip

    def _response(self, call: Billed) -> None:
        """The items of a response; its counters come before or after, by version."""
        self._settle(call.start_ms)
        if not self.new_style:
            self._count(call, call.end_ms)
        for block in call.outputs:
            self._item(call, block)
        if self.new_style:
            open_tools = {block.tool for block in call.outputs if block.tool}
            self.owed = (call, {tool for tool in open_tools if tool})
            if not open_tools:
                self._settle(call.end_ms)

    def _settle(self, at_ms: int) -> None:
        """Write the counters that are still owed."""
        if self.owed is not None:
            owed, self.owed = self.owed[0], None
            self._count(owed, max(at_ms, owed.end_ms))

    def _item(self, call: Billed, block: Block) -> None:
        at_ms = call.end_ms
        if block.kind == "thinking":
            self._line("response_item", at_ms, {
                "type": "reasoning", "summary": [], "encrypted_content": self.writer.hex(max(40, 3 * block.tokens)),
            }, block)  # fmt: skip
        elif isinstance(block.source, Use):
            request, call_id = self.writer.request(block.source), _call_id(block.tool)
            if isinstance(request.arguments, str):
                payload = {"type": "custom_tool_call", "status": "completed", "call_id": call_id,
                           "name": request.name, "input": request.arguments}  # fmt: skip
            else:
                payload = {"type": "function_call", "name": request.name, "call_id": call_id,
                           "arguments": json.dumps(request.arguments)}  # fmt: skip
            self._line("response_item", at_ms, payload, block)
        else:
            text = self.writer.text(block)
            self._line("event_msg", at_ms, {"type": "agent_message", "message": text})
            content = [{"type": "output_text", "text": text}]
            self._line("response_item", at_ms, {"type": "message", "role": "assistant", "content": content}, block)

    def _count(self, call: Billed, at_ms: int) -> None:
        """The running total after a response; older versions repeat it."""
        given = (call.prompt, call.bands.read, call.logged, call.thinking, call.prompt + call.logged)
        last = dict(zip(_KEYS, given, strict=True))
        self.total = {key: self.total[key] + last[key] for key in _KEYS}
        self._told(at_ms, last)
        if not self.new_style:
            self._told(at_ms + 250, last)

    def _told(self, at_ms: int, last: dict[str, int]) -> None:
        info = {"total_token_usage": self.total, "last_token_usage": last, "model_context_window": 272_000}
        self._line("event_msg", at_ms, {"type": "token_count", "info": info, "rate_limits": _LIMITS})

    def _block(self, event: Event, block: Block) -> None:
        if block.kind == "tool-result":
            self._result(event, block)
            return
        self._settle(event.at_ms)
        if event.turn:
            self.turns += 1
            self._turn(event.at_ms)
        text = self.writer.text(block)
        if block.kind == "summary":
            history = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}]
            self._line("compacted", event.at_ms, {"message": text, "replacement_history": history}, block)
            self._context(event.at_ms)
            self._told(event.at_ms, {**dict.fromkeys(_KEYS, 0), "total_tokens": block.tokens + 9_000})
            self._line("event_msg", event.at_ms, {"type": "context_compacted"})
            return
        if isinstance(event.action, (Attach, Notice)):
            text = _injected(event.action, text)
        role = "developer" if isinstance(event.action, Attach) and event.action.form == "skill" else "user"
        content = [{"type": "input_text", "text": text}]
        self._line("response_item", event.at_ms, {"type": "message", "role": role, "content": content}, block)
        if event.turn:
            self._line("event_msg", event.at_ms, {"type": "user_message", "message": text, "images": []})

    def _result(self, event: Event, block: Block) -> None:
        use, call_id, text = block.source, _call_id(block.tool), self.writer.text(block)
        assert isinstance(use, Use)
        agent = self.agents.get(block.tool or "")
        if agent is not None:
            # Codex names agents by their place in the tree of threads, whose top is `/root`; no folder is meant.
            self._line("event_msg", event.at_ms, {
                "type": "sub_agent_activity", "event_id": call_id, "agent_thread_id": agent.agent_id,
                "agent_path": f"/root/{agent.script.agent}", "kind": "started"})  # fmt: skip
        kind = "custom_tool_call_output" if use.act in ("edit", "write") else "function_call_output"
        if kind == "custom_tool_call_output":
            code = int(use.result.failure is not None)
            wrapped = {"output": text, "metadata": {"exit_code": code, "duration_seconds": 0.1}}
            spare = len(json.dumps(wrapped)) - len(text)
            text = json.dumps({**wrapped, "output": text[: max(0, len(text) - spare)]})
            changes = {f"{self.chain.script.cwd}/{use.path}": {"type": "update" if use.act == "edit" else "add"}}
            self._line("event_msg", event.at_ms, {"type": "patch_apply_end", "call_id": call_id, "stdout": "",
                                                  "stderr": "", "success": not code, "changes": changes})  # fmt: skip
        self._line("response_item", event.at_ms, {"type": kind, "call_id": call_id, "output": text}, block)
        if self.owed is not None:
            self.owed[1].discard(block.tool or "")
            if not self.owed[1]:
                self._settle(event.at_ms)

    def _other(self, event: Event) -> None:
        if isinstance(event.action, Switch):
            self.model = event.action.model
            self._context(event.at_ms)
        elif isinstance(event.action, Effort):
            self.effort = event.action.level
            self._context(event.at_ms)
        elif event.what == "rewind":
            self._settle(event.at_ms)
            gone = self.turns - getattr(event.action, "turn", 0)
            self.turns -= gone
            self._line("event_msg", event.at_ms, {"type": "thread_rolled_back", "num_turns": gone})
        elif isinstance(event.action, Trouble) and event.action.kind == "interrupted":
            self._line("event_msg", event.at_ms, {"type": "turn_aborted", "reason": "interrupted"})
        elif event.what == "clear":
            raise ValueError("Codex begins a new thread instead of clearing one")


def _codex_version(script: Script) -> str:
    return script.version if script.version.startswith("0.") else "0.142.5"


def _call_id(tool: str | None) -> str:
    return f"call_{(tool or '').replace('.', 'x')}"


def _injected(action: Attach | Notice, text: str) -> str:
    """Context that Codex puts into messages of the user, recognisable by its first words."""
    if isinstance(action, Notice):
        return text
    first = {
        "instructions": "# AGENTS.md instructions for /home/ana/shop\n\n<INSTRUCTIONS>\n",
        "skill": "<skills_instructions>\n",
    }.get(action.form, "<environment_context>\n")
    return (first + text)[: max(len(text), len(first))]
