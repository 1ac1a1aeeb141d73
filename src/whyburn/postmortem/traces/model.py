"""What a trace holds: events, each with the tokens it was billed and the text it is about.

Two kinds of tokens are kept apart. `Usage` is what a provider counted for one model call; it has a price. An event's
`tokens` say how much text there is to see, often estimated from its length; they have none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from whyburn.postmortem.traces.traits import traits_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whyburn.postmortem.traces.traits import Trait

USAGE = "usage"
"""Category of a record that only counts tokens; it is no event."""
Unit = Literal["line", "record"]
_PLAIN = re.compile(r"[A-Za-z]+(?:[ _.:-][A-Za-z]+){0,3}")
"""A name made of a few words: it can be neither a secret nor a path."""
HashBasis = Literal["", "recorded", "prompt", "text"]
GOOD = frozenset({"ok", "success", "completed", "succeeded", "passed", "done"})
"""How an event that went well may end."""


class Usage(NamedTuple):
    """Billed tokens in disjoint classes; reasoning is a part of output."""

    input: int = 0
    cache_read: int = 0
    write_5m: int = 0
    write_1h: int = 0
    write_other: int = 0
    output: int = 0
    unsorted: int = 0
    """Tokens of which the record does not tell the class; they cannot be priced."""

    @property
    def prompt(self) -> int:
        """Tokens sent: they choose the price tier."""
        return self.input + self.cache_read + self.cache_write

    @property
    def cache_write(self) -> int:
        """Tokens written to a cache, all lifetimes."""
        return self.write_5m + self.write_1h + self.write_other

    @property
    def total(self) -> int:
        """Every token once."""
        return self.prompt + self.output + self.unsorted


@dataclass(frozen=True, slots=True)
class Event:
    """One record of a trace."""

    line: int
    """Where it stands, from 1: its line, or its place among the records of a document."""
    category: str
    unit: Unit = "line"
    """What `line` counts."""
    step: str = ""
    tool: str = ""
    command: str = ""
    model: str = ""
    provider: str | None = None
    speed: str | None = None
    tokens: int = 0
    """Text to see, in tokens."""
    estimated: bool = False
    """Whether `tokens` come from the length of the text."""
    preview: str = ""
    at_ms: int | None = None
    files: tuple[str, ...] = ()
    content_hash: str = ""
    """Equal for equal content; empty when there is none."""
    hash_basis: HashBasis = ""
    """Whose hash: `recorded` by the program, `prompt` where it is that of all that a call sent, `text` made by us."""
    usage: Usage | None = None
    sum_of_calls: bool = False
    """The usage is that of many calls, so that no price tier can be told."""
    recorded_pico: int | None = None
    latency_ms: int | None = None
    status: str = "ok"
    error: str = ""
    exit_code: int | None = None
    traits: frozenset[Trait] = frozenset()
    """What it is, told before texts are masked."""
    command_key: str = ""
    """Equal for runs of one command."""
    failure_key: str = ""
    """Equal for equal failures."""
    call_id: str = ""
    turn: str = ""
    session: str = ""

    @property
    def failed(self) -> bool:
        """Whether it ended in another way than well."""
        return bool(self.error) or self.status not in GOOD

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.unit} {self.line}"

    @property
    def name(self) -> str:
        """What to call its step: the step, else its tool, else its category."""
        return self.step or self.tool or self.category

    @property
    def seen(self) -> int:
        """Its tokens in the one unit that fits: billed where they were counted, else of its text."""
        return self.usage.total if self.usage is not None else self.tokens


class Skipped(NamedTuple):
    """A record that could not be used."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Trace:
    """All records of one file."""

    path: str
    adapter: str
    """Which reader made it: `trace_jsonl` or `claude_otel`."""
    session: str
    title: str
    cwd: str
    records: Sequence[Event]
    """Events and usage records, in the order of the file."""
    skipped: Sequence[Skipped] = ()
    sessions: int = 1
    notes: Sequence[str] = ()
    """What a reader of the numbers should know."""

    @property
    def events(self) -> list[Event]:
        """The records that are events."""
        return [one for one in self.records if one.category != USAGE]


def redacted(trace: Trace, redact: Callable[[str], str]) -> Trace:
    """The trace with every text of it passed through `redact`: the one place where texts can be masked. What an event
    is, is told before that. Steps and tools with a plain name keep it."""

    def name(text: str) -> str:
        return text if _PLAIN.fullmatch(text) else redact(text)

    def masked(one: Event) -> Event:
        return replace(
            one, traits=traits_of(one), step=name(one.step), tool=name(one.tool), command=redact(one.command),
            preview=redact(one.preview), error=redact(one.error), files=tuple(map(redact, one.files)),
            session=redact(one.session), content_hash=redact(one.content_hash),
        )  # fmt: skip

    return replace(
        trace, path=redact(trace.path), session=redact(trace.session), title=redact(trace.title),
        cwd=redact(trace.cwd), records=[masked(one) for one in trace.records],
        skipped=[one._replace(reason=redact(one.reason)) for one in trace.skipped],
    )  # fmt: skip
