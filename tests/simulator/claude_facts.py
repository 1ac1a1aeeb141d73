"""What Claude Code notes beside a tool result for itself, and how it wraps the context that it adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.tools import file_content

if TYPE_CHECKING:
    from simulator.records import Chain
    from simulator.script import Attach, Tools, Use
    from simulator.tools import Request


_TOOLS = ("query", "update", "create", "list", "comment")


def noted(use: Use, text: str, request: Request, cwd: str, agent: Chain | None) -> Any:
    """The `toolUseResult` of a call that succeeded."""
    path, lines = f"{cwd}/{use.path}" if use.path else "", text.count("\n") + 1
    if agent is not None:
        return _answered(use, text, agent)
    if use.act == "read":
        return _was_read(use, text, path, lines)
    if use.act == "edit":
        return _edited(path, request.arguments["old_string"], request.arguments["new_string"])
    if use.act == "write":
        content = file_content(use, cwd, "claude")
        return _written(use, path, content)
    if use.act == "search":
        return {"mode": "content", "numFiles": 0, "filenames": [], "content": text, "numLines": lines}
    return _others(use, text, lines)


def _others(use: Use, text: str, lines: int) -> Any:
    if use.act == "list":
        return {"filenames": text.split("\n"), "durationMs": 12, "numFiles": lines, "truncated": False}
    if use.act == "mcp":
        return [{"type": "text", "text": text}]
    return {"stdout": text, "stderr": "", "interrupted": False, "isImage": False, "noOutputExpected": False}


def _was_read(use: Use, text: str, path: str, lines: int) -> dict[str, Any]:
    first = use.span[0] if use.span else 1
    plain = "\n".join(row.partition("\t")[2] for row in text.split("\n"))
    total = max(lines, first + lines - 1)
    file = {"filePath": path, "content": plain, "numLines": lines, "startLine": first, "totalLines": total}
    return {"type": "text", "file": file}


def _written(use: Use, path: str, content: str) -> dict[str, Any]:
    """A file that was there is compared with what it was; nothing is noted of how a new one differs."""
    if not use.changed:
        return {"type": "create", "filePath": path, "content": content, "structuredPatch": [], "originalFile": None}
    row = content.split("\n")[use.changed - 1]
    lines = [f"-{row.removesuffix('  # adjusted')}", f"+{row}"]
    patch = {"oldStart": use.changed, "oldLines": 1, "newStart": use.changed, "newLines": 1, "lines": lines}
    return {"type": "update", "filePath": path, "content": content, "structuredPatch": [patch]}


def _edited(path: str, old: str, new: str) -> dict[str, Any]:
    rows = [f"-{row}" for row in old.splitlines()] + [f"+{row}" for row in new.splitlines()]
    patch = {"oldStart": 3, "oldLines": old.count("\n"), "newStart": 3, "newLines": new.count("\n"), "lines": rows}
    return {"filePath": path, "oldString": old, "newString": new, "originalFile": None, "structuredPatch": [patch],
            "userModified": False, "replaceAll": False}  # fmt: skip


def _answered(use: Use, text: str, agent: Chain) -> dict[str, Any]:
    last = agent.calls[-1] if agent.calls else None
    return {
        "status": "completed", "prompt": use.query or "", "agentId": agent.agent_id,
        "content": [{"type": "text", "text": text}], "totalDurationMs": 1_000,
        "totalTokens": last.prompt + last.logged if last else 0,
        "totalToolUseCount": sum(block.kind == "tool-call" for call in agent.calls for block in call.outputs),
    }  # fmt: skip


def attached(action: Attach, text: str, cwd: str) -> dict[str, Any]:
    """An attachment as 2.1 writes it."""
    if action.form == "skill":
        return {"type": "skill_listing", "content": text, "skillCount": 9, "isInitial": True, "names": [action.label]}
    if action.form == "hook":
        return {"type": "hook_additional_context", "content": [text], "hookName": action.label,
                "toolUseID": action.label, "hookEvent": action.label.partition(":")[0]}  # fmt: skip
    path = f"{cwd}/{action.label}"
    if action.form == "file":
        lines = text.count("\n") + 1
        file = {"filePath": path, "content": text, "numLines": lines, "startLine": 1, "totalLines": lines}
        return {
            "type": "file",
            "filename": path,
            "content": {"type": "text", "file": file},
            "displayPath": action.label,
        }
    return {"type": "nested_memory", "path": path, "displayPath": action.label,
            "content": {"path": path, "type": "Project", "content": text}}  # fmt: skip


def announced(action: Tools, text: str) -> dict[str, Any]:
    """The tools of a server, a line for each; together the lines are as long as the text."""
    names: list[str] = []
    lines: list[str] = []
    left = len(text)
    while left > 0:
        name = f"mcp__{action.server}__{_TOOLS[len(names) % len(_TOOLS)]}_{len(names)}"
        line = f"{name}: {text[-left:]}"[: min(left, 300)]
        names.append(name)
        lines.append(line)
        left -= len(line) + 1
    return {"type": "deferred_tools_delta", "addedNames": names, "addedLines": lines, "removedNames": []}
