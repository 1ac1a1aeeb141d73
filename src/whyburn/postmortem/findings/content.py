"""Single results that were larger than what they told: long outputs of commands and tools, files that say little.

Reading a file is ordinary work and never a long output; only files whose text is made by machines are named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from whyburn.postmortem import commands, files
from whyburn.postmortem.claims import Claim
from whyburn.postmortem.findings import duplicates
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import MOST_EVIDENCE, count, dearest, size_grade
from whyburn.postmortem.findings.work import changed_paths, presence
from whyburn.postmortem.marginals import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whyburn.postmortem.anatomy import Anatomy, ToolUse
    from whyburn.postmortem.findings.interface import Market
    from whyburn.transcript import Action

Size = Literal["log", "search", "listing", "other"]
LIMITS: dict[Size, int] = {"log": 1_500, "search": 1_000, "listing": 500, "other": 2_000}
"""Tokens of a result that usually tell all there is to know."""
KEPT_OF_LOW_SIGNAL = 300
_LEAST_LINES = 10
"""Lines whose average length says something about the file that they are from."""
_FEW_LONG_LINES = 5_000
"""Bytes for each of these lines, from which fewer of them say it too: a bundle may be one line."""
_SIZES: dict[str, Size | None] = {
    "test": "log", "build": "log", "lint": "log", "install": "log", "wait": "log",
    "search": "search", "list": "listing", "read": None,
}  # fmt: skip
"""By category of a command line, or by action: what is waited for is the log of a background command. None is never too
long."""
_EXEMPT = frozenset({"read", "skill", "ask", "plan", "edit", "write", "run"})
"""Actions that bring in what was asked for as such or answer in a form of their own, and runs of an unknown line."""
_FIXES: dict[Size, str] = {
    "log": "Run it quietly and keep the end: add the program's quiet option, or `2>&1 | tail -n 40`",
    "search": "Search for names first and look closer then: list matching files only, with a limit of 50 lines",
    "listing": "List one folder at a time, without dependencies and build results, `| head -n 40`",
    "other": "Ask for less: a filter, fewer fields, a page; or put it into a file and read the part that matters",
}

_FIXES_OF_ACTIONS: dict[Action, str] = {
    "spawn": "Ask the sub-agent for a report of a few lines, with paths instead of contents",
    "fetch": "Ask for the section that is needed, or for an extract of the page",
    "wait": "Start background commands quietly, with their output in a file, and look at its end",
}  # fmt: skip


class _Long(NamedTuple):
    """A result beyond its limit."""

    use: ToolUse
    answer: int
    tokens: int
    size: Size


def big_output(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Outputs of commands, searches, listings and other tools beyond what such outputs need; one finding a source."""
    by_subject: dict[tuple[str, Size], list[_Long]] = {}
    for use in anatomy.uses:
        found = _long(anatomy, use)
        if found:
            by_subject.setdefault((_subject(anatomy, found), found.size), []).append(found)
    for (subject, size), results in by_subject.items():
        limit, tokens = LIMITS[size], sum(one.tokens for one in results)
        title = f"{subject} put {tokens:,} tokens into the prompt in {count(len(results), 'result')}"
        shares = {one.answer: (one.tokens - limit, one.tokens) for one in results}
        fix = _FIXES_OF_ACTIONS.get(results[0].use.call.action) or f"{_FIXES[size]} ({_short(subject)})"
        yield _finding(anatomy, "big-output", subject, f"{title}, beyond {limit:,} each", shares, fix)


def _subject(anatomy: Anatomy, found: _Long) -> str:
    """The command or tool; of searches and listings the program, for no two of them ask for the same."""
    call = found.use.call
    if found.size in {"search", "listing"}:
        return commands.parse(call.command).program if call.command else call.name
    return anatomy.pieces[found.answer].label or call.name


def _long(anatomy: Anatomy, use: ToolUse) -> _Long | None:
    size = size_of(use)
    if size is None or use.answer is None:
        return None
    piece = anatomy.pieces[use.answer]
    if not piece.tiles or (piece.block is not None and piece.block.opaque):
        return None
    tokens = tokens_of(anatomy, use.answer)
    return _Long(use, use.answer, tokens, size) if tokens > LIMITS[size] else None


def size_of(use: ToolUse) -> Size | None:
    """Which limit applies to the result of a tool use; None when it is content that was asked for as such."""
    call = use.call
    if call.command:
        line = commands.parse(call.command)
        size = _SIZES.get(line.category, "other")
        return None if line.reads and size != "log" else size
    return None if call.action in _EXEMPT else _SIZES.get(call.action, "other")


def low_signal_file(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Lockfiles, generated, minified and snapshot files that were read."""
    by_path: dict[str, dict[int, str]] = {}
    edited = {path for use in anatomy.uses for path in changed_paths(use)}
    for use in anatomy.uses:
        target = duplicates.sole_read(use)
        if target is None or use.answer is None or tokens_of(anatomy, use.answer) <= KEPT_OF_LOW_SIGNAL:
            continue
        what = _nature(anatomy, target.path, use)
        if what and anatomy.pieces[use.answer].tiles:
            by_path.setdefault(target.path, {})[use.answer] = what
    for path, answers in by_path.items():
        tokens = {answer: tokens_of(anatomy, answer) for answer in answers}
        what = next(iter(answers.values()))
        yield _finding(
            anatomy, "low-signal-file", path, f"{path} ({what}) was read: {sum(tokens.values()):,} tokens",
            {answer: (size - KEPT_OF_LOW_SIGNAL, size) for answer, size in tokens.items()},
            f"Search in {path} for the name you need instead of reading it, or deny reading it in the settings",
            ("it was edited in this session",) if path in edited else (),
        )  # fmt: skip


def _nature(anatomy: Anatomy, path: str, use: ToolUse) -> str | None:
    """Why a file tells little for its size, by its path and by the lines that were read."""
    result, block = use.result, anatomy.pieces[use.answer or 0].block
    if result is None or result.failure or block is None:
        return None
    telling = result.lines >= _LEAST_LINES or block.size >= _LEAST_LINES * _FEW_LONG_LINES
    mean = block.size // max(result.lines, 1) if telling else 0
    return files.low_signal(path, generated=result.generated, mean_line=mean)


def _finding(
    anatomy: Anatomy, name: str, subject: str, title: str, shares: dict[int, tuple[int, int]], fix: str,
    counter: tuple[str, ...] = (),
) -> Finding:  # fmt: skip
    answers = dearest(anatomy, shares)
    tokens, again = presence(anatomy, answers)
    return Finding(
        name, subject, title, Claim(pieces=shares), fix, size_grade(anatomy, answers), 2,
        tuple(_evidence(anatomy, one) for one in answers[:MOST_EVIDENCE]),
        tokens=tokens, rereads=again, counter=counter,
    )  # fmt: skip


def _evidence(anatomy: Anatomy, answer: int) -> Evidence:
    piece = anatomy.pieces[answer]
    note = f"{tokens_of(anatomy, answer):,} tokens: {_short(piece.label)}"
    return Evidence(anatomy.tiles[piece.tiles[0]].enter, answer, note)


def _short(label: str) -> str:
    return label if len(label) <= 60 else f"{label[:59]}…"
