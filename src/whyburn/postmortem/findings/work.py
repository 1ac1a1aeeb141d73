"""Steps of work as the detectors see them: what a tool use is about, whether it failed, what its absence would save.

Nothing here knows the name of a tool: actions, command lines, paths and hashes tell everything.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem import commands
from whyburn.postmortem.claims import Claim
from whyburn.postmortem.files import normal_path
from whyburn.postmortem.findings.interface import Evidence
from whyburn.postmortem.findings.measures import MOST_EVIDENCE
from whyburn.postmortem.marginals import tokens_of
from whyburn.postmortem.targets import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Call, Prices, ToolUse

LOOKING = frozenset({"read", "search", "list"})
_CHANGING = frozenset({"edit", "write"})
_MOST_NAME = 80
"""Characters of a command or a path in a title."""
_NO_SUCH_COMMAND = frozenset({126, 127})
"""Exit codes of a shell that could not run a command."""


class Numbered(NamedTuple):
    """A tool use and its place in the anatomy."""

    at: int
    use: ToolUse


def by_chain(anatomy: Anatomy) -> dict[int, list[Numbered]]:
    """The tool uses of each chain, in its order."""
    found: dict[int, list[Numbered]] = {}
    for at, use in enumerate(anatomy.uses):
        if not anatomy.chains[use.chain].side:
            found.setdefault(use.chain, []).append(Numbered(at, use))
    return found


def rows_of(
    uses: Iterable[ToolUse], *, least: int, begins: Callable[[ToolUse], bool],
    goes_on: Callable[[list[ToolUse], ToolUse], bool],
) -> Iterator[list[ToolUse]]:  # fmt: skip
    """Rows of at least so many uses that follow each other."""
    row: list[ToolUse] = []
    for use in uses:
        if row and goes_on(row, use):
            row.append(use)
            continue
        if len(row) >= least:
            yield row
        row = [use] if begins(use) else []
    if len(row) >= least:
        yield row


def together(anatomy: Anatomy, one: ToolUse, two: ToolUse) -> bool:
    """Both belong to the same user turn and to the same uninterrupted context."""
    a, b = anatomy.calls[one.made], anatomy.calls[two.made]
    return a.turn == b.turn and a.segment == b.segment


def subject_of(use: ToolUse) -> str:
    """What makes two uses the same attempt: the command without its volatile parts, else equal arguments."""
    call = use.call
    if call.command:
        return commands.parse(call.command).normal
    return f"{named(use)} #{call.arguments:x}" if call.arguments else named(use)


def named(use: ToolUse) -> str:
    """What a use is about, for people."""
    call = use.call
    target = call.path or next(iter(call.changes), None) or call.query
    whole = commands.parse(call.command).normal if call.command else f"{call.name} {target or ''}".rstrip()
    return whole if len(whole) <= _MOST_NAME else f"{whole[: _MOST_NAME - 1]}…"


def failed(use: ToolUse) -> bool:
    """It ended badly by itself; what the user broke off did not."""
    result = use.result
    if result is None or result.failure == "interrupted":
        return False
    return result.failure is not None or result.passed is False


def worked(use: ToolUse) -> bool:
    """It is known to have done what it was asked for."""
    return use.result is not None and use.result.failure is None


def unfounded(use: ToolUse) -> str | None:
    """The kind of failure of a step that could not even begin its work."""
    result = use.result
    if result is None:
        return None
    if result.failure in {"malformed", "edit", "denied", "missing"}:
        return result.failure
    return "missing" if result.exit_code in _NO_SUCH_COMMAND else None


def waits(use: ToolUse) -> bool:
    """It only waits for something, or asks how far it is."""
    call = use.call
    return call.action == "wait" or bool(call.command and commands.parse(call.command).waits)


def targets_of(use: ToolUse) -> tuple[Target, ...]:
    """The files that a use reads, and which lines of them."""
    call, result = use.call, use.result
    if call.command:
        return _reads(call.command)
    if not call.path or call.action != "read":
        return ()
    span = (result.span if result else None) or call.span
    return (Target(normal_path(call.path), span, whole=call.span is None),)


@lru_cache(maxsize=8_192)
def _reads(command: str) -> tuple[Target, ...]:
    reads = commands.parse(command).reads
    return tuple(target._replace(path=normal_path(target.path)) for target in reads)


def read_paths(use: ToolUse) -> tuple[str, ...]:
    """The files that a use reads."""
    return tuple(target.path for target in targets_of(use))


def changed_paths(use: ToolUse) -> tuple[str, ...]:
    """The files that a use edits or writes."""
    call = use.call
    paths = call.changes or (commands.parse(call.command).edits if call.command else ())
    if not paths and call.path and call.action in _CHANGING:
        paths = (call.path,)
    return tuple(map(normal_path, paths)) if paths else ()


def named_by_people(anatomy: Anatomy, piece: int) -> tuple[str, ...]:
    """The files that a person's words name, where the reader of the log tells."""
    block = anatomy.pieces[piece].block
    return block.mentions if block is not None and block.prompt else ()


@lru_cache(maxsize=16_384)
def tail(path: str) -> str:
    """The last two parts of a path: logs name one file relative to several folders."""
    return "/".join(path.replace("\\", "/").rstrip("/").split("/")[-2:])


def looks(use: ToolUse) -> bool:
    """It only reads, searches or lists."""
    call = use.call
    if call.command:
        line = commands.parse(call.command)
        return line.category in LOOKING and not (line.edits or line.waits)
    return call.action in LOOKING


def removal(anatomy: Anatomy, uses: Iterable[ToolUse]) -> Claim:
    """That these uses had not happened: their requests, their results, and the calls that did nothing else.

    Such a call goes with all that it put out; what it saves is the presentation of the prompt in the call that took
    the result in, unless that was needed for a person's words.
    """
    uses = list(uses)
    gone = {use.request for use in uses}
    pieces, generated, steps = set(gone), set(gone), set()
    pieces.update(use.answer for use in uses if use.answer is not None)
    for use in uses:
        made = anatomy.calls[use.made]
        next_call = None if use.read is None else anatomy.calls[use.read]
        asked = {piece for piece in made.made if anatomy.pieces[piece].kind == "tool-call"}
        if next_call is not None and next_call.turn == made.turn and asked <= gone:
            steps.add(next_call.index)
            pieces.update(made.made)
            generated.update(made.made)
    return Claim(pieces=dict.fromkeys(pieces, (1, 1)), generated=frozenset(generated), steps=frozenset(steps))


def presence(anatomy: Anatomy, pieces: Iterable[int]) -> tuple[int, int]:
    """(tokens of these pieces, counted once; calls that carried any of them again, after the first of their chain)."""
    tokens = 0
    since: dict[int, int] = {}
    for piece in pieces:
        tokens += tokens_of(anatomy, piece)
        for at in anatomy.pieces[piece].tiles:
            tile = anatomy.tiles[at]
            since[tile.segment] = min(since.get(tile.segment, tile.enter), tile.enter)
    again, chains = 0, set()
    for at, enter in since.items():
        segment = anatomy.segments[at]
        chains.add(segment.chain)
        again += len(segment.calls) - bisect_left(segment.calls, enter)
    return tokens, again - len(chains)


def evidence_of(uses: Sequence[ToolUse], note: str = "") -> tuple[Evidence, ...]:
    """Where the first few uses are to be seen."""
    return tuple(
        Evidence(use.made, use.request if use.answer is None else use.answer, note or named(use))
        for use in uses[:MOST_EVIDENCE]
    )


def fresh_price(call: Call, prices: Prices, *, hour: bool = True) -> int:
    """Pico-dollars that a new token of the prompt costs in this call: the kind of write that it uses.

    Without `hour` the price for a sub-agent, whose cache lives for five minutes.
    """
    if call.w1 and hour:
        return prices.write_1h
    return prices.write_5m if call.w1 or call.w5 else prices.input
