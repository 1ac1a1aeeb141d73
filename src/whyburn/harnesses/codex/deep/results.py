"""What the result of a tool call says: whether it worked, and the text that tells it from others.

Codex puts a few lines before the output of a command (`Chunk ID`, `Wall time`, `Process exited with code N`, `Output:`)
or wraps it in JSON. The model sees all of it, so the size is that of the whole text; what is compared is the output,
because times and ids differ where nothing else does.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from whyburn.harnesses.codex.deep.records import unwrapped_output
from whyburn.harnesses.content import result_facts, size_of
from whyburn.transcript import Block, ToolResult

if TYPE_CHECKING:
    from whyburn.harnesses.codex.deep.messages import Origin
    from whyburn.transcript import Failure, ToolCall

_HEADER = re.compile(r"(?:Chunk ID|Exit code|Wall time|Process |Script (?:completed|failed|running))")
_OUTPUT = "Output:\n"
_LONGEST_HEADER = 400
_EXIT = re.compile(r"(?:Process exited with code|Exit code:) (-?\d{1,10})\b")
_WHOLE = re.compile(r"Original token count: (\d{1,12})\b")
_CUT_ANSWER = re.compile(
    r'\{"chunk_id":"[^"]*","wall_time_seconds":[\d.]+(?:,"exit_code":(-?\d{1,10}))?'
    r'(?:,"session_id":\d+)?(?:,"original_token_count":(\d{1,12}))?[,}]?'
)
"""The beginning of what a script prints of a command, where the rest of the object was cut away."""
_ANSWER_BEGINS = re.compile(r'(?:Warning: truncated output[^\n]*\n)?(?:Total output lines: \d+\n)?\s*(?=\{"chunk_id")')
_answer = json.JSONDecoder(strict=False).raw_decode
_SHORTENED = re.compile(
    r"Warning: truncated output|Total output lines: \d|…\d+ (?:tokens|chars|lines) truncated…"
    r"|\[\.\.\. omitted \d+ of \d+"
)
_SANDBOX = re.compile(
    r"failed in sandbox \S{0,40} with execution error: "
    r"(?:sandbox denied exec error, exit code: (-?\d{1,10}), stdout: )?"
)
"""How versions before 0.50 told of a command that a sandbox may have refused."""
_UNBELIEVABLE = 10**12
_HOPELESS = 127
_TIMED_OUT = 124
_SHORT = 600
"""A longer output has done something before it failed: then it is the command that failed."""
_BEGINNINGS: tuple[tuple[Failure, re.Pattern[str]], ...] = (
    ("denied", re.compile(
        r"(?:exec command |patch |command )?rejected\b(?! by (?:the )?user)|sandbox denied"
        r"|.{0,80}(?:approval policy|not permitted by policy|blocked by policy)", re.IGNORECASE)),
    ("interrupted", re.compile(
        r"aborted\b|interrupted by|user (?:denied|rejected|declined)"
        r"|(?:exec command |patch |command )?rejected by (?:the )?user", re.IGNORECASE)),
    ("timeout", re.compile(r"(?:command |tool call )?timed out\b|execution timed out", re.IGNORECASE)),
    ("edit", re.compile(
        r"(?:Script error:\s*)?apply_patch verification failed|Failed to (?:find|apply)\b", re.IGNORECASE)),
    ("malformed", re.compile(
        r"(?:Script error:\s*)?(?:failed to parse function arguments|invalid (?:patch|arguments|type)"
        r"|missing field|unsupported (?:call|custom tool)|(?:unknown|unrecognized) (?:tool|function|field)"
        r"|SyntaxError|.{0,40}must be at least|apply_patch handler received)", re.IGNORECASE)),
    ("failed", re.compile(r"(?:tool call error|Script error)\b|execution error: ", re.IGNORECASE)),
)  # fmt: skip
_ABSENT = re.compile(r"command not found|No such file or directory|not recognized as|cannot find the (?:path|file)")
_OBJECTS = frozenset({"spawn_agent", "wait_agent", "list_agents", "close_agent", "send_input", "resume_agent"})
"""Tools that answer an object, or say in words why they refuse."""
_SEARCHES = re.compile(r"(?:rg|grep|egrep|fgrep|git (?:grep|diff)|diff|cmp|test|pgrep)\b")


class Answer(NamedTuple):
    """A result taken apart."""

    body: str
    """The output, without what changes from call to call."""
    exit_code: int | None = None
    whole_tokens: int | None = None
    head: str = ""


def result_block(call: ToolCall | None, ident: str, text: str, origin: Origin, *, failed: bool | None = None) -> Block:
    """The block of a text result; `failed` is what an event said of the call."""
    answer = taken_apart(text)
    failure = failure_of(answer, call) or ("failed" if failed else None)
    if call is not None and failure == "failed" and call.action == "edit" and answer.exit_code != 0:
        failure = "edit"
    facts = result_facts(answer.body, failed=failure is not None, action=call.action if call else None)
    if failure == "denied" and facts.passed is False:
        failure = (
            "failed"  # every command that failed in a sandbox was taken for a refused one; tests that ran were not
        )
    body = facts.content
    size = body.size if answer.body is text else size_of(text)
    result = ToolResult(
        ident, failure, answer.exit_code, facts.steady, facts.shape, facts.fingerprint, facts.error, facts.lines,
        facts.longest_line, _is_shortened(answer.body[:4_096]), answer.whole_tokens,
        call.path if call and call.action == "read" else None, call.span if call else None, facts.generated,
        facts.mentions, facts.passed,
    )  # fmt: skip
    return Block("tool-result", size, body.hash, origin.spot, origin.at_ms, None, "", body.texture, tool=result)


def _is_shortened(head: str) -> bool:
    told = "truncated" in head or "Total output lines: " in head or "... omitted " in head
    return told and _SHORTENED.search(head) is not None


def taken_apart(text: str) -> Answer:
    """The output of a result and what its header says; the header ends where `Output:` stands first."""
    wrapped = unwrapped_output(text)
    if wrapped is not None:
        return Answer(wrapped[0], wrapped[1])
    sandbox = _SANDBOX.match(text)
    if sandbox:
        return Answer(text[sandbox.end() :], _number(sandbox), None, sandbox[0])
    if not _HEADER.match(text):
        return Answer(text)
    at = text.find(_OUTPUT, 0, _LONGEST_HEADER)
    head, body = (text[:at], text[at + len(_OUTPUT) :]) if at >= 0 else (text[:_LONGEST_HEADER], "")
    exit_code, whole = _number(_EXIT.search(head)), _number(_WHOLE.search(head))
    inner = _printed(body)
    if inner is not None:
        body, code, tokens = inner
        exit_code, whole = exit_code if code is None else code, whole if tokens is None else tokens
    return Answer(body, exit_code, whole, head)


def _printed(body: str) -> tuple[str, int | None, int | None] | None:
    """What a script printed of a command's answer: its output, exit code and tokens; None when it printed no answer.

    The output is a field of the answer, or stands behind it.
    """
    begins = _ANSWER_BEGINS.match(body)
    if begins is None:
        return None
    start = begins.end()
    try:
        found, end = _answer(body, start)
    except (ValueError, RecursionError):
        cut = _CUT_ANSWER.match(body, start)
        return (body[:start] + body[cut.end() :], _number(cut), int(cut[2]) if cut[2] else None) if cut else None
    output = found.get("output")
    text = body[:start] + (output if isinstance(output, str) else "") + body[end:]
    return text, _whole_number(found.get("exit_code")), _whole_number(found.get("original_token_count"))


def _whole_number(value: object) -> int | None:
    return value if type(value) is int and abs(value) < _UNBELIEVABLE else None


def failure_of(answer: Answer, call: ToolCall | None) -> Failure | None:
    """Why a call did not succeed; None when it did, or when nothing says otherwise."""
    start = answer.body[:_SHORT].lstrip()
    if answer.head.startswith("failed in sandbox"):
        return "denied" if answer.exit_code else _said(start) or "failed"
    if answer.head.startswith("Script failed"):
        return _said(start) or "failed"
    if answer.exit_code:
        return _bad_end(answer, call)
    said = _said(start) if answer.exit_code is None else None
    if said or answer.exit_code is not None or call is None or call.name not in _OBJECTS:
        return said
    return "malformed" if start and not start.startswith("{") else None


def _said(text: str) -> Failure | None:
    """What a refusal in words means."""
    return next((failure for failure, pattern in _BEGINNINGS if pattern.match(text)), None)


def _bad_end(answer: Answer, call: ToolCall | None) -> Failure | None:
    """A command that ended with an error; a search that finds nothing also ends with 1."""
    body = answer.body.strip()
    command = (call.command or "") if call else ""
    if answer.exit_code == 1 and not body and _SEARCHES.match(command):
        return None
    if answer.exit_code == _TIMED_OUT or body.startswith("command timed out"):
        return "timeout"
    if "apply_patch verification failed" in body[:_SHORT]:
        return "edit"
    missing = answer.exit_code == _HOPELESS or (len(body) < _SHORT and _ABSENT.search(body))
    return "missing" if missing else "failed"


def _number(match: re.Match[str] | None) -> int | None:
    return int(match[1]) if match and match[1] else None
