"""Small sessions made by hand, without a log: a `Body` is told call by call and becomes an `Anatomy` with real charges.

What enters before a call is told before it, what the call put out after it:

    Body().prompt(200).call().read("a.py", 900).call().say(50).build()

The cache is healthy unless a call's bands are given: what was written before is read, the rest is written for five
minutes (`hour=True`: for an hour; an `automatic` chain: sent uncached, read next time). Prompt tokens that no piece
explains go to the harness in a segment's first call and to an unlogged piece later. Prices are those of the worked
example, per million tokens: input 3, five-minute write 3.75, one-hour write 6, read 0.30, output 15; `small` costs a
tenth, `old` is unpriced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whyburn.postmortem.anatomy import Anatomy, CacheEvent, Call, Chain, Piece, Prices, Segment, Tile, ToolUse
from whyburn.postmortem.charges import bands_of, premium, settle
from whyburn.postmortem.findings.catalogue import DETECTORS
from whyburn.postmortem.labels import label_of
from whyburn.transcript import Block, Change, Compaction, Rewind, Spot, ToolCall, ToolResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType

    from whyburn.postmortem.anatomy import Grade
    from whyburn.postmortem.findings.interface import Detector
    from whyburn.transcript import Kind

USD = 10**12
LARGE = Prices(3_000_000, 300_000, 3_750_000, 6_000_000, 15_000_000, 15_000_000, 10_000_000_000)
SMALL = Prices(300_000, 30_000, 375_000, 600_000, 1_500_000, 1_500_000, 10_000_000_000)
PRICES: dict[str, Prices] = {"large": LARGE, "small": SMALL}
START_MS = 1_800_000_000_000
LIFETIMES_MS = {False: 300_000, True: 3_600_000}


class Body:
    """A session that is told from its beginning to its end, each chain in one go, the main one first."""

    def __init__(self, harness: str = "claude", *, model: str = "large", hour: bool = False) -> None:
        self.anatomy = Anatomy(harness, "a-session", turns=[None])
        self._model, self._hour, self._lines = model, hour, 0
        self._sizes: dict[int, tuple[int, Grade]] = {}
        self._echo: list[int] = []
        self._waiting: list[int] = []
        self._changes: list[Change] = []
        self._boundary: Compaction | Rewind | None = None
        self._last: Call | None = None
        self._finished = -1
        self.chain()

    def chain(
        self, agent: str = "", *, name: str = "main", request: str | None = None, automatic: bool = False,
        harness: int = 10_000, grade: Grade = "A",
    ) -> Body:  # fmt: skip
        """Begin a chain; `request` is the id of the tool call that spawned it. A chain without calls is replaced."""
        self._finish_call()
        body = self.anatomy
        if body.chains and not body.chains[-1].calls:
            body.chains.pop()
            body.segments.pop()
        made = next((use for use in body.uses if use.call.id == request), None)
        self._chain = Chain(
            len(body.chains), agent, name, automatic=automatic,
            parent=made.chain if made else None, request=made.request if made else None,
        )  # fmt: skip
        body.chains.append(self._chain)
        self._harness, self._grade, self._clock, self._last = harness, grade, START_MS, None
        self._echo, self._waiting = [], []
        self._segment("start")
        return self

    def enter(
        self, kind: Kind, tokens: int, label: str = "", *, grade: Grade = "A", same: int | None = None, **more: Any
    ) -> Body:
        """A piece that is in the next call's prompt first; those with the same number in `same` have equal texts."""
        self._waiting.append(self._piece(kind, tokens, label, grade=grade, same=same, **more))
        return self

    def prompt(self, tokens: int = 100) -> Body:
        """A person's words: a new turn begins."""
        self._finish_call()
        self.enter("user", tokens, prompt=True)
        self.anatomy.turns.append(self._waiting[-1])
        return self

    def change(self, what: str, name: str = "") -> Body:
        """Something about the request changed before the next call."""
        self._changes.append(Change(None, self._spot(), None, what, name))  # type: ignore[arg-type]
        return self

    def call(
        self, *, u: int | None = None, w5: int | None = None, w1: int | None = None, r: int | None = None,
        o: int = 0, wait: float = 2, model: str = "", prices: Prices | None = None, billed: bool = True, **more: Any,
    ) -> Body:  # fmt: skip
        """A request, `wait` seconds after the previous response; `o` beyond what it is told to put out is text.

        Of the bands that are not given, the read one is what the cache should hold; the usual kind of write, or else
        the uncached one, takes the rest of what is known to be in the prompt.
        """
        self._finish_call()
        model = model or self._model
        request = self._clock + int(wait * 1000)
        self._clock = request + 5_000
        place = len(self._chain.calls)
        fields = {"thinking": None, "step": None, **more}
        call = Call(
            len(self.anatomy.calls), self._chain.index, self._clock, model, 0, 0, 0, 0, 0,
            prices=(prices or PRICES.get(model)) if billed else None, cost=None if billed else 0, billed=billed,
            place=place, request_ms=request, segment=self.anatomy.segments[-1].index,
            turn=len(self.anatomy.turns) - 1, **fields,
        )  # fmt: skip
        self._bands(call, u=u, w5=w5, w1=w1, r=r)
        self._zones(call)
        call.changes, self._changes = self._changes, []
        call.boundary, self._boundary = self._boundary, None
        call.o = o
        self.anatomy.calls.append(call)
        self._chain.calls.append(call.index)
        self.anatomy.segments[-1].calls.append(call.index)
        self._place(call)
        self._last = call
        return self

    def say(self, tokens: int, kind: Kind = "assistant-text") -> Body:
        """Text (or thinking) that the last call put out."""
        self._made(kind, tokens)
        return self

    def think(self, tokens: int) -> Body:
        """Reasoning that the last call put out."""
        self._last_call.thinking = (self._last_call.thinking or 0) + tokens
        return self.say(tokens, "thinking")

    def use(
        self, action: str, tokens: int | None = 100, *, asked: int = 20, name: str = "", grade: Grade = "A",
        same: int | None = None, size: int | None = None, result: Mapping[str, Any] | None = None, **more: Any,
    ) -> Body:  # fmt: skip
        """A tool call of the last call and its result of so many tokens (None: there is none).

        More are fields of `ToolCall`; `result` those of `ToolResult`.
        """
        body = self.anatomy
        made = self._last_call
        call = ToolCall(more.pop("id", f"t{len(body.uses)}"), name or action.title(), action, **more)  # type: ignore[arg-type]
        request = self._made("tool-call", asked, tool=call)
        answer, given = None, None
        if tokens is not None:
            steady = 1_000 + len(body.pieces) if same is None else same
            given = ToolResult(call.id, **{"steady": steady, **(result or {})})
            answer = self._piece("tool-result", tokens, "", grade=grade, same=same, size=size, tool=given, asked=call)
            self._waiting.append(answer)
        body.uses.append(ToolUse(call, given, self._chain.index, made.index, None, request, answer))
        return self

    def read(self, path: str, tokens: int, span: tuple[int, int] | None = None, **more: Any) -> Body:
        """A file is read by the tool for it."""
        given = {"path": path, "span": span, **more.pop("result", {})}
        return self.use("read", tokens, path=path, span=span, result=given, **more)

    def run(self, command: str, tokens: int | None, **more: Any) -> Body:
        """A command line is run."""
        return self.use("run", tokens, name="Bash", command=command, **more)

    def edit(self, path: str, tokens: int = 30, **more: Any) -> Body:
        """A file is edited."""
        return self.use("edit", tokens, path=path, changes=(path,), **more)

    def compact(self, summary: int = 2_000, *, trigger: str = "auto", keep: Iterable[int] = ()) -> Body:
        """The conversation is replaced by a summary and the pieces of `keep`; `clear` keeps nothing."""
        self._finish_call()
        self._boundary = Compaction(None, self._spot(), None, trigger)
        self._echo, self._waiting = [], list(keep)
        self._segment("clear" if trigger == "clear" else "compaction")
        if summary and trigger != "clear":
            self.enter("summary", summary)
        return self

    def event(self, cause: str, **more: Any) -> Body:
        """The last call lost its cache for this reason; the numbers are those of the call."""
        call = self._last_call
        calls = self.anatomy.chains[call.chain].calls
        before = self.anatomy.calls[calls[calls.index(call.index) - 1]]
        lost = max(min(call.expected, call.prompt) - call.r, 0)
        rewritten = min(lost, call.w1 + call.w5)
        event = CacheEvent(
            call.index, cause, reported=False, likely=False, lost=lost, rewritten=rewritten,
            resent=min(lost - rewritten, call.u), premium=premium(call) if call.prices else None,
            gap_ms=(call.request_ms or 0) - (before.at_ms or 0),
            lifetime_ms=LIFETIMES_MS[bool(before.w1)] if before.w1 + before.w5 else None,
        )  # fmt: skip
        self.anatomy.events.append(event._replace(**more))
        return self

    def build(self) -> Anatomy:
        """The session, with what every tile cost."""
        self._finish_call()
        settle(self.anatomy)
        return self.anatomy

    # -- parts

    @property
    def _last_call(self) -> Call:
        assert self._last is not None, "nothing was called yet"
        return self._last

    def _spot(self) -> Spot:
        self._lines += 1
        return Spot(0, self._lines, 100 * self._lines)

    def _segment(self, reason: Any) -> None:
        self.anatomy.segments.append(Segment(len(self.anatomy.segments), self._chain.index, reason))
        self._end = 0

    def _piece(
        self, kind: Kind, tokens: int, label: str, *, grade: Grade = "A", same: int | None = None,
        size: int | None = None, tool: Any = None, asked: ToolCall | None = None, prompt: bool = False,
    ) -> int:  # fmt: skip
        index = len(self.anatomy.pieces)
        spot = self._spot()
        block = Block(kind, 4 * tokens if size is None else size, 1_000 + index if same is None else same, spot, None,
                      self._chain.agent or None, label, prompt=prompt, tool=tool)  # fmt: skip
        logged = kind not in {"harness", "unlogged", "carried"}
        self.anatomy.pieces.append(
            Piece(index, kind, self._chain.index, block if logged else None, label_of(block, asked))
        )
        self._sizes[index] = (tokens, grade)
        return index

    def _made(self, kind: Kind, tokens: int, tool: Any = None) -> int:
        call = self._last_call
        index = self._piece(kind, tokens, "", tool=tool)
        piece = self.anatomy.pieces[index]
        piece.made_by, piece.made_tokens = call.index, tokens
        call.made.append(index)
        self._echo.append(index)
        return index

    def _finish_call(self) -> None:
        """The output of the last call is known now: what it cost, and the rest of it as text."""
        call = self._last
        if call is None or call.index == self._finished:
            return
        self._finished = call.index
        rest = call.o - sum(self.anatomy.pieces[made].made_tokens for made in call.made)
        if rest > 0:
            self._made("assistant-text", rest)
        call.o = max(call.o, sum(self.anatomy.pieces[made].made_tokens for made in call.made))
        self._price(call)

    def _price(self, call: Call) -> None:
        prices = call.prices
        if prices is None:
            return
        for made in call.made:
            piece = self.anatomy.pieces[made]
            piece.generation = piece.made_tokens * (prices.reasoning if piece.kind == "thinking" else prices.output)
            call.generation += piece.generation
        spent = sum((b.end - b.start) * (b.price + (b.premium if b.second >= 0 else 0)) for b in bands_of(call))
        call.cost = spent + call.generation

    def _bands(self, call: Call, **given: int | None) -> None:
        segment = self.anatomy.segments[-1]
        before = self._last if segment.calls else None
        known = self._end + sum(self._sizes[piece][0] for piece in self._entering)
        known += 0 if segment.calls else self._harness
        told = {name: tokens for name, tokens in given.items() if tokens is not None}
        if len(told) < len(given):
            cached = 0 if before is None else before.prompt if self._chain.automatic else before.prompt - before.u
            told.setdefault("r", min(cached, known - sum(told.values())) if before else 0)
            usual = "u" if self._chain.automatic else "w1" if self._hour else "w5"
            fresh = "u" if usual in told else usual
            told.setdefault(fresh, max(known - sum(told.values()), 0))
        for name in ("u", "w5", "w1", "r"):
            setattr(call, name, told.get(name, 0))

    def _zones(self, call: Call) -> None:
        before = self._last if self.anatomy.segments[-1].calls else None
        if before is not None:
            call.old = min(before.prompt, call.prompt)
            call.expected = min(call.old, before.prompt if self._chain.automatic else before.prompt - before.u)

    def _place(self, call: Call) -> None:
        """Tiles for whatever waited; what the prompt has beyond it is the harness, or was not logged."""
        segment = self.anatomy.segments[-1]
        more = call.prompt - self._end - sum(self._sizes[piece][0] for piece in self._entering)
        assert more >= 0, f"the pieces of call {call.index} do not fit into its prompt by {-more} tokens"
        if more:
            first = len(segment.calls) == 1
            if first:
                self._tile(self._shared_harness(more), segment, call)
            else:
                self._waiting.append(self._piece("unlogged", more, "", grade="D"))
        for index in self._entering:
            self._tile(index, segment, call)
        call.entered = self._waiting
        self._take_in(call)
        self._echo, self._waiting = [], []

    def _take_in(self, call: Call) -> None:
        """The results that the last call asked for are in this one's prompt."""
        uses = self.anatomy.uses
        for at in range(len(uses) - 1, -1, -1):
            if self._last is None or uses[at].made != self._last.index:
                break
            if uses[at].answer in call.entered:
                uses[at] = uses[at]._replace(read=call.index)

    @property
    def _entering(self) -> list[int]:
        """In the order of the prompt: what the last call put out, then what was logged after it."""
        return [*self._echo, *self._waiting]

    def _shared_harness(self, tokens: int) -> int:
        """The harness of the chain: one piece, whose tiles may differ."""
        for piece in self.anatomy.pieces:
            if piece.kind == "harness" and piece.chain == self._chain.index:
                self._sizes[piece.index] = (tokens, self._grade)
                return piece.index
        return self._piece("harness", tokens, "system prompt and tools", grade=self._grade)

    def _tile(self, index: int, segment: Segment, call: Call) -> None:
        tokens, grade = self._sizes[index]
        tile = Tile(index, segment.index, self._end, tokens, call.index, grade)
        self.anatomy.pieces[index].tiles.append(len(self.anatomy.tiles))
        segment.tiles.append(len(self.anatomy.tiles))
        self.anatomy.tiles.append(tile)
        self._end += tokens


class Stall:
    """A market: fast costs twice, priority half as much again, and so does the input of more than 200,000 tokens."""

    def prices(self, call: Call, *, model: str | None = None, speed: str | None = None, tier: str | None = None,
               prompt: int | None = None) -> Prices | None:  # fmt: skip
        """See `Market`."""
        found = PRICES.get(call.model if model is None else model)
        if found is None:
            return None
        fast = (call.speed if speed is None else speed) == "fast"
        priority = (call.tier if tier is None else tier) == "priority"
        found = Prices(*(price * (2 if fast else 1) * (3 if priority else 2) // 2 for price in found))
        if (call.prompt if prompt is None else prompt) > 200_000:
            found = found._replace(input=found.input * 3 // 2, read=found.read * 3 // 2)
            found = found._replace(write_5m=found.write_5m * 3 // 2, write_1h=found.write_1h * 3 // 2)
        return found

    def cheaper(self, call: Call, used: Iterable[str]) -> str | None:
        """`small`, wherever it is not what was used."""
        return "small" if call.model != "small" else None


def detectors_of(*modules: ModuleType) -> list[Detector]:
    """What the catalogue has of some modules."""
    names = {module.__name__ for module in modules}
    return [one for one in DETECTORS if getattr(one, "__module__", "") in names]
