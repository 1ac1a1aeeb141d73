"""What events tell where a rollout has no response items: the texts and the commands that they echo.

Front ends that keep only events, and paginated threads whose items were dropped, would otherwise have steps without
any content. Fields are those of `TurnItem` (`items.rs`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from whyburn.harnesses.codex.deep.messages import sealed, written
from whyburn.harnesses.codex.deep.records import NOTHING, text_of, value_of
from whyburn.harnesses.codex.deep.results import result_block
from whyburn.harnesses.codex.deep.tools import shell_call

if TYPE_CHECKING:
    from whyburn.harnesses.codex.deep.messages import Origin
    from whyburn.harnesses.codex.deep.records import DeepPayload
    from whyburn.transcript import Block

_ECHO = re.compile(
    rb'\{"timestamp":"[^"]{0,40}",(?:"ordinal":\d{1,12},)?"type":"event_msg",'
    rb'"payload":\{"type":"(?:agent_message|agent_reasoning\w*|user_message|item_completed)"'
)


def is_echo(line: bytes) -> bool:
    """Whether a line, as Codex writes it, is a whole event that echoes content and tells nothing else."""
    return line.endswith(b"}}") and _ECHO.match(line) is not None


def echo_blocks(event: DeepPayload, origin: Origin) -> list[Block]:
    """The blocks of an event; nothing for one that echoes no content."""
    if event.type == "item_completed":
        item = value_of(event.item)
        return _item_blocks(item, origin) if isinstance(item, dict) else []
    text = text_of(event.message)
    if event.type == "user_message" and text:
        return [written("user", text, origin, prompt=True)]
    if event.type == "agent_message" and text:
        return [written("assistant-text", text, origin)]
    return [sealed("thinking", NOTHING, origin)] if event.type == "agent_reasoning" else []


def _item_blocks(item: dict[str, Any], origin: Origin) -> list[Block]:
    kind = item.get("type")
    if kind == "UserMessage":
        return [written("user", _text(item.get("content")), origin, prompt=True)]
    if kind == "AgentMessage":
        return [written("assistant-text", _text(item.get("content")), origin)]
    if kind == "Reasoning":
        return [sealed("thinking", NOTHING, origin)]
    return _command(item, origin) if kind == "CommandExecution" else []


def _text(content: Any) -> str:
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    texts = [part.get("text") for part in content if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def _command(item: dict[str, Any], origin: Origin) -> list[Block]:
    """A command and its output, as far as the event holds it."""
    ident = str(item.get("id") or "")
    line = item.get("command")
    asked = written("tool-call", line if isinstance(line, str) else " ".join(map(str, line or ())), origin)
    call = shell_call(ident, {"command": line}, asked.hash)
    output, code = item.get("aggregated_output"), item.get("exit_code")
    text = output if isinstance(output, str) else ""
    header = f"Exit code: {code}\nOutput:\n" if isinstance(code, int) else ""
    result = result_block(call, ident, header + text, origin)
    return [asked._replace(tool=call), result._replace(size=max(result.size - len(header), 0))]
