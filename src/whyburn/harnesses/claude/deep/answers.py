"""What the model says: each response is told once, in the chain where it was first met.

A response that another chain has shown is a copy: a side conversation replays the main one's, sometimes under another
request id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.harnesses.claude.deep.blocks import block
from whyburn.harnesses.claude.deep.records import Part
from whyburn.harnesses.claude.deep.response import Response
from whyburn.harnesses.claude.deep.tools import call_of
from whyburn.harnesses.claude.deep.troubles import message_trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.harnesses.claude.deep.blocks import Place
    from whyburn.harnesses.claude.deep.chain import Chain
    from whyburn.harnesses.claude.deep.records import Record, Spoken
    from whyburn.transcript import Action, ToolCall

_REQUESTS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_MOST_OPEN = 500


class Answers:
    """Responses of all chains, and what their tool calls asked for."""

    def __init__(self) -> None:
        self.last_spawn: tuple[str | None, str] = (None, "")
        """The latest call that asked for a sub-agent, and the type it asked for."""
        self._asked: dict[str, str] = {}
        self._actions: dict[str, Action] = {}
        """Of the latest calls."""
        self._shown: dict[tuple[str, str | None], str | None] = {}
        self._main: set[str] = set()

    def asked(self, tool: str | None) -> str:
        """The type of sub-agent or skill that a tool call asked for; '' when neither or unknown."""
        return self._asked.get(tool or "", "")

    def action(self, tool: str | None) -> Action | None:
        """What a tool call does; None when it is not known."""
        return self._actions.get(tool or "")

    def take(self, chain: Chain, record: Record, place: Place, stem: str) -> None:
        """One line of the model, or of the harness in its place."""
        message = record.message
        if message is None:
            return chain.settle(record)
        if message.model == "<synthetic>":
            chain.settle(record)
            return chain.put(message_trouble(record, message, place))
        response = chain.held
        if response is not None and response.goes_on(record, message):
            response.merge(record, message, place.at_ms)
            chain.settle_here(record)
        else:
            known, same = self._seen(record, message, chain.agent)
            response = Response(record, message, place, stem=stem)
            if known:
                chain.settle(record)
                if same:  # a line that came after the next response had begun
                    self._put_out(chain, response, record, message, place)
                    chain.put(response.outputs)
                return None
            chain.hang(record, place)
            chain.begin(response)
            chain.settle_here(record)
        return self._put_out(chain, response, record, message, place)

    def _seen(self, record: Record, message: Spoken, agent: str | None) -> tuple[bool, bool]:
        """Whether a response was told before, and whether in this chain."""
        if message.id is None:
            return False, False
        if agent is None:
            self._main.add(message.id)
        elif message.id in self._main:  # replayed in a side conversation, sometimes under another request id
            return True, False
        key = (message.id, record.requestId)
        if key in self._shown:
            return True, self._shown[key] == agent
        self._shown[key] = agent
        return False, False

    def _put_out(self, chain: Chain, response: Response, record: Record, message: Spoken, place: Place) -> None:
        blocks = []
        for index, part in enumerate(parts_of(message)):
            call = self._call(part) if part.type in _REQUESTS else None
            made = response.put(part, index, place, call)
            if made is not None:
                blocks.append(made)
            elif part.type and part.type.endswith("_tool_result"):  # of a tool that ran at the provider's
                chain.put([block(place, "tool-result", None, part.type)])
        chain.remember(record, blocks)

    def _call(self, part: Part) -> ToolCall:
        call, asked = call_of(part.name or "", part.id or "", part.input)
        self._actions[call.id] = call.action
        if asked:
            self._asked[call.id] = asked
        if call.action == "spawn":
            self.last_spawn = call.id, asked
        for known in (self._asked, self._actions):
            if len(known) > _MOST_OPEN:
                del known[next(iter(known))]
        return call


def parts_of(message: Spoken) -> Sequence[Part]:
    """The parts of a message; a plain string is one of text."""
    content = message.content
    if isinstance(content, str):
        return (Part(type="text", text=content),)
    return content or ()
