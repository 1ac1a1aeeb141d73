"""What was tried again without news, and what was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortem.bodies import Body, Stall
from whyburn.postmortem.claims import saving
from whyburn.postmortem.findings.attempts import loops
from whyburn.postmortem.findings.retries import retry_loop

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy
    from whyburn.postmortem.findings.interface import Finding

TESTS = "python -m pytest tests/test_cart.py -q"


def fails(body: Body, fingerprint: int = 7, *, command: str = TESTS, **more: Any) -> Body:
    """One call that runs the tests, which fail."""
    result = {"failure": "failed", "exit_code": 1, "fingerprint": fingerprint, "error": "test_total AssertionError"}
    return body.call().run(command, 3_000, asked=250, same=more.pop("same", 70 + fingerprint), result=result, **more)


def passes(body: Body) -> Body:
    """One call that runs the tests, which pass."""
    return body.call().run(TESTS, 200, same=1, result={"exit_code": 0, "passed": True})


def found(anatomy: Anatomy) -> list[Finding]:
    """What the detector finds."""
    return list(retry_loop(anatomy, Stall()))


def test_the_worked_example() -> None:
    """A rerun saves its request, its result and the reading of the prompt in the call after it, to the pico-dollar."""
    body = (
        Body().prompt(160).call(r=14_000, w5=3_996, u=4).read("package-lock.json", 12_000, asked=300)
        .call(u=4).run(TESTS, 3_000, asked=200, same=7, result={"failure": "failed", "fingerprint": 7})
        .call(u=4).run(TESTS, 3_000, asked=250, same=7, result={"failure": "failed", "fingerprint": 7})
        .call(u=4, o=500).prompt(50)
        .call(r=0, w5=37_296, u=4, wait=720).edit("cart.py", 100, asked=400)
        .call(u=4, o=150)
    )  # fmt: skip
    anatomy = body.build()

    (finding,) = found(anatomy)

    assert anatomy.cost == 294_029_700_000
    assert saving(anatomy, finding.claim) == 39_147_000_000
    assert finding.claim.steps == {3}
    assert (finding.size_grade, finding.cause_grade) == ("A", 2)


def test_each_attempt_says_what_changed_since_the_one_before() -> None:
    """A loop lists its attempts with what was new before each, the last being the one that passed."""
    body = fails(fails(Body().prompt()))
    fails(body.call().edit("cart.py"), 7)
    passes(fails(body.call().edit("cart.py"), 8).call().edit("cart.py"))

    (loop,) = loops(body.build())

    assert [attempt.between for attempt in loop.attempts] == [
        (), (), ("edited cart.py",), ("edited cart.py", "another failure"), ("edited cart.py",),
    ]  # fmt: skip
    assert [attempt.redundant for attempt in loop.attempts] == [False, True, False, False, False]
    assert [attempt.weak for attempt in loop.attempts] == [False, False, True, False, False]
    assert [attempt.failed for attempt in loop.attempts] == [True, True, True, True, False]
    assert loop.attempts[1].call == 1
    assert loop.attempts[3].fingerprint == 8


def test_a_finding_tells_how_often_and_where() -> None:
    """Title, fix and evidence have the numbers of attempts; needless ones come first."""
    (finding,) = found(fails(fails(fails(Body().prompt()))).call(o=10).build())

    assert finding.title.endswith("failed 3 times, 2 times with nothing changed before")
    assert "pytest tests/test_cart.py" in finding.fix
    assert [evidence.call for evidence in finding.evidence] == [1, 2, 0]
    assert finding.evidence[0].note.startswith("attempt 2: test_total AssertionError")
    assert finding.evidence[0].note.endswith("nothing")
    assert finding.tokens == 2 * 3_250


def test_one_failure_is_no_loop() -> None:
    """A command that failed once was tried once."""
    assert found(passes(fails(Body().prompt())).call().build()) == []


def test_passing_runs_are_no_loop() -> None:
    """Only failures make a loop, however often the same command passes."""
    assert loops(passes(passes(passes(Body().prompt()))).call().build()) == []


@pytest.mark.parametrize(
    "news",
    [
        pytest.param(lambda body: body.call().edit("cart.py"), id="edit"),
        pytest.param(lambda body: body.call().run("sed -i s/1/2/ cart.py", 0), id="edit by a command"),
        pytest.param(lambda body: body.call().use("write", 20, path="new.py", changes=("new.py",)), id="new file"),
        pytest.param(lambda body: body.call().read("cart.py", 800), id="a file"),
        pytest.param(lambda body: body.call().run("cat cart.py", 800), id="a file by a command"),
        pytest.param(lambda body: body.call().run("git diff", 300), id="another command"),
        pytest.param(lambda body: body.call().use("search", 90, query="total"), id="search"),
        pytest.param(lambda body: body.call().use("spawn", 500), id="a sub-agent's report"),
        pytest.param(lambda body: body.call(o=20).prompt(), id="a person's words"),
        pytest.param(lambda body: body.call(o=20).compact(), id="compaction"),
        pytest.param(lambda body: body.change("permission"), id="permission"),
        pytest.param(lambda body: body.call().run("sleep 30", 0), id="pause"),
    ],
)
def test_news_between_two_failures_is_a_reason_to_try_again(news: Any) -> None:
    """An edit, lines or output not seen before, a prompt, a new context, time: none of these reruns is needless."""
    body = fails(news(fails(Body().prompt()))).call()

    assert found(body.build()) == []


def test_another_failure_is_news() -> None:
    """When the same command fails in another way, something is different."""
    assert found(fails(fails(Body().prompt(), 7), 8).call().build()) == []


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param(lambda body: body.call().read("cart.py", 800, same=40), id="the file again"),
        pytest.param(lambda body: body.call().read("cart.py", 90, span=(3, 9)), id="a part of the file"),
        pytest.param(lambda body: body.call().run("git status", 90, same=41), id="the same output again"),
        pytest.param(lambda body: body.call().use("plan", 30), id="a list of things to do"),
        pytest.param(lambda body: body.call().edit("cart.py", result={"failure": "edit"}), id="an edit that failed"),
    ],
)
def test_what_was_known_before_is_no_news(nothing: Any) -> None:
    """Reading and asking again what the context holds, plans and edits that failed leave a rerun needless."""
    body = Body().prompt().call().read("cart.py", 800, same=40).call().run("git status", 90, same=41)
    body = fails(nothing(fails(body))).call()

    (finding,) = found(body.build())

    assert finding.cause_grade == 2


def test_a_known_file_is_news_after_a_compaction() -> None:
    """What left the context may be read again for good reason."""
    body = fails(Body().prompt().call().read("cart.py", 800, same=40).call(o=10).compact().call(o=5))
    body = fails(body.call().read("cart.py", 800, same=40)).call()

    assert found(body.build()) == []


def test_one_edit_without_effect_is_work_and_two_are_a_weaker_loop() -> None:
    """An edit may miss; a second one in a row that changes nothing is claimed, with a lower grade."""
    once = fails(fails(Body().prompt()).call().edit("cart.py"))
    twice = fails(fails(fails(Body().prompt()).call().edit("cart.py")).call().edit("cart.py")).call()

    assert found(once.call().build()) == []
    (finding,) = found(twice.build())

    assert finding.cause_grade == 3
    assert len(finding.claim.steps) == 2


def test_wrappers_and_filters_do_not_hide_a_rerun() -> None:
    """The same tests are the same tests, whatever shortens their output."""
    body = fails(fails(Body().prompt()), command=f"timeout 60 {TESTS} 2>&1 | tail -40").call()

    assert len(found(body.build())) == 1


def test_output_decides_where_no_fingerprint_is_known() -> None:
    """Without fingerprints two failures are the same when their steady output is."""
    same = fails(fails(Body().prompt(), 0, same=5), 0, same=5).call()
    other = fails(fails(Body().prompt(), 0, same=5), 0, same=6).call()

    assert len(found(same.build())) == 1
    assert found(other.build()) == []


def test_tools_without_a_command_are_compared_by_their_arguments() -> None:
    """A denied fetch that is asked for again with equal arguments is a loop, with others it is not."""

    def fetched(*arguments: int) -> Anatomy:
        body = Body().prompt()
        for each in arguments:
            body.call().use("fetch", 40, arguments=each, query="docs", same=9, result={"failure": "denied"})
        return body.call().build()

    assert len(found(fetched(3, 3))) == 1
    assert found(fetched(3, 4)) == []


def test_a_call_with_other_work_stays() -> None:
    """When the call that asked for the rerun did something else too, only request and result are claimed."""
    body = fails(fails(Body().prompt())).run("ls -la", 50).call()
    anatomy = body.build()

    (finding,) = found(anatomy)

    assert finding.claim.steps == frozenset()
    assert saving(anatomy, finding.claim) > 0


def test_the_step_stays_when_a_prompt_came_with_the_result() -> None:
    """A call that a person's words needed anyway is not saved."""
    (finding,) = found(fails(fails(Body().prompt())).prompt().call().build())

    assert finding.claim.steps == frozenset()


def test_thinking_goes_with_its_call() -> None:
    """What a call thought before it asked for nothing but the rerun would not have been thought."""
    body = fails(Body().prompt()).call().think(400)
    body.run(TESTS, 3_000, asked=250, same=77, result={"failure": "failed", "fingerprint": 7}).call()
    anatomy = body.build()

    (finding,) = found(anatomy)

    assert {anatomy.pieces[piece].kind for piece in finding.claim.generated} == {"thinking", "tool-call"}


def test_loops_of_one_command_are_one_finding() -> None:
    """The same command may be fought with twice in a session; its finding is one."""
    body = passes(fails(fails(Body().prompt()))).call(o=5).prompt()
    body = fails(fails(body)).call()
    anatomy = body.build()

    assert len(loops(anatomy)) == 2
    (finding,) = found(anatomy)

    assert "failed 4 times, 2 times" in finding.title


def test_sub_agents_have_their_own_loops() -> None:
    """What failed in the main thread is news to a sub-agent that tries it for the first time."""
    body = fails(Body().prompt()).call().use("spawn", 100, id="s").call()
    body.chain("helper", name="helper", request="s").enter("user", 100)
    body = fails(body).call()

    assert found(body.build()) == []


@given(st.lists(st.sampled_from(["fail", "other", "pass", "edit", "look", "prompt"]), max_size=25))
def test_a_rerun_is_redundant_exactly_when_nothing_stands_between(story: list[str]) -> None:
    """Whatever the order of work, redundant attempts have nothing between, and savings stay within the bill."""
    body = Body().prompt()
    before = ""
    expected = 0
    for step in story:
        expected += step == before and step in {"fail", "other"}
        if step in {"fail", "other"}:
            fails(body, 7 if step == "fail" else 8, same=len(body.anatomy.pieces) if step != before else 77)
        elif step == "pass":
            passes(body)
        elif step == "edit":
            body.call().edit("cart.py")
        elif step == "look":
            body.call().run("git diff", 90)
        else:
            body.call(o=3).prompt()
        before = step
    anatomy = body.call().build()
    attempts = [attempt for loop in loops(anatomy) for attempt in loop.attempts]

    assert sum(attempt.redundant for attempt in attempts) == expected
    assert all(not attempt.between for attempt in attempts if attempt.redundant)
    assert sum(saving(anatomy, one.claim) for one in found(anatomy)) <= anatomy.cost
