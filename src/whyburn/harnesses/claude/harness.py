"""Where Claude Code keeps its transcripts, and how one is read."""

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

_TITLES = (b'"ai-title"', b'"custom-title"')
_NOT_TRANSCRIPTS = frozenset({"tool-results", "memory", "todos", "shell-snapshots", "statsig"})


class Claude:
    """The harness `claude`."""

    name = "claude"
    parser = 1
    provider = "anthropic"
    actual: Literal["source", "zero"] = "zero"
    variables = ("WHYBURN_CLAUDE_PROJECTS", "TOKTRAIL_CLAUDE_PROJECTS", "CLAUDE_CONFIG_DIR")

    def roots(self, places: Places) -> list[str]:
        """The projects folders of every configuration root, the desktop application's local sessions among them."""
        environ = places.environ
        moved = environ.get("WHYBURN_CLAUDE_PROJECTS") or environ.get("TOKTRAIL_CLAUDE_PROJECTS")
        if moved:
            return [os.path.expanduser(moved)]
        config = environ.get("CLAUDE_CONFIG_DIR")
        xdg = environ.get("XDG_CONFIG_HOME") or os.path.join(places.home, ".config")
        usual = [os.path.join(places.home, ".claude"), os.path.join(xdg, "claude")]
        homes = _config_dirs(config) if config else usual
        desktop = [
            os.path.join(xdg, "Claude", "local-agent-mode-sessions"),
            os.path.join(places.home, "Library", "Application Support", "Claude", "local-agent-mode-sessions"),
        ]
        return [_projects(home) for home in homes] + [path for path in desktop if not config and os.path.isdir(path)]

    def sources(self, root: str) -> Iterable[Source]:
        """Transcripts below a root: a configuration root, its projects folder, or any part of it."""
        return walk(
            _projects(root) if os.path.isdir(os.path.join(root, "projects")) else root, _kind, skip=_NOT_TRANSCRIPTS
        )

    def skim(self, source: Source, checkpoint: Checkpoint, reader: SourceReader) -> Iterator[Item]:
        """Calls, agent names and session facts of the lines that carry usage."""
        from whyburn.harnesses.claude.calls import Transcript  # noqa: PLC0415  a refresh without news never decodes

        return skim_lines(reader.chunks(), Transcript(source.path, checkpoint.state, reader.sibling))

    def facts(self, source: Source, reader: SourceReader) -> Iterator[Item]:
        """Titles that the user or Claude Code gave to sessions."""
        from whyburn.harnesses.claude.titles import title_of  # noqa: PLC0415

        for chunk in reader.chunks():
            for pos, line in chunk.lines(_TITLES):
                fact = title_of(source.path, pos, line)
                if fact:
                    yield fact

    def deep(
        self, session: str, sources: Sequence[Source], opened: Callable[[Source], Reader]
    ) -> Iterator[TranscriptItem]:
        """The transcript of a session: its own file and those of its sub-agents, each line once."""
        from whyburn.harnesses.claude.deep import transcript  # noqa: PLC0415  only a postmortem reads everything

        return transcript(session, sources, opened)


def _config_dirs(value: str) -> list[str]:
    """One folder; a comma-separated list only if every part exists (a convention of other readers, not of Claude)."""
    parts = [os.path.expanduser(part.strip()) for part in value.split(",") if part.strip()]
    return parts if len(parts) > 1 and all(map(os.path.isdir, parts)) else [os.path.expanduser(value)]


def _projects(home: str) -> str:
    return home if os.path.basename(home.rstrip("/\\")) == "projects" else os.path.join(home, "projects")


def _kind(name: str) -> Kind | None:
    return "lines" if name.endswith(".jsonl") else None


HARNESS = Claude()
