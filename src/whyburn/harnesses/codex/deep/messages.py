"""Whose words a message is: a person's, the model's, or what Codex put between them.

Codex injects its context as messages of the user and of a developer, each part of which begins with a tag or a known
heading. Only what is left over is a prompt.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from whyburn.harnesses.codex.deep.records import is_text
from whyburn.harnesses.content import measure
from whyburn.harnesses.mentions import mentions
from whyburn.transcript import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import Raw

    from whyburn.harnesses.codex.deep.records import Part
    from whyburn.transcript import Kind, Spot

_TAG = re.compile(r"\s*</?([A-Za-z][A-Za-z0-9_-]{1,40})[ >]")
_NAME = re.compile(r"<name>\s*([^<]{1,80}?)\s*</name>")
_AGENTS_FILE = re.compile(r"\s*# AGENTS\.md instructions")
_SUMMARY = "Another language model started to solve this problem"
"""How a handed-over summary begins (`compact/summary_prefix.md`)."""
_TAGS: dict[str, tuple[Kind, str]] = {
    "user_instructions": ("memory", "AGENTS.md"), "memory": ("memory", "memory"), "memories": ("memory", "memory"),
    "skill": ("skill", "skill"), "user_shell_command": ("user", "shell command"), "image": ("attachment", "image"),
    "hook_prompt": ("instructions", "hook"), "permissions": ("instructions", "permissions"),
    "environment_context": ("instructions", "environment"), "recommended_plugins": ("instructions", "plugins"),
    "turn_aborted": ("instructions", "turn aborted"), "personality_spec": ("instructions", "personality"),
    "subagent_notification": ("instructions", "sub-agent notification"), "token_budget": ("instructions", "budget"),
    "model_switch": ("instructions", "model switch"), "realtime_conversation": ("instructions", "realtime"),
    "environments": ("instructions", "environment"), "extension": ("instructions", "extension"),
}  # fmt: skip
"""Parts that Codex writes in the user's name."""
_TAG_ENDS = ("_context", "_instructions", "_mode", "_notification", "_reminder", "-context", "-reminder")


class Origin(NamedTuple):
    """Where a block comes from."""

    spot: Spot
    at_ms: int | None


def written(kind: Kind, text: str, origin: Origin, *, label: str = "", prompt: bool = False) -> Block:
    """The block of a text."""
    size, digest, texture = measure(text)
    named = mentions(text) if prompt else ()
    return Block(kind, size, digest, origin.spot, origin.at_ms, None, label, texture, prompt=prompt, mentions=named)


def sealed(kind: Kind, raw: Raw, origin: Origin, label: str = "") -> Block:
    """The block of data whose tokens its bytes do not tell: an image, encrypted reasoning."""
    data = memoryview(raw)[1:-1] if is_text(raw) else b""
    digest = int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> 1 if data else 0
    return Block(kind, len(data), digest, origin.spot, origin.at_ms, None, label, "other", opaque=True)


def message_blocks(role: str | None, parts: list[Part], origin: Origin, *, prompts: bool) -> Iterator[Block]:
    """One block for each part. With `prompts`, the first part in a user's own words begins a turn."""
    kind: Kind
    for part in parts:
        if part.text is None:
            kind = "image" if part.image_url else "attachment"
            yield sealed(kind, part.image_url or part.encrypted_content, origin)
            continue
        kind, label = _whose(role, part.text)
        own = prompts and kind == "user" and not label
        prompts = prompts and not own
        yield written(kind, part.text, origin, label=label, prompt=own)


def _whose(role: str | None, text: str) -> tuple[Kind, str]:
    """(kind, label) of one part."""
    if role == "assistant":
        return "assistant-text", ""
    tag = match[1].lower() if (match := _TAG.match(text)) else ""
    if _AGENTS_FILE.match(text):
        tag = "user_instructions"
    if tag == "skill" and (name := _NAME.search(text[:500])):
        return "skill", name[1]
    if tag in _TAGS:
        return _TAGS[tag]
    if role != "user" or tag.endswith(_TAG_ENDS):
        return "instructions", tag.replace("_", " ") or "developer"
    return "summary" if text.startswith(_SUMMARY) else "user", ""
