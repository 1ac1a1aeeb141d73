"""What every prompt carries whether it is needed or not: instructions, tools, hidden text, old results, thinking.

Most of it is exposure: what it cost is certain, what would have gone without it is not. Only the tools of a server
that nobody called are a saving.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from whyburn.postmortem.charges import input_costs, life_cost
from whyburn.postmortem.claims import Claim
from whyburn.postmortem.findings.duplicates import sole_read
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import FIXED, MOST_EVIDENCE, carrying, count, dearest, size_grade
from whyburn.postmortem.findings.work import presence, targets_of
from whyburn.postmortem.marginals import rereads, tokens_of
from whyburn.postmortem.money import dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from whyburn.postmortem.anatomy import Anatomy, ToolUse
    from whyburn.postmortem.findings.interface import CauseGrade, Market
    from whyburn.postmortem.targets import Target
    from whyburn.transcript import Kind

_FIXES: dict[Kind, str] = {
    "harness": "Fewer built-in and MCP tools make it smaller; the rest is the harness's own",
    "tools": "Disconnect servers that a project does not need",
    "instructions": "Keep only what every session needs; move the rest to files that are read when needed",
    "memory": "Keep only what every session needs, and delete what no longer matters",
    "skill": "Shorten it, or move its details to files that it names",
}
_LEAST_OVERHEAD = 1_000
"""A thousandth of the bill: sessions list dozens of servers and skills."""
_UNLOGGED = 20
"""A twentieth of the prompts or of the bill."""
_LEAST_STALE, _LEAST_UNUSED_CALLS = 2_000, 10
"""Tokens of a result that is large, and calls that it was carried through after its last use."""
_TRACES = frozenset({"hook", "notification", "tools", "permission"})
_WORDS = re.compile(r"[\w.@+-]+")


def fixed_overhead(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """What each source of fixed text cost over all prompts."""
    by_source: dict[tuple[Kind, str], list[int]] = {}
    for piece in anatomy.pieces:
        if piece.kind in FIXED and piece.tiles and not piece.carried:
            by_source.setdefault((piece.kind, piece.label or piece.kind), []).append(piece.index)
    for (kind, label), pieces in by_source.items():
        tokens, cost = max(tokens_of(anatomy, piece) for piece in pieces), input_costs(anatomy, pieces)
        if cost * _LEAST_OVERHEAD < anatomy.cost:
            continue
        trim = f". Every 1,000 tokens less: {dollars(cost * 1_000 // tokens)} less" if tokens >= 1_000 else ""
        yield _exposure(
            anatomy, "fixed-overhead", f"{kind}: {label}", f"{label} ({kind}) took {tokens:,} tokens of every prompt",
            _FIXES[kind] + trim, pieces, cost,
        )  # fmt: skip


def unused_tools(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Servers whose tools were described to the model and never called."""
    called = {use.call.server for use in anatomy.uses if use.call.server}
    by_server: dict[str, list[int]] = {}
    for piece in anatomy.pieces:
        server = piece.label.removeprefix("mcp:")
        if piece.kind == "tools" and server and server not in called and piece.tiles:
            by_server.setdefault(server, []).append(piece.index)
    for server, pieces in by_server.items():
        tokens, again = presence(anatomy, pieces)
        yield Finding(
            "unused-tools", server, f"The tools of {server} ({tokens:,} tokens) were never called",
            Claim(pieces=dict.fromkeys(pieces, (1, 1))),
            f"Disconnect {server} in this project, or load its tools only on demand", size_grade(anatomy, pieces), 2,
            _evidence(anatomy, pieces), tokens=tokens, rereads=again,
        )  # fmt: skip


def unlogged_growth(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Prompts that grew by more than the log shows."""
    pieces = [piece.index for piece in anatomy.pieces if piece.kind == "unlogged" and piece.tiles]
    carried = sum(tokens_of(anatomy, piece) * (1 + rereads(anatomy, piece)) for piece in pieces)
    cost, prompts = input_costs(anatomy, pieces), sum(call.prompt for call in anatomy.billed)
    if not pieces or (carried * _UNLOGGED < prompts and cost * _UNLOGGED < anatomy.cost):
        return
    tokens = sum(tokens_of(anatomy, piece) for piece in pieces)
    active = _active(anatomy, pieces)
    names = f"; active then: {', '.join(active)}" if active else ""
    yield _exposure(
        anatomy, "unlogged-growth", "unlogged", f"{tokens:,} tokens entered the prompts that no log shows{names}",
        "Look at hooks, plugins and attachments: what they add to a prompt is often not in the log",
        pieces, cost,
    )  # fmt: skip


def _active(anatomy: Anatomy, pieces: Iterable[int]) -> list[str]:
    """Hooks, notifications and attachments between the calls where unlogged text entered, most frequent first."""
    names: Counter[str] = Counter()
    for index in {anatomy.tiles[anatomy.pieces[piece].tiles[0]].enter for piece in pieces}:
        call = anatomy.calls[index]
        names.update(f"{one.what} {one.name}".strip() for one in call.changes if one.what in _TRACES)
        entered = (anatomy.pieces[piece] for piece in call.entered)
        names.update(f"attachment {one.label}" for one in entered if one.kind == "attachment" and one.label)
    return [name for name, _ in sorted(names.items(), key=lambda pair: (-pair[1], pair[0]))[:5]]


def stale_context(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Large results about files that nothing came back to: what carrying them cost after their last use."""
    large = [(use, target.path) for use in anatomy.uses if (target := _large(anatomy, use)) is not None]
    last, later = _last_uses(anatomy, {_name(path) for _, path in large}), carrying(anatomy)
    by_path: dict[str, dict[int, int]] = {}
    for use, path in large:
        cost = _idle(anatomy, use, last[use.chain, _name(path)], later)
        if cost and use.answer is not None:
            by_path.setdefault(path, {})[use.answer] = cost
    for path, costs in by_path.items():
        tokens = sum(tokens_of(anatomy, piece) for piece in costs)
        yield _exposure(
            anatomy, "stale-context", path, f"{path} ({tokens:,} tokens) was carried on after its last use",
            "Clear or compact the conversation when a task is done, or leave such a look to a sub-agent",
            list(costs), sum(costs.values()), grade=4,
        )  # fmt: skip


def _large(anatomy: Anatomy, use: ToolUse) -> Target | None:
    """The one file that a use reads, when its result is large."""
    large = use.answer is not None and tokens_of(anatomy, use.answer) >= _LEAST_STALE
    return sole_read(use) if large else None


def _idle(anatomy: Anatomy, use: ToolUse, last: int, later: Sequence[int]) -> int:
    """What presenting a result cost after the last use of its file, within the segment of that use."""
    cost = 0
    for index in anatomy.pieces[use.answer or 0].tiles:
        tile = anatomy.tiles[index]
        calls = anatomy.segments[tile.segment].calls
        since = max(last, tile.enter)
        if calls[-1] - since >= _LEAST_UNUSED_CALLS:
            cost += tile.tokens * later[since]
    return cost


def _last_uses(anatomy: Anatomy, wanted: set[str]) -> dict[tuple[int, str], int]:
    """By chain and wanted name of a file, the last call that asked for something with that name, or took it in."""
    last: dict[tuple[int, str], int] = {}
    for use in anatomy.uses:
        call, result = use.call, use.result
        paths = (*(target.path for target in targets_of(use)), *call.changes, *(result.mentions if result else ()))
        at = use.made if use.read is None else use.read
        words = (*_words(call.path), *_words(call.command), *_words(call.query))
        for name in wanted.intersection(map(_name, paths)) | wanted.intersection(words):
            last[use.chain, name] = max(last.get((use.chain, name), 0), at)
    return last


@lru_cache(maxsize=8_192)
def _words(text: str | None) -> frozenset[str]:
    return frozenset(_WORDS.findall(text)) if text else frozenset()


def _name(path: str) -> str:
    return path[max(path.rfind("/"), path.rfind("\\")) + 1 :]


def thinking(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """What reasoning cost: putting it out, and carrying it on."""
    pieces = [piece.index for piece in anatomy.pieces if piece.kind == "thinking" and not piece.carried]
    shown = {made for piece in pieces if (made := anatomy.pieces[piece].made_by) is not None}
    hidden = [call for call in anatomy.billed if call.thinking and call.prices and call.index not in shown]
    cost = sum(life_cost(anatomy, piece) for piece in pieces)
    cost += sum((call.thinking or 0) * call.prices.reasoning for call in hidden if call.prices)
    tokens = sum(anatomy.pieces[piece].made_tokens for piece in pieces) + sum(call.thinking or 0 for call in hidden)
    if cost:
        calls = len(shown) + len(hidden)
        yield _exposure(
            anatomy, "thinking", "thinking", f"{tokens:,} tokens of reasoning in {count(calls, 'call')}",
            "Use a lower effort for steps that need no thought: lookups, renames, runs of commands", pieces, cost,
        )  # fmt: skip


def _exposure(
    anatomy: Anatomy, name: str, subject: str, title: str, fix: str, pieces: Sequence[int], cost: int, *,
    grade: CauseGrade = 3,
) -> Finding:  # fmt: skip
    tokens, again = presence(anatomy, pieces)
    return Finding(
        name, subject, title, Claim(), fix, size_grade(anatomy, pieces), grade, _evidence(anatomy, pieces),
        exposure=cost, tokens=tokens, rereads=again,
    )  # fmt: skip


def _evidence(anatomy: Anatomy, pieces: Iterable[int]) -> tuple[Evidence, ...]:
    found = []
    for piece in dearest(anatomy, pieces)[:MOST_EVIDENCE]:
        tiles = anatomy.pieces[piece].tiles
        enter = anatomy.tiles[tiles[0]].enter if tiles else anatomy.pieces[piece].made_by
        found.append(Evidence(enter, piece, f"{tokens_of(anatomy, piece):,} tokens"))
    return tuple(found)
