"""Turns that could have begun anew, what compactions forgot, and sub-agents that were not worth it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postmortem.bodies import LARGE, Body, Stall
from whyburn.postmortem.charges import context, input_cost, life_cost
from whyburn.postmortem.claims import saving
from whyburn.postmortem.findings.structure import compaction_thrash, split_point
from whyburn.postmortem.findings.subagents import subagent_cold, subagent_unused

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.findings.interface import Detector, Finding


SUMMARY = 2_000
"""Tokens of a summary where the session has none."""


def found(detector: Detector, anatomy: Anatomy) -> list[Finding]:
    """What one detector finds."""
    return list(detector(anatomy, Stall()))


# --- split point ------------------------------------------------------------------------------------------------------


def two_tasks(first: int = 40_000, calls: int = 15, path: str = "b.py", prompt: int = 100) -> Body:
    """A task with a large file, then another one with so many calls."""
    body = Body(hour=True).prompt(100).call().read("a.py", first, asked=50).call(o=50).prompt(prompt)
    body.call().read(path, 500, asked=50)
    for _ in range(calls - 1):
        body.call().run("make", 50, asked=50)
    return body


def price_of(prompt: int, keep: int) -> int:
    """What compacting a prompt costs, in pico-dollars."""
    return prompt * LARGE.read + keep * (LARGE.output + LARGE.write_1h - LARGE.read)


def net_of(dropped: int, calls: int, prompt: int, keep: int) -> int:
    """What compacting before a turn of so many calls saves in all."""
    return (dropped - keep) * calls * LARGE.read - price_of(prompt, keep)


def test_a_turn_on_other_files_could_have_begun_anew() -> None:
    """The saving is the reading of what was dropped, less the compaction; files apart make it behavioural."""
    anatomy = two_tasks().build()

    (finding,) = found(split_point, anatomy)

    dropped = 100 + 50 + 40_000
    assert saving(anatomy, finding.claim) == net_of(dropped, 15, 10_000 + dropped, 2_000)
    assert finding.tokens == dropped
    assert finding.subject == "turn 2"
    assert finding.cause_grade == 3
    assert min(finding.claim.shares) == 2


def test_a_turn_on_the_same_files_is_only_a_guess() -> None:
    """When files of before come up again, what was said about them may have been needed."""
    (finding,) = found(split_point, two_tasks(path="a.py").build())

    assert finding.cause_grade == 4


def test_a_few_words_begin_nothing_new() -> None:
    """The twin goes on with a short prompt: what was said before is what it speaks of."""
    assert found(split_point, two_tasks(prompt=9).build()) == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(two_tasks(first=1_500), id="little was said before"),
        pytest.param(two_tasks(calls=3), id="few calls follow"),
        pytest.param(Body().prompt().call().read("a.py", 90_000).call().run("make", 9).call(), id="one turn"),
    ],
)
def test_where_a_cut_would_not_pay_nothing_is_found(body: Body) -> None:
    """A compaction must save twice what it costs."""
    assert found(split_point, body.build()) == []


def test_the_best_of_several_turns_is_named() -> None:
    """Of three turns the one is named before which most was dropped for the most calls."""
    body = two_tasks(calls=10).call(o=20).prompt(100)
    for _ in range(3):
        body.call().run("make", 50, asked=50)

    (finding,) = found(split_point, body.build())

    assert finding.subject == "turn 2"


def test_a_session_that_was_compacted_there_needs_no_split() -> None:
    """The twin compacts between its tasks."""
    body = Body(hour=True).prompt(100).call().read("a.py", 40_000).call(o=50).compact().prompt(100)
    for _ in range(15):
        body.call().run("make", 50)

    assert found(split_point, body.call().build()) == []


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 12)), min_size=1, max_size=6))
def test_no_other_turn_would_have_saved_more(turns: list[tuple[int, int]]) -> None:
    """The named turn is the best of a search through all of them, and its saving is less than the bill."""
    body = Body(hour=True)
    firsts = []
    for tokens, calls in turns:
        body.prompt(40)
        for at in range(calls):
            body.call()
            firsts += [body.anatomy.calls[-1].index] if at == 0 else []
            body.run("make", tokens if at == 0 else 10, asked=10)
    anatomy = body.call(o=5).build()
    last = len(anatomy.calls)
    olds = {at: anatomy.calls[at].old for at in firsts[1:]}
    nets = {at: net_of(old - 10_000, last - at, old, SUMMARY) for at, old in olds.items()}
    worth = [net for at, net in nets.items() if net >= price_of(olds[at], SUMMARY)]

    amounts = [saving(anatomy, finding.claim) for finding in found(split_point, anatomy)]

    assert amounts == ([max(worth)] if worth else [])
    assert all(amount < anatomy.cost for amount in amounts)


# --- compaction -------------------------------------------------------------------------------------------------------


def compacted(after: Any = None, trigger: str = "auto") -> Anatomy:
    """A file is read, the conversation compacted, and then something is done."""
    body = Body().prompt().call().read("src/a.py", 3_000, asked=60).call(o=50).compact(trigger=trigger)
    after = after or (lambda body: body.read("src/a.py", 3_000, asked=60))
    return after(body.call()).call().run("make", 40).call().build()


def test_what_a_compaction_dropped_and_the_next_call_fetched() -> None:
    """The second read is claimed with its request and its step."""
    anatomy = compacted()

    (finding,) = found(compaction_thrash, anatomy)

    use = anatomy.uses[1]
    assert use.read is not None
    assert use.answer is not None
    expected = context(anatomy.calls[use.read]) + life_cost(anatomy, use.request) + input_cost(anatomy, use.answer)
    assert saving(anatomy, finding.claim) == expected
    assert finding.cause_grade == 3
    assert "1 read of 1 file" in finding.title


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(lambda body: body.read("src/b.py", 3_000), id="another file"),
        pytest.param(lambda body: body.edit("src/a.py").call().read("src/a.py", 3_000), id="the file after an edit"),
        pytest.param(lambda body: body.read("src/a.py", 9, result={"failure": "missing"}), id="a read that failed"),
        pytest.param(lambda body: body.run("make", 90), id="no read"),
    ],
)
def test_other_reads_after_a_compaction_are_work(after: Any) -> None:
    """New files, changed files and failures are not what the compaction cost."""
    assert found(compaction_thrash, compacted(after)) == []


def test_a_file_is_fetched_once_for_a_compaction() -> None:
    """A third read of the same file is not the compaction's fault."""
    anatomy = compacted(lambda body: body.read("src/a.py", 3_000).call().read("src/a.py", 3_000))

    (finding,) = found(compaction_thrash, anatomy)

    assert len(finding.evidence) == 1


def test_a_cleared_conversation_was_meant_to_forget() -> None:
    """Beginning anew is no compaction."""
    assert found(compaction_thrash, compacted(trigger="clear")) == []


def test_only_lines_that_were_known_are_fetched_again() -> None:
    """Lines that were not in the context before are new; a part of what was there is not."""

    def with_spans(before: tuple[int, int], after: tuple[int, int]) -> Anatomy:
        body = Body().prompt().call().read("a.py", 3_000, span=before).call(o=50).compact()
        return body.call().read("a.py", 900, span=after).call().build()

    assert len(found(compaction_thrash, with_spans((1, 200), (50, 90)))) == 1
    assert found(compaction_thrash, with_spans((1, 200), (150, 300))) == []


# --- sub-agents -------------------------------------------------------------------------------------------------------


def agent(body: Body, request: str, *, calls: int = 2, edits: bool = False) -> Body:
    """The chain of a sub-agent."""
    body.chain(f"agent-{request}", name="scout", request=request, harness=8_000).enter("user", 50)
    for _ in range(calls - 1):
        body.call()
        body.edit("src/x.py") if edits else body.read("src/x.py", 900)
    return body.call(o=60)


def spawned(*later: str, mentions: tuple[str, ...] = ("src/x.py",), **more: Any) -> Anatomy:
    """A sub-agent reports on a file, and then other files are worked on."""
    body = Body().prompt().call().use("spawn", 300, asked=90, id="s1", result={"mentions": mentions})
    for path in later:
        body.call().read(path, 100)
    return agent(body.call(o=9), "s1", **more).build()


OTHERS = ("src/b.py", "src/c.py", "src/d.py")


def test_a_report_of_which_nothing_came_up_again() -> None:
    """The whole chain is claimed, with the request, the result and the step in the main thread."""
    anatomy = spawned(*OTHERS)

    (finding,) = found(subagent_unused, anatomy)

    use = anatomy.uses[0]
    assert use.read is not None
    assert use.answer is not None
    chain = sum(anatomy.calls[call].cost or 0 for call in anatomy.chains[1].calls)
    parent = context(anatomy.calls[use.read]) + life_cost(anatomy, use.request) + input_cost(anatomy, use.answer)
    assert saving(anatomy, finding.claim) == chain + parent
    assert finding.cause_grade == 3


@pytest.mark.parametrize(
    "anatomy",
    [
        pytest.param(spawned("src/b.py", "src/x.py", "src/d.py"), id="its file is read"),
        pytest.param(spawned("/home/ana/src/x.py", *OTHERS), id="its file is read by another name"),
        pytest.param(spawned(*OTHERS, mentions=("x.py",), edits=True), id="it changed files"),
        pytest.param(spawned(*OTHERS[:2]), id="too little followed"),
        pytest.param(spawned(*OTHERS, mentions=()), id="it named no file"),
    ],
)
def test_reports_that_were_or_may_have_been_used(anatomy: Anatomy) -> None:
    """A file that comes up again, work that was done, and answers that cannot be followed are no waste."""
    assert found(subagent_unused, anatomy) == []


def twice(between: Any = None, answers: tuple[int, int] = (5, 6), arguments: tuple[int, int] = (1, 1)) -> Anatomy:
    """A task is given to a sub-agent, and the same or another one to the next."""
    body = Body().prompt().call().use("spawn", 300, id="s1", same=answers[0], arguments=arguments[0])
    if between:
        between(body.call())
    body.call().use("spawn", 300, id="s2", same=answers[1], arguments=arguments[1]).call(o=9)
    return agent(agent(body, "s1"), "s2").build()


def test_a_task_that_was_given_twice() -> None:
    """The second sub-agent is claimed, with a structural cause."""
    anatomy = twice()

    (finding,) = found(subagent_unused, anatomy)

    assert set(finding.claim.shares) == set(anatomy.chains[2].calls)
    assert finding.cause_grade == 2


def test_the_same_task_after_a_change_is_another_one() -> None:
    """Edits between make a second look worth it, unless its answer is the same; other words are another task."""
    assert found(subagent_unused, twice(lambda body: body.edit("src/x.py"))) == []
    assert len(found(subagent_unused, twice(lambda body: body.edit("src/x.py"), answers=(5, 5)))) == 1
    assert found(subagent_unused, twice(arguments=(1, 2))) == []


def several(count: int, *, calls: int = 2, warm: bool = False) -> Anatomy:
    """So many sub-agents of a kind, each with so many calls."""
    body = Body().prompt()
    for at in range(count):
        body.call().use("spawn", 90, id=f"s{at}")
    body.call(o=9)
    for at in range(count):
        body.chain(f"agent-{at}", name="scout", request=f"s{at}", harness=8_000).enter("user", 50)
        body.call(r=8_000 if warm else 0).run("ls", 90)
        for _ in range(calls - 1):
            body.call(o=20)
    return body.build()


def test_short_sub_agents_each_write_a_prompt() -> None:
    """All but one of the prompts are claimed, at what writing costs beyond reading."""
    anatomy = several(4)

    (finding,) = found(subagent_cold, anatomy)

    assert saving(anatomy, finding.claim) == 3 * 8_000 * (LARGE.write_5m - LARGE.read)
    assert finding.cause_grade == 4
    assert len(finding.evidence) == 3


@pytest.mark.parametrize(
    "anatomy",
    [
        pytest.param(several(2), id="two"),
        pytest.param(several(4, calls=4), id="long ones"),
        pytest.param(several(4, warm=True), id="warm ones"),
    ],
)
def test_few_long_and_warm_sub_agents_are_worth_it(anatomy: Anatomy) -> None:
    """Two are few, four calls are not short, and what is in the cache already is not written."""
    assert found(subagent_cold, anatomy) == []
