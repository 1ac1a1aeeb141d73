"""Sub-agents whose work was not used, and sub-agents too short to be worth their own prompt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.charges import bands_of, input_cost
from whyburn.postmortem.claims import Claim
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import FIXED, MOST_EVIDENCE, count, size_grade
from whyburn.postmortem.findings.work import by_chain, changed_paths, named, read_paths, removal, tail, worked
from whyburn.postmortem.marginals import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Chain, ToolUse
    from whyburn.postmortem.claims import Share
    from whyburn.postmortem.findings.interface import Market

_LEAST_LATER = 3
"""Later uses that name files: with fewer nobody can say that a result was not used."""
_SHORT = 3
"""Calls of a short sub-agent."""
_LEAST_SHORT = 3


class _Spawned(NamedTuple):
    """A sub-agent, and the use that started it."""

    use: ToolUse
    chains: list[Chain]
    """Its own chain, then those of its sub-agents."""
    edits: bool
    """They changed files: that is their result, whatever they report."""


def _spawned(anatomy: Anatomy) -> dict[int, _Spawned]:
    """All sub-agents by the piece of their request."""
    asked = {use.request: use for use in anatomy.uses}
    editing = {use.chain for use in anatomy.uses if changed_paths(use) and worked(use)}
    children: dict[int, list[Chain]] = {}
    for chain in anatomy.chains:
        if chain.parent is not None and not chain.side:
            children.setdefault(chain.parent, []).append(chain)
    found = {}
    for chain in anatomy.chains:
        use = None if chain.request is None or chain.internal else asked.get(chain.request)
        if use is not None:
            family = _family(chain, children)
            found[use.request] = _Spawned(use, family, any(member.index in editing for member in family))
    return found


def _family(chain: Chain, children: dict[int, list[Chain]]) -> list[Chain]:
    found, seen = [chain], {chain.index}
    for member in found:
        for child in children.get(member.index, ()):
            if child.index not in seen:
                seen.add(child.index)
                found.append(child)
    return found


# --- not used ---------------------------------------------------------------------------------------------------------


def subagent_unused(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """The same task given twice with nothing changed between, and results of which nothing came up again."""
    spawned = _spawned(anatomy)
    for uses in by_chain(anatomy).values():
        in_order = [use for _, use in uses]
        twice = _given_twice(in_order, spawned)
        ignored = _ignored(in_order, spawned)
        for at, use in enumerate(in_order):
            agent = spawned.get(use.request)
            if agent is None:
                continue
            if at in twice:
                yield _unused(anatomy, agent, "did again what another one had done", 2)
            elif at in ignored:
                yield _unused(anatomy, agent, "reported on files of which none came up again", 3)


def _given_twice(uses: Sequence[ToolUse], spawned: Mapping[int, _Spawned]) -> set[int]:
    """Places of tasks given before in the same words, with no file changed since or with the same answer again."""
    done: dict[int, tuple[int, int]] = {}
    edits, found = 0, set()
    for at, use in enumerate(uses):
        agent = spawned.get(use.request)
        if use.call.action == "spawn" and use.call.arguments and use.result is not None and worked(use):
            now = (edits, use.result.steady)
            before = done.get(use.call.arguments)
            if before is not None and (before[0] == edits or before[1] == now[1]):
                found.add(at)
            done[use.call.arguments] = now
        edits += (bool(changed_paths(use)) and worked(use)) or (agent is not None and agent.edits)
    return found


def _ignored(uses: Sequence[ToolUse], spawned: Mapping[int, _Spawned]) -> set[int]:
    """Places of sub-agents that reported on files none of which is named by the uses after them."""
    later: set[str] = set()
    naming, found = 0, set()
    for at in range(len(uses) - 1, -1, -1):
        use = uses[at]
        told = {tail(path) for path in use.result.mentions} if use.result else set()
        agent = spawned.get(use.request)
        if agent is not None and not agent.edits and told and naming >= _LEAST_LATER and not told & later:
            found.add(at)
        words = _words(use)
        naming += bool(words)
        later.update(words)
    return found


def _words(use: ToolUse) -> set[str]:
    """The files that a use names in any way, each with and without its folder."""
    call = use.call
    paths = {*read_paths(use), *changed_paths(use), call.path or "", *(call.command or "").split()}
    named_files = {path for path in paths if "." in path}
    return {tail(path) for path in named_files} | {path.rsplit("/", 1)[-1] for path in named_files}


def _unused(anatomy: Anatomy, agent: _Spawned, what: str, cause: int) -> Finding:
    use, name = agent.use, agent.chains[0].name
    calls = [at for chain in agent.chains for at in chain.calls]
    shares: dict[int, Share] = dict.fromkeys(calls, (1, 1))
    gone = removal(anatomy, [use])
    return Finding(
        "subagent-unused", f"{named(use)} of call {use.made + 1}", f"The sub-agent {name} {what}",
        replace(gone, shares=shares),
        "Add to the instructions: give each task to one sub-agent, and none whose answer is not needed",
        size_grade(anatomy, gone.pieces), 2 if cause == 2 else 3,
        (Evidence(use.made, use.answer, f"{count(len(calls), 'call')} of its own"),
         Evidence(calls[0] if calls else None, None, "its first call")),
        tokens=sum(tokens_of(anatomy, piece) for piece in gone.pieces),
        counter=() if cause == 2 else ("what it found may have been used in words, without naming a file",),
    )  # fmt: skip


# --- too short --------------------------------------------------------------------------------------------------------


def subagent_cold(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Several short sub-agents of one kind: each had to write the same system prompt and tools into the cache."""
    kinds: dict[str, list[tuple[int, dict[int, int]]]] = {}
    for chain in anatomy.chains:
        if chain.parent is None or chain.side or chain.internal or not 0 < len(chain.calls) <= _SHORT:
            continue
        written = _written(anatomy, chain)
        kinds.setdefault(chain.name, []).append((chain.calls[0], written))
    for name, short in kinds.items():
        if len(short) >= _LEAST_SHORT:
            yield from _cold(anatomy, name, short)


def _written(anatomy: Anatomy, chain: Chain) -> dict[int, int]:
    """Piece → what writing it cost beyond reading it, of the pieces that every sub-agent of its kind begins with."""
    first = anatomy.calls[chain.calls[0]]
    read = first.prices.read if first.prices else 0
    bands = [band for band in bands_of(first) if band.start >= first.r]
    found: dict[int, int] = {}
    for index in anatomy.segments[first.segment].tiles:
        tile = anatomy.tiles[index]
        if anatomy.pieces[tile.piece].kind in FIXED and tile.enter == first.index:
            overlaps = (
                (min(band.end, tile.end) - max(band.start, tile.start), band.price + band.premium - read)
                for band in bands
            )
            found[tile.piece] = sum(tokens * price for tokens, price in overlaps if tokens > 0)
    return found


def _cold(anatomy: Anatomy, name: str, short: Sequence[tuple[int, dict[int, int]]]) -> Iterator[Finding]:
    """Those beyond the one that cost most."""
    ordered = sorted(short, key=lambda one: -sum(one[1].values()))[1:]
    costs = {piece: cost for _, written in ordered for piece, cost in written.items() if cost}
    if not costs:
        return
    yield Finding(
        "subagent-cold", name, f"{len(short)} sub-agents ({name}) of at most {_SHORT} calls wrote a prompt each",
        Claim(pieces={piece: (cost, input_cost(anatomy, piece)) for piece, cost in costs.items()}),
        f"Give small tasks of this kind to one {name} sub-agent together, or do them in the main thread",
        size_grade(anatomy, costs), 4,
        tuple(Evidence(call, None, "begins with a prompt of its own") for call, _ in ordered[:MOST_EVIDENCE]),
        tokens=sum(tokens_of(anatomy, piece) for piece in costs),
        counter=("several tasks in one sub-agent carry each other's context",),
    )  # fmt: skip
