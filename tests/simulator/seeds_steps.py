"""Causes that lie in what the model did, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.cures import drop, join, swap, trim
from simulator.script import Call, Result, Say, Use, User
from simulator.seeds import Case, Variant, case
from simulator.sessions import edit, failing, passing, read, search

if TYPE_CHECKING:
    from simulator.script import Action
    from simulator.sessions import Bench


@case("retry-loop")
def _retry(bench: Bench) -> Case:
    """A failing test is run again and again; the twins bring a word of the user, or an edit and another failure."""
    name, command, path = "retry-loop", "pytest tests/test_cart.py -q", bench.file()
    size, runs = bench.rng.randrange(1_100, 1_350), 4 if bench.harness == "claude" else 7

    def run(nth: int, test: str = "test_total_rounds", *, cured: bool = False) -> Call:
        return Call((Say(40), failing(command, size, test, took=0.4 + nth / 7)), cures=drop(name) if cured else ())

    mend = Call((edit(path, at=20),))
    loop = (
        Call((read(path, 600),)),
        run(0),
        *(run(n, cured=True) for n in range(1, runs)),
        mend,
        Call((passing(command),)),
    )
    asked = (Call((read(path, 600),)), run(0), User(30, words="Run it once more, please. "), run(1), mend)
    changed = (Call((read(path, 600),)), run(0), mend, run(1, "test_discount_once"), Call((edit(path, at=40),)),
               Call((passing(command),)))  # fmt: skip
    return Case(Variant(loop), Variant(asked if bench.seed % 2 else changed), Variant(changed),
                also=frozenset({"duplicate-block"}))  # fmt: skip


@case("polling")
def _polling(bench: Bench) -> Case:
    """A background command is asked seven times how it is; the twin's answers differ and are acted on."""
    name, path = "polling", bench.file()
    start = Call((Use("run", Result(40, head="Command running in background with ID: b1\n"), command="make slow &"),))

    def asked(nth: int, cured: bool) -> Call:
        answer = Result(120, key="still running", head="<status>running</status>\n", seconds=4.0)
        return Call((Use("wait", answer, query="b1"),), cures=drop(name) if cured else ())

    def news(nth: int) -> tuple[Action, ...]:
        answer = Result(200, head=f"<status>running</status>\nstage {nth}: warning in {path}\n")
        return (Call((Use("wait", answer, query="b1"),)), Call((edit(path, at=10 * nth),)))

    count = 7 if bench.harness == "claude" else 10
    polled = tuple(asked(n, cured=0 < n < count - 1) for n in range(count))
    told = tuple(act for n in range(1, 5) for act in news(n))
    return Case(
        Variant((Call((read(path, 500),)), start, *polled)),
        Variant((Call((read(path, 500),)), start, *told)),
        Variant((Call((read(path, 500),)), start, asked(0, cured=False), asked(1, cured=False))),
        also=frozenset({"duplicate-block"}),
    )


@case("tool-error")
def _tool_error(bench: Bench) -> Case:
    """An edit that does not match its file, or a long command that does not exist; the twin's test runs, and fails."""
    name, path = "tool-error", bench.file()
    size = bench.some(1_300)

    def lost(tokens: int) -> Use:
        script = "; ".join(f"maek --target part{n} --strict" for n in range(tokens // 11))
        return Use("run", Result(60, head="bash: maek: command not found\n", failure="missing", exit_code=127),
                   command=script)  # fmt: skip

    def missed(tokens: int) -> Use:
        return replace(edit(path, tokens), result=Result(90, "prose", failure="edit"))

    wrong = lost if bench.seed % 2 else missed
    known, mended = Call((read(path, 800),)), Call((edit(path, 120),))
    test = Call((failing("pytest tests/test_cart.py -q", 500),))
    fixed = Call((passing("pytest tests/test_cart.py -q"),))
    return Case(
        Variant((known, Call((Say(30), wrong(size)), cures=drop(name)), mended)),
        Variant((known, test, mended, fixed)),
        Variant((known, Call((wrong(60),), cures=drop(name)), mended)),
        also=frozenset({"serial-reads"}),
    )


@case("serial-reads")
def _serial(bench: Bench) -> Case:
    """Files that the user named, or a search has listed, are read one by one; the twin reads them in one go."""
    name = "serial-reads"
    count = 7 if bench.harness == "claude" else 14
    paths = [bench.file() for _ in range(count)]

    def told(files: list[str]) -> tuple[Action, ...]:
        if bench.seed % 2:
            return (User(60 + 10 * len(files), words=f"Look at {', '.join(files)} and settle the rounding in each. "),)
        return (Call((search("round", 40 + 24 * len(files), *files),)),)

    def one_by_one(files: list[str]) -> tuple[Action, ...]:
        return tuple(Call((read(path, 260),), cures=join(name) if n else ()) for n, path in enumerate(files))

    edits = tuple(Call(tuple(edit(path) for path in paths[n : n + 3])) for n in range(0, count, 3))
    together = Call(tuple(read(path, 260) for path in paths))
    pair = (*one_by_one(paths[:2]), Call((edit(paths[0]), edit(paths[1]))))
    return Case(
        Variant((*told(paths), *one_by_one(paths), *edits)),
        Variant((*told(paths), together, *edits)),
        Variant((*told(paths[:2]), *pair)),
        also=frozenset({"strong-model-run"}),
    )


@case("discarded-output", "claude")
def _discarded(bench: Bench) -> Case:
    """A long answer is cut off and begun anew; the twin's is as long and whole."""
    name = "discarded-output"
    tokens = bench.some(3_000)

    def cut(size: int) -> tuple[Action, ...]:
        return (
            Call((Say(size, words="The plan, in full: ", cures=trim(name, 0)),), stop="max_tokens"),
            User(8, words="Go on. "),
            Call((Say(300, words="In short: "),)),
        )

    whole = (
        Call((Say(tokens, words="The plan, in full: "),)),
        User(8, words="Go on. "),
        Call((Say(300, words="In short: "),)),
    )
    return Case(Variant(cut(tokens)), Variant(whole), Variant(cut(150)))


@case("rewrite-for-edit", "claude")
def _rewrite(bench: Bench) -> Case:
    """A known file is written anew to change one line; the twin writes a new file, the near miss a short one."""
    name, path = "rewrite-for-edit", bench.file()
    saved = Result(40, "prose", head=f"The file /home/ana/shop/{path} has been updated successfully. ")

    def rewritten(size: int) -> tuple[Action, ...]:
        small = edit(path, 80)
        write = Use("write", saved, path=path, content=size, changed=7, cures=swap(name, small))
        return (Call((read(path, size),)), Call((write,)))

    new = Use("write", saved, path=bench.file(), content=3_000)
    return Case(Variant(rewritten(bench.some(3_000))), Variant((Call((new,)),)), Variant(rewritten(300)),
                removable=False)  # fmt: skip


@case("exploration")
def _exploration(bench: Bench) -> Case:
    """Deep in a session, search after search and file after file, and one of them is edited; in the twin most are."""
    design = bench.file()
    known = (Call((read(design, bench.some(12_000)),)), Call((edit(design),)))

    def looked(steps: int, edited: int) -> tuple[Action, ...]:
        paths = [bench.file() for _ in range(steps)]
        calls: list[Action] = []
        for path in paths:
            calls.append(Call((Say(25), search(path.split("/")[2][:-3], bench.rng.randrange(450, 800), path))))
            calls.append(Call((read(path, bench.some(2_000)),)))
        return (*known, *calls, *(Call((edit(path),)) for path in paths[:edited]))

    return Case(
        Variant(looked(10, 1)), Variant(looked(10, 9)), Variant(looked(3, 0)), removable=False,
        also=frozenset({"strong-model-run", "serial-reads"}),
    )  # fmt: skip


@case("strong-model-run", "claude")
def _strong_run(bench: Bench) -> Case:
    """Listing, searching and reading with the strongest model for many calls; the twin works in between."""
    agent = bench.agent(bench.request(bench.file()), Call((read("README.md", 400),)), Call((Say(90),)))
    small = Call(
        (Use("spawn", Result(120, "prose", head="README.md says so. "), query="Read the README", agent=agent),)
    )

    def low(steps: int, *between: Action) -> tuple[Action, ...]:
        calls: list[Action] = [small, Call((edit("README.md"),))]
        for _ in range(steps):
            path = bench.file()
            calls.append(Call((Say(30), search(path.split("/")[2][:-3], bench.rng.randrange(450, 700), path))))
            calls.append(Call((read(path, bench.some(1_200)),)))
            calls += between and (Call((edit(path),)),)
        return tuple(calls)

    return Case(
        Variant(low(11)), Variant(low(6, bench.step())), Variant(low(3)), removable=False,
        also=frozenset({"exploration", "serial-reads", "write-never-read"}),
    )  # fmt: skip
