"""A stored postmortem in one line: beside a session in lists, and on the bare command's screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whyburn.views.postmortem.facts import tidy
from whyburn.views.words import money, percent

if TYPE_CHECKING:
    from whyburn.postmortem.redact import Redactor


def headline_of(digest: dict[str, Any], redact: Redactor | None = None) -> str:
    """What the cause rests on; without a finding, what most was spent on. At `share` in our words only."""
    if redact is None or redact.level != "share" or not digest["cause_finding"]:
        return tidy(digest["headline"])
    from whyburn.api.postmortem.hiding import label_of  # noqa: PLC0415  rare, and it loads the engine's words

    return label_of(digest["cause_finding"])


def line_of(digest: dict[str, Any]) -> str:
    """The line of a session in a list: cause, and what was avoidable."""
    avoidable, cost = digest["avoidable_pico"], digest["cost_pico"]
    saved = f" · about {money(avoidable)} ({percent(avoidable, cost)}) avoidable" if avoidable and cost else ""
    return f"{headline_of(digest)}{saved}"


def short_cause(digest: dict[str, Any]) -> str:
    """The cause in a few words, for a column."""
    cause = tidy(digest["cause"])
    return cause[:1].lower() + cause[1:]
