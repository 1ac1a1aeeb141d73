"""Loading settings: everything usable is used, everything else is named with file and line."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from subprocess import check_output

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whyburn
from settings.homes import Home
from whyburn.settings.rules import CONFIG
from whyburn.settings.schema import ActualRule, Costing, Imports, Reports, Settings, Statusline

FULL = """\
config_version = 1
[imports]
harnesses = ["claude", "codex"]
missing_source = "skip"
include_raw_json = true
sources.claude = ["~/a", "/b"]
sources.codex = "/c"
[reports]
refresh = "never"
min_refresh_interval_secs = 60
timezone = "Europe/Berlin"
week_start = "sunday"
[costing]
default_actual_mode = "zero"
default_virtual_mode = "zero"
price_profile = "mine"
[costing.provider_aliases]
Azure-OpenAI = "azure"
azure = "OpenAI"
[[actual_cost]]
harness = "codex"
provider = "*"
mode = "pricing"
[statusline]
basis = "actual"
max_width = 80
elements = ["cost", "model"]
"""
SECTIONS = ("imports", "reports", "costing", "statusline", "actual_rules")


def parts(found: Settings) -> dict[str, object]:
    """What the sections say."""
    return {name: getattr(found, name) for name in SECTIONS}


def test_every_key(home: Home) -> None:
    """Each key of each section arrives."""
    found = home.write("config.toml", FULL).load()

    assert found.problems == ()
    assert Imports(
        ("claude", "codex"), "skip", True, {"claude": (os.path.expanduser("~/a"), "/b"), "codex": ("/c",)}
    ) == (found.imports)
    assert Reports("never", 60, "Europe/Berlin", "sunday") == found.reports
    aliases = {"azure-openai": "azure", "azure": "openai"}
    assert Costing("zero", "zero", "mine", aliases) == found.costing
    assert (ActualRule("codex", None, None, "pricing"),) == found.actual_rules
    assert Statusline("actual", 80, ("cost", "model")) == found.statusline


def test_no_file(home: Home) -> None:
    """Without files everything is the default and nothing is wrong."""
    assert Settings(home.paths) == home.load()


def test_no_file_no_toml() -> None:
    """Without files no TOML reader, hash or zone database is imported."""
    source = os.path.dirname(os.path.dirname(os.path.abspath(whyburn.__file__)))
    code = (
        "from whyburn.settings.loader import load; from whyburn.settings.paths import resolve_paths; import sys;"
        "load(resolve_paths(config='/nonexistent/c.toml'), {}); print(*sys.modules)"
    )
    loaded = check_output([sys.executable, "-c", code], env={"PYTHONPATH": source}, text=True).split()

    assert not {"tomllib", "tomlkit", "zoneinfo", "hashlib", "decimal", "msgspec", "click"} & set(loaded)


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ('[reports]\nrefresh = "sometimes"', 2, "reports.refresh", "write never, auto or always"),
        ("[reports]\nmin_refresh_interval_secs = -1", 2, "reports.min_refresh_interval_secs", "whole number"),
        ("[reports]\nmin_refresh_interval_secs = true", 2, "reports.min_refresh_interval_secs", "whole number"),
        ('[reports]\n\ntimezone = "Berlin"', 3, "reports.timezone", "Europe/Berlin"),
        ('[reports]\nweekstart = "monday"', 2, "reports.weekstart", "did you mean week_start?"),
        ('report.refresh = "auto"', 1, "report", "did you mean reports?"),
        ('[imports]\nharnesses = ["claude",\n "codx"]', 2, "imports.harnesses", "did you mean codex?"),
        ("[imports]\nharnesses = []", 2, "imports.harnesses", "at least one"),
        ('[imports]\nharnesses = ["pi", "pi"]', 2, "imports.harnesses", "named twice"),
        ('[imports.sources]\nclaude = ["a", 3]', 2, "imports.sources.claude", "a path or a list"),
        ('[imports.sources]\nclaud = "a"', 2, "imports.sources.claud", "did you mean claude?"),
        ('[costing.provider_aliases]\na = "a"', 2, "costing.provider_aliases.a", "leads back"),
        ('[costing.provider_aliases]\na = "b"\nb = "c"\nc = "A"', 4, "costing.provider_aliases.c", "leads back"),
        ('[costing.provider_aliases]\na = "b"\nA = "c"', 3, "costing.provider_aliases.A", "named twice"),
        ('[[actual_cost]]\nmode = "source"\n[[actual_cost]]\nmode = "x"', 4, "actual_cost.mode", "this row is ignored"),
        ('[[actual_cost]]\nharness = "pi"', 1, "actual_cost", "mode is missing"),
        ('[[actual_cost]]\nharness = "cladue"\nmode = "zero"', 2, "actual_cost.harness", "did you mean claude?"),
        ('[actual_cost]\nmode = "zero"', 1, "actual_cost", "[[actual_cost]]"),
        ('[statusline]\nelements = ["cost", "bogus"]', 2, "statusline.elements", '"bogus" is not a statusline element'),
        ("[statusline]\nmax_width = 3", 2, "statusline.max_width", "from 10"),
        ("statusline = 3", 1, "statusline", "must be a table"),
        ("[pricing]", 1, "pricing", "it belongs in prices.toml"),
        ("\n[[subscriptions]]", 2, "subscriptions", "it belongs in subscriptions.toml"),
        ("config_version = 2\n[reports]", 1, "config_version", "the whole file is ignored"),
        ("[reports]\nrefresh = never", 2, None, "[reports] is ignored"),
        ("[reports]\n[imports]\n[reports]", 3, None, "a second section of this name"),
        (b"[reports]\n# caf\xe9", 2, None, "not UTF-8"),
        ('[reports]\n"a\\nb\\u001b" = 1', 2, "reports.a\nb\x1b", "a�b� is not a setting"),
        ('x = "never closed', 1, None, "not TOML"),
    ],
)
def test_problem(home: Home, text: str | bytes, line: int, key: str | None, words: str) -> None:
    """Each mistake is one problem with its line, its key and what to write instead."""
    found = home.write("config.toml", text).problem()

    assert (home.path("config.toml"), line, key) == (found.file, found.line, found.key)
    assert words in found.message
    assert "\n" not in str(found)


@pytest.mark.parametrize(
    "text",
    [
        "[areas]\nauto_detect = true",
        "[sync.git]\nrepo = 'x'",
        "[[context_window]]",
        "[statusline.cache]",
        "[statusline.thresholds]",
        "statusline.color = 'auto'",
    ],
)
def test_unsupported(home: Home, text: str) -> None:
    """A section that other versions know is named as unsupported and is no error."""
    found = home.write("config.toml", text).load()

    assert [problem.level for problem in found.problems] == ["unsupported"]
    assert found.errors == ()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("machine.toml", "[reports]", "it belongs in config.toml"),
        ("machine.toml", "[machine]\nname = ''", "write a name"),
        ("machine.toml", "[machine]\nname = 'a\tb'", "control characters"),
        ("prices.toml", "[costing]", "it belongs in config.toml"),
        ("prices.toml", "[pricing]\nvirtuel = 1", "did you mean virtual?"),
        ("subscriptions.toml", "[imports]", "it belongs in config.toml"),
        ("subscriptions.toml", "[[subscription]]", "did you mean subscriptions?"),
        ("prices/x.toml", "[machine]", "it belongs in machine.toml"),
    ],
)
def test_other_files(home: Home, name: str, text: str, words: str) -> None:
    """Every file is read by the same rules, and a section in the wrong file is sent to its own."""
    found = home.write(name, text).problem()

    assert home.path(name) == found.file
    assert words in found.message


def test_machine_name(home: Home) -> None:
    """The environment names the machine before machine.toml does."""
    home.write("machine.toml", '[machine]\nname = " desk "')
    names = [home.load(), home.load(TOKTRAIL_MACHINE_NAME="old"), home.load(WHYBURN_MACHINE_NAME="lap")]

    assert [found.machine_name for found in names] == ["desk", "old", "lap"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\nb"])
def test_bad_machine_name_in_the_environment(home: Home, name: str) -> None:
    """A name that is set but cannot be used is an error, and the one of the file holds."""
    home.write("machine.toml", '[machine]\nname = "desk"')

    assert "WHYBURN_MACHINE_NAME" in home.problem(WHYBURN_MACHINE_NAME=name).message
    assert home.load(WHYBURN_MACHINE_NAME=name).machine_name == "desk"


def test_unreadable_file(home: Home) -> None:
    """A folder where a file should be is a problem and not a crash."""
    os.mkdir(home.path("config.toml"))

    assert "cannot be read" in home.problem().message


def test_byte_order_mark_and_line_ends(home: Home) -> None:
    """Files saved by Windows editors are read like others."""
    found = home.write("config.toml", b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode()).load()

    assert found.problems == ()
    assert found.reports.min_refresh_interval_secs == 60


DAMAGE = {
    "imports": ('missing_source = "skip"', "missing_source = skip", "missing_source = 7"),
    "reports": ('refresh = "never"', 'refresh = "never', 'refresh = "nevr"'),
    "costing": ('default_virtual_mode = "zero"', 'default_virtual_mode = = "zero"', "default_virtual_mode = []"),
    "statusline": ("max_width = 80", "max_width = 80 80", "max_width = 'wide'"),
    "actual_rules": ('mode = "pricing"', "mode = [", 'mode = "princing"'),
}


@pytest.mark.parametrize("section", DAMAGE)
@pytest.mark.parametrize("syntax", [True, False])
def test_damage_one_section(home: Home, section: str, *, syntax: bool) -> None:
    """Damage to a section costs nothing elsewhere, and the section is named with the line of the damage."""
    sound = home.write("config.toml", FULL).load()
    good, broken, wrong = DAMAGE[section]
    home.write("config.toml", FULL.replace(good, broken if syntax else wrong))
    found = home.load()
    line = FULL[: FULL.index(good)].count("\n") + 1
    (problem,) = found.problems

    assert {name: value for name, value in parts(sound).items() if name != section} == {
        name: value for name, value in parts(found).items() if name != section
    }
    assert problem.section in {section, "actual_cost"}
    assert problem.line in ({line, line + 1} if syntax else {line})


def test_two_damaged_sections_are_both_named(home: Home) -> None:
    """All problems are collected at once, in the order of the lines."""
    text = FULL.replace('refresh = "never"', "refresh = never").replace("max_width = 80", "max_width = 1")
    found = home.write("config.toml", text).load()

    assert [problem.section for problem in found.problems] == ["reports", "statusline"]
    assert sorted(problem.line or 0 for problem in found.problems) == [problem.line for problem in found.problems]


def test_fingerprint(home: Home) -> None:
    """The fingerprint follows what decides costs, and nothing else."""
    row = '[[pricing.virtual]]\nprovider = "p"\nmodel = "m"\ninput_usd_per_1m = 3\noutput_usd_per_1m = 4.0\n'

    def of(name: str, text: str) -> str:
        return home.write(name, text).load().costing_fingerprint

    nothing = of("config.toml", '[reports]\nrefresh = "never"')
    priced = of("prices.toml", row)
    respelled = of("prices.toml", "# moved\n" + row.replace("= 3", "= 3.0"))
    dearer = of("prices.toml", row.replace("= 3", "= 3.1"))
    ruled = of("config.toml", '[[actual_cost]]\nmode = "zero"')
    shown = of("config.toml", '[[actual_cost]]\nmode = "zero"\n[statusline]\nbasis = "actual"')

    assert nothing == "built-in"
    assert priced == respelled
    assert ruled == shown
    assert len({nothing, priced, dearer, ruled}) == 4


ODD = ["[[pricing.virtual]]", "'''", '"""', "{", "\\", "1e999", "é", "\0", "9" * 5000, "[" * 40]
WORDS = st.sampled_from([*re.findall(r"[^\s=]+|\n|=", FULL), *ODD])


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=40).map(" ".join) | st.text() | st.binary(max_size=60))
def test_never_raises(text: str | bytes) -> None:
    """Whatever stands in the files, settings come back, and what is wrong fits on one line each."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(folder)
        for name in ("config.toml", "prices.toml", "prices/a.toml", "machine.toml", "subscriptions.toml"):
            home.write(name, text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        found = home.load()

    assert all("\n" not in str(problem) for problem in found.problems)
    assert all((problem.line or 1) >= 1 for problem in found.problems)


def test_rules_fit_the_schema() -> None:
    """Every key of the rule table is a field, and every default passes its own rule."""
    defaults = {"imports": Imports(), "reports": Reports(), "costing": Costing(), "statusline": Statusline()}
    for section, keys in CONFIG.items():
        for key, rule in keys.items():
            value = getattr(defaults[section], key)
            assert value is None or value == rule.check(list(value) if isinstance(value, tuple) else value)
