"""Which attachment records enter the prompt, and with what text.

An attachment is what the harness adds by itself: files that the user named, lists of tools and skills, memories,
output of hooks, reminders. Some are only shown to the user. Of some reminders the log has no text; they enter as
opaque blocks, whose size nobody knows. Types seen up to 2.1.237.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from whyburn.harnesses.claude.deep.records import loose, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

    import msgspec

    from whyburn.transcript import Kind

    What = Literal["tools", "instructions", "notification"]


class Entry(NamedTuple):
    """A text that enters the prompt."""

    kind: Kind
    text: str | None
    """None when the log does not have it."""
    label: str = ""
    prompt: bool = False


class Entering(NamedTuple):
    """What an attachment adds, and which change of the request it tells of."""

    entries: Iterable[Entry] = ()
    change: tuple[What, str] | None = None
    known: bool = True
    """Whether the type is one that we know, or its text is there."""


_SILENT = frozenset({
    "hook_system_message", "hook_non_blocking_error", "hook_error_during_execution", "hook_cancelled",
    "hook_permission_decision", "command_permissions", "already_read_file", "edited_image_file", "structured_output",
})  # fmt: skip
"""For the user's eyes, or for the harness itself."""
_UNLOGGED = frozenset({
    "task_reminder", "todo_reminder", "plan_mode", "plan_mode_reentry", "plan_mode_exit", "auto_mode",
    "auto_mode_exit", "compact_file_reference", "date_change", "verify_plan_reminder",
})  # fmt: skip
"""They enter as a text that the log does not have."""
_LABELS = {
    "file": "filename", "new_file": "filename", "edited_text_file": "filename", "compact_file_reference": "filename",
    "pdf_reference": "filename", "directory": "path", "nested_memory": "path", "selected_lines_in_ide": "filename",
    "opened_file_in_ide": "filename", "plan_file_reference": "planFilePath", "mcp_resource": "uri",
}  # fmt: skip
_KINDS: dict[str, Kind] = {
    "nested_memory": "memory", "ultramemory": "memory", "relevant_memories": "memory", "skill_listing": "skill",
    "dynamic_skill": "skill", "agent_listing_delta": "instructions", "output_style": "instructions",
}  # fmt: skip
_TEXTS = ("content", "text", "snippet", "addedLines", "planContent", "prompt", "message")
_HUMAN = frozenset({None, "human"})


def entering(raw: msgspec.Raw, rendered: msgspec.Raw) -> Entering:
    """What one attachment record adds to the prompt."""
    found = loose(raw)
    if not isinstance(found, dict):
        return Entering(known=False)
    name = str(found.get("type"))
    shown = words(loose(rendered)) or words(found.get("rendered"))
    special = _SPECIAL.get(name)
    if special:
        return special(found, shown)
    if name in _SILENT:
        return Entering()
    label = found.get(_LABELS.get(name, ""), "")
    label, kind = label if isinstance(label, str) and label else name, _KINDS.get(name, "attachment")
    text = shown or next(filter(None, (words(found.get(key)) for key in _TEXTS)), "")
    change: tuple[What, str] | None = ("tools", "agents") if name == "agent_listing_delta" else None
    if name in _UNLOGGED:
        return Entering((Entry(kind, shown or None, label),))
    if text:
        return Entering((Entry(kind, text, label),), change)
    return _textless(found, name, label)


def _textless(found: Mapping[str, Any], name: str, label: str) -> Entering:
    """An image or document that the user named, or something that we do not know."""
    content = found.get("content")
    if isinstance(content, dict) and content.get("type") in ("image", "pdf", "parts", "document"):
        return Entering((Entry("image", None, label),))
    return Entering(known=name in _LABELS or name in _KINDS)


def _hook(found: Mapping[str, Any], shown: str) -> Entering:
    """What a hook prints for the model; most hooks print nothing."""
    response = found.get("response")
    told = response.get("hookSpecificOutput") if isinstance(response, dict) else None
    text = words(found.get("content")) or words(found.get("blockingError"))
    if isinstance(told, dict):
        text = text or words(told.get("additionalContext"))
    if not text.strip() and not shown:
        return Entering()
    hook = str(found.get("hookName") or "hook")
    framed = f"<system-reminder>\n{hook} hook additional context: {text}\n</system-reminder>"
    return Entering((Entry("attachment", shown or framed, f"hook {hook}"),))


def _queued(found: Mapping[str, Any], shown: str) -> Entering:
    """What was typed while the model worked, or a note that a background task has ended."""
    origin = found.get("origin")
    by = origin.get("kind") if isinstance(origin, dict) else None
    text = words(found.get("prompt"))
    if found.get("commandMode", "prompt") == "prompt" and by in _HUMAN and not found.get("isMeta"):
        return Entering((Entry("user", shown or text, prompt=True),))
    label = str(by or found.get("commandMode"))
    return Entering((Entry("attachment", shown or text, label),), ("notification", label))


def _deferred(found: Mapping[str, Any], shown: str) -> Entering:
    """Names of tools that can be loaded later, one block a server."""
    if shown:
        return Entering((Entry("tools", shown),), ("tools", ""))
    servers: dict[str, list[str]] = {}
    for line in (*_strings(found.get("addedLines")), *_strings(found.get("removedNames"))):
        servers.setdefault(server_of(line), []).append(line)
    entries = [Entry("tools", "\n".join(lines), server) for server, lines in servers.items()]
    return Entering(entries, ("tools", ",".join(filter(None, servers))[:200])) if entries else Entering()


def _servers(found: Mapping[str, Any], shown: str) -> Entering:
    """What MCP servers tell the model about themselves."""
    names, blocks = _strings(found.get("addedNames")), _strings(found.get("addedBlocks"))
    change: tuple[What, str] = ("instructions", ",".join(names or _strings(found.get("removedNames")))[:200])
    if shown or len(names) != len(blocks):
        return Entering((Entry("instructions", shown or "\n\n".join(blocks)),), change)
    return Entering([Entry("instructions", text, name) for name, text in zip(names, blocks, strict=True)], change)


def _skills(found: Mapping[str, Any], _: str) -> Entering:
    """Skills in use, which come back whole after a compaction."""
    skills = [one for one in found.get("skills") or () if isinstance(one, dict)]
    return Entering([Entry("skill", words(one.get("content")), str(one.get("name") or "")) for one in skills])


_SPECIAL = {
    "hook_success": _hook, "hook_additional_context": _hook, "hook_blocking_error": _hook, "async_hook_response": _hook,
    "hook_stopped_continuation": _hook, "queued_command": _queued, "deferred_tools_delta": _deferred,
    "mcp_instructions_delta": _servers, "invoked_skills": _skills,
}  # fmt: skip


def server_of(tool: str) -> str:
    """The MCP server of a tool's name; '' for a tool of the harness itself."""
    parts = tool.split("__", 2)
    return parts[1] if len(parts) == 3 and parts[0] == "mcp" else ""


def _strings(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
