"""Results that were in the prompt already: the same file read again, overlapping lines of it, the same output twice.

A copy counts only while the earlier one is still in the same segment, and only if nothing made it news: no edit of
the file between two reads, no edit of anything between two runs of a command.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem import commands
from whyburn.postmortem.claims import Claim
from whyburn.postmortem.findings.interface import Evidence, Finding
from whyburn.postmortem.findings.measures import MOST_EVIDENCE, count, dearest, size_grade
from whyburn.postmortem.findings.shown import joined
from whyburn.postmortem.findings.work import changed_paths, presence, removal, subject_of, targets_of
from whyburn.postmortem.marginals import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from whyburn.postmortem.anatomy import Anatomy, ToolUse
    from whyburn.postmortem.commands import Target
    from whyburn.postmortem.findings.interface import CauseGrade, Market
    from whyburn.postmortem.findings.shown import Span

_LEAST_BLOCK = 500
"""Tokens of a result whose copy is worth a word."""
_LEAST_OVERLAP = 2
"""Half of the lines have to be known."""
_RULE = "Add to the instructions: do not read again what is in context and was not edited"


class _Read(NamedTuple):
    """A file, or lines of it, that a tool use brought into a prompt."""

    use: ToolUse
    answer: int
    segment: int
    path: str
    span: Span | None
    hash: int
    version: int
    """How many edits of the file came before."""


class _Edits:
    """When files were edited, over all chains."""

    def __init__(self, anatomy: Anatomy) -> None:
        self._anatomy = anatomy
        self._all: list[tuple[int, int]] = []
        self._by_path: dict[str, list[tuple[int, int]]] = {}
        for index, use in enumerate(anatomy.uses):
            at = self._at(index, use)
            paths = changed_paths(use)
            for path in paths:
                self._by_path.setdefault(path, []).append(at)
            if paths:
                self._all.append(at)
        for times in (self._all, *self._by_path.values()):
            times.sort()

    def _at(self, index: int, use: ToolUse) -> tuple[int, int]:
        return self._anatomy.calls[use.made].at_ms or 0, index

    def before(self, index: int, use: ToolUse, path: str | None = None) -> int:
        """How many edits (of a file, or of any) were asked for before this use."""
        return bisect_left(self._all if path is None else self._by_path.get(path, []), self._at(index, use))


class _Copies(NamedTuple):
    """Later copies of what was known, by subject."""

    same: dict[str, list[_Read]]
    overlapping: dict[str, list[tuple[_Read, int]]]
    """With the lines that were known."""
    news: set[int]
    """Results of reads that follow an edit of their file."""


def duplicate_read(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """The same lines of a file, read again while the earlier copy was there and the file had not been edited."""
    for path, reads in _copies(anatomy).same.items():
        again = count(len(reads), "more time")
        title = f"{path} was read {again}, unchanged and still in context"
        claim = removal(anatomy, [read.use for read in reads])
        yield _finding(anatomy, "duplicate-read", path, title, claim, [read.answer for read in reads], 2)


def overlapping_read(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Lines of a file of which at least half had been read before; reads that brought nothing new go whole."""
    for path, found in _copies(anatomy).overlapping.items():
        nothing_new = removal(anatomy, [read.use for read, known in found if known == _lines(read)])
        shares = {read.answer: (known, _lines(read)) for read, known in found}
        claim = Claim(pieces={**shares, **nothing_new.pieces}, generated=nothing_new.generated, steps=nothing_new.steps)
        known, asked = sum(known for _, known in found), sum(_lines(read) for read, _ in found)
        title = f"{known:,} of {asked:,} lines in later reads of {path} were in context already"
        yield _finding(anatomy, "overlapping-read", path, title, claim, [read.answer for read, _ in found], 3)


def duplicate_block(anatomy: Anatomy, _market: Market) -> Iterator[Finding]:
    """Any other result of some size whose equal was still in context."""
    copies = _copies(anatomy)
    passed = copies.news | {read.answer for reads in copies.same.values() for read in reads}
    passed |= {read.answer for found in copies.overlapping.values() for read, _ in found}
    for label, answers in _repeated(anatomy, passed).items():
        title = (
            f"The same {tokens_of(anatomy, answers[0]):,} tokens of {label} entered {count(len(answers), 'more time')}"
        )
        claim = Claim(pieces=dict.fromkeys(answers, (1, 1)))
        yield _finding(anatomy, "duplicate-block", label, title, claim, answers, 2)


def _repeated(anatomy: Anatomy, passed: set[int]) -> dict[str, list[int]]:
    """Later copies of equal results by the label of the first; an edit of anything makes the output of a command news.

    Results of the same command are equal without their durations and ids, those of different ones to the letter.
    """
    edits = _Edits(anatomy)
    seen: dict[tuple[int, int, str, int], str] = {}
    found: dict[str, list[int]] = {}
    for index, use in enumerate(anatomy.uses):
        answer = _shown(anatomy, use)
        if answer is None or tokens_of(anatomy, answer) < _LEAST_BLOCK:
            continue
        piece, result = anatomy.pieces[answer], use.result
        whole, steady = piece.block.hash if piece.block else 0, result.steady if result else 0
        version = edits.before(index, use) if use.call.command else 0
        same = [(whole, ""), (steady, subject_of(use))] if steady else [(whole, "")]
        first, *_ = segments = _segments(anatomy, answer)
        known = next((seen[first, *key, version] for key in same if (first, *key, version) in seen), None)
        if known is not None and answer not in passed:
            found.setdefault(known, []).append(answer)
        for mark in ((segment, *key, version) for segment in segments for key in same):
            seen.setdefault(mark, known or piece.label or use.call.name)
    return found


def _copies(anatomy: Anatomy) -> _Copies:
    """One pass over all reads, with what each segment knows of each file."""
    copies = _Copies({}, {}, set())
    equal: set[tuple[int, str, Span | None, int, int]] = set()
    newest: dict[tuple[int, str], int] = {}
    known: dict[tuple[int, str, int], list[Span]] = {}
    for read in _reads(anatomy):
        if newest.get((read.segment, read.path), read.version) != read.version:
            copies.news.add(read.answer)
        if (read.segment, read.path, read.span, read.hash, read.version) in equal:
            copies.same.setdefault(read.path, []).append(read)
        elif read.span is not None:
            lines = _overlap(known.get((read.segment, read.path, read.version), ()), read.span)
            if lines * _LEAST_OVERLAP >= _lines(read):
                copies.overlapping.setdefault(read.path, []).append((read, lines))
        for segment in _segments(anatomy, read.answer):
            equal.add((segment, read.path, read.span, read.hash, read.version))
            newest[segment, read.path] = read.version
            if read.span is not None:
                place = (segment, read.path, read.version)
                known[place] = joined(known.get(place, ()), read.span)
    return copies


def sole_read(use: ToolUse) -> Target | None:
    """The file that a result consists of; None when there are several, or other things beside it."""
    targets = targets_of(use)
    if len(targets) != 1 or (use.call.command and commands.parse(use.call.command).category != "read"):
        return None
    return targets[0]


def _reads(anatomy: Anatomy) -> Iterator[_Read]:
    """All reads of one file whose whole result the model saw."""
    edits = _Edits(anatomy)
    for index, use in enumerate(anatomy.uses):
        target, answer = sole_read(use), _shown(anatomy, use)
        if target is None or answer is None:
            continue
        (path, span, _), block = target, anatomy.pieces[answer].block
        version = edits.before(index, use, path)
        yield _Read(use, answer, _segments(anatomy, answer)[0], path, span, block.hash if block else 0, version)


def _shown(anatomy: Anatomy, use: ToolUse) -> int | None:
    """The piece of a result that the model saw in full and without failure."""
    if use.answer is None or use.result is None or use.result.failure or use.result.spilled:
        return None
    piece = anatomy.pieces[use.answer]
    return use.answer if piece.tiles and piece.block is not None and piece.block.hash else None


def _segments(anatomy: Anatomy, piece: int) -> list[int]:
    return [anatomy.tiles[tile].segment for tile in anatomy.pieces[piece].tiles]


def _lines(read: _Read) -> int:
    return read.span[1] - read.span[0] + 1 if read.span else 0


def _overlap(known: Sequence[Span], span: Span) -> int:
    return sum(max(min(last, span[1]) - max(first, span[0]) + 1, 0) for first, last in known)


def _finding(
    anatomy: Anatomy, name: str, subject: str, title: str, claim: Claim, answers: Sequence[int], grade: CauseGrade
) -> Finding:
    tokens, again = presence(anatomy, answers)
    entered: Mapping[int, int] = {answer: anatomy.tiles[anatomy.pieces[answer].tiles[0]].enter for answer in answers}
    return Finding(
        name, subject, title, claim, _RULE, size_grade(anatomy, answers), grade,
        tuple(Evidence(entered[one], one, f"{tokens_of(anatomy, one):,} tokens again")
              for one in dearest(anatomy, answers)[:MOST_EVIDENCE]),
        tokens=tokens, rereads=again,
    )  # fmt: skip
