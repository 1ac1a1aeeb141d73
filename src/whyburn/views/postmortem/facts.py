"""What several views of a postmortem say in the same words: the headline's parts, findings that fit a line.

Everything comes from the data of a report, as `--json` prints it; the views add words and leave numbers alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from whyburn.views.words import clean, count_of, cut, money, percent, shorten, tokens, width_of

if TYPE_CHECKING:
    from datetime import tzinfo

Data = dict[str, Any]
PROJECT = "~/project/"
"""What redaction makes of the session's own folder."""
NOT_RECORDED = "not recorded by this harness"
_LEAST_SUBJECT = 16


def tidy(text: object) -> str:
    """A clean text in which files of the project stand as they do in the project."""
    return clean(text).replace(PROJECT, "")


def bill_text(data: Data) -> str:
    """The bill: "≥" when a part has no price, tokens when nothing has."""
    cost, missing = data["billed"]["cost_pico_usd"], data["quality"]["unpriced_calls"]
    if not missing:
        return money(cost)
    if missing == data["session"]["calls"]:
        return f"{tokens(all_tokens(data))} tokens, no price"
    return f"≥{money(cost).removeprefix('<')}"


def is_priced(data: Data) -> bool:
    """Whether anything in the session has a price."""
    return bool(data["quality"]["unpriced_calls"] < data["session"]["calls"])


def all_tokens(data: Data) -> int:
    """Every billed token once."""
    return sum(row["tokens"] for row in data["attribution"]["by_model"])


def models_text(data: Data) -> str:
    """The dearest model, and how many others there are."""
    names = [clean(row["model"]) for row in data["attribution"]["by_model"]]
    return names[0] + (f" + {len(names) - 1}" if len(names) > 1 else "") if names else "no model"


def period_text(data: Data, zone: tzinfo) -> str:
    """When: "2026-11-20 09:14–11:24", the date again where it is another."""
    first, last = (_moment(data["session"][key], zone) for key in ("first_ms", "last_ms"))
    if first is None or last is None:
        return "time not recorded"
    if first == last:
        return first
    return (
        f"{first}–{last[11:]}"
        if first[:10] == last[:10]
        else f"{first} – {last[5:] if first[:4] == last[:4] else last}"
    )


def _moment(ms: int | None, zone: tzinfo) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, zone).strftime("%Y-%m-%d %H:%M")


def calls_text(data: Data) -> str:
    """How many calls."""
    return count_of(data["session"]["calls"], "call")


def saving_findings(data: Data) -> list[Data]:
    """The findings that make up the joint saving and are worth a line, largest first."""
    found = [one for one in data["findings"] if one["notable"] and one["incremental_saving_pico_usd"] > 0]
    return sorted(found, key=lambda one: -one["incremental_saving_pico_usd"])


def finding_title(finding: Data, room: int) -> str:
    """A finding's sentence in so many columns: its subject gives way first, in its middle."""
    title, subject = tidy(finding["title"]), tidy(finding["subject"])
    over = width_of(title) - room
    if over > 0 and subject and subject in title:
        title = title.replace(subject, shorten(subject, max(_LEAST_SUBJECT, width_of(subject) - over)), 1)
    return cut(title, room)


def places_text(finding: Data, most: int = 3) -> str:
    """Where to look: "call 14, line 233"."""
    spots = [_spot(one) for one in finding["evidence"] if one["call"] is not None or one["line"] is not None]
    more = f" and {len(spots) - most} more" if len(spots) > most else ""
    return "; ".join(spots[:most]) + more


def _spot(one: Data) -> str:
    parts = [f"{word} {one[word]}" for word in ("call", "line") if one[word] is not None]
    return ", ".join(parts)


def share_text(pico: int, data: Data) -> str:
    """A part of the bill."""
    return percent(pico, data["billed"]["cost_pico_usd"])


def unpriced_text(data: Data) -> str:
    """Which models have no price, with their calls and tokens; empty when all have one."""
    rows = [row for row in data["attribution"]["by_model"] if row["unpriced_calls"]]
    told = [f"{clean(row['model'])}: {count_of(row['unpriced_calls'], 'call')}, {tokens(row['unpriced_tokens'])} tokens"
            for row in rows]  # fmt: skip
    return "; ".join(told)
