"""What a tool call of Codex does: its action, command line, path, changes, whatever version and front end named it.

A call may hold several: `exec` runs a script that calls other tools, `multi_tool_use.parallel` lists them. They are
told as one call, because the model sees one request and one result.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from whyburn.harnesses.codex.deep.records import object_of
from whyburn.transcript import MOST_TEXT, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whyburn.transcript import Action

_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "fish", "pwsh", "powershell", "cmd"})
_WRAPPED = re.compile(r"\s*(?:/\S*/)?(?:bash|sh|zsh)\s+-l?c\s+(['\"])")
_PATCHED = re.compile(r"^\*\*\* (?:Update File|Add File|Delete File|Move to): (.+?)\s*$", re.MULTILINE)
_SCRIPT_CALL = re.compile(r"\btools\.(\w+)\s*\(")
_SCRIPT_FIELD = re.compile(
    r"[\"']?\b(\w+)[\"']?\s*:\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|-?\d+\b)", re.DOTALL
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}
_MOST_CHANGES = 100
_PATCH = "*** Begin Patch"


class Deed(NamedTuple):
    """What one (inner) call does."""

    action: Action
    command: str | None = None
    path: str | None = None
    span: tuple[int, int] | None = None
    changes: tuple[str, ...] = ()
    server: str | None = None
    query: str | None = None


def call_of(ident: str, name: str, namespace: str | None, arguments: str, digest: int) -> ToolCall:
    """The facts of a `function_call` or `custom_tool_call`; `digest` is the hash of its arguments."""
    found = object_of(arguments)
    deed = _deed(name, namespace or "", arguments if found is None else found)
    query, command, path = _cut(deed.query), _cut(deed.command), _cut(deed.path)
    return ToolCall(ident, name, deed.action, command, path, deed.span, deed.changes, deed.server, query, digest)


def shell_call(ident: str, action: Any, digest: int) -> ToolCall:
    """A `local_shell_call`: `action.command` is an argument list."""
    deed = _run(action if isinstance(action, dict) else {})
    return ToolCall(ident, "local_shell", deed.action, _cut(deed.command), changes=deed.changes, arguments=digest)


def web_call(ident: str, action: Any, digest: int) -> ToolCall:
    """A search or page that the provider fetched itself."""
    return ToolCall(ident, "web_search", "fetch", query=_cut(_web(action)), arguments=digest)


def patched_paths(text: str) -> tuple[str, ...]:
    """The files that a patch names, once each, in order."""
    return tuple(dict.fromkeys(_PATCHED.findall(text)))[:_MOST_CHANGES] if "***" in text else ()


def _cut(text: str | None) -> str | None:
    return text[:MOST_TEXT] if text else None


def _deed(name: str, namespace: str, arguments: dict[str, Any] | str) -> Deed:
    """What a call of this name does; arguments that are no object are a script, a patch or garbage."""
    space = namespace.strip("_")
    if space.startswith("mcp__") or name.startswith("mcp__"):
        return Deed("mcp", server=(space or name).removeprefix("mcp__").split("__")[0])
    plain = name.rpartition(".")[2]
    if isinstance(arguments, str):
        if plain == "exec":
            return _script(arguments)
        if arguments.startswith("{"):  # the arguments are no JSON, and Codex refused them
            changes = patched_paths(_unescaped(arguments))
            return Deed("edit", changes=changes) if changes else _TOOLS.get(plain, _always("other"))({})
        arguments = {"input": arguments}
    elif plain == "parallel" and isinstance(uses := arguments.get("tool_uses"), list):
        return _together(_inner(use) for use in uses if isinstance(use, dict))
    return _TOOLS.get(plain, _unknown)(arguments)


def _unknown(arguments: dict[str, Any]) -> Deed:
    """What a tool does whose name is not known, by what it is told."""
    text = arguments.get("input")
    if isinstance(text, str) and text.lstrip().startswith(_PATCH):
        return _patch(arguments)
    if "cmd" in arguments or ("command" in arguments and "path" not in arguments):
        return _run(arguments)
    if "chars" in arguments and "session_id" in arguments:
        return _stdin(arguments)
    return Deed("spawn" if "agent_type" in arguments else "plan" if "plan" in arguments else "other")


def _inner(use: dict[str, Any]) -> Deed:
    arguments = use.get("parameters")
    return _deed(str(use.get("recipient_name") or ""), "", arguments if isinstance(arguments, dict) else {})


def _script(text: str) -> Deed:
    """A script: the tools it calls, with the literal fields that stand behind each call."""
    calls = list(_SCRIPT_CALL.finditer(text))
    ends = [*(call.start() for call in calls[1:]), len(text)]
    deeds = [_deed(call[1], "", _fields(text[call.end() : end])) for call, end in zip(calls, ends, strict=True)]
    if _PATCH in text:
        deeds = [deed for deed in deeds if deed.action != "edit"]
        deeds.append(Deed("edit", changes=patched_paths(_unescaped(text))))
    return _together(deeds)


def _fields(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for match in _SCRIPT_FIELD.finditer(text):
        literal = match[2]
        value = int(literal[:18]) if literal[0] in "-0123456789" else _unescaped(literal[1:-1])
        found.setdefault(match[1], value)
    return found


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _ESCAPED.get(escape, escape)


def _together(deeds: Iterable[Deed]) -> Deed:
    """Several calls as one: what changes files names it, then what runs, then what they have in common."""
    several = list(deeds)
    if len(several) == 1:
        return several[0]
    actions = {deed.action for deed in several}
    commands = "\n".join(deed.command for deed in several if deed.command) or None
    changes = tuple(dict.fromkeys(path for deed in several for path in deed.changes))[:_MOST_CHANGES]
    query = "\n".join(deed.query for deed in several if deed.query) or None
    server = next((deed.server for deed in several if deed.server), None)
    action: Action = "other"
    for candidate in ("edit", "run", *(actions if len(actions) == 1 else ())):
        if candidate in actions:
            action = candidate
            break
    return Deed(action, commands, changes=changes, server=server, query=query)


def _run(arguments: dict[str, Any]) -> Deed:
    given = arguments.get("cmd") or arguments.get("command") or arguments.get("input")
    line = _line(given)
    if (_PATCH in line and "apply_patch" in line) or line.lstrip().startswith(_PATCH):
        return Deed("edit", changes=patched_paths(line))
    return Deed("run", line or None)


def _line(given: Any) -> str:
    """A command line as one would type it."""
    if isinstance(given, str):
        return _unwrapped(given)
    if not isinstance(given, list):
        return ""
    argv = [one for one in given if isinstance(one, str)]
    shell = argv[0].replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe") if argv else ""
    if shell in _SHELLS and len(argv) > 2:
        return argv[-1]
    return argv[1] if shell == "apply_patch" and len(argv) == 2 else shlex.join(argv)


def _unwrapped(line: str) -> str:
    """`bash -lc 'X'` is X."""
    if not _WRAPPED.match(line):
        return line
    try:
        argv = shlex.split(line)
    except ValueError:
        return line
    return argv[2] if len(argv) == 3 else line


def _patch(arguments: dict[str, Any]) -> Deed:
    text = arguments.get("input") or arguments.get("patch") or arguments.get("command")
    return Deed("edit", changes=patched_paths(text) if isinstance(text, str) else ())


def _stdin(arguments: dict[str, Any]) -> Deed:
    """Nothing typed into a running process is looking whether it has ended."""
    return Deed("other") if arguments.get("chars") else Deed("wait")


def _read(arguments: dict[str, Any]) -> Deed:
    offset, limit = arguments.get("offset"), arguments.get("limit")
    span = None
    if isinstance(limit, int) and limit > 0:
        first = offset if isinstance(offset, int) and offset > 0 else 1
        span = (first, first + limit - 1)
    return Deed("read", path=_first(arguments, "file_path", "path"), span=span)


def _web(action: Any) -> str | None:
    """What a provider's search looked for: the words, or the address."""
    if not isinstance(action, dict):
        return None
    found = _first(action, "query", "url", "q", "ref_id", "pattern")
    queries = action.get("queries")
    return found or (queries[0] if isinstance(queries, list) and queries and isinstance(queries[0], str) else None)


def _first(arguments: dict[str, Any], *names: str) -> str | None:
    return next((found for name in names if isinstance(found := arguments.get(name), str) and found), None)


def _always(action: Action) -> Callable[[dict[str, Any]], Deed]:
    return lambda _arguments: Deed(action)


def _about(action: Action, *, path: tuple[str, ...] = (), query: tuple[str, ...] = ()) -> Callable[[Any], Deed]:
    return lambda given: Deed(action, path=_first(given, *path), query=_first(given, *query))


_TOOLS: dict[str, Callable[[dict[str, Any]], Deed]] = {
    **dict.fromkeys(("shell", "shell_command", "exec_command", "local_shell", "exec"), _run),
    "apply_patch": _patch, "write_stdin": _stdin, "read_file": _read, "view_image": _read,
    "list_dir": _about("list", path=("dir_path", "path")),
    "grep_files": _about("search", path=("path",), query=("pattern",)),
    "file_search": _about("search", path=("path",), query=("query", "pattern")),
    "tool_search": _about("other", query=("query",)), "web_search": lambda given: Deed("fetch", query=_web(given)),
    "web__run": lambda given: Deed("fetch", query=_web(given)), "run": lambda given: Deed("fetch", query=_web(given)),
    **dict.fromkeys(("wait", "wait_agent", "wait_agents", "list_agents", "sleep", "clock__sleep"), _always("wait")),
    **dict.fromkeys(("spawn_agent", "spawn_agents_on_csv"), _always("spawn")),
    **dict.fromkeys(("update_plan", "create_goal", "update_goal", "get_goal"), _always("plan")),
    **dict.fromkeys(("request_user_input", "request_permissions", "ask_user"), _always("ask")),
    **dict.fromkeys(
        ("list_mcp_resources", "list_mcp_resource_templates", "read_mcp_resource"),
        lambda given: Deed("mcp", server=_first(given, "server"), query=_first(given, "uri")),
    ),
}  # fmt: skip
