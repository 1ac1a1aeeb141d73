"""What an event is, told by its tool, step, command and files, before any of their texts is masked.

Only the words of the command line decide, never its output: "passed" in a sentence is no test. Two runs of a command
are the same when they differ in nothing that matters to it; two failures, when they differ in nothing but numbers,
addresses and temporary paths.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from whyburn.postmortem.commands import parse
from whyburn.postmortem.traces.values import hash_of

if TYPE_CHECKING:
    from whyburn.postmortem.traces.model import Event

Trait = Literal["edit", "test", "search", "simple", "sensitive"]
"""It changes files; runs tests; looks for something; is a step that a small model does as well; touches files whose
mistakes are dear."""
_CATEGORIES = {"test": "test_log", "install": "install_log", "search": "search_output", "list": "search_output"}
_EDITS = frozenset({
    "edit", "edit_file", "write", "write_file", "patch", "apply_patch", "multiedit", "notebookedit", "str_replace",
    "create_file",
})  # fmt: skip
_SIMPLE = frozenset({
    "search", "grep", "glob", "find", "list", "ls", "read", "summarize", "summarise", "classify", "route", "plan",
    "format",
})  # fmt: skip
_SENSITIVE = frozenset({
    "auth", "login", "session", "jwt", "oauth", "payment", "payments", "billing", "secret", "secrets", "token",
    "credential", "credentials", "deploy", "prod", "env", "migration", "migrations",
})  # fmt: skip
_WORDS = re.compile(r"[a-z]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DIGITS = re.compile(r"0x[0-9a-fA-F]+|\d+")
_TEMPORARY = re.compile(r"(?:/private)?/(?:var/folders|var/tmp|tmp)/[\w./-]+")


def category(command: str) -> str | None:
    """`test_log`, `install_log` or `search_output`; None for any other command line."""
    return _CATEGORIES.get(parse(command).category) if command else None


def command_key(command: str) -> str:
    """Equal for runs of one command; empty for none."""
    return hash_of(parse(command).normal or command) if command else ""


def failure_key(error: str, shown: str, exit_code: int | None) -> str:
    """Equal for equal failures: of the error, else of what was printed, else of the exit code."""
    steady = _DIGITS.sub("#", _TEMPORARY.sub("(temporary)", error or shown))
    return hash_of(steady) or f"exit {exit_code}"


def traits_of(event: Event) -> frozenset[Trait]:
    """All that holds of an event."""
    line = parse(event.command) if event.command else None
    named = {event.tool.lower(), event.step.lower(), event.category}
    found: set[Trait] = set()
    if named & _EDITS or (line is not None and line.category == "edit"):
        found.add("edit")
    if event.category == "test_log" or (line is not None and line.category == "test"):
        found.add("test")
    if event.category == "search_output" or (line is not None and line.category in {"search", "list", "read"}):
        found.add("search")
    if _words(event.step) & _SIMPLE or _words(event.tool) & _SIMPLE:
        found.add("simple")
    if any(_words(name) & _SENSITIVE for name in event.files):
        found.add("sensitive")
    return frozenset(found)


def _words(text: str) -> set[str]:
    """Whole words of a name or path: `author` is not `auth`."""
    return set(_WORDS.findall(_CAMEL.sub("_", text).lower()))
