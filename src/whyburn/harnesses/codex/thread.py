"""Whose history a rollout line is.

A fork and a spawned agent begin with copies of their parent's lines, with the old or with new times. The copies never
count; the question is only where the child's own part begins. Thread and turn ids are UUIDs of version 7, which hold
their time of birth: the own part begins at the first turn that was born after the thread. With ids that hold no time
it begins at the first turn when no foreign `session_meta` was copied, else after the last foreign one. A usage record
or a line number that names the child settles it at once. Read times are never asked: they may be restamped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whyburn.harnesses.codex.records import Line, Payload


_MOST_DIGITS = 18


@dataclass
class Thread:
    """What is known of the thread of a rollout and of the owner of the line at hand."""

    own: str
    """Id of the rollout's own thread."""
    owner: str
    """Id of the thread whose history is being read."""
    parent: str | None = None
    root: str | None = None
    relation: str | None = None
    name: str | None = None
    """Role or nickname of a spawned agent."""
    declared: bool = False
    """The rollout's own meta line was seen."""
    begun: bool = True
    """The child's own part has begun."""
    proven: bool = False
    """… and an id that holds its time has proven it, so that later foreign lines change nothing."""
    foreign: bool = False
    """A foreign meta line was seen."""
    start_ordinal: int | None = None
    ancestors: list[str] = field(default_factory=list)
    """Threads whose meta lines were copied."""

    @property
    def settled(self) -> bool:
        """No later foreign meta line can change whose lines these are."""
        return self.begun and (self.proven or _born(self.own) is None)

    def saved(self) -> dict[str, Any]:
        """The state as plain data."""
        return dict(vars(self))

    def meta(self, payload: Payload) -> None:
        """A `session_meta` line: the first one is the rollout's own, one with another id is copied."""
        if not self.declared:
            self._declare(payload)
        elif payload.id and payload.id != self.own and not self.proven:
            self.foreign = True
            self.owner = payload.id
            self.ancestors.append(payload.id)
            # Ids without a time: what follows the last foreign meta line is the child's own (see the module's text).
            self.begun = _born(self.own) is None
            if self.begun:
                self.owner = self.own

    def _declare(self, payload: Payload) -> None:
        self.declared = True
        if payload.id:
            self.own = self.owner = payload.id
        spawned, self.name = _spawn(payload.source)
        self.parent = payload.parent_thread_id or spawned or payload.forked_from_id
        self.relation = "fork" if self.parent and self.parent == payload.forked_from_id else None
        self.relation = self.relation or ("spawn" if self.parent else None)
        self.root = payload.session_id if payload.session_id != self.own else None
        if self.parent and self.parent != self.own:
            self.begun = False
            self.owner = self.parent
        start = payload.subagent_history_start_ordinal
        text = str(start or 0)
        if start is not None and text.isdecimal() and len(text) <= _MOST_DIGITS:
            self.start_ordinal = int(text)

    def turn(self, turn_id: str | None, *, context: bool = False) -> None:
        """A line that begins a turn: perhaps the child's first own one. Only a turn's context may lack an id."""
        if self.proven:
            return
        thread_born, turn_born = _born(self.own), _born(turn_id)
        if thread_born is not None and turn_born is not None:
            if turn_born >= thread_born:
                self.begin()
            elif self.parent and self.parent != self.own:
                self._inherit(turn_born)
        elif not self.begun and not self.foreign and (thread_born is None or turn_id is not None or context):
            self.begin(proven=False)

    def _inherit(self, turn_born: int) -> None:
        """A turn older than the thread is copied: it is that of the youngest ancestor that is not younger still."""
        self.begun = False
        able = [(born, one) for one in self.ancestors if (born := _born(one)) is not None and born <= turn_born]
        self.owner = max(able)[1] if able else (self.parent or self.owner)

    def begin(self, *, proven: bool = True) -> None:
        """From here on the lines are the child's own."""
        self.begun, self.owner = True, self.own
        self.proven = self.proven or proven

    def reached(self, line: Line) -> None:
        """A line number at or past the declared start of the child's own history."""
        if self.start_ordinal is not None and line.ordinal is not None and line.ordinal >= self.start_ordinal:
            self.begin()


def _spawn(source: Any) -> tuple[str | None, str | None]:
    """(parent thread, name) of a spawned agent from the many shapes of `source`."""
    agent = source.get("subagent") if isinstance(source, dict) else None
    if isinstance(agent, str):
        return None, agent
    if not isinstance(agent, dict):
        return None, None
    spawn = agent.get("thread_spawn")
    if not isinstance(spawn, dict):
        return None, next((key for key in agent), None)
    parent, name = spawn.get("parent_thread_id"), spawn.get("agent_role") or spawn.get("agent_nickname")
    return (parent if isinstance(parent, str) else None), (name if isinstance(name, str) else "subagent")


def _born(ident: str | None) -> int | None:
    """Milliseconds of birth in a UUID of version 7; None for any other id."""
    if ident is None or len(ident) != 36 or ident[14] != "7":
        return None
    try:
        return int(ident[:8] + ident[9:13], 16)
    except ValueError:
        return None
