"""Output that was paid for and thrown away: cut answers, files written twice, files written whole for a small change.

What is generated is the dearest token there is, and its echo stays in the prompt like everything else.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.charges import life_cost
from whyburn.postmortem.claims import Claim
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import MOST_EVIDENCE, count, size_grade
from whyburn.postmortem.findings.work import by_chain, changed_paths, presence, targets_of, together, worked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from whyburn.postmortem.anatomy import Anatomy, Call, ToolUse
    from whyburn.postmortem.findings.interface import Market
    from whyburn.transcript import Block

_CUT = frozenset({"max_tokens", "length", "max_output_tokens", "model_context_window_exceeded"})
"""Why a response ended, in the words of several providers: there was no room for more."""
_FINISHED = frozenset({"end_turn", "tool_use", "stop_sequence", "stop", "tool_calls", "completed"})
_BROKEN = frozenset({"api_error", "interrupted", "truncated", "refused"})
_QUIET = frozenset({"edit", "write", "plan"})
"""Actions after which nobody has used a file that was written before."""
_NEAR = 20
"""Percent by which two versions of a file may differ in size and still look like the same file."""


class _Discard(NamedTuple):
    """Pieces that came to nothing, and why."""

    why: str
    pieces: list[int]
    call: int


# --- discarded output -------------------------------------------------------------------------------------------------

_TOLD = {
    "cut": ("Responses were cut at the limit of output", "Ask for long files and answers in parts, or raise the limit"),
    "broken": ("Responses were broken off", "Say what is wrong before the agent begins to write, not while it writes"),
    "replaced": ("Files were written again before anything used them",
                 "Add to the instructions: settle the design of a file before writing it, then change it by edits"),
}  # fmt: skip


def discarded_output(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Responses that were cut or broken off, and whole files that were written again before anything used them."""
    found: dict[str, list[_Discard]] = {}
    answered = {use.request for use in anatomy.uses if worked(use)}
    for one in (*_unfinished(anatomy, answered), *_replaced(anatomy)):
        if one.pieces:
            found.setdefault(one.why, []).append(one)
    for why, same in found.items():
        pieces = [piece for one in same for piece in one.pieces]
        tokens, rereads = presence(anatomy, pieces)
        what, fix = _TOLD[why]
        yield Finding(
            "discarded-output", why, f"{what}, {count(len(same), 'time')}",
            Claim(pieces=dict.fromkeys(pieces, (1, 1)), generated=frozenset(pieces)), fix,
            max(size_grade(anatomy, pieces), "A" if why == "replaced" or _final(anatomy, same) else "C"), 3,
            tuple(Evidence(one.call, one.pieces[0], _TOLD[why][0]) for one in same[:MOST_EVIDENCE]),
            tokens=tokens, rereads=rereads, counter=("parts of it may have helped what came next",),
        )  # fmt: skip


def _final(anatomy: Anatomy, discards: Iterable[_Discard]) -> bool:
    return all(anatomy.calls[one.call].final for one in discards)


def _unfinished(anatomy: Anatomy, answered: set[int]) -> Iterator[_Discard]:
    """Responses that ended too early and were followed by another request."""
    for chain in anatomy.chains:
        if chain.side:
            continue
        for before, after in pairwise(chain.calls):
            call = anatomy.calls[before]
            why = _why_unfinished(call, anatomy.calls[after])
            if why and not any(piece in answered for piece in call.made):
                yield _Discard(why, list(call.made), before)


def _why_unfinished(call: Call, after: Call) -> str | None:
    stop = call.step.stop if call.step else None
    if stop in _CUT:
        return "cut"
    broken = any(trouble.kind in _BROKEN for trouble in after.troubles)
    return "broken" if broken and not call.final and stop not in _FINISHED else None


def _replaced(anatomy: Anatomy) -> Iterator[_Discard]:
    """Files that were written, and written again with nothing in between that could have used them."""
    for uses in by_chain(anatomy).values():
        written: dict[str, ToolUse] = {}
        last: ToolUse | None = None
        for _, use in uses:
            if use.call.action not in _QUIET or (last and not together(anatomy, last, use)):
                written.clear()
            last = use
            path = _changed(use) if use.call.action == "write" else None
            if path is not None and path in written:
                yield _Discard("replaced", [written[path].request], written[path].made)
            for changed in changed_paths(use):
                written.pop(changed, None)
            if path is not None:
                written[path] = use


def _changed(use: ToolUse) -> str | None:
    """The one file that a use changed."""
    changed = changed_paths(use)
    return changed[0] if worked(use) and len(changed) == 1 else None


# --- whole files for a small change -----------------------------------------------------------------------------------


def rewrite_for_edit(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Known files written whole again, about as long as they were.

    Logs do not tell how much of a file changed, so this is what the rewriting cost, not a saving.
    """
    found: dict[str, list[ToolUse]] = {}
    for uses in by_chain(anatomy).values():
        for path, use in _rewritten(anatomy, [use for _, use in uses]):
            found.setdefault(path, []).append(use)
    for path, same in found.items():
        requests = [use.request for use in same]
        tokens, rereads = presence(anatomy, requests)
        yield Finding(
            "rewrite-for-edit", path, f"{path} was written whole {count(len(same), 'time')} although it was known",
            Claim(), f"Add to the instructions: change {path} by edits; write whole files only when they are new",
            size_grade(anatomy, requests), 3,
            tuple(Evidence(use.made, use.request, "the whole file again") for use in same[:MOST_EVIDENCE]),
            exposure=sum(life_cost(anatomy, piece) for piece in requests), tokens=tokens, rereads=rereads,
            counter=("the log does not tell how much of the file changed; only its size is much the same",),
        )  # fmt: skip


def _rewritten(anatomy: Anatomy, uses: Sequence[ToolUse]) -> Iterator[tuple[str, ToolUse]]:
    """Changes whose request is nearly of the size of the whole file, as far as that is known."""
    known: dict[str, Block] = {}
    for use in uses:
        path = _changed(use)
        new = anatomy.pieces[use.request].block
        if path is None or new is None or use.call.action != "write":
            known.update(_read_whole(anatomy, use))
            continue
        if path in known and _much_alike(known[path], new):
            yield path, use
        known[path] = new


def _read_whole(anatomy: Anatomy, use: ToolUse) -> Iterator[tuple[str, Block]]:
    targets = targets_of(use)
    block = None if use.answer is None else anatomy.pieces[use.answer].block
    if len(targets) == 1 and targets[0].whole and worked(use) and block is not None:
        yield targets[0].path, block


def _much_alike(old: Block, new: Block) -> bool:
    return old.texture == new.texture and abs(new.size - old.size) * 100 <= _NEAR * old.size
