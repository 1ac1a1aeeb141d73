"""From the records of a rollout to the items of a transcript.

Skimming's parser is handed the same records and says which usage lines are calls: repeats, resets and copied totals
are its business, and a step has the key of its call by construction. Everything that is said twice counts once: events
that echo response items are left out wherever there are response items at all. `happenings` reads the other events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whyburn.harnesses.codex.calls import Rollout
from whyburn.harnesses.codex.deep.echoes import echo_blocks, is_echo
from whyburn.harnesses.codex.deep.happenings import agent_id, child, outcome, role, trouble
from whyburn.harnesses.codex.deep.items import ITEMS, Calls, item_blocks
from whyburn.harnesses.codex.deep.messages import Origin, written
from whyburn.harnesses.codex.deep.order import Order
from whyburn.harnesses.codex.deep.records import bare, history_of, text_of, value_of, wrapped_text
from whyburn.harnesses.readers import millis
from whyburn.model import Call, Problem
from whyburn.names import effort_of
from whyburn.transcript import OUTPUT, Change, Compaction, Rewind, Skipped, Spawn, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from whyburn.harnesses.codex.deep.records import DeepLine, DeepPayload
    from whyburn.transcript import Block, Spot, TranscriptItem

_PASSED_OVER = frozenset({"world_state", "inter_agent_communication", "inter_agent_communication_metadata"})
_TURN_BEGINS = frozenset({"task_started", "turn_started"})
_COUNTED = _TURN_BEGINS | {"token_count", "thread_settings_applied"}
_MOST_OF_WINDOW = 0.7
"""Codex compacts by itself when about nine tenths of the window are full."""
_NO_TOOLS = len("[{}]")


class Conversation:
    """What is known of a rollout up to the line at hand."""

    def __init__(self, path: str, session: str) -> None:
        self._session = session
        self._skim = Rollout(path, b"")
        self._order = Order()
        self._calls = Calls()
        self._keys: set[bytes] = set()
        self._last: Step | None = None
        self._turns: list[bytes | None] = []
        """Key of the last step before each prompt."""
        self._at_ms: int | None = None
        self._settings: dict[str, str | bytes] = {}
        self._versions: dict[str, str | None] = {}
        self._base: list[Block] = []
        """What stands before the conversation and survives its compaction."""
        self._roles: dict[str, str] = {}
        """Of children, by the call that asked for them."""
        self._spawned: set[str] = set()
        self._window = 0
        self._has_items = False
        self._worked = True
        """Something was asked or answered since the turn began."""
        self._compacted = False
        """… and no step since."""

    def is_of(self, session: str) -> bool:
        """Whether the last record is part of this thread's history."""
        return session in (self._skim.thread.own, self._skim.thread.owner)

    def rest(self) -> Iterator[TranscriptItem]:
        """What is still held when nothing follows."""
        return self._order.rest()

    def knows(self, line: bytes) -> bool:
        """Whether a line only echoes what response items say; a quarter of all lines need not be decoded."""
        return self._has_items and is_echo(line)

    def items(self, record: DeepLine, line: bytes, spot: Spot) -> Sequence[TranscriptItem]:
        """The items of a record; `line` is read again if it is an item without an envelope."""
        if record.timestamp is not None:
            self._at_ms = millis(record.timestamp)
        payload, origin = record.payload, Origin(spot, self._at_ms)
        if payload is None:
            return list(self._bare(bare(line), record, origin))
        if record.type == "response_item":
            return list(self._item(payload, origin))
        if record.type == "event_msg":
            return list(self._event(record, payload, origin))
        return list(self._other(record, payload, origin))

    def _other(self, record: DeepLine, payload: DeepPayload, origin: Origin) -> Iterable[TranscriptItem]:
        if record.type in ("turn_context", "token_usage_record"):
            return [*self._counted(record, origin.spot), *self._set(payload, origin)]
        if record.type == "session_meta":
            return self._meta(record, payload, origin)
        if record.type == "compacted":
            return self._compaction(payload, origin)
        return () if record.type in _PASSED_OVER else (Skipped(origin.spot, "unknown type of record", unknown=True),)

    def _bare(self, item: DeepPayload, record: DeepLine, origin: Origin) -> Iterable[TranscriptItem]:
        """Lines without an envelope: rollouts of the first half-year, whose first line is their meta line."""
        if item.type in ITEMS:
            return self._item(item, origin)
        text = text_of(item.instructions)
        if text:
            return self._order.entered(written("memory", text, origin, label="AGENTS.md"))
        return () if record.type is None else (Skipped(origin.spot, "unknown type of record", unknown=True),)

    # --- response items ----------------------------------------------------------------------------------------------

    def _item(self, item: DeepPayload, origin: Origin) -> Iterable[TranscriptItem]:
        if item.type not in ITEMS:
            return (Skipped(origin.spot, "unknown type of response item", unknown=True),)
        by_person = self._skim.thread.relation != "spawn"
        blocks = item_blocks(item, origin, prompts=by_person, calls=self._calls)
        self._has_items = True
        ident = item.call_id or ""
        if item.name == "spawn_agent":
            self._roles[ident] = role(item)
        found = [entry for block in blocks for entry in self._placed(block)]
        if item.output and ident in self._roles:
            found += self._spawn(agent_id(item), ident)
        return found

    def _placed(self, block: Block) -> Iterator[TranscriptItem]:
        self._calls.note(block)
        self._worked = self._worked or block.prompt or block.kind in OUTPUT
        if block.kind in OUTPUT:
            yield from self._order.output(block)
            return
        if block.prompt or block.kind == "attachment":
            yield from self._order.ended()
        if block.prompt:
            self._turns.append(self._last.key if self._last else None)
        yield from self._order.entered(block)

    def _spawn(self, agent: str | None, tool: str, name: str = "") -> Iterator[TranscriptItem]:
        if agent and agent not in self._spawned:
            self._spawned.add(agent)
            yield from self._order.entered(
                Spawn(agent, None, tool or None, self._roles.get(tool) or name or "subagent")
            )

    # --- usage and settings ------------------------------------------------------------------------------------------

    def _counted(self, record: DeepLine, spot: Spot) -> Iterator[TranscriptItem]:
        """What skimming makes of the record; a call whose model is named only later is met twice."""
        for item in self._skim.take(spot.pos, record):
            if isinstance(item, Call) and item.key not in self._keys:
                self._keys.add(item.key)
                self._compacted = False
                self._last = self._step(item, spot)
                yield from self._order.step(self._last)
            elif isinstance(item, Problem):
                yield Skipped(spot, item.reason)

    def _step(self, call: Call, spot: Spot) -> Step:
        counts = (call.input or 0, call.cache_read or 0, 0, 0, call.write_other or 0, call.output or 0, call.reasoning)
        version = self._versions.get(call.session)
        return Step(call.key, spot, call.at_ms, None, call.model, counts, effort=call.effort, version=version)

    def _set(self, payload: DeepPayload, origin: Origin) -> Iterator[TranscriptItem]:
        """Settings that differ from those before."""
        new = payload.thread_settings
        model, effort = (new.model, new.effort or new.reasoning_effort) if new else (payload.model, payload.effort)
        yield from self._changed("model", model, origin)
        yield from self._changed("effort", effort_of(effort), origin)
        yield from self._changed("permission", bytes(payload.approval_policy) + bytes(payload.sandbox_policy), origin)

    def _changed(self, what: Any, value: str | bytes | None, origin: Origin) -> Iterator[TranscriptItem]:
        if not value:
            return
        before, self._settings[what] = self._settings.get(what, value), value
        if value != before:
            name = value if isinstance(value, str) else ""
            yield from self._order.entered(Change(None, origin.spot, origin.at_ms, what, name))

    def _meta(self, record: DeepLine, payload: DeepPayload, origin: Origin) -> Iterator[TranscriptItem]:
        base = wrapped_text(payload.base_instructions)
        yield from self._counted(record, origin.spot)
        ident = payload.id or self._skim.thread.own
        known = ident in self._versions
        first = not self._versions
        self._versions[ident] = payload.cli_version
        if known or not (first or ident == self._session):
            return
        self._base = [written("instructions", base, origin, label="base")] if base else []
        if len(payload.dynamic_tools) > _NO_TOOLS:
            self._base.append(written("tools", str(payload.dynamic_tools, "utf-8", "replace"), origin))
        for block in self._base:
            yield from self._order.entered(block)

    # --- events ------------------------------------------------------------------------------------------------------

    def _event(self, record: DeepLine, payload: DeepPayload, origin: Origin) -> Iterable[TranscriptItem]:
        kind = payload.type
        if kind in _COUNTED:
            return self._counted_event(record, payload, origin)
        if kind == "thread_rolled_back":
            return self._rewind(payload, origin)
        if kind == "context_compacted":
            return self._compact(origin)
        if kind in ("sub_agent_activity", "collab_agent_spawn_end"):
            return self._spawn(*child(payload))
        return self._told(payload, origin)

    def _told(self, payload: DeepPayload, origin: Origin) -> Iterator[TranscriptItem]:
        """What an event tells: an end, the outcome of a call, or content that nothing else holds."""
        ends, what = trouble(payload, origin)
        if what is not None:
            yield from self._order.entered(what)
        if ends:
            yield from self._order.ended()
        failed = outcome(payload)
        if failed is not None and payload.call_id in self._calls.awaited:
            self._calls.failed[payload.call_id] = failed
        if not self._has_items:
            for block in echo_blocks(payload, origin):
                yield from self._placed(block)

    def _counted_event(self, record: DeepLine, payload: DeepPayload, origin: Origin) -> Iterator[TranscriptItem]:
        if payload.type in _TURN_BEGINS:
            window = value_of(payload.model_context_window)
            self._window = window if isinstance(window, int) else 0
            self._worked = False
            yield from self._order.ended()
        yield from self._counted(record, origin.spot)
        if payload.type == "thread_settings_applied":
            yield from self._set(payload, origin)

    # --- what interrupts the growth of the prompt --------------------------------------------------------------------

    def _compaction(self, payload: DeepPayload, origin: Origin) -> Iterator[TranscriptItem]:
        """The boundary, then what is left: instructions, kept messages, the summary."""
        summary = written("summary", text_of(payload.message), origin)
        history = history_of(payload.replacement_history)
        if history is None:
            kept = [summary] if summary.size else []
        else:
            kept = [block for item in history for block in item_blocks(item, origin)]
            kept = [block._replace(kind="summary") if block.hash == summary.hash else block for block in kept]
        yield from self._compact(origin)
        yield from (block._replace(at_ms=origin.at_ms) for block in self._base)
        yield from kept

    def _compact(self, origin: Origin) -> Iterator[TranscriptItem]:
        """A `compacted` record and the event that echoes it are one compaction: no step lies between."""
        yield from self._order.rest()
        if self._compacted:
            return
        self._compacted = True
        prompt = sum(self._last.counts[:5]) if self._last else 0
        manual = not self._worked and prompt < self._window * _MOST_OF_WINDOW
        yield Compaction(None, origin.spot, origin.at_ms, "manual" if manual else "auto")

    def _rewind(self, payload: DeepPayload, origin: Origin) -> Iterator[TranscriptItem]:
        turns = value_of(payload.num_turns)
        if not isinstance(turns, int) or turns < 1:
            return
        yield from self._order.rest()
        kept = self._turns[-turns] if turns <= len(self._turns) else None
        del self._turns[-turns:]
        yield Rewind(None, origin.spot, origin.at_ms, kept)
