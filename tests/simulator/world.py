"""The world that plays a script: time passes, prompts grow, a faithful cache answers, every token is billed.

Playing gives the events of each chain in the order of its log, and every call with the blocks that its prompt was made
of. What they cost is worked out in `truth`, what a log shows of them in `claude` and `codex`.
"""

from __future__ import annotations

from typing import Literal

from simulator.cache import Bands, Cache
from simulator.prices import price_of
from simulator.records import Billed, Block, Chain, Event
from simulator.script import (
    Action,
    Attach,
    Call,
    Clear,
    Compact,
    Effort,
    Instructions,
    Notice,
    Output,
    Pause,
    Point,
    Rewind,
    Say,
    Script,
    Switch,
    Think,
    Tools,
    Trouble,
    Use,
    User,
    Version,
)  # fmt: skip
from simulator.tools import request_tokens


class Play:
    """A script played to its end."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.cache = Cache()
        self.chains: list[Chain] = []
        self.blocks: list[Block] = []
        self.end_ms = _Actor(self, script, 0, parent=None, tool=None).run()

    @property
    def calls(self) -> list[Billed]:
        """Every billed call, chain by chain."""
        return [call for chain in self.chains for call in chain.calls]


def play(script: Script) -> Play:
    """Play a script; its first instant is 0."""
    return Play(script)


def bill(script: Script) -> int:
    """What a script costs, in pico-dollars."""
    return sum(call.cost for call in play(script).calls)


class _Actor:
    """One chain while it runs."""

    def __init__(self, whole: Play, script: Script, now_ms: int, *, parent: int | None, tool: str | None) -> None:
        self.whole, self.script, self.now_ms = whole, script, now_ms
        self.chain = Chain(len(whole.chains), script, parent, tool)
        whole.chains.append(self.chain)
        self.model, self.effort, self.version = script.model, script.effort, script.version
        self.segment, self.salt = 0, 0
        self.turns: list[list[Block]] = []
        self.before: Billed | None = None
        self.tools = self._block("harness", "tools", script.tools)
        told = script.harness == "codex"  # it logs its instructions whole
        self.system = self._block("instructions" if told else "harness", "base" if told else "system", script.system)
        self.tools.name = hash(("tools", script.tools, script.harness, script.agent if parent is not None else ""))
        self.system.name = hash(("system", script.system, self.tools.name))
        self.prompt = [block for block in (self.tools, self.system) if block.tokens]
        if script.warm != "nothing":
            self._warm(script.warm)

    def run(self) -> int:
        """Play all actions; the time at the end."""
        for action in self.script.actions:
            self._do(action)
        return self.now_ms

    def _do(self, action: Action) -> None:
        match action:
            case Call():
                self._call(action)
            case User():
                self._pass(action.after)
                self.turns.append(list(self.prompt))
                self._enter("user", "", action.tokens, action, turn=True)
            case Attach() | Tools() | Notice() | Instructions():
                self._context(action)
            case Pause():
                self._pass(action.seconds)
            case Switch():
                self.model = action.model
                self._note("change", action)
            case Effort():
                self.effort = action.level
                self._note("change", action)
            case Version():
                self.version = action.version
                self._rename(self.tools if action.breaks else None, action)
            case Compact():
                self._compact(action)
            case Clear():
                self._break([self.tools, self.system])
                self._note("clear", action)
            case Rewind():
                self._break(self.turns[action.turn])
                del self.turns[action.turn :]
                self._note("rewind", action)
            case Trouble():
                self._note("trouble", action)
            case Point():
                pass

    def _context(self, action: Attach | Tools | Notice | Instructions) -> None:
        """What a harness adds by itself; some of it renames the prompt's head or its messages."""
        self._pass(0.2)
        if isinstance(action, Attach):
            kind = {"skill": "skill", "instructions": "memory", "memory": "memory"}.get(action.form, "attachment")
            self._enter(kind, action.label, action.tokens, action)
        elif isinstance(action, Tools):
            self._rename(self.tools if action.breaks else None, None)
            self._enter("tools", action.server, action.tokens, action)
        elif isinstance(action, Notice):
            self.salt += action.breaks
            self._enter("user", "notification", action.tokens, action)
        else:
            self._rename(self.system if action.breaks else None, None)
            self._enter("attachment", action.path, action.tokens, action)

    def _call(self, action: Call) -> None:
        if action.hidden:
            self._enter("unlogged", "reminder", action.hidden, None)
        number = len(self.chain.calls) + 1
        start, before, total = self.now_ms, self.before, sum(block.tokens for block in self.prompt)
        bands = self._bands(total, action.keep)
        outputs = [self._put_out(output, number) for output in action.outputs]
        output = sum(block.tokens for block in outputs)
        thinking = sum(block.tokens for block in outputs if block.kind == "thinking")
        self._pass(1.5 + output * 0.012)
        logged = min(output, 1 + number % 7) if self.script.counts == "partial" else output
        call = Billed(
            number, self.chain.number, self.segment, start, self.now_ms, self.model, self.effort, self.version,
            action.speed, action.stop, bands, output, logged, thinking, action.searches,
            price_of(self.model, total, action.speed, flat=self.script.flat), list(self.prompt), outputs,
            old=min(before.prompt, total) if before else 0,
            expected=min(self._cached_by(before), before.prompt, total) if before else 0,
        )  # fmt: skip
        for block in call.tiles:
            block.entered = block.entered or number
            block.last = number
            block.seen += 1
        self.chain.calls.append(call)
        self.chain.events.append(Event("call", self.now_ms, call=call, action=action))
        self.prompt += outputs
        self.before = call
        for used, block in zip(action.outputs, outputs, strict=True):
            if isinstance(used, Use):
                self._answer(used, block)

    def _answer(self, use: Use, request: Block) -> None:
        """A tool runs, perhaps a whole sub-agent, and its result enters."""
        self._pass(use.result.seconds)
        if use.agent is not None:
            self.now_ms = _Actor(
                self.whole, use.agent, self.now_ms, parent=self.chain.number, tool=request.tool
            ).run() + 100  # fmt: skip
        self._enter(
            "tool-result", use.path or use.command or use.query or "", use.result.tokens, use, tool=request.tool
        )

    def _cached_by(self, call: Billed) -> int:
        """Where caching is by breakpoint, what was read and written; where it is automatic, the whole prompt."""
        if self.script.harness == "codex":
            return call.prompt
        return call.bands.read + call.bands.write1 + call.bands.write5

    def _bands(self, total: int, keep: float | None) -> Bands:
        script = self.script
        if not script.caching:
            return Bands(0, 0, 0, total)
        names, floors = self._names()
        if script.harness == "codex":
            cache = self.whole.cache
            return cache.codex(self.model, names, total, now_ms=self.now_ms, keep=keep, step=script.step)
        return self.whole.cache.claude(
            self.model, names, floors, total,
            now_ms=self.now_ms, ttl_ms=script.ttl * 1_000, tail=script.tail, keep=keep,
        )  # fmt: skip

    def _names(self) -> tuple[list[int], list[tuple[int, int]]]:
        """The name of every prefix, and (name, length) of those that end with tools or system."""
        names: list[int] = []
        floors: list[tuple[int, int]] = []
        name, length = 0, 0
        for block in self.prompt:
            if block is not self.tools and block is not self.system and len(floors) == len(names):
                name = hash((name, self.effort, self.salt))  # messages are cached under these settings
            name = hash((name, block.name))
            length += block.tokens
            if block is self.tools or block is self.system:
                floors.append((name, length))
            names.append(name)
        return names, floors

    def _warm(self, what: str) -> None:
        _, floors = self._names()
        kept = floors[:1] if what == "tools" else floors
        for name, length in kept:
            self.whole.cache.warm(self.model, name, length, now_ms=self.now_ms, ttl_ms=self.script.ttl * 1_000)

    def _put_out(self, output: Output, number: int) -> Block:
        script = self.script
        if isinstance(output, Use):
            agent = output.agent.agent if output.agent else None
            tokens = request_tokens(output, script.harness, script.cwd, agent)
            block = self._block("tool-call", output.act, tokens, output)
            block.tool = f"{self.chain.number}.{block.number}"
        else:
            kind = "thinking" if isinstance(output, Think) else "assistant-text"
            block = self._block(kind, "", output.tokens, output)
        block.born = number
        return block

    def _enter(
        self, kind: str, label: str, tokens: int, source: Action | Output | None,
        *, tool: str | None = None, turn: bool = False,
    ) -> Block:  # fmt: skip
        block = self._block(kind, label, tokens, source)
        block.tool = tool
        self.prompt.append(block)
        if source is not None:
            self.chain.events.append(Event("block", self.now_ms, block=block, turn=turn, action=_action(block)))
        return block

    def _block(self, kind: str, label: str, tokens: int, source: Action | Output | None = None) -> Block:
        number = len(self.whole.blocks)
        block = Block(number, self.chain.number, kind, label, tokens, source, name=number + 1)
        self.whole.blocks.append(block)
        return block

    def _rename(self, block: Block | None, action: Action | None) -> None:
        """The content of a block changed, its size did not."""
        if block is not None:
            block.name = hash((block.name, self.now_ms))
        if action is not None:
            self._note("change", action)

    def _compact(self, action: Compact) -> None:
        total = sum(block.tokens for block in self.prompt)
        if action.billed and self.script.harness == "claude":  # Codex logs no usage of it
            self._bill_compaction(action)
        kept = self.prompt[-action.keep :] if action.keep else []
        sticky = [
            block
            for block in self.prompt
            if isinstance(block.source, Attach) and block.source.sticky and block not in kept
        ]
        self._break([self.tools, self.system])
        self.chain.events.append(Event("compact", self.now_ms, action=action, before=total))
        self._enter("summary", "", action.summary, action)
        for block in sticky:
            self.prompt.append(block)
            self.chain.events.append(Event("block", self.now_ms, block=block, action=_action(block)))
        self.prompt += kept

    def _bill_compaction(self, action: Compact) -> None:
        """The request that writes the summary: a chain of its own, with the whole conversation as its prompt."""
        chain = Chain(len(self.whole.chains), self.script, self.chain.number, internal=True)
        self.whole.chains.append(chain)
        ask = self._block("user", "compaction", 500, action)
        tiles = [*self.prompt, ask]
        total = sum(block.tokens for block in tiles)
        self.prompt.append(ask)
        bands = self._bands(total, None)
        del self.prompt[-1]
        carried = Block(len(self.whole.blocks), chain.number, "carried", "conversation", total - ask.tokens)
        summary = Block(len(self.whole.blocks) + 1, chain.number, "assistant-text", "summary", action.summary, action)
        ask.chain, ask.entered, ask.last, carried.entered, carried.last, summary.born = chain.number, 1, 1, 1, 1, 1
        ask.seen = carried.seen = 1
        self.whole.blocks += [carried, summary]
        start = self.now_ms
        self._pass(1.5 + action.summary * 0.012)
        chain.events.append(Event("block", start, block=ask, action=action))
        chain.calls.append(
            Billed(
                1, chain.number, 0, start, self.now_ms, self.model, self.effort, self.version, None, None, bands,
                action.summary, action.summary, 0, 0, price_of(self.model, total, flat=self.script.flat),
                [carried, ask], [summary], old=0, expected=0,
            )
        )  # fmt: skip
        chain.events.append(Event("call", self.now_ms, call=chain.calls[0]))

    def _break(self, kept: list[Block]) -> None:
        """The prompt shrinks to some of its blocks: a new segment."""
        self.prompt = [block for block in kept if block.tokens]
        self.segment += 1
        self.before = None

    def _note(self, what: Literal["clear", "rewind", "change", "trouble"], action: Action) -> None:
        self.chain.events.append(Event(what, self.now_ms, action=action))

    def _pass(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1_000)


def _action(block: Block) -> Action | None:
    """The action that a block comes from; results of tools come from a part of one."""
    return None if isinstance(block.source, (Say, Think, Use)) else block.source
