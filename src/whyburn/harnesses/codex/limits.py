"""Rate limits as the provider reported them, the last state of each quarter of an hour.

The same snapshot is repeated on every line, with counters that creep; one state per window and quarter of an hour is
what a report can show. Windows are told apart by their length, never by their position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.model import QUARTER_MS, QuotaFact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whyburn.harnesses.codex.records import Limits

_MOST = 10**12
"""Seconds, minutes and percents beyond this are no times and no shares."""


class LimitLog:
    """Collects the reported states of a chunk, cheaply: they are taken apart once per quarter of an hour."""

    def __init__(self) -> None:
        self._last: dict[tuple[int, str | None, tuple[int | None, int | None]], tuple[int, list[Limits]]] = {}

    def add(self, limits: Limits, at_ms: int) -> None:
        """Note a snapshot; later ones of the same quarter of an hour that name the same windows replace it.

        A window that says nothing must not replace one that does.
        """
        first, second = limits.primary, limits.secondary
        lengths = (
            first.window_minutes if first is not None and first.used_percent is not None else None,
            second.window_minutes if second is not None and second.used_percent is not None else None,
        )
        key = (at_ms // QUARTER_MS, limits.limit_id, lengths)
        old = self._last.get(key)
        if old is None or old[0] < at_ms:
            self._last[key] = (at_ms, [limits])
        elif old[0] == at_ms:  # which of them is kept must not depend on how the file was cut: the ledger decides
            old[1].append(limits)

    def take(self) -> Iterator[QuotaFact]:
        """The states collected since the last call."""
        last, self._last = self._last, {}
        for at_ms, several in last.values():
            for limits in several:
                yield from _facts(limits, at_ms)


def _facts(limits: Limits, at_ms: int) -> Iterator[QuotaFact]:
    """Both windows of a snapshot; windows without a length or a percentage say nothing."""
    for window in (limits.primary, limits.secondary):
        if window is None or window.used_percent is None or not window.window_minutes:
            continue
        figures = (window.used_percent, window.window_minutes, window.resets_at, window.resets_in_seconds)
        if any(not 0 <= (figure or 0) < _MOST for figure in figures):
            continue
        resets = window.resets_at * 1000 if window.resets_at else None
        if resets is None and window.resets_in_seconds is not None:
            resets = at_ms + window.resets_in_seconds * 1000
        yield QuotaFact(
            limits.limit_id or "codex", window.window_minutes, at_ms, round(window.used_percent * 100), resets
        )
