"""What calls and pieces are to each other, once all of them are known: numbers, tool uses, sub-agents, user turns."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.anatomy import ToolUse
from whyburn.transcript import ToolResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from whyburn.postmortem.anatomy import Anatomy, Call
    from whyburn.transcript import Spawn, ToolCall


class Asked(NamedTuple):
    """A tool call that may still be answered."""

    call: ToolCall
    piece: int
    """That of its request."""


def trim(anatomy: Anatomy) -> None:
    """History behind the last billed call of a chain is another session's business."""
    for chain in anatomy.chains:
        while chain.calls and not anatomy.calls[chain.calls[-1]].billed:
            chain.calls.pop()


def renumber(anatomy: Anatomy) -> None:
    """Indexes in the order of chains, and of the chain inside; calls that were trimmed go."""
    old = anatomy.calls
    new: dict[int, int] = {}
    calls: list[Call] = []
    for chain in anatomy.chains:
        for place, index in enumerate(chain.calls):
            new[index] = old[index].index = len(calls)
            old[index].place = place
            calls.append(old[index])
        chain.calls = [new[index] for index in chain.calls]
    anatomy.calls = calls
    for piece in anatomy.pieces:
        piece.made_by = None if piece.made_by is None else new.get(piece.made_by)


def pair(anatomy: Anatomy, asked: Mapping[str, Asked], answers: Mapping[str, int]) -> None:
    """Tool calls with their results, in the order of the requests."""
    reader = {piece: call.index for call in anatomy.calls for piece in call.entered}
    for ident, one in asked.items():
        made = anatomy.pieces[one.piece].made_by
        if made is None:
            continue
        answer = answers.get(ident)
        block = None if answer is None else anatomy.pieces[answer].block
        result = block.tool if block is not None and isinstance(block.tool, ToolResult) else None
        anatomy.uses.append(ToolUse(
            one.call, result, anatomy.calls[made].chain, made, None if answer is None else reader.get(answer),
            one.piece, answer,
        ))  # fmt: skip


def family(anatomy: Anatomy, spawns: Iterable[Spawn], asked: Mapping[str, Asked]) -> None:
    """Which chain spawned which."""
    by_agent = {chain.agent: chain for chain in anatomy.chains if not chain.side}
    for spawn in spawns:
        chain = by_agent.get(spawn.agent)
        if chain is None or not spawn.agent:
            continue
        request = asked.get(spawn.tool or "")
        parent = by_agent.get(spawn.parent or "")
        chain.parent = None if parent is None or parent is chain else parent.index
        chain.request = request.piece if request else chain.request
        chain.name = spawn.name or chain.name
        chain.internal = spawn.internal
    for chain in anatomy.chains[1:]:
        if chain.parent is None:
            chain.parent = by_agent[chain.agent].index if chain.side and chain.agent in by_agent else 0
        chain.internal = chain.internal or any(anatomy.calls[at].purpose == "compaction" for at in chain.calls)


def turns(anatomy: Anatomy) -> None:
    """Number the user turns of the main chain; a sub-agent's calls belong to the turn of the call that asked for it."""
    anatomy.turns = [None]
    for index in anatomy.chains[0].calls:
        call = anatomy.calls[index]
        for piece in call.entered:
            block = anatomy.pieces[piece].block
            if block is not None and block.prompt:
                anatomy.turns.append(piece)
        call.turn = len(anatomy.turns) - 1
    main = [anatomy.calls[index] for index in anatomy.chains[0].calls]
    times = [call.at_ms or 0 for call in main]
    for chain in anatomy.chains[1:]:
        request = None if chain.request is None else anatomy.pieces[chain.request].made_by
        for index in chain.calls:
            call = anatomy.calls[index]
            if request is not None:
                call.turn = anatomy.calls[request].turn
            elif main:
                call.turn = main[max(bisect_right(times, call.at_ms or 0) - 1, 0)].turn
