"""A stored postmortem in one line: beside a session in lists, and on the bare command's screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whyburn.postmortem.diagnosis.causes import LABELS
from whyburn.postmortem.digest import headline
from whyburn.views.words import clean, money, percent

if TYPE_CHECKING:
    from whyburn.postmortem.redact import Redactor


def headline_of(digest: dict[str, Any], redact: Redactor | None = None) -> str:
    """The largest thing that could have been avoided, else the cause; no text of the log where none is to be seen."""
    if redact is not None and redact.level == "share":
        found = digest["findings"]
        return LABELS.get(found[0][0], found[0][0].replace("-", " ")) if found else str(digest["cause"])
    return clean(headline(digest))


def line_of(digest: dict[str, Any]) -> str:
    """The line of a session in a list: cause, and what was avoidable."""
    avoidable, cost = digest["avoidable_pico"], digest["cost_pico"]
    saved = f" · about {money(avoidable)} ({percent(avoidable, cost)}) avoidable" if avoidable and cost else ""
    return f"{headline_of(digest)}{saved}"


def short_cause(digest: dict[str, Any]) -> str:
    """The cause in a few words, for a column."""
    cause = clean(digest["cause"])
    return cause[:1].lower() + cause[1:]
