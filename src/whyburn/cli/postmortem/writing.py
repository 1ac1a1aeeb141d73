"""How an answer leaves the program: JSON on stdout, a file, a note on stderr, the verdict on a budget."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from whyburn import __version__
from whyburn.cli.context import SCHEMA_VERSION
from whyburn.errors import SourceError

if TYPE_CHECKING:
    from whyburn.api.postmortem.answers import Answer

OVER_BUDGET = 3


def document(kind: str, body: dict[str, Any]) -> str:
    """One JSON object with its head, on one line."""
    head = {"schema_version": SCHEMA_VERSION, "version": __version__, "kind": kind}
    return json.dumps({**head, **body}, ensure_ascii=False) + "\n"


def note(line: str) -> None:
    """A line on stderr."""
    from whyburn.views.words import clean  # noqa: PLC0415

    sys.stderr.write(f"whyburn: {clean(line)}\n")


def place(path: str) -> str:
    """The absolute path of a file that a command writes."""
    return os.path.abspath(os.path.expanduser(path))


def write(out: str, text: str) -> None:
    """Write a file that only its owner can read, with the folders that it needs."""
    from whyburn.api.postmortem.site import write_private  # noqa: PLC0415

    if os.path.isdir(place(out)):
        raise SourceError(f"{out} is a folder; --out names a file")
    write_private(place(out), text)


def deliver(text: str, out: str | None, *, as_json: bool) -> None:
    """To stdout, or into a private file and say so: on stderr when stdout is for a machine."""
    if out is None:
        sys.stdout.write(text)
        return
    write(out, text)
    if as_json:
        note(f"written to {out}")
    else:
        sys.stdout.write(f"written to {out}\n")


def exceeded(answer: Answer, budget: int | None) -> bool | None:
    """Whether the bill is beyond a budget in pico-dollars; None without a budget, or without any price."""
    data = answer.data
    if budget is None or data["quality"]["unpriced_calls"] == data["session"]["calls"]:
        return None
    return bool(data["billed"]["cost_pico_usd"] > budget)


def verdict(answer: Answer, budget: int | None) -> str:
    """The same in words; empty without a budget."""
    from whyburn.views.words import money  # noqa: PLC0415

    if budget is None:
        return ""
    over, spent = exceeded(answer, budget), answer.data["billed"]["cost_pico_usd"]
    if over is None:
        return f"{money(budget)}: cannot be judged, nothing has a price"
    if over:
        return f"{money(budget)}: exceeded by {money(spent - budget)}"
    partly = " (some calls have no price)" if answer.data["quality"]["unpriced_calls"] else ""
    return f"{money(budget)}: within, {money(budget - spent)} left{partly}"


def announce(answer: Answer) -> None:
    """Which session was taken when none was named, and why."""
    session = answer.data["session"]
    note(f"newest session over all harnesses: {session['harness']} {answer.name}; another one: whyburn scan")
