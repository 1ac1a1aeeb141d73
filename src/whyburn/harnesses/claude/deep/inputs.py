"""What a user line puts into the prompt: a person's words, the harness' words in their place, results of tools.

Much of what stands in the place of a user was not typed by one: expansions of slash commands, notes about background
tasks, output of local commands, summaries. Only a person's own words begin a user turn.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from whyburn.harnesses.claude.deep.blocks import block, picture
from whyburn.harnesses.claude.deep.tools import failure_of
from whyburn.harnesses.content import result_facts
from whyburn.harnesses.readers import UNDECODABLE
from whyburn.transcript import MOST_TEXT, Block, ToolResult

if TYPE_CHECKING:
    from whyburn.harnesses.claude.deep.blocks import Place
    from whyburn.harnesses.claude.deep.records import Part, Record
    from whyburn.transcript import Action, Failure, Kind

_TAG = re.compile(r"\s*<([a-z][a-z_-]{2,40})>")
_HARNESS_TAGS = frozenset({
    "local-command-caveat", "local-command-stdout", "local-command-stderr", "bash-input", "bash-stdout", "bash-stderr",
    "bash-notification", "task-notification", "agent-notification", "system-reminder", "ide_opened_file",
    "ide_selection", "ide_diagnostics", "user-memory-input", "user-prompt-submit-hook",
    "session-start-hook", "post-tool-use-hook", "mcp-resource-update", "teammate-message", "new-diagnostics",
    "command-args", "command-contents", "total_tokens",
})  # fmt: skip
_NOTES = frozenset({"task-notification", "bash-notification", "agent-notification"})
_COMMAND = re.compile(r"<command-name>\s*(/?[^<\s]{1,80})")
_SKILL = re.compile(r"Base directory for this skill: (\S+)")
_SUMMARY = "This session is being continued from a previous conversation"
INTERRUPTED = "[Request interrupted by user"


class Said(NamedTuple):
    """What a text in a user's place is."""

    kind: Kind
    label: str = ""
    prompt: bool = False
    command: str = ""
    """The slash command that it names."""
    note: str = ""
    """A notification of this kind."""


def said(text: str, record: Record, *, person: bool, command: str) -> Said:
    """Who speaks. `person` says that the chain has a user at all; `command` is the slash command just given."""
    if record.isCompactSummary or text.startswith(_SUMMARY):
        return Said("summary")
    tag = _TAG.match(text)
    word = tag[1] if tag else ""
    if word in ("command-name", "command-message"):
        named = _COMMAND.search(text, 0, MOST_TEXT)
        name = named[1] if named else ""
        return Said("user", name, command=name)
    if word in _HARNESS_TAGS:
        return Said("attachment", word, note=word if word in _NOTES else "")
    if text.startswith(INTERRUPTED):
        return Said("user", "interrupted")
    return _meta(text, command) if record.isMeta else _typed(record, person=person)


def _typed(record: Record, *, person: bool) -> Said:
    by = record.origin.kind if record.origin else None
    if by is None or by == "human":
        return Said("user", prompt=person)
    return Said("attachment", by, note=by if by in _NOTES else "")


def _meta(text: str, command: str) -> Said:
    """A text of the harness: a skill, the expansion of a command, or a remark."""
    skill = _SKILL.match(text)
    if skill:
        return Said("skill", re.split(r"[/\\]", skill[1].rstrip("/\\"))[-1])
    if text.startswith("Caveat: "):
        return Said("attachment", "local-command-caveat")
    return Said("skill", command) if command else Said("attachment", "meta")


class _File(msgspec.Struct, gc=False):
    filePath: str | None = None  # noqa: N815
    startLine: int | None = None  # noqa: N815
    numLines: int | None = None  # noqa: N815


class Echo(msgspec.Struct, gc=False):
    """What a line tells about a result beside it; never sent to the model."""

    filePath: str | None = None  # noqa: N815
    file: _File | None = None
    interrupted: bool | None = None
    persistedOutputPath: str | None = None  # noqa: N815
    agentId: str | None = None  # noqa: N815
    agentType: str | None = None  # noqa: N815


_echo = msgspec.json.Decoder(Echo, strict=False).decode


def echo_of(record: Record) -> Echo:
    """The facts beside a result; empty when there are none, or of another shape."""
    raw = record.toolUseResult
    held = memoryview(raw)
    if not held.nbytes or held[0] != ord("{"):
        return Echo(interrupted=b"Request interrupted" in bytes(held[:80]) or None)
    try:
        return _echo(raw)
    except UNDECODABLE:
        return Echo()


def result_blocks(part: Part, record: Record, place: Place, echo: Echo, action: Action | None) -> list[Block]:
    """The block of a tool's result, and those of images and tool definitions inside it.

    `action` is what the call did, where it is known.
    """
    content, others = part.content, []
    if isinstance(content, str):
        text = content
    elif isinstance(content, list):
        text = "\n".join([one.text for one in content if one.text])
        others = [made for one in content if (made := _inside(one, place))]
    else:
        text = ""
    return [_result(part, text, record, place, echo, action), *others]


def _inside(part: Part, place: Place) -> Block | None:
    if part.type in ("image", "document"):
        return picture(place, part)
    if part.type == "tool_reference" and part.tool_name:
        # The provider puts the definition of the tool in its place; no log has it.
        pieces = part.tool_name.split("__")
        return block(place, "tools", None, pieces[1] if len(pieces) > 2 else "")
    return None


def _result(part: Part, text: str, record: Record, place: Place, echo: Echo, action: Action | None) -> Block:
    failure, code = _ended(part, text, record, echo)
    facts, file = result_facts(text, failed=failure is not None, action=action), echo.file
    path, span = echo.filePath, None
    if file is not None:
        path = path or file.filePath
        if file.startLine and file.numLines:
            span = (file.startLine, file.startLine + file.numLines - 1)
    result = ToolResult(
        part.tool_use_id or "", failure, code, facts.steady, facts.shape, facts.fingerprint, facts.error, facts.lines,
        facts.longest_line, spilled=echo.persistedOutputPath is not None or text.startswith("<persisted-output>"),
        path=path[:MOST_TEXT] if path else None, span=span, generated=facts.generated, mentions=facts.mentions,
        passed=facts.passed,
    )  # fmt: skip
    size, digest, texture = facts.content
    return Block("tool-result", size, digest, *place, "", texture, tool=result)


def _ended(part: Part, text: str, record: Record, echo: Echo) -> tuple[Failure | None, int | None]:
    if record.toolDenialKind:
        return ("interrupted" if record.toolDenialKind == "user-rejected" else "denied"), None
    if not part.is_error:
        return ("interrupted" if echo.interrupted else None), None
    failure, code = failure_of(text)
    if echo.interrupted and failure == "failed":
        failure = "interrupted"
    return failure, code
