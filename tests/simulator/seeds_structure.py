"""Causes that lie in how a session was laid out: turns, compactions, sub-agents, models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.cures import change, drop, swap, trim
from simulator.script import Call, Compact, Pause, Point, Result, Say, Think, Use, User
from simulator.seeds import Case, Variant, case
from simulator.sessions import edit, passing, read, search

if TYPE_CHECKING:
    from simulator.script import Action
    from simulator.sessions import Bench


@case("split-point", "claude")
def _split(bench: Bench) -> Case:
    """Two tasks that have nothing in common, one after the other; the twin compacts between them."""
    name = "split-point"

    def first(size: int) -> tuple[Action, ...]:
        paths = [bench.file() for _ in range(6)]
        reads = Call(tuple(read(path, size) for path in paths))
        return (reads, *(Call((edit(path),)) for path in paths))

    whole = first(bench.some(5_000))
    return Case(
        Variant((*whole, Point(cures=swap(name, Compact(2_000)))), after=5),
        Variant((*whole, Compact(2_000)), after=5),
        Variant((*first(900), Point(cures=swap(name, Compact(2_000))))),
        removable=False,
    )  # fmt: skip


@case("compaction-thrash")
def _thrash(bench: Bench) -> Case:
    """What a compaction threw away is read again right after it; the twin reads other files."""
    name = "compaction-thrash"
    paths, others = [bench.file() for _ in range(3)], [bench.file() for _ in range(3)]

    def around(size: int, again: list[str]) -> Variant:
        before = Call(tuple(read(path, size) for path in paths))
        edits = Call(tuple(edit(path) for path in paths))
        after = [Call((read(path, size),), cures=drop(name)) for path in again]
        return Variant((before, edits, Compact(1_500), *after, Call(tuple(edit(path, at=30) for path in again))))

    size = bench.some(2_500)
    return Case(around(size, paths), around(size, others), around(90, paths[:1]), also=frozenset({"serial-reads"}))


@case("subagent-unused", "claude")
def _unused(bench: Bench) -> Case:
    """A sub-agent's answer that nobody uses, or the same task twice; the twin's answer is used."""
    name, path = "subagent-unused", bench.file()

    def task(steps: int) -> Use:
        looks = [Call((read(bench.file(), 1_500),)) for _ in range(steps)]
        agent = bench.agent(
            bench.request(path), *looks, Call((Say(200, words=f"{path} holds the rule. "),)), strong=True
        )
        answer = Result(200, "prose", head=f"{path} holds the rule, at line 12: settle_once(). ")
        return Use("spawn", answer, query=f"Where is the rule of {path}?", agent=agent)

    used = replace(bench.step(), outputs=(Say(60, words=f"{path} holds the rule, so I mend settle_once() there. "),
                                          *bench.step().outputs[1:]))  # fmt: skip
    mend = Call((edit(path),))
    big = task(5)
    twice = (Call((big,)), used, Call((big,), cures=drop(name)), mend)
    once = (Call((big,), cures=drop(name)), bench.step(), *(Call((edit(bench.file()),)) for _ in range(2)))
    small = bench.agent(bench.request(path), Call((Say(60),)), tools=2_000, system=800)
    cheap = Use("spawn", Result(60, "prose"), query="Say hello", agent=small)
    return Case(
        Variant(twice if bench.seed % 2 else once), Variant((Call((big,)), used, mend)),
        Variant((Call((cheap,), cures=drop(name)), bench.step())),
        also=frozenset({"strong-model-subagent", "write-never-read"}),
    )  # fmt: skip


@case("subagent-cold", "claude")
def _cold(bench: Bench) -> Case:
    """Five short sub-agents, each of which must write its own beginning; in the twin they follow each other at once."""
    name = "subagent-cold"

    def short(count: int, pause: float, **settings: object) -> Variant:
        calls: list[Action] = []
        for n in range(count):
            path = bench.file()
            agent = bench.agent(bench.request(path), Call((edit(path),)), Call((Say(80, words=f"{path} is mended. "),)),
                                strong=True, cures=change(name, warm="floor") if n else (), **settings)  # fmt: skip
            use = Use("spawn", Result(90, "prose", head=f"{path} is mended. "), query=f"Mend {path}", agent=agent)
            calls += [Pause(pause), User(12, words=f"Now {path}. "), Call((use,)), Call((edit(path, at=40),))]
        return Variant(tuple(calls), options={"ttl": 3_600})

    return Case(short(5, 400), short(5, 1), short(1, 400), removable=False,
                also=frozenset({"ttl-too-long", "write-never-read", "strong-model-subagent"}))  # fmt: skip


@case("strong-model-subagent", "claude")
def _strong_agent(bench: Bench) -> Case:
    """A sub-agent only looks things up, with the strongest model, while a smaller one does such work elsewhere."""
    name, path = "strong-model-subagent", bench.file()

    def looks(strong: bool, *more: Action) -> Variant:
        steps: list[Action] = []
        for _ in range(4):
            found = bench.file()
            steps.append(Call((Say(25), search(found.split("/")[2][:-3], 500, found))))
            steps.append(Call((read(found, 1_500),)))
        agent = bench.agent(bench.request(path), *steps, *more, Call((Say(200, words=f"{path} holds the rule. "),)),
                            strong=strong, cures=change(name, model="claude-haiku-4-5-20251001"))  # fmt: skip
        answer = Result(200, "prose", head=f"{path} holds the rule, at line 12. ")
        small = bench.agent(bench.request(path), Call((read("README.md", 300),)), Call((Say(80),)), agent="Plan")
        readme = Use("spawn", Result(80, "prose", head="README.md says how. "), query="Read the README", agent=small)
        use = Use("spawn", answer, query=f"Where is the rule of {path}?", agent=agent)
        return Variant((Call((readme,)), Call((edit("README.md"),)), Call((use,)), Call((edit(path),))))

    mend = Call((edit(path, at=9), edit("src/shop/extra.py")))
    return Case(looks(True), looks(True, mend, Call((passing("pytest -q"),))), looks(False),
                also=frozenset({"exploration", "subagent-cold"}))  # fmt: skip


@case("thinking")
def _thinking(bench: Bench) -> Case:
    """Much thought for few words."""
    name = "thinking"

    def thought(tokens: int) -> Variant:
        thinks = (
            replace(step, outputs=(Think(tokens, cures=trim(name, 100)), *step.outputs))
            for step in (bench.step() for _ in range(4))
        )
        return Variant(tuple(thinks))

    return Case(thought(bench.some(2_500)), thought(20), thought(40), removable=False, claim="exposure")
