"""One API response: its lines merged into a step, and what it put out.

Every line repeats the usage, or shows it growing; the line with most output is kept whole, as `model.better` does.
`usage.calls_of` makes the call of it, so that the step has the key and the counts that `skim` gives the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import structs

from whyburn.harnesses.claude.deep.blocks import block
from whyburn.harnesses.claude.deep.records import loose
from whyburn.harnesses.claude.records import Line
from whyburn.harnesses.claude.usage import calls_of
from whyburn.model import FLAGS, OWN, Call, Problem
from whyburn.transcript import Skipped, Step, Trouble

if TYPE_CHECKING:
    from whyburn.harnesses.claude.deep.blocks import Place
    from whyburn.harnesses.claude.deep.records import Part, Record, Spoken
    from whyburn.harnesses.claude.records import Usage
    from whyburn.transcript import Block, ToolCall, TranscriptItem

_UNDERCOUNTED = FLAGS["output_undercounted"]
_CUT_SHORT: dict[str, Literal["truncated", "refused"]] = {
    "max_tokens": "truncated", "model_context_window_exceeded": "truncated", "refusal": "refused"
}  # fmt: skip
_MOST_MISS = 80


class Response:
    """The lines of one response, up to now."""

    def __init__(self, record: Record, message: Spoken, place: Place, *, stem: str) -> None:
        self.id, self.request = message.id, record.requestId
        self.outputs: list[Block] = []
        self._place, self._stem = place, stem
        self._record, self._message = record, message
        self._model, self._stop, self._miss = message.model, message.stop_reason, _miss(message)
        self._at_ms = place.at_ms
        self._moved = False
        self._put: set[tuple[str, int, int] | str] = set()

    def goes_on(self, record: Record, message: Spoken) -> bool:
        """Whether a line is another one of this response."""
        return (
            self.id is not None
            and self.id == message.id
            and (self.request == record.requestId or not self.request or not record.requestId)
        )

    def merge(self, record: Record, message: Spoken, at_ms: int | None) -> None:
        """Take in another line."""
        self.request = self.request or record.requestId
        self._model = self._model or message.model
        self._stop = message.stop_reason or self._stop
        self._miss = self._miss or _miss(message)
        if at_ms is not None:
            self._at_ms = max(at_ms, self._at_ms or 0)
        old, new = self._message.usage, message.usage
        if new is not None:
            self._moved |= old is not None and (old.output_tokens or 0) != (new.output_tokens or 0)
            if old is None or _weight(new) > _weight(old):
                self._record, self._message = record, message

    def put(self, part: Part, index: int, place: Place, call: ToolCall | None) -> Block | None:
        """The block that a part of a line puts out; None when an earlier line did, or nothing is in it."""
        made = _output(part, place, call)
        if made is None:
            return None
        name = part.id or (made.kind, made.hash, index)
        if name in self._put:
            return None
        self._put.add(name)
        self.outputs.append(made)
        return made

    def finish(self) -> tuple[bytes | None, list[TranscriptItem]]:
        """The key of the step, None when nothing was billed, and all items of the response in order."""
        items: list[TranscriptItem] = []
        call = self._call()
        if isinstance(call, Call):
            items.append(self._step(call))
        elif call is not None:
            items.append(Skipped(self._place.spot, call.reason))
        items += self.outputs
        cut_short = _CUT_SHORT.get(self._stop or "")
        if cut_short:
            items.append(Trouble(self._place.agent, self._place.spot, self._at_ms, cut_short, self._stop or ""))
        return (call.key if isinstance(call, Call) else None), items

    def _call(self) -> Call | Problem | None:
        usage: Usage | None = self._message.usage
        if usage is None:
            return None
        if usage.iterations:  # calls of their own, with prompts of their own
            usage = structs.replace(usage, iterations=None)
        record, spot = self._record, self._place.spot
        line = Line(
            uuid=record.uuid, requestId=self.request, version=record.version, effort=record.effort,
            costUSD=record.costUSD,
        )  # fmt: skip
        made = calls_of(
            line, self._message, usage, session=record.sessionId or self._stem, model=self._model or "unknown",
            agent=self._place.agent, at_ms=self._at_ms or 0, evidence=OWN, flags=0, pos=spot.pos, stem=self._stem,
        )  # fmt: skip
        return next((one for one in made if isinstance(one, (Call, Problem))), None)

    def _step(self, call: Call) -> Step:
        known = self._record.version is not None and not call.flags & _UNDERCOUNTED
        return Step(
            call.key, self._place.spot, self._at_ms, self._place.agent, call.model,
            (call.input or 0, call.cache_read or 0, call.write_5m or 0, call.write_1h or 0, call.write_other or 0,
             call.output or 0, call.reasoning),
            final=known or self._moved or self._stop is not None, stop=self._stop, effort=call.effort,
            version=self._record.version, miss=self._miss,
        )  # fmt: skip


def _weight(usage: Usage) -> tuple[int, int]:
    output = usage.output_tokens or 0
    prompt = (usage.input_tokens or 0) + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    return output, prompt + output


def _miss(message: Spoken) -> str | None:
    """Why the provider says that the cache was missed (2.1.2xx)."""
    told = loose(message.diagnostics)
    reason = told.get("cache_miss_reason") if isinstance(told, dict) else None
    word = reason.get("type") if isinstance(reason, dict) else reason
    return word[:_MOST_MISS] if isinstance(word, str) and word else None


def _output(part: Part, place: Place, call: ToolCall | None) -> Block | None:
    kind = part.type
    if kind == "text":
        return block(place, "assistant-text", part.text) if part.text else None
    if kind == "thinking":
        return block(place, "thinking", part.thinking or None)
    if kind == "redacted_thinking":
        return block(place, "thinking", None)
    if call is not None:
        text = bytes(part.input).decode("utf-8", "replace")
        return block(place, "tool-call", f"{call.name} {text}", call.server or "", tool=call)
    return None
