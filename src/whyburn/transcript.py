"""The words of a transcript: what the deep reader of a harness yields about one session.

A transcript is a stream of small records, in the order of the log and grouped by chain (the main thread, or one
sub-agent). Within a chain the order is: a `Step` (one billed request), the blocks that it put out, then whatever
entered the conversation after it, then the next `Step`. A harness that writes the lines of one response between the
results of its tools holds that response back until the next one begins, so that readers need not know.

Texts do not travel: a block has the size of its text in bytes, hashes to compare it by, and its `Spot` in the log,
from where a page may read it again. Command lines, paths and queries of tool calls are kept, cut to `MOST_TEXT`.
Instants are milliseconds UTC, sizes bytes of UTF-8, unknown is None.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

MOST_TEXT = 2_000
"""Characters of a command, path or query that are kept."""

Kind = Literal[
    "harness", "tools", "instructions", "memory", "skill", "user", "attachment", "image", "assistant-text",
    "thinking", "tool-call", "tool-result", "summary", "carried", "unlogged",
]  # fmt: skip
"""What a block is. `harness` (system prompt and tools, never logged whole), `carried` (another session's history) and
`unlogged` are the engine's words for what no log shows; readers do not yield them."""
OUTPUT: frozenset[str] = frozenset({"assistant-text", "thinking", "tool-call"})
"""Kinds that a call puts out; the next call of the chain finds them in its prompt."""
Texture = Literal["prose", "code", "data", "other"]
"""Which kind of text: its bytes per token differ. `data` is JSON and logs, `other` is text mostly beyond ASCII."""
Action = Literal[
    "read", "search", "list", "run", "edit", "write", "spawn", "mcp", "fetch", "wait", "plan", "skill", "ask", "other"
]  # fmt: skip
"""What a tool call does, whatever the harness calls it. `run` is a command line: `commands` says what it is about."""
Failure = Literal["failed", "denied", "malformed", "interrupted", "missing", "timeout", "edit"]
"""Why a tool call did not succeed: the command ended badly; a rule or a sandbox forbade it; its arguments were refused;
a person refused it or broke it off; the command or file does not exist; it took too long; an edit did not fit its
file."""


class Spot(NamedTuple):
    """A place in the logs of a session."""

    source: int
    """Index in the sources that the deep reader was given."""
    line: int
    """From 1."""
    pos: int
    """Byte offset of the line; row id in a database."""


class ToolCall(NamedTuple):
    """The facts of one tool call, beside the block of its request."""

    id: str
    name: str
    """As the harness calls the tool."""
    action: Action
    command: str | None = None
    """The command line, unwrapped (`bash -lc X` is X)."""
    path: str | None = None
    """The file or folder that the call names, as written."""
    span: tuple[int, int] | None = None
    """Lines of the file that were asked for, from 1, both inclusive; None is the whole file or not told."""
    changes: tuple[str, ...] = ()
    """Paths that the call edits or writes."""
    server: str | None = None
    """Of an MCP tool."""
    query: str | None = None
    """What was searched for, asked, or fetched."""
    arguments: int = 0
    """64-bit hash of all arguments."""
    hosted: bool = False
    """The provider runs the tool inside the same request: what it returned is in the next sampling of that request."""


class ToolResult(NamedTuple):
    """The facts of one tool result, beside the block of its text."""

    id: str
    """Of the call that it answers."""
    failure: Failure | None = None
    exit_code: int | None = None
    steady: int = 0
    """64-bit hash of the text without its volatile parts (times, durations, ids, addresses, temporary paths)."""
    shape: int = 0
    """64-bit hash of the text without any digits: equal while something only counts on."""
    fingerprint: int = 0
    """64-bit hash of what failed (names of failing tests, class of error, top frame); 0 when nothing did."""
    error: str = ""
    """What failed, in at most 160 characters made of names found in the text; for evidence lines."""
    lines: int = 0
    longest_line: int = 0
    spilled: bool = False
    """The model saw a placeholder or a shortened text; the whole output went to a file."""
    whole_tokens: int | None = None
    """Tokens before the harness shortened the output, where it says so."""
    path: str | None = None
    span: tuple[int, int] | None = None
    """Which file and lines were really given, where the harness says so."""
    generated: bool = False
    """The text says of itself that it is generated and not to be edited."""
    mentions: tuple[str, ...] = ()
    """File paths found in the text, at most 50: mentioned, not read."""
    passed: bool | None = None
    """What a known test runner's summary line says; None when there is none."""


class Block(NamedTuple):
    """A piece of prompt or output that the log shows."""

    kind: Kind
    size: int
    """Bytes of the text that the model saw or wrote; of the encoded data where `opaque`."""
    hash: int
    """64-bit hash of the text with its whitespace collapsed; 0 for an empty or opaque one without data."""
    spot: Spot
    at_ms: int | None
    agent: str | None = None
    """The chain; None is the main one."""
    label: str = ""
    """Its name within its kind: a file of instructions, an MCP server, a reminder's type, a skill."""
    texture: Texture = "prose"
    opaque: bool = False
    """An image or document: it has tokens, and its bytes do not tell how many."""
    prompt: bool = False
    """A person's own words: it begins a user turn."""
    tool: ToolCall | ToolResult | None = None
    mentions: tuple[str, ...] = ()
    """File paths in a person's own words."""


class Step(NamedTuple):
    """One request as the transcript shows it. What it cost, the ledger knows by its key."""

    key: bytes
    """The same `model.call_key` as in `skim`."""
    spot: Spot
    at_ms: int | None
    """Of the last line of the response."""
    agent: str | None
    model: str
    counts: tuple[int, int, int, int, int, int, int | None]
    """Tokens: input, cache read, written for 5 minutes, for 1 hour, with unknown lifetime, output, reasoning."""
    final: bool = True
    """The output count is that of the finished response, not of a moment while it streamed."""
    stop: str | None = None
    effort: str | None = None
    version: str | None = None
    """Of the harness."""
    miss: str | None = None
    """Why the provider says that the cache was missed."""
    started_ms: int | None = None
    """When the request began, where the harness says so."""


class Compaction(NamedTuple):
    """The conversation of a chain was replaced by a summary; blocks that follow before the next step are what is left
    of it (the summary, and what was kept)."""

    agent: str | None
    spot: Spot
    at_ms: int | None
    trigger: str
    """auto, manual, or clear: the user began anew."""
    before: int | None = None
    """Prompt tokens before it, where the harness says so."""


class Rewind(NamedTuple):
    """The user went back: what follows hangs on an earlier step."""

    agent: str | None
    spot: Spot
    at_ms: int | None
    step: bytes | None
    """Key of the last step that is still in the conversation; None when nothing is."""


class Spawn(NamedTuple):
    """A sub-agent was started by a tool call."""

    agent: str
    """Its chain."""
    parent: str | None
    tool: str | None
    """Id of the tool call."""
    name: str
    """Its type or role."""
    internal: bool = False
    """Started by the harness itself (compaction, suggestions), not by the model."""


class Change(NamedTuple):
    """Something about the request changed that can cost the cache."""

    agent: str | None
    spot: Spot
    at_ms: int | None
    what: Literal["tools", "instructions", "effort", "notification", "permission", "hook", "model"]
    name: str = ""


class Trouble(NamedTuple):
    """A request failed, was broken off or was refused; its own tokens are not in the log."""

    agent: str | None
    spot: Spot
    at_ms: int | None
    kind: Literal["api_error", "rate_limit", "interrupted", "refused", "truncated"]
    detail: str = ""


class Skipped(NamedTuple):
    """A line that could not be read, or whose type is not known."""

    spot: Spot
    reason: str
    unknown: bool = False
    """The line was readable; its type is one that we do not know."""


TranscriptItem = Step | Block | Compaction | Rewind | Spawn | Change | Trouble | Skipped
