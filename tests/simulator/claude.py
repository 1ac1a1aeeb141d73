"""The logs of Claude Code: a transcript for the session, one for each sub-agent with a sidecar.

Since 2.1.97 every line of a response carries its final counts, and thinking is a signature without text; `growing` and
`partial` scripts are logged as older versions did, while the response streamed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from simulator.claude_facts import announced, attached, noted
from simulator.logs import Log, Writer
from simulator.script import Attach, Instructions, Notice, Tools, Trouble, Use

if TYPE_CHECKING:
    from simulator.records import Billed, Block, Chain, Event
    from simulator.world import Play


def write(played: Play, home: str, writer: Writer) -> list[str]:
    """Write all files of a session below a home folder; their paths."""
    slug = "".join(char if char.isalnum() else "-" for char in played.script.cwd)
    folder = os.path.join(home, ".claude", "projects", slug)
    for chain in played.chains[1:]:
        chain.agent_id = f"acompact-{writer.hex(6)}" if chain.internal else f"a{writer.hex(6)}"
    agents = {chain.tool: chain for chain in played.chains if chain.tool}
    paths = []
    for chain in played.chains:
        name = f"{writer.session}.jsonl" if not chain.agent_id else f"agent-{chain.agent_id}.jsonl"
        below = os.path.join(folder, writer.session, "subagents") if chain.agent_id else folder
        log = Log(os.path.join(below, name))
        _Transcript(writer, chain, log, agents).write()
        log.save()
        paths.append(log.path)
        if chain.agent_id and not chain.internal:
            sidecar = Log(log.path.removesuffix(".jsonl") + ".meta.json")
            sidecar.add({"agentType": chain.script.agent})
            sidecar.save()
    return paths


class _Transcript:
    """One file."""

    def __init__(self, writer: Writer, chain: Chain, log: Log, agents: dict[str, Chain]) -> None:
        self.writer, self.chain, self.log, self.agents = writer, chain, log, agents
        self.tip: str | None = None
        self.turn_tips: list[str | None] = []
        self.asked: dict[str, tuple[str, str]] = {}
        self.version = chain.script.version

    def write(self) -> None:
        """All events of the chain."""
        for event in self.chain.events:
            if event.what == "call" and event.call:
                self._response(event.call)
            elif event.what == "block" and event.block:
                self._block(event, event.block)
            else:
                self._other(event)
        if not self.chain.agent_id:
            self.log.add({"type": "custom-title", "customTitle": "an invented session",
                          "sessionId": self.writer.session})  # fmt: skip

    def _line(self, kind: str, at_ms: int, *blocks: Block, **fields: Any) -> str:
        """Append a record that hangs on the tip and becomes it; its id."""
        name, script = self.writer.uuid(), self.chain.script
        parent = fields.pop("parent", self.tip)
        record = {
            "parentUuid": parent, "isSidechain": bool(self.chain.agent_id), "userType": "external",
            "entrypoint": "cli", "cwd": script.cwd, "sessionId": self.writer.session, "version": self.version,
            "gitBranch": script.branch, **({"agentId": self.chain.agent_id} if self.chain.agent_id else {}),
            "type": kind, **fields, "uuid": name, "timestamp": self.writer.stamp(at_ms),
        }  # fmt: skip
        self.log.add(record, *blocks)
        self.tip = name
        return name

    def _response(self, call: Billed) -> None:
        """One line for each block that the model put out."""
        identity = {"id": f"msg_01{self.writer.hex(20)}", "request": f"req_011{self.writer.hex(18)}"}
        self.version = call.version
        blocks: list[Block | None] = [*call.outputs] or [None]
        last_tool = any(block and block.kind == "tool-call" for block in blocks)
        for place, block in enumerate(blocks, 1):
            at_ms = call.start_ms + (call.end_ms - call.start_ms) * place // len(blocks)
            usage, stop = self._usage(call, done=place == len(blocks), uses_tool=last_tool)
            message = {
                "model": call.model, "id": identity["id"], "type": "message", "role": "assistant",
                "content": [self._content(block)] if block else [{"type": "text", "text": ""}],
                "stop_reason": stop, "stop_sequence": None, "usage": usage,
            }  # fmt: skip
            effort = {"effort": call.effort} if call.effort else {}
            name = self._line("assistant", at_ms, *([block] if block else []), message=message,
                              requestId=identity["request"], **effort)  # fmt: skip
            if block and block.tool:
                self.asked[block.tool] = (self._tool_id(block.tool), name)

    def _usage(self, call: Billed, *, done: bool, uses_tool: bool) -> tuple[dict[str, Any], str | None]:
        """Counts and stop reason as the version of the script has them on this line."""
        counts, bands = self.chain.script.counts, call.bands
        final = counts == "final" or (counts == "growing" and done)
        output = call.logged if final or counts == "partial" else min(call.output, 3)
        usage: dict[str, Any] = {
            "input_tokens": bands.fresh, "cache_creation_input_tokens": bands.write5 + bands.write1,
            "cache_read_input_tokens": bands.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": bands.write5, "ephemeral_1h_input_tokens": bands.write1},
            "output_tokens": output, "service_tier": "standard",
            "server_tool_use": {"web_search_requests": call.searches, "web_fetch_requests": 0},
        }  # fmt: skip
        if counts == "final":
            usage["output_tokens_details"] = {"thinking_tokens": call.thinking}
            usage["speed"] = call.speed or "standard"
        stop = call.stop or ("tool_use" if uses_tool else "end_turn")
        return usage, stop if final else None

    def _content(self, block: Block) -> dict[str, Any]:
        if block.kind == "thinking":
            hidden = self.chain.script.counts == "final"
            return {"type": "thinking", "thinking": "" if hidden else self.writer.text(block),
                    "signature": self.writer.hex(max(40, block.tokens))}  # fmt: skip
        if isinstance(block.source, Use):
            request = self.writer.request(block.source)
            return {"type": "tool_use", "id": self._tool_id(block.tool), "name": request.name,
                    "input": request.arguments}  # fmt: skip
        return {"type": "text", "text": self.writer.text(block)}

    def _tool_id(self, tool: str | None) -> str:
        chain, _, number = (tool or "0.0").partition(".")
        return f"toolu_01{self.writer.seed % 10**6:06d}{int(chain):04d}{int(number):06d}"

    def _block(self, event: Event, block: Block) -> None:
        if event.turn:
            self.turn_tips.append(self.tip)
        if block.kind == "tool-result":
            self._result(event, block)
        elif isinstance(event.action, (Attach, Tools, Instructions)):
            self._attachment(event, block)
        elif block.kind == "summary":
            self._line("user", event.at_ms, block, isCompactSummary=True, isVisibleInTranscriptOnly=True,
                       message={"role": "user", "content": self.writer.text(block)})  # fmt: skip
        elif isinstance(event.action, Notice):
            words = self.writer.text(block)
            words = f"<task-notification>\n<summary>{words}"[: len(words) - 31] + "</summary>\n</task-notification>"
            self._line("user", event.at_ms, block, origin={"kind": "task-notification"},
                       message={"role": "user", "content": words})  # fmt: skip
        else:
            self._line("user", event.at_ms, block, message={"role": "user", "content": self.writer.text(block)})

    def _result(self, event: Event, block: Block) -> None:
        use = block.source
        assert isinstance(use, Use)
        tool, asked = self.asked[block.tool or ""]
        text = self.writer.text(block)
        failed = use.result.failure is not None
        listed = use.act in ("spawn", "mcp")
        content: Any = [{"type": "text", "text": text}] if listed and not failed else text
        answer = {"tool_use_id": tool, "type": "tool_result", "content": content, "is_error": failed}
        facts: Any = f"Error: {text}" if failed else self._noted(use, text, block.tool or "")
        self._line("user", event.at_ms, block, parent=asked, message={"role": "user", "content": [answer]},
                   toolUseResult=facts, sourceToolAssistantUUID=asked)  # fmt: skip

    def _noted(self, use: Use, text: str, tool: str) -> Any:
        return noted(use, text, self.writer.request(use), self.chain.script.cwd, self.agents.get(tool))

    def _attachment(self, event: Event, block: Block) -> None:
        action, text = event.action, self.writer.text(block)
        at_ms = event.at_ms
        if isinstance(action, Tools):
            made = announced(action, text)
        elif isinstance(action, Instructions):
            made = {"type": "edited_text_file", "filename": f"{self.chain.script.cwd}/{action.path}", "snippet": text}
        else:
            assert isinstance(action, Attach)
            made = attached(action, text, self.chain.script.cwd)
        self._line("attachment", at_ms, block, attachment=made)

    def _other(self, event: Event) -> None:
        """Boundaries and troubles."""
        if event.what == "compact":
            self._line("system", event.at_ms, parent=None, logicalParentUuid=self.tip, subtype="compact_boundary",
                       content="Conversation compacted", isMeta=False, level="info",
                       compactMetadata={"trigger": getattr(event.action, "trigger", "auto"),
                                        "preTokens": event.before})  # fmt: skip
        elif event.what == "clear":
            self._line("user", event.at_ms, parent=None, message={
                "role": "user", "content": "<command-name>/clear</command-name>\n<command-message>clear"
                                           "</command-message>\n<command-args></command-args>"})  # fmt: skip
        elif event.what == "rewind":
            turn = getattr(event.action, "turn", 0)
            self.tip = self.turn_tips[turn]
            del self.turn_tips[turn:]
        elif isinstance(event.action, Trouble) and event.action.kind == "api_error":
            self._line("system", event.at_ms, subtype="api_error", level="error", retryInMs=524, retryAttempt=1,
                       maxRetries=10, error={"message": "Connection error.", "isNetworkDown": True})  # fmt: skip
        elif isinstance(event.action, Trouble):
            words = [{"type": "text", "text": "[Request interrupted by user]"}]
            self._line("user", event.at_ms, message={"role": "user", "content": words})
