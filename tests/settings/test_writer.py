"""Changing one value of a settings file: complete or not at all, and nothing else moves."""

from __future__ import annotations

import os
import stat
import tempfile
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.homes import Home
from whyburn.errors import SettingsError
from whyburn.settings import writer
from whyburn.settings.rules import ELEMENTS
from whyburn.settings.writer import Change, set_value

CONFIG = """\
# my settings   (three blanks)
config_version = 1

[reports]   # how reports behave
refresh = "auto"      # do not touch
week_start   =   'monday'

# harnesses
[imports.sources]
claude = [
  "~/a",  # first
  "/b",
]

[[actual_cost]]
harness = "claude" ; mode
"""
CONFIG = CONFIG.replace(" ; mode", '\nmode = "zero"')


def setting(home: Home, key: str, text: str) -> Change:
    """`config set KEY TEXT` in a folder."""
    return set_value(home.path("config.toml"), key, text, harness_names=("claude", "codex"))


@pytest.mark.parametrize(
    ("key", "text", "section", "field", "value"),
    [
        ("reports.refresh", "never", "reports", "refresh", "never"),
        ("reports.week-start", "sunday", "reports", "week_start", "sunday"),
        ("reports.timezone", "Asia/Kolkata", "reports", "timezone", "Asia/Kolkata"),
        ("reports.min_refresh_interval_secs", " 30 ", "reports", "min_refresh_interval_secs", 30),
        ("imports.include_raw_json", "yes", "imports", "include_raw_json", True),
        ("imports.harnesses", "codex, claude", "imports", "harnesses", ("codex", "claude")),
        ("imports.sources.codex", "/x,/y", "imports", "sources", {"claude": ("/b",), "codex": ("/x", "/y")}),
        ("costing.price_profile", "mine", "costing", "price_profile", "mine"),
        ("costing.provider_aliases.my-azure", "openai", "costing", "provider_aliases", {"my-azure": "openai"}),
        ("statusline.elements", "cost,model", "statusline", "elements", ("cost", "model")),
        ("statusline.max-width", "60", "statusline", "max_width", 60),
    ],
)
@pytest.mark.parametrize("start", ["", CONFIG.replace('  "~/a",  # first\n', "")])
def test_set_then_load(home: Home, *, start: str, key: str, text: str, section: str, field: str, value: object) -> None:
    """A value that was set is loaded again, from a new file as from an old one."""
    if start:
        home.write("config.toml", start)
    elif isinstance(value, dict):
        value = {name: one for name, one in value.items() if name != "claude"}
    change = setting(home, key, text)
    found = home.load()

    assert value == getattr(getattr(found, section), field)
    assert found.problems == ()
    assert change.created == (not start)


def test_change(home: Home) -> None:
    """The answer tells what was and what is."""
    home.write("config.toml", CONFIG)

    assert Change(home.path("config.toml"), "reports.refresh", "auto", "never", created=False) == (
        setting(home, "reports.refresh", "never")
    )


def test_only_the_value_moves(home: Home) -> None:
    """Comments, blanks and quotes elsewhere are kept byte for byte."""
    home.write("config.toml", CONFIG)
    setting(home, "reports.refresh", "always")

    assert CONFIG.replace('"auto"', '"always"').encode() == home.read("config.toml")


def test_added_key(home: Home) -> None:
    """A section that the file did not have is added at its end; what was there stays byte for byte."""
    home.write("config.toml", CONFIG)
    setting(home, "statusline.basis", "actual")

    assert home.read("config.toml").startswith(CONFIG.encode())
    assert home.load().statusline.basis == "actual"


def test_windows_file(home: Home) -> None:
    """Line ends and byte order mark of a Windows editor stay."""
    home.write("config.toml", b"\xef\xbb\xbf" + CONFIG.replace("\n", "\r\n").encode())
    setting(home, "statusline.basis", "actual")
    raw = home.read("config.toml")

    assert raw.startswith(b"\xef\xbb\xbf# my")
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert home.load().statusline.basis == "actual"


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("reports.refresh", "sometimes", "write never, auto or always"),
        ("statusline.elements", "cost,bogus", "bogus"),
        ("statusline.elements", "", "at least one"),
        ("statusline.max_width", "wide", "whole number"),
        ("imports.include_raw_json", "maybe", "true or false"),
        ("imports.harnesses", "claude,codx", "did you mean codex?"),
        ("imports.sources.cladue", "/x", "did you mean claude?"),
        ("costing.provider_aliases.a", "a", "leads back"),
        ("reports.refreh", "auto", "did you mean reports.refresh?"),
        ("refresh", "auto", "not a setting"),
        ("", "", "not a setting"),
        ("reports", "x", "not a setting"),
        ("imports.sources", "x", "not a setting"),
        ("sync.git.repo", "x", "not supported"),
        ("statusline.color", "auto", "not supported"),
        ("machine.name", "x", "belongs in machine.toml"),
    ],
)
def test_refused(home: Home, key: str, text: str, words: str) -> None:
    """A key or value that the loader would not take leaves the file as it was."""
    home.write("config.toml", CONFIG)
    with pytest.raises(SettingsError, match=words) as caught:
        setting(home, key, text)

    assert CONFIG.encode() == home.read("config.toml")
    assert os.listdir(home.folder) == ["config.toml"]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("damage", ["[reports]\nrefresh = never", "reports = 3", "[reports]\n[reports]", b"\xff\xfe"])
def test_broken_file(home: Home, damage: str | bytes) -> None:
    """A file that cannot be read for certain is not written."""
    home.write("config.toml", damage)
    before = home.read("config.toml")
    with pytest.raises(SettingsError):
        setting(home, "reports.refresh", "auto")

    assert before == home.read("config.toml")


def test_other_problems_do_not_stand_in_the_way(home: Home) -> None:
    """One bad value can be mended while another one waits."""
    home.write("config.toml", "[reports]\nrefresh = 'x'\nweek_start = 'y'\n")
    setting(home, "reports.refresh", "auto")

    assert [problem.key for problem in home.load().problems] == ["reports.week_start"]


def test_machine_name(home: Home) -> None:
    """The machine's name is set in machine.toml."""
    set_value(home.path("machine.toml"), "machine.name", "desk")

    assert home.load().machine_name == "desk"


def test_mode_and_link(home: Home) -> None:
    """A new file is private, an old one keeps its mode, and a symbolic link stays one."""
    setting(home, "reports.refresh", "auto")
    target, link = home.path("dotfiles/w.toml"), home.path("config.toml")
    new_mode = stat.S_IMODE(os.stat(link).st_mode)
    home.write("dotfiles/w.toml", CONFIG)
    os.chmod(target, 0o640)
    os.unlink(link)
    os.symlink(target, link)
    setting(home, "reports.refresh", "never")

    assert (new_mode, stat.S_IMODE(os.stat(target).st_mode)) == (0o600, 0o640)
    assert os.path.islink(link)
    assert home.load().reports.refresh == "never"


def test_disk_trouble(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the rename fails, the old file is whole and no temporary file is left."""
    home.write("config.toml", CONFIG)

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer.os, "replace", fails)
    with pytest.raises(SettingsError, match="No space left"):
        setting(home, "reports.refresh", "never")

    assert CONFIG.encode() == home.read("config.toml")
    assert os.listdir(home.folder) == ["config.toml"]


NAMES = st.text(min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(NAMES, NAMES, st.lists(st.sampled_from(ELEMENTS), min_size=1, max_size=4, unique=True))
def test_any_value(alias: str, provider: str, elements: list[str]) -> None:
    """Whatever text is set comes back from the file, or is refused and changes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(folder).write("config.toml", CONFIG)
        setting(home, "statusline.elements", ", ".join(elements))
        before = tomllib.loads(home.read("config.toml").decode())
        try:
            change = setting(home, f"costing.provider_aliases.{alias}", provider)
        except SettingsError:
            assert before == tomllib.loads(home.read("config.toml").decode())
            return
        found = home.load()

    name = change.key.removeprefix("costing.provider_aliases.").lower()
    assert {name: provider.strip().lower()} == found.costing.provider_aliases
    assert tuple(elements) == found.statusline.elements
