"""`whyburn config`: it works in every state of the files, and says what it did or what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from whyburn.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ask = Callable[..., tuple[int, str, str]]

NAMES = ("config.toml", "machine.toml", "prices.toml", "subscriptions.toml")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings folder of an empty home."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "WHYBURN_CONFIG", "WHYBURN_DB", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path / ".config/whyburn"


@pytest.fixture
def ask(folder: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run `whyburn config`; exit code, stdout, stderr."""

    def asked(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["config", *arguments])
        return code, *capsys.readouterr()

    return asked


def written(folder: Path, text: str, name: str = "config.toml") -> Path:
    """A settings file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


class TestInit:
    def test_writes_every_file_and_prints_it(self, ask: Ask, folder: Path) -> None:
        """All settings files and the prices folder are made, each is named on a line."""
        code, out, err = ask("init")

        assert (code, err) == (0, "")
        assert [str(folder / name) for name in (*NAMES, "prices")] == out.splitlines()
        assert all((folder / name).is_file() for name in NAMES)
        assert (folder / "prices").is_dir()

    def test_refuses_to_replace(self, ask: Ask, folder: Path) -> None:
        """A second time nothing is written: one line lists what is there."""
        ask("init")
        written(folder, "# mine\n")

        code, out, err = ask("init")

        assert (code, out) == (1, "")
        assert all(name in err for name in NAMES)
        assert err.count("\n") == 1
        assert (folder / "config.toml").read_text() == "# mine\n"

    def test_force_replaces_a_broken_file(self, ask: Ask, folder: Path) -> None:
        """With --force it works although the present file cannot be read."""
        written(folder, "[[[ nonsense\n\0")

        assert ask("init", "--force")[0] == 0
        assert ask("validate")[0] == 0

    def test_only_some_files(self, ask: Ask, folder: Path) -> None:
        """--only writes no others."""
        ask("init", "--only", "prices")

        assert sorted(one.name for one in folder.iterdir()) == ["prices", "prices.toml"]

    def test_the_copilot_template_has_prices_and_a_profile(self, ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
        """Its rows are listed before the built-in ones, and the settings name the profile."""
        ask("init", "--template", "copilot")

        assert "profile github-copilot" in ask("show")[1]
        run(["prices", "list", "--limit", "1", "--json"])
        first = json.loads(capsys.readouterr().out)["prices"][0]
        assert (first["table"], first["provider"]) == ("virtual", "github-copilot")


class TestPath:
    def test_labels_every_place(self, ask: Ask, folder: Path) -> None:
        """Without --which each path has its name before it."""
        rows = dict(line.split(maxsplit=1) for line in ask("path")[1].splitlines())

        assert str(folder / "prices") == rows["prices-dir"]
        assert {"config", "machine", "prices", "prices-dir", "subscriptions", "db", "cache"} == set(rows)

    def test_one_place_is_bare(self, ask: Ask, folder: Path) -> None:
        """With --which the line is the path and nothing else, for use in a shell."""
        assert f"{folder / 'machine.toml'}\n" == ask("path", "--which", "machine")[1]

    def test_follows_options(self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Files beside an explicit --config are meant, and --db is the ledger."""
        run(["--config", str(tmp_path / "x/config.toml"), "--db", str(tmp_path / "y.db"), "config", "path"])

        rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
        assert str(tmp_path / "x/prices.toml") == rows["prices"]
        assert str(tmp_path / "y.db") == rows["db"]

    def test_works_with_broken_files(self, ask: Ask, folder: Path) -> None:
        """No file is opened to say where it is."""
        written(folder, "= = =")

        assert (ask("path")[0], ask("path")[2]) == (0, "")


class TestShow:
    def test_says_what_exists(self, ask: Ask, folder: Path) -> None:
        """Each file is named, with whether it is there."""
        written(folder, "[reports]\nrefresh = 'never'\n")

        out = ask("show")[1]

        assert "not there" not in next(line for line in out.splitlines() if line.startswith("config"))
        assert "not there" in next(line for line in out.splitlines() if line.startswith("machine"))
        assert "refresh before reports: never" in out

    def test_json_has_counts_and_places(self, ask: Ask, folder: Path) -> None:
        """The JSON form counts rules, aliases and prices."""
        written(folder, '[[actual_cost]]\nmode = "zero"\n[costing.provider_aliases]\nx = "openai"\n')

        found = json.loads(ask("show", "--json")[1])

        assert (
            found["kind"], found["actual_rules"], found["provider_aliases"], found["virtual_prices"]
        ) == ("config", 1, 1, 0)  # fmt: skip
        assert {"label": "config", "path": str(folder / "config.toml"), "exists": True} == found["places"][0]


class TestValidate:
    def test_without_files(self, ask: Ask) -> None:
        """No files are no fault."""
        code, out, _ = ask("validate")

        assert code == 0
        assert "defaults hold" in out

    def test_counts_what_it_read(self, ask: Ask) -> None:
        """Good files: exit 0 and how much is in them."""
        ask("init", "--template", "copilot")

        code, out, err = ask("validate")

        assert (code, err) == (0, "")
        assert "22 list prices" in out

    def test_names_file_line_and_key(self, ask: Ask, folder: Path) -> None:
        """Every problem stands on stdout, the count and the first place in one line on stderr; exit 1."""
        written(folder, '[reports]\nrefesh = "auto"\nweek_start = "tomorrow"\n')

        code, out, err = ask("validate")

        assert code == 1
        assert "config.toml:2: reports.refesh is not a setting here" in out
        assert "config.toml:3: week_start" in out
        assert (
            err == "whyburn: 2 errors in the settings, the first at ~/.config/whyburn/config.toml:2 (reports.refesh)\n"
        )

    def test_a_warning_is_no_error(self, ask: Ask, folder: Path) -> None:
        """Odd but usable: said, exit 0."""
        row = 'provider = "p"\nmodel = "m"\ninput_usd_per_1m = 1\noutput_usd_per_1m = 1\ncached_input_usd_per_1m = 2\n'
        written(folder, f"[[pricing.virtual]]\n{row}", "prices.toml")

        code, out, _ = ask("validate")

        assert code == 0
        assert "prices.toml:6: warning: cached input" in out
        assert "1 warning" in out

    def test_json_is_valid_when_the_files_are_not(self, ask: Ask, folder: Path) -> None:
        """Exit 1 and still one JSON object with all problems."""
        written(folder, "[imports]\nharnesses = ['cluade']\n[areas]\nauto_detect = true\n")

        code, out, err = ask("validate", "--json")

        found = json.loads(out)
        assert (code, found["valid"], err.count("\n")) == (1, False, 1)
        assert {name: found["counts"][name] for name in ("errors", "unsupported", "warnings")} == {
            "errors": 1,
            "unsupported": 1,
            "warnings": 0,
        }
        assert [problem["key"] for problem in found["problems"]] == ["imports.harnesses", "areas"]


class TestSet:
    def test_keeps_comments_and_says_what_changed(self, ask: Ask, folder: Path) -> None:
        """One value changes, everything else in the file stays."""
        file = written(folder, "# mine\n[reports]\nweek_start = 'monday' # why not\n")

        code, out, _ = ask("set", "reports.week_start", "sunday")

        assert code == 0
        assert out == 'reports.week_start = "sunday" (was "monday") in ~/.config/whyburn/config.toml\n'
        assert file.read_text() == '# mine\n[reports]\nweek_start = "sunday" # why not\n'

    def test_a_machine_name_goes_into_its_own_file(self, ask: Ask, folder: Path) -> None:
        """`machine.name` belongs in machine.toml, which is made."""
        assert "new file" in ask("set", "machine.name", "laptop")[1]

        assert 'name = "laptop"' in (folder / "machine.toml").read_text()
        assert not (folder / "config.toml").exists()

    @pytest.mark.parametrize(
        ("key", "value", "said"),
        [
            ("reports.refresh", "sometimes", "write never, auto or always"),
            ("reports.refesh", "auto", "did you mean reports.refresh?"),
            ("imports.harnesses", "claude,cluade", "did you mean claude?"),
            ("statusline.elements", "cost,bogus", "bogus"),
        ],
    )
    def test_refuses_what_the_loader_would_not_take(
        self, ask: Ask, folder: Path, key: str, value: str, said: str
    ) -> None:
        """A wrong value never reaches the file: one line, exit 1."""
        code, out, err = ask("set", key, value)

        assert (code, out, err.count("\n")) == (1, "", 1)
        assert said in err
        assert not (folder / "config.toml").exists()

    def test_a_broken_file_is_left_alone(self, ask: Ask, folder: Path) -> None:
        """What cannot be read cannot be edited: its place is named and nothing changes."""
        file = written(folder, "[reports]\nrefresh = = 1\n")

        code, out, err = ask("set", "reports.week_start", "sunday")

        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "config.toml:2:" in err
        assert file.read_text() == "[reports]\nrefresh = = 1\n"


def test_the_bare_word_shows_help(ask: Ask) -> None:
    """`whyburn config` names its subcommands."""
    code, out, _ = ask()

    assert code == 0
    assert "validate" in out


@pytest.mark.parametrize("arguments", [("path", "--which"), ("show", "--rich"), ("set", "a"), ("bogus",)])
def test_bad_syntax_is_exit_2(ask: Ask, arguments: tuple[str, ...]) -> None:
    """Missing values, unknown options and commands: one line, nothing on stdout."""
    code, out, err = ask(*arguments)

    assert (code, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("path", "--which", "x"), "--which x is not one of all, config, machine"),
        (("init", "--template", "x"), "--template x is not one of default, copilot"),
        (("init", "--only", "x"), "--only x is not one of all, config, prices, subscriptions"),
    ],
)
def test_a_wrong_word_is_exit_1(ask: Ask, arguments: tuple[str, ...], said: str) -> None:
    """Good syntax with a word that there is not: one line that names those that there are."""
    code, out, err = ask(*arguments)

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err
