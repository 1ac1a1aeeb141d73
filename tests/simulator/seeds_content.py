"""Causes that lie in what entered the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.cures import drop, trim
from simulator.script import Attach, Call, Result, Say, Tools, Use
from simulator.seeds import Case, Variant, case
from simulator.sessions import SMALL_FLOOR, edit, read

if TYPE_CHECKING:
    from simulator.script import Action, Cure
    from simulator.sessions import Bench


def _build(tokens: int, command: str = "make build", cures: tuple[Cure, ...] = ()) -> Use:
    head = "cc -O2 -c core/main.c\n"
    return Use("run", Result(tokens, head=head, exit_code=0, seconds=9.0), command=command, cures=cures)


@case("big-output")
def _big_output(bench: Bench) -> Case:
    """A whole build log; its twin is cut by the command itself, the near miss is a little above the limit."""
    name = "big-output"
    return Case(
        Variant((Call((_build(bench.some(9_000), cures=trim(name, 1_500)),)),)),
        Variant((Call((_build(600, "make build 2>&1 | tail -40"),)),)),
        Variant((Call((_build(1_700, cures=trim(name, 1_500)),)),)),
    )


@case("low-signal-file")
def _low_signal(bench: Bench) -> Case:
    """A lockfile is read whole; its twin looks at the first lines."""
    name, path = "low-signal-file", bench.rng.choice(("package-lock.json", "poetry.lock", "web/dist/app.min.js"))

    def lock(tokens: int) -> Use:
        return Use("read", Result(tokens, "data"), path=path, cures=trim(name, 300))

    head = Use("run", Result(420), command=f"head -40 {path}")
    return Case(Variant((Call((lock(bench.some(8_000)),)),)), Variant((Call((head,)),)), Variant((Call((lock(600),)),)))


@case("duplicate-read")
def _duplicate_read(bench: Bench) -> Case:
    """A file is read again although nothing has changed; in the twin it was edited in between."""
    name, path, other = "duplicate-read", bench.file(), bench.file()

    def twice(tokens: int, *between: Action) -> Variant:
        return Variant((
            Call((read(path, tokens), read(other, 300))),
            *between,
            Call((edit(other),)),
            Call((Say(30), read(path, tokens)), cures=drop(name)),
            Call((edit(path, at=8),)),
        ))  # fmt: skip

    tokens = bench.some(4_000)
    return Case(twice(tokens), twice(tokens, Call((edit(path),))), twice(90), also=frozenset({"duplicate-block"}))


@case("overlapping-read")
def _overlapping_read(bench: Bench) -> Case:
    """Lines that lie within those read before; the twin goes on where the first stopped."""
    name, path = "overlapping-read", bench.file()

    def then(first: int, last: int, *between: Action, **cured: Any) -> Variant:
        again = Call((read(path, (last - first) * 13, span=(first, last)),), **cured)
        return Variant((
            Call((read(path, 600 * 13, span=(1, 600)),)), *between, again, Call((edit(path, at=first + 2),)),
        ))  # fmt: skip

    first = bench.rng.randrange(60, 120)
    said = bench.step()
    twin = then(first, first + 400, Call((edit(path, at=first),))) if bench.seed % 2 else then(601, 1_000, said)
    return Case(then(first, first + 400, said, cures=drop(name)), twin, then(540, 940, said),
                also=frozenset({"duplicate-read"}))  # fmt: skip


@case("duplicate-block")
def _duplicate_block(bench: Bench) -> Case:
    """The same long result from different commands; in the twin each says something else."""
    name, tokens = "duplicate-block", bench.rng.randrange(1_700, 1_900)
    commands = ("git diff", "git diff HEAD", "git --no-pager diff", "git diff --no-color", "git diff --patch",
                "git diff -M", "git diff --minimal", "git diff --histogram")  # fmt: skip

    def shown(size: int, key: str) -> Variant:
        calls: list[Action] = []
        for n, command in enumerate(commands[:4] if bench.harness == "claude" else commands):
            text = key or f"diff {n}"
            use = Use("run", Result(size, "code", key=text), command=command, cures=trim(name, 0) if n else ())
            calls.append(Call((Say(25), use)))
        return Variant(tuple(calls))

    return Case(shown(tokens, "one diff"), shown(tokens, ""), shown(160, "one diff"),
                also=frozenset({"big-output", "polling"}))  # fmt: skip


@case("fixed-overhead")
def _fixed_overhead(bench: Bench) -> Case:
    """Instructions as long as a book."""
    name = "fixed-overhead"

    def told(tokens: int, **floor: int) -> Variant:
        rules = Attach("instructions", tokens, "docs/RULES.md", sticky=True, cures=trim(name, 800))
        return Variant(front=(rules,), options=dict(floor))

    small = {"tools": SMALL_FLOOR[0], "system": SMALL_FLOOR[1]}
    return Case(told(bench.some(14_000)), told(100, **small), told(450, **small), claim="exposure")


@case("unused-tools", "claude")
def _unused_tools(bench: Bench) -> Case:
    """A server's tools are described and never used; in the twin one of them is."""
    name = "unused-tools"
    used = Call((Use("mcp", Result(300, "prose"), server="tracker", query="query"),))

    def offered(tokens: int) -> tuple[Action, ...]:
        return (Tools("tracker", tokens, cures=drop(name)),)

    tokens = bench.some(6_000)
    return Case(Variant(front=offered(tokens)), Variant((used,), offered(tokens)), Variant(front=offered(500)))


@case("stale-context")
def _stale_context(bench: Bench) -> Case:
    """A long file that nothing speaks of again; in the twin it is worked on to the end."""
    path = f"docs/minutes_{bench.rng.randrange(1990, 2020)}.py"  # no other name in the session is like it

    def looked(tokens: int) -> Call:
        return Call((read(path, tokens),))

    tokens = bench.some(9_000)
    worked, last = Call((edit(path),)), (Call((edit(path, at=30),)), Call((Say(20, words=f"{path} is done. "),)))
    return Case(Variant((looked(tokens),)), Variant((looked(tokens), worked), end=last), Variant((looked(700),)),
                removable=False, claim="exposure")  # fmt: skip


@case("unlogged-growth", "claude")
def _unlogged_growth(bench: Bench) -> Case:
    """Reminders that no log shows; in the twin the log shows them."""
    tokens = bench.some(900)

    def reminded(hidden: int) -> Variant:
        return Variant(tuple(bench.step(hidden=hidden) for _ in range(8)))

    shown = [act for _ in range(8) for act in (Attach("hook", tokens, "PostToolUse:Bash"), bench.step())]
    return Case(reminded(tokens), Variant(tuple(shown)), reminded(20), removable=False, claim="exposure")
