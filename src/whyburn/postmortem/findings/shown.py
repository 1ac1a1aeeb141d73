"""Which lines of which files a conversation has in its context."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.targets import Target

Span = tuple[int, int]
"""Lines of a file, both inclusive."""
_ALL: Span = (1, 1 << 62)
"""Lines of a whole file."""


def joined(known: Sequence[Span], span: Span) -> list[Span]:
    """The known lines with these: ranges that do not touch."""
    first, last = span
    apart = []
    for a, b in known:
        if b + 1 < first or last + 1 < a:
            apart.append((a, b))
        else:
            first, last = min(a, first), max(b, last)
    return [*apart, (first, last)]


class Shown:
    """What one conversation has."""

    def __init__(self) -> None:
        self._spans: dict[str, list[Span]] = {}

    def knows(self, target: Target) -> bool:
        """Whether all of these lines are known; lines without numbers are when the whole file is."""
        first, last = target.span or _ALL
        return any(a <= first and last <= b for a, b in self._spans.get(target.path, ()))

    def add(self, target: Target) -> None:
        """These lines are known now; neighbouring ranges become one."""
        if not target.whole and target.span is None:
            return
        self._spans[target.path] = joined(self._spans.get(target.path, ()), target.span or _ALL)
