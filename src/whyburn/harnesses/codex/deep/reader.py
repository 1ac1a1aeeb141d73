"""Reads a rollout from its first line to its last and yields the transcript.

A line that cannot be read costs that line. The sources of a thread are its own rollout, perhaps twice (archived,
packed), and the rollouts of its forks and children, which begin with copies of its history: only the first source
that tells anything is read, its own before any copy.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from whyburn.harnesses.codex.deep.conversation import Conversation
from whyburn.harnesses.codex.deep.records import cleaned, decoded
from whyburn.harnesses.readers import BAD_LINE, UNDECODABLE
from whyburn.transcript import Skipped, Spot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from whyburn.harnesses.interface import Reader, Source
    from whyburn.harnesses.readers import Chunk
    from whyburn.transcript import TranscriptItem


def transcript(session: str, sources: Sequence[Source], opened: Callable[[Source], Reader]) -> Iterator[TranscriptItem]:
    """The items of a thread: from its own rollout, else from the first copy of its history that tells anything."""
    for index in sorted(range(len(sources)), key=lambda n: not _stem(sources[n].path).endswith(session)):
        told = False
        for item in _items(session, index, sources[index], opened):
            told = told or not isinstance(item, Skipped)
            yield item
        if told:
            return


def _stem(path: str) -> str:
    return os.path.basename(path).split(".jsonl")[0]


def _items(session: str, index: int, source: Source, opened: Callable[[Source], Reader]) -> Iterator[TranscriptItem]:
    """One source to its end; of a foreign rollout the history that is the session's, which is its beginning."""
    talk, number, was_ours = Conversation(source.path, session), 0, False
    try:
        for chunk in opened(source).chunks():
            if chunk.problem:
                number += 1
                yield Skipped(Spot(index, number, chunk.problem.pos), chunk.problem.reason)
            for pos, line in _lines(chunk):
                number += 1
                if talk.knows(line):
                    continue
                found = _read(talk, line, Spot(index, number, pos))
                ours = talk.is_of(session)
                if ours or was_ours:
                    yield from found
                if was_ours and not ours:
                    yield from talk.rest()
                    return
                was_ours = ours
    except OSError as error:
        if number:
            yield Skipped(Spot(index, number, 0), f"not readable to its end ({type(error).__name__})")
    if was_ours:
        yield from talk.rest()


def _lines(chunk: Chunk) -> Iterator[tuple[int, bytes]]:
    """(offset, line) of every line, empty ones too: they have numbers."""
    pos = chunk.base
    for line in chunk.data[: max(chunk.end - chunk.base - 1, 0)].split(b"\n") if chunk.data else ():
        yield pos, line
        pos += len(line) + 1


def _read(talk: Conversation, line: bytes, spot: Spot) -> Sequence[TranscriptItem]:
    """The items of one line."""
    if len(line) <= 1:
        return ()
    try:
        try:
            return talk.items(decoded(line), line, spot)
        except UNDECODABLE:  # perhaps a text that only looking at it found to be broken
            line = cleaned(line)
            return talk.items(decoded(line), line, spot)
    except BAD_LINE as error:
        return (Skipped(spot, f"not a readable record ({type(error).__name__})"),)
