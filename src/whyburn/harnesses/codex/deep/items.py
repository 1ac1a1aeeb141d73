"""The blocks of one response item: what the model sees of it, or has written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.harnesses.codex.deep.messages import message_blocks, sealed, written
from whyburn.harnesses.codex.deep.records import parts_of, text_of, value_of
from whyburn.harnesses.codex.deep.results import result_block
from whyburn.harnesses.codex.deep.tools import call_of, shell_call, web_call
from whyburn.transcript import ToolCall, ToolResult

if TYPE_CHECKING:
    from msgspec import Raw

    from whyburn.harnesses.codex.deep.messages import Origin
    from whyburn.harnesses.codex.deep.records import DeepPayload
    from whyburn.transcript import Block

CALLS = frozenset({"function_call", "custom_tool_call", "local_shell_call", "web_search_call", "tool_search_call",
                   "image_generation_call"})  # fmt: skip
RESULTS = frozenset({"function_call_output", "custom_tool_call_output", "local_shell_call_output",
                     "mcp_tool_call_output", "tool_search_output"})  # fmt: skip
SUMMARIES = frozenset({"compaction", "compaction_summary", "context_compaction"})
INVISIBLE = frozenset({"ghost_snapshot", "compaction_trigger", "other"})
"""Items that no prompt holds."""
ITEMS = CALLS | RESULTS | SUMMARIES | INVISIBLE | {"message", "agent_message", "reasoning"}


class Calls:
    """The calls whose results are awaited, and what events said of them."""

    def __init__(self) -> None:
        self.awaited: dict[str, ToolCall] = {}
        self.failed: dict[str, bool] = {}

    def note(self, block: Block) -> None:
        """Remember a call, forget it with its result."""
        if isinstance(block.tool, ToolCall):
            self.awaited[block.tool.id] = block.tool
        elif isinstance(block.tool, ToolResult):
            self.awaited.pop(block.tool.id, None)
            self.failed.pop(block.tool.id, None)


_NONE = Calls()


def item_blocks(item: DeepPayload, origin: Origin, *, prompts: bool = False, calls: Calls = _NONE) -> list[Block]:
    """The blocks of an item, in order; nothing for one that no prompt holds. It changes nothing.

    With `prompts`, a person's own words begin a turn.
    """
    kind = item.type
    if kind == "message":
        return list(message_blocks(item.role, parts_of(item.content), origin, prompts=prompts))
    if kind == "reasoning":
        return [_reasoning(item, origin)]
    if kind in CALLS:
        return [_call(item, origin)]
    if kind in RESULTS:
        return _result(item, origin, calls)
    if kind in SUMMARIES:
        return [sealed("summary", item.encrypted_content, origin)]
    return _mail(item, origin) if kind == "agent_message" else []


def _reasoning(item: DeepPayload, origin: Origin) -> Block:
    """Encrypted mostly; its summary is for people and does not enter a prompt."""
    text = "".join(part.text or "" for part in parts_of(item.content))
    return written("thinking", text, origin) if text else sealed("thinking", item.encrypted_content, origin)


def _mail(item: DeepPayload, origin: Origin) -> list[Block]:
    """What another agent wrote to this one."""
    label = text_of(item.author)[:80] or "agent"
    parts = parts_of(item.content)
    return [
        sealed("attachment", part.encrypted_content, origin, label)
        if part.text is None
        else written("attachment", part.text, origin, label=label)
        for part in parts
    ]


def _call(item: DeepPayload, origin: Origin) -> Block:
    asked = _text(item.arguments or item.input or item.action)
    block = written("tool-call", asked, origin)
    ident, name = item.call_id or item.id or "", item.name or (item.type or "").removesuffix("_call")
    if item.type == "local_shell_call":
        tool = shell_call(ident, value_of(item.action), block.hash)
    elif item.type == "web_search_call":
        tool = web_call(ident, value_of(item.action), block.hash)
    else:
        tool = call_of(ident, name, item.namespace, asked, block.hash)
    return block._replace(size=block.size + len(name.encode("utf-8", "replace")), tool=tool)


def _result(item: DeepPayload, origin: Origin, calls: Calls) -> list[Block]:
    """The text of a result as one block, and one for each image."""
    raw = item.output or item.tools
    parts = parts_of(raw)
    text = "".join(part.text or "" for part in parts) if parts else _text(raw)
    ident = item.call_id or ""
    call = calls.awaited.get(ident)
    images = [sealed("image", part.image_url, origin) for part in parts if part.image_url]
    failed = calls.failed.get(ident)
    return [result_block(call, ident, text, origin, failed=failed), *images]


def _text(raw: Raw) -> str:
    """A string field's string, or the JSON of any other."""
    return text_of(raw) or ("" if bytes(raw) in _EMPTY else str(raw, "utf-8", "replace"))


_EMPTY = frozenset({b"", b'""', b"null"})
