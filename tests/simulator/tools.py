"""Which tool of a harness does what, with which arguments, and how its result reads.

Scripts speak of acts (read, run, edit ...); here an act becomes the call that Claude Code or Codex would log.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.text import RATIO, Passage, line

if TYPE_CHECKING:
    from simulator.script import Use

CLAUDE_NAMES = {
    "read": "Read", "search": "Grep", "list": "Glob", "run": "Bash", "edit": "Edit", "write": "Write", "spawn": "Task",
    "fetch": "WebFetch", "wait": "BashOutput", "plan": "TodoWrite",
}  # fmt: skip
_FAILURES = {
    "denied": "Permission to use {tool} has been denied by a rule of the settings.",
    "malformed": "<tool_use_error>InputValidationError: {tool} failed due to the following issue:\nThe required "
                 "parameter `file_path` is missing</tool_use_error>",
    "edit": "<tool_use_error>String to replace not found in file.</tool_use_error>",
}  # fmt: skip
_PATCH_FAILED = "apply_patch verification failed: Failed to find expected lines in the file\n"
_PATCHED = "Success. Updated the following files:\nM {}\n"


class Request(NamedTuple):
    """A tool call as a harness logs it."""

    name: str
    arguments: Any
    """An object; for Codex' `apply_patch` the text of the patch."""

    @property
    def size(self) -> int:
        """Bytes of the arguments."""
        return len(self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments))


def request_of(use: Use, harness: str, cwd: str, agent: str | None = None) -> Request:
    """The tool call of a use."""
    return _claude(use, cwd, agent) if harness == "claude" else _codex(use, cwd, agent)


def request_tokens(use: Use, harness: str, cwd: str, agent: str | None) -> int:
    """What a tool call costs to write, unless the script says."""
    if use.tokens is not None:
        return use.tokens
    return round(request_of(use, harness, cwd, agent).size / RATIO[harness]["code"]) + 8


def result_passage(use: Use, harness: str, cwd: str, *, key: str, noise: float = 0.0) -> Passage:
    """The text of a result; `key` names it when the script does not."""
    result, name = use.result, result_name(use, cwd)
    size = round(result.tokens * RATIO[harness][result.texture] * (1 + noise))
    first = use.span[0] if use.span else 1
    head = _head(use, harness, key)
    return Passage(
        name or key, max(size, 0), result.texture, first,
        numbered=use.act == "read" and harness == "claude" and result.failure is None,
        head=head[: max(size, 0)], tail=result.tail if size > len(result.tail) + len(head) else "",
    )  # fmt: skip


def result_name(use: Use, cwd: str) -> str | None:
    """What names the text of a result: a file's path, or what the script says."""
    if use.act == "read" and use.result.key is None and use.result.failure is None:
        return f"{cwd}/{use.path}"
    return use.result.key


def file_content(use: Use, cwd: str, harness: str) -> str:
    """What a write puts into a file: the old lines but one, or new ones."""
    size = round(use.content * RATIO[harness]["code"])
    path = f"{cwd}/{use.path}"
    return Passage(path if use.changed else f"new {path} {use.content}", size, "code", changed=use.changed).write()


def _head(use: Use, harness: str, key: str) -> str:
    """How the text of a result begins."""
    result, head = use.result, use.result.head
    if harness == "codex":
        if use.act in ("edit", "write"):
            return _PATCH_FAILED if result.failure and not head else head or _PATCHED.format(use.path)
        code = result.exit_code if result.exit_code is not None else int(result.failure is not None)
        return (
            f"Chunk ID: {zlib.crc32(key.encode()) & 0xFFFFFF:06x}\nWall time: {result.seconds:.4f} seconds\n"
            f"Process exited with code {code}\nOriginal token count: {result.tokens}\nOutput:\n{head}"
        )
    if result.failure in _FAILURES and not head:
        return _FAILURES[result.failure].replace("{tool}", CLAUDE_NAMES.get(use.act, "tool"))
    if result.failure and use.act == "run":
        return f"Exit code {result.exit_code or 1}\n{head}"
    return head


def _claude(use: Use, cwd: str, agent: str | None) -> Request:
    path = f"{cwd}/{use.path}" if use.path else ""
    name = CLAUDE_NAMES.get(use.act, f"mcp__{use.server}__{use.query or 'query'}")
    if use.result.failure == "malformed":
        return Request(name, {"limit": 200})
    if use.act == "read":
        whole: dict[str, Any] = {"file_path": path}
        if use.span:
            whole |= {"offset": use.span[0], "limit": use.span[1] - use.span[0] + 1}
        return Request(name, whole)
    if use.act == "edit":
        old, new = _old_and_new(use, path, "claude")
        return Request(name, {"file_path": path, "old_string": old, "new_string": new, "replace_all": False})
    if use.act == "write":
        return Request(name, {"file_path": path, "content": file_content(use, cwd, "claude")})
    by_act: dict[str, dict[str, Any]] = {
        "search": {"pattern": use.query or "", "output_mode": "content", "-n": True},
        "list": {"pattern": use.query or use.path or "**/*.py"},
        "run": {"command": use.command or "true", "description": "Run it and look at the output"},
        "spawn": {"description": (use.query or "look around")[:40], "prompt": use.query or "", "subagent_type": agent},
        "fetch": {"url": use.query or "", "prompt": "What does it say?"},
        "wait": {"bash_id": use.query or "b1"},
        "plan": {"todos": [{"content": use.query or "", "status": "in_progress", "activeForm": use.query or ""}]},
    }
    arguments = by_act.get(use.act, {"query": use.query or ""})
    if use.act == "search" and use.path:
        arguments["path"] = path
    return Request(name, arguments)


def _codex(use: Use, cwd: str, agent: str | None) -> Request:
    if use.act in ("edit", "write"):
        return Request("apply_patch", _patch(use, cwd))
    if use.act == "spawn":
        return Request("spawn_agent", {"agent_type": agent, "message": use.query or "", "fork_turns": "none"})
    if use.act == "wait":
        return Request("write_stdin", {"session_id": 4242, "chars": "", "yield_time_ms": 1000})
    if use.act == "plan":
        return Request("update_plan", {"plan": [{"step": use.query or "", "status": "in_progress"}]})
    if use.act == "mcp":
        return Request(f"mcp__{use.server}__query", {"query": use.query or ""})
    return Request("exec_command", {"cmd": _command(use), "workdir": cwd, "yield_time_ms": 10_000})


def _command(use: Use) -> str:
    """The command line that does what Claude Code has a tool for."""
    if use.act == "read":
        return f"sed -n '{use.span[0]},{use.span[1]}p' {use.path}" if use.span else f"cat {use.path}"
    if use.act == "search":
        return f"rg -n '{use.query or ''}' {use.path or '.'}"
    if use.act == "list":
        return f"rg --files {use.path or ''}".strip()
    if use.act == "fetch":
        return f"curl -s {use.query}"
    return use.command or "true"


def _old_and_new(use: Use, path: str, harness: str) -> tuple[str, str]:
    """Lines of the file, and the same lines adjusted."""
    half = max(24, round(use.content * RATIO[harness]["code"] / 2))
    old, number = "", use.span[0] if use.span else 3
    while len(old) < half:
        old += line(path, number, "code") + "\n"
        number += 1
    return old, old.replace("(", "(checked_", 1) + f"    # settled {number}\n"


def _patch(use: Use, cwd: str) -> str:
    if use.act == "write":
        new = "\n".join(f"+{text}" for text in file_content(use, cwd, "codex").splitlines())
        old = f"*** Delete File: {use.path}\n" if use.changed else ""
        return f"*** Begin Patch\n{old}*** Add File: {use.path}\n{new}\n*** End Patch"
    old, new = _old_and_new(use, f"{cwd}/{use.path}", "codex")
    minus = "\n".join(f"-{text}" for text in old.splitlines())
    plus = "\n".join(f"+{text}" for text in new.splitlines())
    return f"*** Begin Patch\n*** Update File: {use.path}\n@@\n{minus}\n{plus}\n*** End Patch"
