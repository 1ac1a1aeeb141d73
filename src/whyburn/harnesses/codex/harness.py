"""Where Codex keeps its rollouts, and how one is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from whyburn.harnesses.readers import skim_lines, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from whyburn.harnesses.interface import Kind, Places, Reader, Source
    from whyburn.harnesses.readers import SourceReader
    from whyburn.model import Checkpoint, Item
    from whyburn.transcript import TranscriptItem


_NAMES = "session_index.jsonl"
_NOT_ROLLOUTS = frozenset({"history.jsonl"})


class Codex:
    """The harness `codex`."""

    name = "codex"
    parser = 1
    provider = "openai"
    actual: Literal["source", "zero"] = "zero"
    variables = ("WHYBURN_CODEX_SESSIONS", "TOKTRAIL_CODEX_SESSIONS", "CODEX_HOME")

    def roots(self, places: Places) -> list[str]:
        """Active and archived rollouts of the Codex home (the same place on Linux and macOS), and its thread names."""
        environ = places.environ
        moved = environ.get("WHYBURN_CODEX_SESSIONS") or environ.get("TOKTRAIL_CODEX_SESSIONS")
        if moved:
            return [os.path.expanduser(moved)]
        home = os.path.expanduser(environ.get("CODEX_HOME") or os.path.join(places.home, ".codex"))
        return [os.path.join(home, name) for name in ("sessions", "archived_sessions", _NAMES)]

    def sources(self, root: str) -> Iterable[Source]:
        """Rollouts below a root, which may be a Codex home; a plain file wins over its compressed twin."""
        packed: list[Source] = []
        plain: set[str] = set()
        for source in walk(root, _kind):
            if source.kind == "packed":
                packed.append(source)
            else:
                plain.add(os.path.basename(source.path))
                yield source
        yield from (source for source in packed if os.path.basename(source.path).removesuffix(".zst") not in plain)

    def skim(self, source: Source, checkpoint: Checkpoint, reader: SourceReader) -> Iterator[Item]:
        """Calls, thread relations and rate limits of the lines that can carry them; titles from the index of names."""
        if os.path.basename(source.path) == _NAMES:
            from whyburn.harnesses.codex.names import ThreadNames  # noqa: PLC0415

            return skim_lines(reader.chunks(), ThreadNames())
        from whyburn.harnesses.codex.calls import Rollout  # noqa: PLC0415  a refresh without news never decodes

        return skim_lines(reader.chunks(), Rollout(source.path, checkpoint.state))

    def facts(self, _source: Source, _reader: SourceReader) -> Iterator[Item]:
        """Nothing more: rollouts hold no titles."""
        return iter(())

    def deep(
        self, session: str, sources: Sequence[Source], opened: Callable[[Source], Reader]
    ) -> Iterator[TranscriptItem]:
        """The transcript of a thread from its own rollout, or from a copy where that is gone."""
        from whyburn.harnesses.codex.deep import transcript  # noqa: PLC0415  only a postmortem decodes every line

        return transcript(session, sources, opened)


def _kind(name: str) -> Kind | None:
    if name.endswith(".jsonl"):
        return None if name in _NOT_ROLLOUTS else "lines"
    return "packed" if name.endswith(".jsonl.zst") else None


HARNESS = Codex()
