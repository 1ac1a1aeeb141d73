"""What a tool call does and how it went, whatever its name: Claude Code's tools in the words of a transcript."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import msgspec

from whyburn.harnesses.readers import UNDECODABLE
from whyburn.harnesses.volatile import digest_of
from whyburn.transcript import MOST_TEXT, ToolCall

if TYPE_CHECKING:
    from whyburn.transcript import Action, Failure

_ACTIONS: dict[str, Action] = {
    "Bash": "run", "PowerShell": "run", "BashOutput": "wait", "TaskOutput": "wait", "AgentOutputTool": "wait",
    "Monitor": "wait", "Sleep": "wait", "Read": "read", "NotebookRead": "read", "Grep": "search", "LSP": "search",
    "Glob": "list", "LS": "list", "Edit": "edit", "MultiEdit": "edit", "NotebookEdit": "edit", "Write": "write",
    "Task": "spawn", "Agent": "spawn", "WebFetch": "fetch", "WebSearch": "fetch", "TodoWrite": "plan",
    "TodoRead": "plan", "TaskCreate": "plan", "TaskUpdate": "plan", "TaskGet": "plan", "TaskList": "plan",
    "EnterPlanMode": "plan", "ExitPlanMode": "plan", "exit_plan_mode": "plan", "Skill": "skill",
    "SlashCommand": "skill", "AskUserQuestion": "ask", "ListMcpResourcesTool": "mcp", "ReadMcpResourceTool": "mcp",
    "Artifact": "other",
}  # fmt: skip
_DEFAULT_LINES = 2_000
"""So many lines a Read gives that names where to begin and not how much."""
_SHELL = re.compile(r"(?:/usr)?(?:/bin/)?(?:ba|z|da)?sh\s+-\w*c\s")


class Input(msgspec.Struct, gc=False):
    """The arguments that tell what a call is about."""

    command: str | None = None
    file_path: str | None = None
    notebook_path: str | None = None
    path: str | None = None
    offset: int | None = None
    limit: int | None = None
    pattern: str | None = None
    query: str | None = None
    url: str | None = None
    skill: str | None = None
    description: str | None = None
    bash_id: str | None = None
    task_id: str | None = None
    server: str | None = None
    subagent_type: str | None = None
    old_string: msgspec.Raw = msgspec.Raw()
    content: msgspec.Raw = msgspec.Raw()
    """Only whether they are there."""


_input = msgspec.json.Decoder(Input, strict=False).decode


def call_of(name: str, identity: str, raw: msgspec.Raw) -> tuple[ToolCall, str]:
    """The facts of a tool call, and the type of sub-agent or skill that it asks for ('' when neither)."""
    try:
        told = _input(raw)
    except UNDECODABLE:
        told = Input()
    server = name.split("__")[1] if name.startswith("mcp__") and name.count("__") > 1 else None
    action = "mcp" if server else _ACTIONS.get(name) or _by_arguments(told)
    path = told.file_path or told.notebook_path or told.path
    query = (told.pattern or told.query or told.url or told.skill or told.bash_id or told.task_id
             or (told.description if action == "spawn" else None))  # fmt: skip
    call = ToolCall(
        identity, name, action,
        command=_cut(unwrapped(told.command)) if told.command and action == "run" else None,
        path=_cut(path), span=_asked(told) if action == "read" else None,
        changes=(path[:MOST_TEXT],) if path and action in ("edit", "write") else (),
        server=server or (told.server if action == "mcp" else None), query=_cut(query),
        arguments=digest_of(memoryview(raw)), hosted=identity.startswith("srvtoolu_"),
    )  # fmt: skip
    return call, told.subagent_type or told.skill or ""


def _by_arguments(told: Input) -> Action:
    """What a tool does whose name is not known, by what it is told."""
    if told.file_path:
        return "edit" if memoryview(told.old_string) else "write" if memoryview(told.content) else "read"
    told_of: tuple[tuple[Action, str | None], ...] = (
        ("run", None if told.path else told.command), ("spawn", told.subagent_type),
        ("wait", told.bash_id or told.task_id), ("search", told.pattern), ("fetch", told.url), ("skill", told.skill),
    )  # fmt: skip
    return next((action for action, holds in told_of if holds), "other")


def unwrapped(command: str) -> str:
    """The command line that a shell is asked to run, without the call of that shell."""
    if not _SHELL.match(command):
        return command
    try:
        parts = shlex.split(command)
    except ValueError:
        return command
    return parts[2] if len(parts) == 3 else command


def _cut(text: str | None) -> str | None:
    return text[:MOST_TEXT] if text else None


def _asked(told: Input) -> tuple[int, int] | None:
    if told.offset is None and told.limit is None:
        return None
    start = max(told.offset or 1, 1)
    return start, start + max(told.limit or _DEFAULT_LINES, 1) - 1


_EXIT = re.compile(r"(?:Error: )?Exit code (\d{1,9})")
_ERROR_TAG = "<tool_use_error>"
_HEAD, _LINE = 400, 160
_FAILURES: tuple[tuple[Failure, re.Pattern[str]], ...] = (
    ("denied", re.compile(
        r"Permission for this action was denied"
        r"|Permission to use .{1,80} has been denied|Claude requested permissions"
        r"|\w+:\S+ hook (?:error|blocking error)|\w+ operation blocked by hook"
        r"|Blocked: |BLOCKED by |Hook \S+ denied"
    )),
    ("malformed", re.compile(r"InputValidationError|Invalid tool parameters|.{0,80}\bis required when ")),
    ("interrupted", re.compile(
        r"The user doesn't want to|User rejected|\[Request interrupted|Sibling tool call errored"
        r"|.{0,60}\bwas (?:interrupted|aborted)"
    )),
    ("edit", re.compile(
        r"String to replace not found|File has not been read yet|File has been (?:unexpectedly )?modified since"
        r"|Found \d+ matches of the string|No changes to make|old_string and new_string"
    )),
    ("missing", re.compile(
        r"File does not exist|Path does not exist|Directory does not exist|No such (?:file|tool)|Agent type '"
        r"|Unknown skill|ENOENT"
    )),
    ("timeout", re.compile(r".{0,80}\btimed out\b")),
)  # fmt: skip
"""How the text of a failed call begins, in order of precedence (seen from 1.0 to 2.1)."""
_TIMED_OUT = re.compile(r"Command timed out after")
_EXIT_FAILURES: dict[int, Failure] = {127: "missing", 124: "timeout"}


def failure_of(text: str) -> tuple[Failure, int | None]:
    """Why a call failed whose result is marked as an error, and its exit code where the text begins with one."""
    head = text[:_HEAD].removeprefix("Error: ").removeprefix(_ERROR_TAG)
    ended = _EXIT.match(text)
    if ended:
        code = int(ended[1])
        if _TIMED_OUT.match(text, ended.end() + 1):
            return "timeout", code
        if text.startswith("[Request interrupted", ended.end() + 1):
            return "interrupted", code
        return _EXIT_FAILURES.get(code, "failed"), code
    first = head[:_LINE]
    for failure, pattern in _FAILURES:
        if pattern.match(first):
            return failure, None
    return "failed", None
