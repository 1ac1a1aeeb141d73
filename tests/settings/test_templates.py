"""`config init`, `config path` and `config show`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from whyburn.errors import SettingsError
from whyburn.settings.rules import CONFIG, TABLES
from whyburn.settings.schema import Settings
from whyburn.settings.summary import LABELS, places, summarize
from whyburn.settings.templates import init_files

if TYPE_CHECKING:
    from settings.homes import Home

FILES = ["config.toml", "machine.toml", "prices.toml", "subscriptions.toml", "prices"]


def test_default_changes_nothing(home: Home) -> None:
    """The default template writes all files and the folder, has no problems, and leaves every default in force."""
    written = init_files(home.paths)

    assert [home.path(name) for name in FILES] == written
    assert Settings(home.paths) == home.load()


def test_comments_are_true(home: Home) -> None:
    """Every setting that the template shows as a comment is valid when switched on, and none is missing."""
    init_files(home.paths)
    for name in FILES[:4]:
        text = home.read(name).decode()
        home.write(name, re.sub(r"^# (?=\[\[|\w+(-\w+)* = )", "", text, flags=re.MULTILINE))
    found = home.load()
    keys = {key for rules in CONFIG.values() for key in rules} | {table.partition(".")[2] for table in TABLES}

    assert found.problems == ()
    assert (len(found.price_rows), len(found.actual_rules), found.machine_name) == (1, 1, "laptop")
    assert [key for key in keys if key not in home.read("config.toml").decode()] == []


def test_copilot(home: Home) -> None:
    """The copilot template has 22 rows, all usable, and names the profile."""
    init_files(home.paths, "copilot")
    found = home.load()

    assert (found.problems, len(found.price_rows), found.costing.price_profile) == ((), 22, "github-copilot")
    assert {"github-copilot"} == {row.provider for row in found.price_rows}
    assert "An example" in home.read("prices.toml").decode()


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("config", ["config.toml", "machine.toml"]),
        ("prices", ["prices.toml", "prices"]),
        ("subscriptions", ["subscriptions.toml"]),
    ],
)
def test_only(home: Home, only: str, names: list[str]) -> None:
    """`--only` writes its part and nothing else."""
    written = init_files(home.paths, only=only)  # type: ignore[arg-type]

    assert [home.path(name) for name in names] == written
    assert sorted(names) == sorted(os.listdir(home.folder))


def test_existing_files_are_safe(home: Home) -> None:
    """A second time refuses, names what exists and writes nothing; `--force` replaces."""
    home.write("prices.toml", "# mine")
    with pytest.raises(SettingsError, match=r"prices\.toml") as caught:
        init_files(home.paths)

    assert "config.toml" not in str(caught.value)
    assert os.listdir(home.folder) == ["prices.toml"]
    assert len(FILES) == len(init_files(home.paths, force=True))
    assert home.read("prices.toml") != b"# mine"


def test_places(home: Home) -> None:
    """Every path has a label and says whether it exists."""
    home.write("config.toml", "")
    found = places(home.paths)

    assert list(LABELS) == [place.label for place in found]
    assert [place.label for place in found if place.exists] == ["config"]
    assert {"label": "config", "path": home.path("config.toml"), "exists": True} == found[0].as_dict()


def test_summary(home: Home) -> None:
    """The summary counts what was loaded, and its problems are plain data."""
    init_files(home.paths, "copilot")
    home.write("config.toml", '[reports]\nrefresh = "x"\n[[actual_cost]]\nmode = "zero"\n')
    found = summarize(home.load()).as_dict()

    assert {key: found[key] for key in ("virtual_prices", "actual_prices", "actual_rules", "refresh", "harnesses")} == {
        "virtual_prices": 22,
        "actual_prices": 0,
        "actual_rules": 1,
        "refresh": "auto",
        "harnesses": None,
    }
    assert [home.path("prices.toml")] == found["price_files"]
    assert [
        (problem["key"], problem["line"], problem["level"])
        for problem in found["problems"]  # type: ignore[attr-defined]
    ] == [("reports.refresh", 2, "error")]
