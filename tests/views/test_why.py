"""The ten lines, drawn from any data: never more, never wider, never a control character, never invented money."""

from __future__ import annotations

import copy
from datetime import UTC
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from views.sessions import a_report, a_shop_session
from whyburn.api.postmortem.answers import Answer
from whyburn.api.postmortem.stored import data_of
from whyburn.views import text
from whyburn.views.postmortem import explain, facts, markdown, why
from whyburn.views.words import width_of

HOSTILE = st.text(st.characters(codec="utf-8"), max_size=200)


@cache
def _made() -> dict[str, Any]:
    return data_of(a_report(a_shop_session().build()), "default")


def an_answer(**changes: Any) -> Answer:
    """The answer of an invented session, with other texts."""
    data = copy.deepcopy(_made())
    for one in data["findings"]:
        one["subject"], one["title"] = changes.get("subject", one["subject"]), changes.get("title", one["title"])
        one["fix"] = changes.get("fix", one["fix"])
    data["session"]["title"] = changes.get("name", "fix cart rounding")
    for row in data["attribution"]["by_model"]:
        row["model"] = changes.get("model", row["model"])
    return Answer(data, "3d1f0a52", changes.get("place", "shop/api"))


def lines(answer: Answer, width: int = 80) -> list[str]:
    """What is shown."""
    return why.lines(answer, text.Screen(width), UTC)


@settings(max_examples=60, deadline=None)
@given(subject=HOSTILE, title=HOSTILE, fix=HOSTILE, place=HOSTILE, model=HOSTILE, width=st.integers(60, 200))
def test_any_text_fits(subject: str, title: str, fix: str, place: str, model: str, width: int) -> None:
    """Texts of a log, however long or hostile, make ten lines at most that fit and hold nothing that moves a cursor."""
    answer = an_answer(subject=subject, title=f"{subject} {title}", fix=fix, place=place, model=model)
    shown = lines(answer, width)

    assert len(shown) <= why.MOST_LINES
    assert [line for line in shown if width_of(line) > width] == []
    assert all(line.isprintable() for line in shown)


@settings(max_examples=30, deadline=None)
@given(subject=HOSTILE, title=HOSTILE, fix=HOSTILE, name=HOSTILE)
def test_markdown_stays_text(subject: str, title: str, fix: str, name: str) -> None:
    """No text of a log opens a tag, a link, a heading or a table of its own."""
    plain = markdown.markdown(an_answer(), UTC)
    shown = markdown.markdown(an_answer(subject=subject, title=title, fix=fix, name=name), UTC)

    for sign in ("<", "[", "|", "`"):
        assert shown.count(sign) - shown.count(f"\\{sign}") == plain.count(sign) - plain.count(f"\\{sign}")
    assert shown.count("\n#") == plain.count("\n#")


def test_the_saving_of_the_fix_is_never_cut_off() -> None:
    """However long the fix is."""
    shown = "\n".join(lines(an_answer(fix="do this and that " * 40)))

    assert "→ saves $" in shown


def test_a_long_subject_gives_way_before_the_sentence() -> None:
    """What happened is read first; a name is shortened in its middle."""
    found = facts.finding_title({"subject": "s" * 200, "title": f"{'s' * 200} was read 9 times"}, 60)

    assert found.endswith("was read 9 times")
    assert len(found) <= 60


def test_a_long_project_gives_way_before_the_hours() -> None:
    """First to its last folder, then it is shortened, then the hours go, then the project."""
    whole = lines(an_answer(place="shop/a-folder-with-a-name"), 120)[0]
    narrow = lines(an_answer(place="shop/a-folder-with-a-name"), 84)[0]

    assert "shop/a-folder-with-a-name" in whole
    assert "shop/" not in narrow
    assert "quality" in narrow


def test_what_is_not_sure_says_so() -> None:
    """A cause of low confidence is marked in its line."""
    answer = an_answer()
    for one in answer.data["findings"]:
        one["confidence"] = "low"

    assert ["(not sure)" in line for line in lines(answer)[2:4]] == [True, True]


def test_unpriced_calls_make_the_bill_a_lower_bound() -> None:
    """ "≥", and the models with their tokens."""
    answer = an_answer()
    answer.data["quality"]["unpriced_calls"] = 1
    row = answer.data["attribution"]["by_model"][0]
    row["unpriced_calls"], row["unpriced_tokens"] = 1, 12_345
    shown = lines(answer)

    assert shown[0].startswith("≥$")
    assert shown[1].startswith("unpriced:")
    assert "1 call, 12.3k tokens" in shown[1]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_explain_begins_with_the_same_lines(width: int) -> None:
    """The headline of `explain` is that of `why`."""
    on = text.Screen(width)
    shown = text.lines(explain.blocks(an_answer(), on, UTC), on)
    head = why.head(an_answer(), on, UTC)

    assert shown[: len(head)] == head
    assert [line for line in head if line not in lines(an_answer(), width)] == []
