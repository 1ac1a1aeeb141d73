"""What each type of record means: the state of one session while its lines pass.

A sub-agent without a file of its own is told by the progress lines that mirror it in its parent's file; one with a
file is not told twice. Copies (the same record again, a response that another chain has shown) give nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whyburn.harnesses.claude.deep.answers import Answers, parts_of
from whyburn.harnesses.claude.deep.attachments import entering
from whyburn.harnesses.claude.deep.blocks import Place, block, picture
from whyburn.harnesses.claude.deep.chain import Chain
from whyburn.harnesses.claude.deep.compactions import boundary, clear, summarised
from whyburn.harnesses.claude.deep.inputs import INTERRUPTED, echo_of, result_blocks, said
from whyburn.harnesses.claude.deep.records import loose, mirror, words
from whyburn.harnesses.claude.deep.troubles import api_trouble
from whyburn.harnesses.readers import UNDECODABLE, millis
from whyburn.transcript import Block, Change, Skipped, Spawn, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.harnesses.claude.deep.inputs import Echo
    from whyburn.harnesses.claude.deep.records import Part, Record
    from whyburn.transcript import Spot, TranscriptItem

_QUIET = frozenset({
    "file-history-snapshot", "file-history-delta", "last-prompt", "custom-title", "ai-title", "agent-name", "summary",
    "pr-link", "frame-link", "mode", "permission-mode", "queue-operation", "atis-latch", "result", "tag",
    "worktree-state",
})  # fmt: skip
"""Record types that put nothing into a prompt."""
_QUIET_SYSTEM = frozenset({
    "turn_duration", "stop_hook_summary", "away_summary", "informational", "memory_saved", "init", "bridge_status",
})  # fmt: skip
NAMELESS = "sidechain"
"""The agent of side lines that name none, as in `calls`: 1.0.x wrote them into their parent's file."""
_CLEARED = b'"SessionStart:clear"'
"""The hook that runs when a conversation begins anew (2.1)."""
_TYPE = re.compile(r"[A-Za-z][\w-]{0,39}")


class Session:
    """Takes records in the order of the log; `ready` hands out the items that are complete."""

    def __init__(self, agents: set[str]) -> None:
        self._out: list[TranscriptItem] = []
        self._chains: dict[str | None, Chain] = {}
        self._agents = agents
        self._named: dict[str, str] = {}
        self._spawned: set[str] = set()
        self._answers = Answers()

    # --- items that are complete

    def ready(self) -> Sequence[TranscriptItem]:
        """What can be told by now; once."""
        if not self._out:
            return ()
        items = list(self._out)
        self._out.clear()
        return items

    def close(self) -> Sequence[TranscriptItem]:
        """Everything that was held back."""
        for chain in self._chains.values():
            chain.close()
        return self.ready()

    def finish(self) -> Sequence[TranscriptItem]:
        """The rest, and the sub-agents of which no tool call is known."""
        for agent, name in self._named.items():
            self._spawn(agent, None, None, name)
        return self.close()

    def found(self, agent: str, name: str) -> None:
        """There is a file of a sub-agent; its sidecar or id may tell its type."""
        self._named[agent] = self._named.get(agent) or name

    def skip(self, spot: Spot, reason: str, *, unknown: bool = False) -> None:
        """A line was not used."""
        self._out.append(Skipped(spot, reason, unknown))

    # --- records

    def take(self, record: Record, line: bytes, spot: Spot, *, agent: str | None, stem: str) -> None:
        """One record of a chain."""
        kind = record.type
        if kind in _QUIET:
            return
        chain = self._chains.get(agent) or self._begin(agent)
        if not chain.is_new(record, line):
            return
        place = Place(spot, millis(record.timestamp) if record.timestamp else None, agent)
        if record.parentUuid is None and _CLEARED in line and kind in ("progress", "attachment"):
            clear(chain, place)
        if kind == "assistant":
            self._answers.take(chain, record, place, stem)
        elif kind == "user":
            self._user(chain, record, place)
        elif kind == "attachment":
            self._attachment(chain, record, place)
        elif kind == "system":
            self._system(chain, record, place)
        elif kind == "progress":
            chain.settle(record)
            if b'"agent_progress"' in line:
                self._mirrored(record, line, place, stem)
        else:
            self._unknown(spot, "record", kind)

    def _begin(self, agent: str | None) -> Chain:
        chain = self._chains[agent] = Chain(agent, self._out)
        if agent == NAMELESS:
            self._spawn(agent, None, *self._answers.last_spawn)
        elif agent is not None and agent not in self._agents:
            self._named.setdefault(agent, "")
        return chain

    def _unknown(self, spot: Spot, what: str, kind: str | None) -> None:
        known = kind is not None and _TYPE.fullmatch(kind)
        self.skip(spot, f"{what} of type {kind}" if known else f"{what} of no known type", unknown=True)

    # --- what the model is told

    def _user(self, chain: Chain, record: Record, place: Place) -> None:
        if record.permissionMode and record.permissionMode != chain.permission:
            if chain.permission is not None:
                chain.put([Change(chain.agent, place.spot, place.at_ms, "permission", record.permissionMode[:40])])
            chain.permission = record.permissionMode
        parts = parts_of(record.message) if record.message else ()
        blocks: list[Block] = []
        results = [part for part in parts if part.type == "tool_result"]
        echo = echo_of(record) if results else None
        if results or not parts:
            chain.settle(record)
        for part in parts:
            if part.type == "tool_result" and echo is not None:
                blocks += result_blocks(part, record, place, echo, self._answers.action(part.tool_use_id))
                self._answered(chain, part, echo)
            elif part.type in ("image", "document"):
                blocks.append(picture(place, part))
            elif part.text:
                blocks.append(self._text(chain, record, part.text, place, settled=bool(results)))
        chain.put(blocks)
        chain.remember(record, blocks)
        if record.isCompactSummary:
            chain.put(chain.kept())

    def _text(self, chain: Chain, record: Record, text: str, place: Place, *, settled: bool) -> Block:
        """A text in the user's place; changes that it tells of come before it."""
        what = said(text, record, person=not record.isSidechain and chain.agent is None, command=chain.command)
        if what.command == "/clear":
            clear(chain, place)
            chain.settle_here(record)
        elif what.kind == "summary":
            summarised(chain, place)
            chain.settle_here(record)
        elif what.label == "interrupted" or what.kind != "user" or settled:
            chain.settle(record)
        else:
            chain.hang(record, place, root=True)
        if text.startswith(INTERRUPTED):
            chain.put([Trouble(chain.agent, place.spot, place.at_ms, "interrupted")])
        if what.note:
            chain.put([Change(chain.agent, place.spot, place.at_ms, "notification", what.note)])
        if what.kind == "user":
            chain.command = what.command
        if record.sourceToolUseID and what.kind != "user":
            return block(place, "skill", text, self._answers.asked(record.sourceToolUseID) or what.label)
        return block(place, what.kind, text, what.label, prompt=what.prompt)

    def _answered(self, chain: Chain, part: Part, echo: Echo) -> None:
        if echo.agentId:
            name = echo.agentType or self._answers.asked(part.tool_use_id)
            self._spawn(echo.agentId, chain.agent, part.tool_use_id, name)

    def _attachment(self, chain: Chain, record: Record, place: Place) -> None:
        chain.settle(record)
        added = entering(record.attachment, record.rendered)
        if not added.known:
            found = loose(record.attachment)
            kind = found.get("type") if isinstance(found, dict) else None
            self._unknown(place.spot, "attachment", kind if isinstance(kind, str) else None)
        if added.change:
            chain.put([Change(chain.agent, place.spot, place.at_ms, *added.change)])
        blocks = [block(place, one.kind, one.text, one.label, prompt=one.prompt) for one in added.entries]
        chain.put(blocks)
        chain.remember(record, blocks)

    # --- what the harness says

    def _system(self, chain: Chain, record: Record, place: Place) -> None:
        kind = record.subtype
        if kind == "compact_boundary":
            return boundary(chain, record, place)
        # Errors of a request hang where it began, and are written when the next one has long succeeded.
        chain.settle_here(record)
        if kind == "api_error":
            chain.put([api_trouble(record, place)])
        elif kind == "local_command":
            text = words(loose(record.content))
            if text:
                chain.put([self._text(chain, record, text, place, settled=True)])
        elif kind not in _QUIET_SYSTEM:
            self._unknown(place.spot, "system record", kind)
        return None

    # --- sub-agents

    def _mirrored(self, record: Record, line: bytes, place: Place, stem: str) -> None:
        """A line of a sub-agent in its parent's file."""
        try:
            told = mirror(record.data)
        except UNDECODABLE:
            return self.skip(place.spot, "a mirrored line of an unknown shape")
        inner = told.message
        agent = told.agentId or (inner.agentId if inner else None)
        if told.type != "agent_progress" or inner is None or not agent:
            return None
        tool = record.parentToolUseID
        self._spawn(agent, place.agent, tool, self._answers.asked(tool))
        if agent in self._agents:
            return None
        inner.timestamp, inner.version = inner.timestamp or record.timestamp, inner.version or record.version
        inner.sessionId, inner.isSidechain = record.sessionId, True
        inner.parentUuid = inner.parentUuid or "not told"
        return self.take(inner, line, place.spot, agent=agent, stem=stem)

    def _spawn(self, agent: str, parent: str | None, tool: str | None, name: str) -> None:
        if agent in self._spawned:
            return
        self._spawned.add(agent)
        internal = agent.startswith(("acompact", "aprompt_suggestion"))
        item = Spawn(agent, parent, tool, name or self._named.get(agent, ""), internal)
        chain = self._chains.get(parent)
        if chain is None or tool is None:
            self._out.append(item)
        else:
            chain.put([item])
