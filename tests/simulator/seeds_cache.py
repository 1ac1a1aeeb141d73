"""Causes that lie in how the prompt was cached and priced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cures import change, drop, swap
from simulator.script import (
    Attach,
    Call,
    Effort,
    Instructions,
    Notice,
    Pause,
    Result,
    Say,
    Switch,
    Tools,
    Use,
    User,
    Version,
)
from simulator.seeds import Case, Variant, case
from simulator.sessions import edit, passing, read

if TYPE_CHECKING:
    from simulator.script import Action
    from simulator.sessions import Bench


def _away(seconds: float, *, cured: str = "") -> tuple[Action, ...]:
    """The user is gone for a while and comes back with a word."""
    return (Pause(seconds, cures=drop(cured) if cured else ()), User(25, words="Here I am again. Go on, please. "))


def _work(bench: Bench, *between: Action) -> tuple[Action, ...]:
    """A file is read, something happens once it is cached, the file is edited and tested."""
    path = bench.file()
    test = passing("pytest -q", 140)
    return (Call((read(path, bench.some(9_000)),)), bench.step(), *between, Call((edit(path),)), Call((test,)))


@case("cache-expired", "claude")
def _expired(bench: Bench) -> Case:
    """A pause longer than the cache lives; the twin's lives an hour, the near miss is half a minute shorter."""
    name = "cache-expired"
    work = _work(bench, *_away(bench.rng.randrange(660, 1_200), cured=name))
    return Case(Variant(work), Variant(work, options={"ttl": 3_600}), Variant(_work(bench, *_away(255))),
                also=frozenset({"ttl-too-short", "ttl-too-long"}))  # fmt: skip


@case("cache-model", "claude")
def _model(bench: Bench) -> Case:
    """Another model for two calls, and back; the twin leaves that to a sub-agent, the near miss switches at once."""
    name = "cache-model"
    other = "claude-opus-4-6"  # at the same price, so that only the cache is lost
    there = Switch(other, cures=drop(name))
    back = Switch("claude-opus-4-5-20251101", cures=drop(name))
    agent = bench.agent(bench.request(bench.file()), Call((read("README.md", 400),)), Call((Say(90),)))
    asked = Use(
        "spawn", Result(120, "prose", head="README.md says so. "), query="What does the README say?", agent=agent
    )
    relied = Call((Say(30, words="README.md says so, hence: "),))
    return Case(
        Variant(_work(bench, there, *_work(bench), back)),
        Variant(_work(bench, Call((asked,)), relied)),
        Variant(front=(Switch("claude-opus-4-6"),)),
    )


@case("cache-tools", "claude")
def _tools(bench: Bench) -> Case:
    """A server connects in the middle; in the twin its tools are only announced, in the near miss it is the first."""
    name = "cache-tools"
    calm = Tools("tracker", 300)
    used = Call((Use("mcp", Result(200, "prose"), server="tracker", query="query"),))
    return Case(
        Variant(_work(bench, Tools("tracker", 300, breaks=True, cures=swap(name, calm)), used)),
        Variant(_work(bench, calm, used)),
        Variant(_work(bench, used), (Tools("tracker", 300, breaks=True),)),
    )


@case("cache-version", "claude")
def _version(bench: Bench) -> Case:
    """The program is updated in the middle; in the twin its prompt stays as it was."""
    name = "cache-version"
    return Case(
        Variant(_work(bench, Version("2.1.230", cures=drop(name)))),
        Variant(_work(bench, Version("2.1.230", breaks=False))),
        Variant(front=(Version("2.1.230"),)),
    )


@case("cache-system", "claude")
def _system(bench: Bench) -> Case:
    """The instructions are edited in the middle, and the system prompt is made anew; in the twin it is not."""
    name = "cache-system"
    calm, warm = Instructions(50, breaks=False), {"warm": "floor"}
    return Case(
        Variant(_work(bench, Instructions(50, cures=swap(name, calm))), options=warm),
        Variant(_work(bench, calm), options=warm),
        Variant(front=(Instructions(50),), options=warm),
    )


@case("cache-history", "claude")
def _history(bench: Bench) -> Case:
    """A notification makes the program rewrite its history; in the twin it is only added."""
    name = "cache-history"
    calm = Notice(70)
    return Case(
        Variant(_work(bench, Notice(70, breaks=True, cures=swap(name, calm)))),
        Variant(_work(bench, calm)),
        Variant(front=(User(20), Call((Say(30),)), Notice(70, breaks=True))),
    )


@case("cache-effort", "claude")
def _effort(bench: Bench) -> Case:
    """The effort changes in the middle; in the near miss before anything was cached, in the twin it is set again."""
    name = "cache-effort"
    options = {"effort": "medium"}
    return Case(
        Variant(_work(bench, Effort("high", cures=drop(name))), options=options),
        Variant(_work(bench, Effort("medium")), options=options),
        Variant(front=(Effort("high"),), options=options),
    )


@case("provider-miss", "codex")
def _provider_miss(bench: Bench) -> Case:
    """The provider gives only a part of what it has; less than two thousand tokens short is noise."""
    name = "provider-miss"

    def short(keep: float) -> Variant:
        cured = change(name, keep=None)
        missed, again = bench.step(keep=keep, cures=cured), bench.step(keep=keep, cures=cured)
        return Variant(_work(bench, missed, bench.step(), again))

    return Case(short(0.3), Variant(_work(bench, bench.step(), bench.step())), short(0.97), claim="exposure")


@case("cache-unknown", "claude")
def _unknown(bench: Bench) -> Case:
    """The cache gives nothing, and nothing says why."""
    name = "cache-unknown"

    def short(keep: float) -> Variant:
        return Variant(_work(bench, bench.step(keep=keep, cures=change(name, keep=None))))

    return Case(short(0.0), Variant(_work(bench, bench.step())), short(0.99), claim="exposure")


@case("never-cached", "codex", "claude")
def _never(bench: Bench) -> Case:
    """Nothing is ever cached; in the near miss a tenth of each prompt is behind the last breakpoint."""
    name = "never-cached"
    exact = bench.harness == "codex"
    middle = _work(bench)
    near = Variant(middle, options={} if exact else {"tail": 1_500})
    bad = Variant(middle, options={"caching": False, "cures": change(name, caching=True)})
    return Case(bad, Variant(middle), near, removable=False, also=frozenset({"provider-miss", "cache-unknown"}))


@case("ttl-too-short", "claude")
def _ttl_short(bench: Bench) -> Case:
    """Pause after pause beyond five minutes; the near miss has one at the very beginning, the twin shorter ones."""
    name = "ttl-too-short"
    three = [act for _ in range(4) for act in (*_work(bench), *_away(bench.rng.randrange(480, 1_200)))]
    calm = [act for _ in range(4) for act in (*_work(bench), *_away(200))]
    early = (User(20), bench.step(), *_away(500))
    return Case(
        Variant(tuple(three), options={"cures": change(name, ttl=3_600)}),
        Variant(tuple(calm)),
        Variant(_work(bench), early),
        also=frozenset({"cache-expired"}),
    )


@case("ttl-too-long", "claude")
def _ttl_long(bench: Bench) -> Case:
    """An hour is paid for and never needed; in the twin it is needed again and again."""
    name = "ttl-too-long"
    hour = {"ttl": 3_600}
    paused = [act for _ in range(3) for act in (*_work(bench), *_away(900))]
    late = (*_work(bench), *_work(bench), *_away(900))
    return Case(
        Variant(_work(bench), options={**hour, "cures": change(name, ttl=300)}),
        Variant(tuple(paused), options=hour),
        Variant(late, options=hour),
    )


@case("write-never-read", "claude")
def _never_read(bench: Bench) -> Case:
    """Sub-agents that make one call and cache it; the near miss makes two, the twin does not cache."""
    name = "write-never-read"

    def asked(cached: bool, *more: Action) -> Variant:
        calls: list[Action] = []
        for n in range(3):
            path = f"docs/chapter{n}.md"
            given = Attach("file", 9_000, path)
            agent = bench.agent(bench.request(path), given, *more, Call((Say(150),)), strong=True, caching=cached,
                                agent="writer", cures=change(name, caching=False))  # fmt: skip
            use = Use("spawn", Result(150, "prose", head=f"{path} reads well, but for one word. "),
                      query=f"Polish {path}", agent=agent)  # fmt: skip
            calls += [Call((use,)), Call((edit(path),)), *_away(400)]  # long enough for the next to find nothing
        return Variant(tuple(calls), options={"ttl": 3_600})

    return Case(asked(True), asked(False), asked(True, bench.step()),
                also=frozenset({"subagent-cold", "strong-model-subagent", "ttl-too-long"}))  # fmt: skip


@case("long-context-tier", "codex")
def _long_context(bench: Bench) -> Case:
    """A prompt beyond the size from which everything costs twice as much; the near miss stays just below it."""
    name = "long-context-tier"

    def grown(tokens: int) -> tuple[Action, ...]:
        paths = [bench.file() for _ in range(5)]
        reads = [Call((read(path, tokens),)) for path in paths]
        return (*reads, *(Call((edit(path),)) for path in paths))

    whole, below = grown(56_000), grown(46_000)
    return Case(
        Variant(whole, options={"cures": change(name, flat=True)}),
        Variant(whole, options={"model": "gpt-5.1-codex"}),
        Variant(below),
        also=frozenset({"split-point", "serial-reads", "stale-context"}),
    )


@case("speed-tier", "claude")
def _speed(bench: Bench) -> Case:
    """Some calls are bought faster at twice the price; the near miss is one small call before much is said."""
    name = "speed-tier"
    fast = {"model": "claude-opus-4-8"}

    def hurried(count: int, speed: str | None) -> tuple[Action, ...]:
        calls = tuple(bench.step(speed=speed, cures=change(name, speed=None)) for _ in range(count))
        return _work(bench, *calls)

    return Case(
        Variant(hurried(4, "fast"), options=fast),
        Variant(hurried(4, "standard"), options=fast),
        Variant(hurried(1, "fast")[1:2], options=fast),
    )
