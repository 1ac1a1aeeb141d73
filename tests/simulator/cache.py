"""Prompt caches as the providers describe them: by prefix, per model, for a while.

A prompt is a chain of hashes, one per block, each over everything before it; so a prefix has one name, and anything
that changes in a prompt renames all that follows. Claude writes entries at breakpoints (after the tools, after the
system prompt, near the end) with a lifetime that reading renews. Codex caches by itself, in steps of 128 tokens.
"""

from __future__ import annotations

from typing import NamedTuple

SMALLEST = 1_024
"""Tokens below which no prompt is cached."""
IDLE_MS = 600_000
"""A cache of Codex is gone after so long without use."""


class Bands(NamedTuple):
    """How the tokens of one prompt were billed, in the order of the prompt."""

    read: int
    write1: int
    write5: int
    fresh: int


class _Entry(NamedTuple):
    length: int
    expires_ms: int
    ttl_ms: int


class Cache:
    """All entries of all models; sub-agents of a session share it."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, int], _Entry] = {}

    def warm(self, model: str, name: int, length: int, *, now_ms: int, ttl_ms: int) -> None:
        """Another session has just written this prefix."""
        self._keep(model, name, length, now_ms, ttl_ms)

    def claude(
        self, model: str, names: list[int], floors: list[tuple[int, int]], total: int,
        *, now_ms: int, ttl_ms: int, tail: int, keep: float | None,
    ) -> Bands:  # fmt: skip
        """Bill a prompt with breakpoints: `names` are its prefixes by block, `floors` (name, length) the fixed ones."""
        if total < SMALLEST:
            return Bands(0, 0, 0, total)
        read = self._longest(model, names, now_ms)
        if keep is not None:
            read = int(read * keep)
        cut = max(total - tail, read)
        for name, length in floors:
            self._keep(model, name, length, now_ms, ttl_ms)
        self._keep(model, names[-1], cut, now_ms, ttl_ms)
        written = cut - read
        return Bands(read, written if ttl_ms > IDLE_MS else 0, 0 if ttl_ms > IDLE_MS else written, total - cut)

    def codex(self, model: str, names: list[int], total: int, *, now_ms: int, keep: float | None, step: int) -> Bands:
        """Bill a prompt that is cached without being asked."""
        read = self._longest(model, names, now_ms)
        if keep is not None:
            read = int(read * keep)
        read = read // step * step if read >= SMALLEST else 0
        self._keep(model, names[-1], total, now_ms, IDLE_MS)
        return Bands(read, 0, 0, total - read)

    def _longest(self, model: str, names: list[int], now_ms: int) -> int:
        """Tokens of the longest live prefix; reading renews it."""
        for name in reversed(names):
            entry = self._entries.get((model, name))
            if entry is not None and entry.expires_ms > now_ms:
                self._keep(model, name, entry.length, now_ms, entry.ttl_ms)
                return entry.length
        return 0

    def _keep(self, model: str, name: int, length: int, now_ms: int, ttl_ms: int) -> None:
        self._entries[model, name] = _Entry(length, now_ms + ttl_ms, ttl_ms)
