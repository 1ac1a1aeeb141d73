"""The words of a script: what happens in an invented session, as data.

A script is a list of actions of one chain; a tool call may hold the script of a sub-agent. Sizes are tokens, and they
are the truth. Whatever should not have happened carries its cure: `cures.without` gives the script as it would have
been, so that the world can bill both and the difference is the true saving.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from simulator.text import Texture

Act = Literal["read", "search", "list", "run", "edit", "write", "spawn", "mcp", "fetch", "wait", "plan"]
"""What a tool call does; every harness has its own tool for it."""


@dataclass(frozen=True, slots=True)
class Cure:
    """What to do with a piece of a script so that a cause is gone."""

    cause: str
    how: Literal["drop", "trim", "join", "swap", "change"]
    """Leave it out; shorten it to some tokens; ask for it in the call before; put another in its place; set fields."""
    tokens: int = 0
    instead: Any = None
    fields: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Any part of a script that a cure can change."""

    cures: tuple[Cure, ...] = ()


@dataclass(frozen=True, slots=True)
class Say(Piece):
    """Text that the model writes."""

    tokens: int
    words: str = ""
    """Literal words with which it begins: names of files, results, decisions."""


@dataclass(frozen=True, slots=True)
class Think(Piece):
    """Thinking; newer logs hold its size but not its text."""

    tokens: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool gave back."""

    tokens: int
    texture: Texture = "data"
    key: str | None = None
    """Results with the same key have the same text."""
    head: str = ""
    tail: str = ""
    failure: str | None = None
    """None, or `failed`, `denied`, `malformed`, `missing`, `edit`."""
    exit_code: int | None = None
    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Use(Piece):
    """A tool call with its result."""

    act: Act
    result: Result
    path: str | None = None
    span: tuple[int, int] | None = None
    """Lines, from 1, both inclusive."""
    command: str | None = None
    query: str | None = None
    content: int = 0
    """Tokens that an edit or a write carries."""
    changed: int = 0
    """A write repeats the file except for this line; 0: it is all new."""
    server: str | None = None
    agent: Script | None = None
    tokens: int | None = None
    """Of the request; None: what its arguments come to."""


Output = Say | Think | Use


@dataclass(frozen=True, slots=True)
class User(Piece):
    """A person's message; it begins a turn."""

    tokens: int
    words: str = ""
    after: float = 20.0
    """Seconds of thought before it."""


@dataclass(frozen=True, slots=True)
class Call(Piece):
    """One billed request and what the model answers; its tool results enter before the next one."""

    outputs: tuple[Output, ...]
    hidden: int = 0
    """Tokens that enter before it and that no log shows."""
    speed: str | None = None
    keep: float | None = None
    """The share of what the cache should have given that the provider really gave; None: all of it."""
    stop: str | None = None
    """None: as it should be; `max_tokens`: cut off."""
    searches: int = 0


@dataclass(frozen=True, slots=True)
class Attach(Piece):
    """Context that the harness adds."""

    form: Literal["instructions", "memory", "skill", "hook", "file"]
    tokens: int
    label: str
    sticky: bool = False
    """It survives compactions."""


@dataclass(frozen=True, slots=True)
class Tools(Piece):
    """A server's tools appear; `breaks`: at the head of the prompt, which costs the cache."""

    server: str
    tokens: int
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Notice(Piece):
    """A background task reports; `breaks`: the harness rewrites its history because of it."""

    tokens: int
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Instructions(Piece):
    """The project's instructions were edited; `breaks`: they are part of the system prompt and it is built anew."""

    tokens: int
    breaks: bool = True
    path: str = "CLAUDE.md"


@dataclass(frozen=True, slots=True)
class Pause(Piece):
    """Nothing happens for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Switch(Piece):
    """Another model from here on."""

    model: str


@dataclass(frozen=True, slots=True)
class Effort(Piece):
    """Another effort from here on; the messages are cached per effort."""

    level: str


@dataclass(frozen=True, slots=True)
class Version(Piece):
    """The harness was updated; `breaks`: its system prompt differs."""

    version: str
    breaks: bool = True


@dataclass(frozen=True, slots=True)
class Compact(Piece):
    """The conversation is replaced by a summary (and its last blocks); the call for it is billed where it is logged."""

    summary: int
    keep: int = 0
    """Blocks at the end that survive."""
    trigger: str = "auto"
    billed: bool = True


@dataclass(frozen=True, slots=True)
class Clear(Piece):
    """The user begins anew in the same log."""


@dataclass(frozen=True, slots=True)
class Rewind(Piece):
    """The user goes back to just before a turn (from 0) of this chain."""

    turn: int


@dataclass(frozen=True, slots=True)
class Trouble(Piece):
    """A request failed, or the user broke in; what it cost is not in the log."""

    kind: Literal["api_error", "interrupted"]


@dataclass(frozen=True, slots=True)
class Point(Piece):
    """A place where nothing happens; a cure may put something there."""


Action = (
    User | Call | Attach | Tools | Notice | Instructions | Pause | Switch | Effort | Version | Compact | Clear | Rewind
    | Trouble | Point
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Script(Piece):
    """One chain from its beginning to its end, and under which conditions it runs."""

    actions: tuple[Action, ...]
    harness: Literal["claude", "codex"] = "claude"
    model: str = "claude-opus-4-5-20251101"
    version: str = "2.1.220"
    tools: int = 10_000
    """Tokens of the built-in tools: the head of every prompt."""
    system: int = 4_000
    """Tokens of the system prompt, after the tools."""
    ttl: int = 300
    """Seconds that cache writes of this chain live: 300 or 3,600."""
    warm: Literal["nothing", "tools", "floor"] = "nothing"
    """What of the floor another session has just cached."""
    tail: int = 4
    """Tokens at the end of a prompt that lie behind the last breakpoint."""
    step: int = 128
    """Codex counts cached tokens in such steps; 1 is a provider that does not round."""
    caching: bool = True
    flat: bool = False
    """Bill long prompts like short ones."""
    counts: Literal["final", "growing", "partial"] = "final"
    """What the lines of a response say about its output: the end of it on each, on the last, or on none."""
    effort: str | None = None
    cwd: str = "/home/ana/shop"
    branch: str = "fix/cart"
    agent: str = "Explore"
    """Its type, for a sub-agent."""
    noise: float = 0.0
    """Sizes in bytes differ from the ratio by up to this share."""
