"""The documentation is true: its commands run, its links resolve, what it lists is what the program has."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from docs.pages import PAGES, ROOT, Block, anchors, blocks, name_of, prose, text_of
from whyburn.cli.app import app
from whyburn.harnesses import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
SHELL = blocks("sh")
RUN = [block for block in SHELL if block.run]
LANGUAGES = ("sh", "text", "python", "toml", "json")
PAGES_THAT_MUST_BE = (
    "README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/DEMO.md",
    "docs/JSON_OUTPUT.md", "docs/LIMITATIONS.md", "docs/accounting.md", "docs/attribution.md", "docs/commands.md",
    "docs/differences.md",
)  # fmt: skip


def test_pages_are_there() -> None:
    """Every page that belongs to the product exists, and each harness has its own."""
    names = {name_of(page) for page in PAGES}
    harnesses = {f"docs/harnesses/{name}.md" for name in registry.BUILT_IN}

    assert {*PAGES_THAT_MUST_BE, *harnesses} <= names


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="the examples are for a POSIX shell")
@pytest.mark.parametrize("block", RUN, ids=lambda block: f"{block.page}:{block.line}")
def test_commands_in_the_docs_run(block: Block, fresh_home: Path) -> None:
    """Every command of a shell block ends with 0, on a machine with a week of logs and no settings."""
    done = _shell(block.text, fresh_home)

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def _shell(text: str, home: Path) -> subprocess.CompletedProcess[str]:
    program = home / "bin" / "whyburn"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m whyburn "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    examples = home / "examples"
    if not examples.exists():
        examples.symlink_to(ROOT / "examples")
    path = os.pathsep.join([str(program.parent), os.path.dirname(sys.executable), "/usr/bin", "/bin"])
    environ = {"HOME": str(home), "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path), "LANG": "C.UTF-8", "TZ": "UTC",
               "BROWSER": "true"}  # fmt: skip  # what --open starts: a program that does nothing, and no real browser
    return subprocess.run(
        ["sh", "-euc", text], cwd=home, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_blocks_that_are_not_run_say_why_and_are_few() -> None:
    """Only blocks that install something, run all tests, or never end stand aside."""
    aside = [block for block in SHELL if not block.run]

    assert len(RUN) >= 3
    assert all(re.search(r"pip install|scripts/|build_prices|whyburn serve", block.text) for block in aside)


def test_python_in_the_docs_runs(demo_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every Python block runs as it stands, over a week of logs, and says something."""
    found = [block for block in blocks("python") if block.run]

    for block in found:
        exec(compile(block.text, f"{block.page}:{block.line}", "exec"), {})
        assert capsys.readouterr().out, f"{block.page}:{block.line}"
    assert demo_home.exists()
    assert found


def test_the_translation_has_the_same_commands_and_captures() -> None:
    """README.zh-CN.md shows what README.md shows: every fenced block, in the same order, and the same pictures."""
    pages = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
    fenced = [[block.text for language in LANGUAGES for block in blocks(language) if block.page == name_of(page)]
              for page in pages]  # fmt: skip
    captures, sources = ([re.findall(pattern, text_of(page)) for page in pages]
                         for pattern in (r"<!-- output of: (.+) -->", r'(?:src|srcset)="([^"]+)"'))  # fmt: skip

    assert fenced[0] == fenced[1]
    assert captures[0] == captures[1]
    assert sources[0] == sources[1]
    for page, other in (pages, pages[::-1]):
        assert f"({name_of(other)})" in text_of(page)


@each_page
def test_commands_named_in_prose_exist(page: Path) -> None:
    """`whyburn …` in running text names commands and options that the program has."""
    spans = re.findall(r"`(whyburn [^`\n]*)`", prose(page))

    assert [span for span in spans if not _known(span.split()[1:])] == []


def _known(words: list[str]) -> bool:
    """Whether a command line, which may stop anywhere, is one of the program."""
    command: click.Command = app
    here = click.Context(app, info_name="whyburn")
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            option = next((one for one in command.params if word in (*one.opts, *one.secondary_opts)), None)
            if option is None and word != "--help":
                return False
            if isinstance(option, click.Option) and not option.is_flag:
                next(rest, None)
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z-]+", word):
            found = command.get_command(here, word)
            if found is None:
                return False
            command, here = found, click.Context(found, info_name=word, parent=here)
    return True


def _options(command: click.Command) -> set[str]:
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)}


def test_every_command_and_option_is_documented() -> None:
    """docs/commands.md has a heading for each command, and each of its options stands somewhere on the page."""
    page = text_of(ROOT / "docs" / "commands.md")
    headings = re.findall(r"^#+ (whyburn.*)$", page, re.MULTILINE)
    paths = [path for path, _ in _every(app, "whyburn")]
    missing = {name for _, one in _every(app, "whyburn") for name in _options(one) if f"{name}" not in page}

    assert headings == paths
    assert missing - {"date", "dimensions", "harness", "ident", "model", "file", "key", "value"} == set()


def test_every_command_has_help_with_an_example() -> None:
    """A command without a sentence and an example is not finished."""
    poor = [path for path, one in _every(app, "whyburn") if not (one.help or "").strip()]
    bare = [path for path, one in _every(app, "whyburn") if one is not app and "Example: " not in (one.help or "")]

    assert poor == []
    assert bare == []


def _every(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        here = click.Context(command, info_name=path)
        for name in command.list_commands(here):
            found = command.get_command(here, name)
            assert found is not None
            yield from _every(found, f"{path} {name}")


@pytest.mark.skipif(os.name != "posix", reason="the clock of the captures needs a POSIX system")
def test_generated_parts_are_up_to_date(tmp_path: Path) -> None:
    """docs/commands.md and the captures are what the program prints (mend: python scripts/build_command_docs.py)."""
    environ = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "LANG": "C.UTF-8",
    }
    script = ROOT / "scripts" / "build_command_docs.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], env=environ, capture_output=True, text=True, timeout=120, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# --- links and words --------------------------------------------------------------------------------------------------


@each_page
def test_links_inside_the_repository_resolve(page: Path) -> None:
    """Every relative link and picture names a file or folder that is there, and every anchor a heading."""
    broken = []
    for target in re.findall(r"(?:\]\(|\b(?:src|srcset)=\")([^)\s\"]+)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(target)

    assert broken == []


@each_page
def test_pages_hold_nothing_of_a_machine_or_a_person(page: Path) -> None:
    """No path of somebody's machine, no address of a package registry, no mail address."""
    text = text_of(page)
    homes = {one for one in re.findall(r"/(?:home|Users)/(\w+)", text) if one not in {"dev", "ana"}}
    machine = re.findall(r"(?<![\w.~])/(?:work|tmp|root|opt|mnt)/\S*", text)
    hosts = re.findall(
        r"pypi\.\w+|pythonhosted|npmjs|registry\.\S+\.\w+|(?!127\.0\.0\.1)\b\d+\.\d+\.\d+\.\d+(?!\w)", text
    )
    mail = re.findall(r"\b[\w.+-]+@[\w-]+\.[a-z]{2,}\b", text)

    assert (homes, machine, hosts, mail) == (set(), [], [], [])


@each_page
def test_pages_are_tidy(page: Path) -> None:
    """One title, no tabs, no blanks at line ends, one newline at the end."""
    text = text_of(page)

    assert len(re.findall(r"^# ", prose(page), re.MULTILINE)) == 1
    assert "\t" not in text
    assert not re.search(r"[ ]+$", text, re.MULTILINE)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_pictures_are_small() -> None:
    """A picture of a page costs a reader at most 200 KB, and every picture is shown somewhere."""
    pictures = sorted((ROOT / "docs" / "images").glob("*"))
    shown = "\n".join(map(text_of, PAGES))

    assert pictures
    assert [one.name for one in pictures if one.stat().st_size > 200_000 or one.name not in shown] == []


def test_json_examples_in_the_docs_are_json() -> None:
    """Examples can be read by a machine, shortened as they are."""
    for block in blocks("json"):
        assert isinstance(json.loads(block.text), dict), f"{block.page}:{block.line}"


# --- harnesses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", registry.BUILT_IN)
def test_harness_page_lists_the_variables_of_the_code(name: str) -> None:
    """The table of variables is what the harness declares, in its order."""
    page = text_of(ROOT / "docs" / "harnesses" / f"{name}.md")
    table = page.partition("| variable | |")[2].partition("\n\n")[0]

    assert re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE) == list(registry.harness(name).variables)


@pytest.mark.parametrize("name", registry.BUILT_IN)
def test_harness_page_and_readme_name_the_usual_places(name: str) -> None:
    """Where logs are looked for is said in both, as the code says it."""
    from whyburn.harnesses.interface import Places

    roots = [root.replace("/HOME", "~") for root in registry.harness(name).roots(Places({}, "/HOME"))]
    page = text_of(ROOT / "docs" / "harnesses" / f"{name}.md")
    readme = text_of(ROOT / "README.md")

    assert [root for root in roots if root not in readme] == []
    assert [root for root in roots if os.path.dirname(root) not in page] == []
