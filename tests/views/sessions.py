"""Reports of invented sessions for tests of pages: told with a `Body`, put through the real detectors and diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postmortem.bodies import START_MS, Body, Stall
from whyburn.postmortem.build import build
from whyburn.postmortem.report import Subject

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.report import Report

SOURCES = ("/home/someone/.claude/projects/-work-shop/3d1f0a52-aaaa-bbbb-cccc-000000000001.jsonl",)


def a_report(anatomy: Anatomy, **facts: object) -> Report:
    """The report of an anatomy."""
    given = {
        "key": "box/claude/a-session", "machine": "box", "harness": anatomy.harness, "id": "3d1f0a52-aaaa", "title":
        "fix cart rounding", "project": "/work/shop", "cwd": "/work/shop", "branch": "main", "first_ms": START_MS,
        "last_ms": START_MS + 7_800_000, "parent": None, "relation": None, "sources": SOURCES,
        "prices": "built-in price table", **facts,
    }  # fmt: skip
    return build(Subject(**given), anatomy, Stall())  # type: ignore[arg-type]


def a_shop_session() -> Body:
    """A few turns: a lockfile is read and carried, tests fail again and again, a pause loses the cache, a sub-agent
    explores, the model changes, the conversation is compacted."""
    body = Body().prompt(300).call().think(200).say(40).read("/work/shop/package-lock.json", 26_000)
    for name in ("cart", "price", "tax"):
        body.call().say(60).read(f"/work/shop/src/{name}.py", 2_100)
    for _ in range(4):
        body.call().say(30).run("pytest -q tests/test_cart.py", 3_800, result={
            "failure": "failed", "exit_code": 1, "fingerprint": 77, "error": "test_rounds_down", "passed": False,
        })  # fmt: skip
    body.call().edit("/work/shop/src/cart.py", 40)
    body.prompt(80).call(wait=1_140, r=0).event("expired").say(90)
    body.call().use("search", 2_600, name="Grep", query="round(").call()
    body.use("spawn", 900, name="Task", id="spawn-1", query="where is tax computed").call().say(400)
    body.prompt(120).call(model="small").say(80).call(model="large").say(20)
    body.compact(2_400).call().say(150).run("git diff", 1_900).call().say(30)
    body.chain("agent-1", name="explorer", request="spawn-1").prompt(200)
    for at in range(5):
        body.call(model="small").read(f"/work/shop/src/tax/rule_{at}.py", 1_500)
    return body.call(model="small").say(350)


def a_long_session(calls: int, blocks: int) -> Body:
    """Many calls and blocks, in turns, compacted now and then."""
    body = Body().prompt(200)
    each, names = max(blocks // calls - 1, 1), ("cart", "price", "tax", "order", "stock")
    for at in range(calls):
        if at and at % 40 == 0:
            body.prompt(150)
        if at and at % 250 == 0:
            body.compact(3_000)
        body.call().say(40 + at % 90)
        for part in range(each // 2):
            place = at * 7 + part * 13
            if place % 3:
                body.read(f"/work/shop/src/{names[place % 5]}/{place % 211}.py", 120 + place * 37 % 900)
            else:
                body.run(f"pytest -q tests/{names[place % 5]}_{place % 40}.py", 90 + place * 53 % 700)
    return body.call().say(20)
