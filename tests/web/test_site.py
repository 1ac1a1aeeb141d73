"""Names of pages, and folders that are written to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyburn.api.postmortem.site import page_name, write_private, write_site
from whyburn.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

OURS = '<meta name="generator" content="whyburn 0">'
KEYS = st.lists(st.text(), min_size=3, max_size=3).filter(lambda parts: "/" not in parts[0] + parts[1]).map("/".join)
KEY = "box/claude/3d1f0a52-aaaa"


def test_name() -> None:
    """A name tells harness and full id."""
    assert page_name(KEY).startswith("claude-3d1f0a52-aaaa-")


@given(KEYS)
def test_safe_names(key: str) -> None:
    """Whatever an id is made of, its page's name is short, visible, in no folder and good for every file system."""
    name = page_name(key)

    assert name.endswith(".html")
    assert len(name) < 150
    assert name == name.lower()
    assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert name[0] not in "._-"


@given(st.lists(KEYS, unique=True, max_size=5))
def test_own_names(keys: list[str]) -> None:
    """Two sessions never share a page, not even with ids that differ in case or in unsafe letters only."""
    assert len({page_name(key) for key in keys}) == len(keys)


def test_near_names() -> None:
    """Ids that look alike, and equal ids of two machines, have pages of their own."""
    keys = ["a/claude/X y", "a/claude/x y", "a/claude/x_y", "b/claude/x_y", "a/claude/../x y", "a/claude/" + "x" * 300]

    assert len({page_name(key) for key in keys}) == len(keys)


def test_replaced(tmp_path: Path) -> None:
    """Writing again leaves exactly the new pages, and whatever else is in the folder."""
    old, new = page_name(KEY), page_name("box/codex/77aa")
    write_site(str(tmp_path), [(f"sessions/{old}", OURS), ("index.html", OURS)])
    (tmp_path / "sessions" / "mine.html").write_text(OURS)
    (tmp_path / "sessions" / page_name("box/pi/1")).write_text("not ours")
    write_site(str(tmp_path), [(f"sessions/{new}", OURS), ("index.html", OURS)])

    assert set(os.listdir(tmp_path / "sessions")) == {new, "mine.html", page_name("box/pi/1")}


def test_refused_before(tmp_path: Path) -> None:
    """An index of somebody else is found before a single file is written."""
    (tmp_path / "index.html").write_text("theirs")
    with pytest.raises(SourceError, match="not written by whyburn"):
        write_site(str(tmp_path), [("overview.json", "{}"), ("index.html", OURS)])

    assert os.listdir(tmp_path) == ["index.html"]


def test_link(tmp_path: Path) -> None:
    """A link in the place of a page is replaced, what it points to is not."""
    target = tmp_path / "target"
    target.write_text("theirs")
    (tmp_path / "page.html").symlink_to(target)
    write_private(str(tmp_path / "page.html"), OURS)

    assert target.read_text() == "theirs"
    assert not (tmp_path / "page.html").is_symlink()


def test_nothing_left(tmp_path: Path) -> None:
    """What cannot be written leaves no half behind."""
    (tmp_path / "folder.html" / "x").mkdir(parents=True)
    with pytest.raises(SourceError, match="cannot be written"):
        write_private(str(tmp_path / "folder.html"), OURS)

    assert os.listdir(tmp_path) == ["folder.html"]
