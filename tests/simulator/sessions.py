"""Sessions in which nothing is wrong, and random ones.

A healthy turn looks as in real logs: a request, a search, reads of what it found in one go, edits of what was read, a
short test run that passes, a few words. Random scripts promise nothing but that every action may follow every other.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any, Literal

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
    Result,
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

Harness = Literal["claude", "codex"]
SMALL_FLOOR = (400, 300)
"""Tokens of tools and system prompt so few that not even their exposure is worth a line."""
_WEIGHT = {"claude": 1.0, "codex": 2.4}
_PROGRAMS: tuple[Harness, ...] = ("claude", "claude", "codex")
_AREAS = ("cart", "orders", "pricing", "stock", "users", "search", "invoices", "parcels", "vouchers", "reports")
_PARTS = ("totals", "rounding", "rules", "views", "models", "export", "forms", "filters", "jobs", "routes")
_REQUESTS = (
    "Please make the totals of {} agree with the invoices again.",
    "The {} page shows an old price after a discount; find out why and mend it.",
    "Add the region to {} and keep the tests green.",
    "{} should say which rule it used. Small change, please.",
)


@dataclass(slots=True)
class Bench:
    """What scripts are made with: a source of chance, and files that no other part of the script uses."""

    seed: int
    harness: Harness = "claude"
    rng: random.Random = field(init=False)
    _files: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"bench {self.seed}")
        self._files = [f"src/{area}/{part}.py" for area in _AREAS for part in _PARTS]
        self.rng.shuffle(self._files)

    def file(self) -> str:
        """A path that nothing else in the script names."""
        return self._files.pop()

    def some(self, tokens: int, spread: float = 0.1) -> int:
        """About so many tokens; more where they are cheaper, so that a cause weighs as much."""
        return round(tokens * _WEIGHT[self.harness] * self.rng.uniform(1 - spread, 1 + spread))

    def agent(self, *actions: Action, strong: bool = False, **settings: Any) -> Script:
        """The script of a sub-agent."""
        if not strong:
            settings["model"] = "claude-haiku-4-5-20251001" if self.harness == "claude" else "gpt-5.4-mini"
        return replace(based(actions, self.harness), **{"tools": 6_000, "system": 2_000, **settings})

    def step(self, **settings: Any) -> Call:
        """A small step of its own that nobody could object to."""
        path = self.file()
        look = Use("run", Result(45, head=f"4f1c2ab {path.split('/')[1]}: settle\n"), command=f"git log -1 -- {path}")
        return Call((Say(25), look), **settings)

    def request(self, path: str) -> User:
        """A person asks for something."""
        words = self.rng.choice(_REQUESTS).format(path.split("/")[1])
        return User(len(words) // 3 + self.rng.randrange(10, 40), words=words + " ")

    def turn(self, *, reused: str | None = None) -> list[Action]:
        """A healthy turn of seven calls; it may edit a file that an earlier one has read."""
        one, two = self.file(), self.file()
        area = one.split("/")[1]
        again = [Call((edit(reused),))] if reused else []
        return [
            self.request(one),
            Call((Think(self._few(45)), Say(40), search(area, self._few(300), one, two))),
            Call((read(one, self._few(900)), read(two, self._few(700)))),
            Call((Think(self._few(50)), edit(one, self._few(110)))),
            Call((edit(two, self._few(90)),)),
            *again,
            Call((passing(f"pytest tests/test_{area}.py -q", self._few(170)),)),
            Call((Say(self._few(160), words=f"Done: {one} and {two} now agree. "),)),
        ]

    def _few(self, tokens: int) -> int:
        return round(tokens * self.rng.uniform(0.8, 1.2))


def read(path: str, tokens: int, *, span: tuple[int, int] | None = None, texture: str = "code") -> Use:
    """A file is read."""
    return Use("read", Result(tokens, texture), path=path, span=span)  # type: ignore[arg-type]


def edit(path: str, tokens: int = 100, *, at: int = 3) -> Use:
    """A few lines of a file are changed."""
    done = f"The file /home/ana/shop/{path} has been updated successfully. "
    return Use("edit", Result(40, "prose", head=done), path=path, content=tokens, span=(at, at + 9))


def search(word: str, tokens: int, *found: str) -> Use:
    """A search that finds some files."""
    head = "".join(f"{path}:{11 + n}:def {word}_{n}():\n" for n, path in enumerate(found))
    return Use("search", Result(tokens, head=head), query=word, path="src")


def passing(command: str, tokens: int = 150, *, passed: int = 24) -> Use:
    """A test run that passes."""
    head = f"{'=' * 29} test session starts {'=' * 29}\ncollected {passed} items\n\n"
    return Use("run", Result(tokens, head=head, tail=f"\n{'=' * 27} {passed} passed in 0.84s {'=' * 27}", seconds=2.0),
               command=command)  # fmt: skip


def failing(
    command: str, tokens: int, test: str = "test_total_rounds", *, file: str = "tests/test_cart.py", took: float = 0.42
) -> Use:
    """A test run that fails, always in the same way but for its duration."""
    head = (
        f"{'=' * 29} test session starts {'=' * 29}\ncollected 24 items\n\n{file} ..F{'.' * 21}\n\n"
        f"{'=' * 35} FAILURES {'=' * 35}\n{'_' * 31} {test} {'_' * 31}\n\n"
        f"    def {test}():\n>       assert settle([1.005]) == 1.01\nE       AssertionError: assert 1.0 == 1.01\n\n"
        f"{file}:41: AssertionError\n"
    )
    tail = (
        f"\n{'=' * 27} short test summary info {'=' * 28}\n"
        f"FAILED {file}::{test} - AssertionError: assert 1.0 == 1.01\n"
        f"{'=' * 25} 1 failed, 23 passed in {took:.2f}s {'=' * 25}"
    )
    result = Result(
        tokens, key=f"fails {file} {test}", head=head, tail=tail, failure="failed", exit_code=1, seconds=3.0
    )
    return Use("run", result, command=command)


def clean(seed: int, harness: Harness = "claude") -> Script:
    """A session in which no cause reaches a threshold."""
    bench = Bench(seed)
    actions: list[Action] = [Attach("instructions", 500, "CLAUDE.md", sticky=True)]
    for _ in range(bench.rng.randrange(2, 5)):
        actions += bench.turn()
    tools, system = SMALL_FLOOR
    return replace(based(tuple(actions), harness), tools=tools, system=system)


def based(actions: tuple[Action, ...], harness: Harness) -> Script:
    """A script under usual conditions."""
    if harness == "codex":
        return Script(actions, harness="codex", model="gpt-5.4", version="0.142.5", tools=8_000, system=4_000)
    return Script(actions)


def random_script(seed: int, program: Harness | None = None) -> Script:
    """Anything in any order: for laws that hold always."""
    rng = random.Random(f"any {seed}")
    harness: Harness = program if program is not None else rng.choice(_PROGRAMS)
    actions: list[Action] = [User(rng.randrange(5, 400))]
    turns = 1
    for _ in range(rng.randrange(3, 28)):
        action = _any(rng, harness, turns)
        turns += isinstance(action, User)
        if isinstance(action, Rewind):
            turns = action.turn
            actions += [action, User(rng.randrange(5, 300))]
            turns += 1
        elif isinstance(action, Clear):
            actions += [action, User(rng.randrange(5, 300))]
            turns = turns + 1
        else:
            actions.append(action)
    actions.append(Call((Say(rng.randrange(1, 300)),)))
    script = based(tuple(actions), harness)
    if harness == "codex":
        return script
    return Script(
        script.actions, model=rng.choice(_MODELS), tools=rng.choice((0, 900, 9_000)), system=rng.choice((300, 4_000)),
        ttl=rng.choice((300, 3_600)), warm=rng.choice(("nothing", "tools", "floor")), tail=rng.choice((0, 4, 90)),
        caching=rng.random() > 0.1, counts=rng.choice(("final", "final", "growing", "partial")),
        version=rng.choice(("2.1.220", "2.1.97")), noise=rng.choice((0.0, 0.1)),
    )  # fmt: skip


_MODELS = ("claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001")


def _any(rng: random.Random, harness: Harness, turns: int) -> Action:
    """One action; calls are the most likely."""
    if rng.random() < 0.62:
        outputs = tuple(_any_output(rng, harness) for _ in range(rng.randrange(1, 4)))
        hidden = rng.choice((0, 0, 0, 40, 900))
        return Call(
            outputs,
            hidden=hidden,
            keep=rng.choice((None,) * 9 + (0.4,)),
            searches=int(harness == "claude" and rng.random() < 0.1),
        )
    common: list[Action] = [
        User(rng.randrange(2, 900)), User(rng.randrange(2, 90)), Pause(rng.choice((30, 200, 400, 4_000))),
        Notice(rng.randrange(20, 90), breaks=rng.random() < 0.5), Compact(rng.randrange(300, 3_000)),
        Attach("skill", rng.randrange(50, 900), "skills"), Trouble("interrupted"), Effort(rng.choice(("low", "high"))),
        Rewind(rng.randrange(turns)),
    ]  # fmt: skip
    if harness == "claude":
        common += [
            Switch(rng.choice(_MODELS)), Tools("tracker", rng.randrange(50, 900), breaks=rng.random() < 0.5),
            Instructions(rng.randrange(20, 90), breaks=rng.random() < 0.5), Version("2.1.230"), Clear(),
            Trouble("api_error"), Attach("hook", rng.randrange(20, 600), "PostToolUse:Bash"),
        ]  # fmt: skip
    return rng.choice(common)


def _any_output(rng: random.Random, harness: Harness) -> Output:
    kind = rng.random()
    if kind < 0.25:
        return Say(rng.randrange(1, 800))
    if kind < 0.4:
        return Think(rng.randrange(1, 800))
    tokens = rng.choice((0, 30, 400, 4_000))
    path = f"src/{rng.choice(_AREAS)}/{rng.choice(_PARTS)}.py"
    if kind < 0.45:
        model = _MODELS[2] if harness == "claude" else "gpt-5.1-codex-mini"
        steps = (User(90), Call((search("x", 200),)), Call((Say(90),)))
        agent = Script(steps, harness=harness, model=model, tools=2_000, system=900,
                       version="2.1.220" if harness == "claude" else "0.142.5")  # fmt: skip
        return Use("spawn", Result(tokens, "prose"), query="look around", agent=agent)
    return rng.choice((
        read(path, tokens), edit(path, rng.randrange(20, 300)), search("total", tokens), passing("pytest -q", tokens),
        failing("pytest -q", tokens), Use("mcp", Result(tokens), server="tracker", query="query"),
        Use("write", Result(30, "prose"), path=path, content=rng.randrange(20, 900)),
        Use("run", Result(tokens, failure="failed", exit_code=2), command="make build"),
    ))  # fmt: skip
