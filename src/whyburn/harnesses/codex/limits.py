"""Rate limits as the provider reported them, the last state of each quarter of an hour.

The same snapshot is repeated on every line, with counters that creep; one state per window and quarter of an hour is
what a report can show. Windows are told apart by their length, never by their position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.model import QuotaFact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whyburn.harnesses.codex.records import Limits

QUARTER_MS = 900_000


class LimitLog:
    """Collects the reported states of a chunk."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int, int], QuotaFact] = {}

    def add(self, limits: Limits, at_ms: int) -> None:
        """Note both windows of a snapshot; windows without a length or a percentage say nothing."""
        for window in (limits.primary, limits.secondary):
            if window is None or window.used_percent is None or not window.window_minutes:
                continue
            limit = limits.limit_id or "codex"
            resets = window.resets_at * 1000 if window.resets_at else None
            if resets is None and window.resets_in_seconds is not None:
                resets = at_ms + window.resets_in_seconds * 1000
            used = round(window.used_percent * 100)
            fact = QuotaFact(limit, window.window_minutes, at_ms, used, resets)
            key = (limit, window.window_minutes, at_ms // QUARTER_MS)
            old = self._seen.get(key)
            if old is None or old.at_ms <= at_ms:
                self._seen[key] = fact

    def take(self) -> Iterable[QuotaFact]:
        """The states collected since the last call."""
        seen, self._seen = self._seen, {}
        return seen.values()
