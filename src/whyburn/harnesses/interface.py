"""What a harness module must offer, and nothing else.

A harness answers: where are my sources (`roots`, `sources`); which calls stand in this source since this checkpoint
(`skim`: cheap, only billing lines are decoded); what else does it tell about its sessions (`facts`: a second, lazy
pass for titles and the like); and what is the whole transcript of a session (`deep`: everything is decoded). It opens
nothing itself: all bytes come through the reader it is handed, which is why no harness can write to a source, read a
torn line or choke on a huge one.

Harnesses are found through the entry point group `whyburn.harnesses`, the built-in ones like anybody's. An entry
point names a module-level object that satisfies `Harness`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from whyburn.model import Checkpoint, Item
    from whyburn.transcript import TranscriptItem

T = TypeVar("T")
Kind = Literal["lines", "packed", "document", "database"]
"""lines: append-only, resumed at an offset · packed: compressed lines, read whole · document: rewritten, read whole ·
database: foreign SQLite, read by row."""


class Source(NamedTuple):
    """One file of a harness as discovery saw it; unchanged figures mean that it is not opened again.

    `readers.source_of` and `readers.walk` make them. The figures of a database include those of its write-ahead log.
    """

    path: str
    kind: Kind
    size: int
    mtime_ns: int
    dev: int
    ino: int


class Places(NamedTuple):
    """What discovery may depend on: the environment and the home folder."""

    environ: Mapping[str, str]
    home: str


class Reader(Protocol):
    """Read-only access to one source; see `whyburn.harnesses.readers`."""

    def chunks(self) -> Iterator[Any]:
        """The complete lines from the checkpoint on, in chunks (kinds lines and packed)."""

    def document(self) -> bytes:
        """The whole text, never half of a rewrite (kind document)."""

    def database(self, read: Callable[[Any], T]) -> T:
        """What `read` returns when it is given a read-only connection to one state of the file (kind database).

        It is called again if the file changed meanwhile: it fetches its rows, all or a page of them, and returns them.
        Nothing is left beside the file.
        """

    def sibling(self, name: str) -> bytes | None:
        """The text of a small file in the same folder, None if there is none."""


class Harness(Protocol):
    """One agent program whose logs can be read."""

    name: str
    """Canonical id: lower case, never changed."""
    parser: int
    """Raised when the same bytes would give different items; sources are then read again from the start."""
    provider: str | None
    """Who is called when a record does not tell; None when nothing can be assumed."""
    actual: Literal["source", "zero"]
    """Built-in rule for what the user really pays: the recorded cost, or nothing (a plan)."""
    variables: Sequence[str]
    """Environment variables that move the sources."""

    def roots(self, places: Places) -> list[str]:
        """Every folder or file to look in, present or not, best first; an empty one never hides another."""

    def sources(self, root: str) -> Iterable[Source]:
        """All sources under one root, which may also be a single file or a folder inside a usual root."""

    def skim(self, source: Source, checkpoint: Checkpoint, reader: Reader) -> Iterator[Item]:
        """Calls and facts after the checkpoint, in the order of the source, with checkpoints between them.

        Problems and unknown records are reported when a checkpoint follows them; what stands behind the last one is
        taken as unfinished and met again. `skim_lines` sees to that for lines. A document or a database ends with a
        checkpoint of its own, also where there was nothing but a problem.
        """

    def facts(self, source: Source, reader: Reader, /) -> Iterator[Item]:
        """Session facts that no billing line carries, over the whole source."""

    def deep(
        self, session: str, sources: Sequence[Source], opened: Callable[[Source], Reader], /
    ) -> Iterator[TranscriptItem]:
        """The transcript of a session from all sources that speak of it; nothing when there is no step data.

        Streams: no more than one response of a chain is held. Sources that are gone are passed over. A harness whose
        logs hold no steps may leave this method out.
        """
