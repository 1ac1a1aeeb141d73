"""Which files burned context, and which commands were noisy: tool uses added up by what they were about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from whyburn.postmortem import charges, commands, files
from whyburn.postmortem.diagnosis.words import CommandUse, FileUse
from whyburn.postmortem.findings import work
from whyburn.postmortem.marginals import rereads, tokens_of

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy, ToolUse


@dataclass(slots=True)
class _File:
    reads: int = 0
    edits: int = 0
    mentions: int = 0
    pieces: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    seen: set[tuple[object, int]] = field(default_factory=set)
    duplicates: int = 0
    generated: bool = False


def files_of(anatomy: Anatomy, cwd: str | None) -> list[FileUse]:
    """Every file that was read, edited or mentioned; dearest first."""
    found: dict[str, _File] = defaultdict(_File)
    for use in anatomy.uses:
        for target in work.targets_of(use):
            _read(anatomy, found[files.normal_path(target.path, cwd)], use, target.span)
        for path in work.changed_paths(use):
            one = found[files.normal_path(path, cwd)]
            one.edits += 1
            one.seen.clear()
            one.calls.append(use.made)
        for path in use.result.mentions if use.result else ():
            found[files.normal_path(path, cwd)].mentions += 1
    rows = [_file(anatomy, path, one) for path, one in found.items()]
    return sorted(rows, key=lambda row: (-row.cost, -row.tokens, -row.reads, -row.edits, row.path))


def _read(anatomy: Anatomy, one: _File, use: ToolUse, span: object) -> None:
    one.reads += 1
    one.calls.append(use.made)
    if use.answer is None:
        return
    block = anatomy.pieces[use.answer].block
    what = (span, block.hash if block is not None else 0)
    one.duplicates += what in one.seen
    one.seen.add(what)
    one.pieces.append(use.answer)
    one.generated = one.generated or bool(use.result and use.result.generated)


def _file(anatomy: Anatomy, path: str, one: _File) -> FileUse:
    if not one.reads and not one.edits:  # most are only mentioned, and nobody asks of what kind they are
        return FileUse(path, 0, 0, one.mentions, 0, 0, 0, 0, None, None, None, 0)
    sizes = [tokens_of(anatomy, piece) for piece in one.pieces]
    return FileUse(
        path, one.reads, one.edits, one.mentions, sum(sizes), sum(rereads(anatomy, piece) for piece in one.pieces),
        charges.input_costs(anatomy, one.pieces), one.duplicates,
        "generated" if one.generated else files.annotation(path), min(one.calls, default=None),
        max(one.calls, default=None), sum(sizes[1:]),
    )  # fmt: skip


def commands_of(anatomy: Anatomy) -> list[CommandUse]:
    """Every command that was run, by its normal form; dearest first."""
    found: dict[str, list[ToolUse]] = defaultdict(list)
    for use in anatomy.uses:
        if use.call.command:
            found[commands.parse(use.call.command).normal].append(use)
    rows = [_command(anatomy, normal, uses) for normal, uses in found.items()]
    return sorted(rows, key=lambda row: (-row.cost, -row.tokens, row.command))


def _command(anatomy: Anatomy, normal: str, uses: list[ToolUse]) -> CommandUse:
    answers = [use.answer for use in uses if use.answer is not None]
    sizes = [tokens_of(anatomy, piece) for piece in answers]
    return CommandUse(
        normal, category_of(uses[0]), len(uses), sum(map(work.failed, uses)), sum(sizes), max(sizes, default=0),
        sum(rereads(anatomy, piece) for piece in answers), charges.input_costs(anatomy, answers),
    )  # fmt: skip


def category_of(use: ToolUse) -> str:
    """What a tool use is about, as a command's category."""
    call = use.call
    if call.command:
        return commands.parse(call.command).category
    if call.server:
        return f"mcp:{call.server}"
    return {"spawn": "agent", "write": "edit", "fetch": "network"}.get(call.action, call.action)
