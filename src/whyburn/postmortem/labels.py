"""What a piece is called within its kind: the file that was read, the command that was run, the server that answered.

The same label means the same source, so that reports can add up what each of them cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem import commands
from whyburn.transcript import ToolCall, ToolResult

if TYPE_CHECKING:
    from whyburn.transcript import Block

_MOST = 160
_ACTIONS = {
    "search": "search", "list": "listing", "spawn": "sub-agent", "fetch": "web",
    "wait": "output of background commands", "plan": "plan", "skill": "skill", "ask": "question",
}  # fmt: skip


def label_of(block: Block, asked: ToolCall | None) -> str:
    """The source of a block; `asked` is the tool call that a result answers."""
    tool = block.tool
    if isinstance(tool, ToolCall):
        return label_of_use(tool)
    if isinstance(tool, ToolResult):
        if asked is None:
            return tool.path or block.label or "tool"
        if asked.action == "read" and (tool.path or asked.path):
            return tool.path or asked.path or ""
        return label_of_use(asked)
    return block.label


def label_of_use(call: ToolCall) -> str:
    """What a tool call is about, in one line."""
    if call.server:
        return f"mcp:{call.server}"
    if call.action == "run" and call.command:
        return commands.parse(call.command).normal[:_MOST] or call.name
    if call.action in {"edit", "write"} and call.changes:
        return call.changes[0]
    if call.path and call.action in {"read", "edit", "write", "list"}:
        return call.path
    word = _ACTIONS.get(call.action, call.name)
    return f"{word}: {call.query[:_MOST]}" if call.query and call.action in {"search", "fetch", "skill"} else word
