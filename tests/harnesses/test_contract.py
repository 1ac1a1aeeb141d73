"""What every registered harness promises, the built-in ones like anybody's, shown on a little tree of each."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

import pytest

from harnesses import examples
from harnesses.examples import EXAMPLES
from laws import claude_logs, codex_logs
from support import content, ingest, totals
from whyburn.errors import SelectionError
from whyburn.harnesses import registry
from whyburn.harnesses.interface import Places
from whyburn.ledger import ingest as ingest_module

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whyburn.harnesses.interface import Harness
    from whyburn.harnesses.readers import SourceReader

NAMES = sorted({*registry.BUILT_IN, *EXAMPLES})


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The examples, installed as another package's entry points."""
    info = tmp_path / "site" / "acme_harnesses-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-harnesses\nVersion: 1.0\n")
    points = "".join(f"{name} = harnesses.examples:{name.upper()}\n" for name in EXAMPLES)
    (info / "entry_points.txt").write_text(f"[whyburn.harnesses]\n{points}claude = harnesses.examples:TICKER\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    importlib.invalidate_caches()
    registry._registered.cache_clear()
    yield
    registry._registered.cache_clear()


def little_tree(name: str, root: Path) -> int:
    """A few sources of a harness below a root; how many."""
    root.mkdir(exist_ok=True)
    if name in ("claude", "codex"):
        make = {"claude": claude_logs.tree, "codex": codex_logs.tree}[name]
        tree = next(tree for tree in map(make, range(100)) if len(tree.files) > 2)
        tree.write(root)
        return len(tree.files)
    if name == "ticker":
        (root / "a.ticks").write_bytes(examples.ticks(1, 5))
        (root / "b.ticks").write_bytes(examples.ticks(1, 3) + examples.ticks(6, 7, "s2"))
    elif name == "notebook":
        (root / "a.notebook.json").write_bytes(examples.notebook(3))
        (root / "b.notebook.json").write_bytes(examples.notebook(4, "s2"))
    elif name == "shelf":
        examples.closed_shelf(str(root / "a.shelf"), 1, 9)
        examples.closed_shelf(str(root / "b.shelf"), 1, 2)
    elif name == "meter":
        (root / "a.meter").write_bytes(examples.readings(5, 9, 9, 2, 4))
        (root / "b.meter").write_bytes(examples.readings(1, 2, session="s2"))
    else:
        raise AssertionError(f"give the contract test a little tree of {name}")
    return 2


@pytest.fixture(params=NAMES)
def harness(request: pytest.FixtureRequest) -> Harness:
    """Each registered harness in turn."""
    return registry.harness(request.param)


@pytest.fixture
def root(harness: Harness, tmp_path: Path) -> Path:
    """A folder with the little tree of the harness."""
    little_tree(harness.name, tmp_path / "logs")
    return tmp_path / "logs"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of all sources that were opened."""
    paths: list[str] = []
    opening = ingest_module.open_source

    def counting(source: Any, position: int = 0) -> SourceReader:
        paths.append(source.path)
        return opening(source, position)

    monkeypatch.setattr(ingest_module, "open_source", counting)
    return paths


def test_entry_points_of_other_packages_are_found() -> None:
    """What a distribution registers in the group is a harness like the built-in ones, which come first."""
    assert [*registry.BUILT_IN, *sorted(EXAMPLES)] == registry.names()
    assert registry.harness("shelf") is examples.SHELF


def test_no_package_can_take_a_built_in_name() -> None:
    """An entry point called `claude` does not replace the reader of Claude Code."""
    assert registry.harness("claude") is not examples.TICKER


def test_an_unknown_harness_is_refused_with_the_known_names() -> None:
    """The message says what there is."""
    with pytest.raises(SelectionError, match=r"no harness is called 'nonesuch'.*claude.*shelf"):
        registry.harness("nonesuch")


def test_declared_facts_are_sound(harness: Harness) -> None:
    """The name is the registered one in lower case, the parser has a version, the rule for real costs is known."""
    assert harness.name == harness.name.lower()
    assert registry.harness(harness.name) is harness
    assert harness.parser >= 1
    assert harness.actual in ("source", "zero")


def test_roots_are_given_whether_or_not_they_exist(harness: Harness, tmp_path: Path) -> None:
    """An empty environment and home: absolute places below the home, nothing in them, nothing made."""
    found = harness.roots(Places({}, str(tmp_path / "home")))

    assert found
    assert all(path.startswith(str(tmp_path / "home")) for path in found)
    assert [source for path in found for source in harness.sources(path)] == []
    assert not (tmp_path / "home").exists()


def test_discovery_finds_each_source_with_its_figures(harness: Harness, root: Path, tmp_path: Path) -> None:
    """Size, time and identity are those of the file."""
    sources = list(harness.sources(str(root)))

    assert little_tree(harness.name, tmp_path / "again") == len(sources)
    for source in sources:
        at = os.stat(source.path)
        assert (at.st_size, at.st_mtime_ns, at.st_dev, at.st_ino) == source[2:]


def test_a_single_file_is_a_root(harness: Harness, root: Path) -> None:
    """A person may name one log."""
    source = next(iter(harness.sources(str(root))))

    assert [source] == list(harness.sources(source.path))


def test_the_tree_gives_calls(harness: Harness, root: Path, tmp_path: Path) -> None:
    """Something is counted, and nothing is a problem."""
    done = ingest(tmp_path / "ledger.db", harness, root)

    assert (done.problems, done.skipped_files, done.status) == (0, 0, "ok")
    assert totals(tmp_path / "ledger.db")["output"] > 0


def test_importing_twice_is_importing_once(harness: Harness, root: Path, tmp_path: Path) -> None:
    """A complete second reading changes nothing."""
    ingest(tmp_path / "ledger.db", harness, root)
    before = content(tmp_path / "ledger.db")

    done = ingest(tmp_path / "ledger.db", harness, root, full=True)

    assert (done.inserted, done.removed) == (0, 0)
    assert before == content(tmp_path / "ledger.db")


def test_unchanged_sources_are_not_opened(harness: Harness, root: Path, tmp_path: Path, opened: list[str]) -> None:
    """The figures of the file are enough to know."""
    ingest(tmp_path / "ledger.db", harness, root)
    opened.clear()

    done = ingest(tmp_path / "ledger.db", harness, root)

    assert opened == []
    assert (done.files_read, done.bytes_read) == (0, 0)


def test_touched_sources_are_read_again_and_counted_once(harness: Harness, root: Path, tmp_path: Path) -> None:
    """A new time on old bytes changes nothing in the ledger."""
    ingest(tmp_path / "ledger.db", harness, root)
    before = content(tmp_path / "ledger.db")
    for source in harness.sources(str(root)):
        os.utime(source.path, ns=(1, 1))

    done = ingest(tmp_path / "ledger.db", harness, root)

    assert done.files_read == done.files_seen
    assert before == content(tmp_path / "ledger.db")


def test_a_copy_in_another_root_is_counted_once(harness: Harness, root: Path, tmp_path: Path) -> None:
    """Keys name calls, not files."""
    ingest(tmp_path / "ledger.db", harness, root)
    little_tree(harness.name, tmp_path / "copy")
    for source in harness.sources(str(root)):
        name = os.path.relpath(source.path, root)
        (tmp_path / "copy" / name).write_bytes((root / name).read_bytes())

    ingest(tmp_path / "other.db", harness, [tmp_path / "copy", root])

    assert content(tmp_path / "ledger.db") == content(tmp_path / "other.db")


def test_reading_leaves_the_tree_as_it_was(harness: Harness, root: Path, tmp_path: Path) -> None:
    """No byte, no time and no entry of a folder changes."""
    before = {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in root.rglob("*")}

    ingest(tmp_path / "ledger.db", harness, root)

    after = {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in root.rglob("*")}
    assert before == after


def test_nothing_is_said_of_a_file_that_vanishes(harness: Harness, root: Path, tmp_path: Path) -> None:
    """Deleted between discovery and opening: skipped, told, and the rest is imported."""
    sources = sorted(harness.sources(str(root)), key=lambda one: one.size)
    gone = sources[0]

    class Vanishing:
        def __getattr__(self, name: str) -> Any:
            return getattr(harness, name)

        def sources(self, _: str) -> list[Any]:
            if os.path.exists(gone.path):
                os.unlink(gone.path)
            return sources

    done = ingest(tmp_path / "ledger.db", Vanishing(), root)  # type: ignore[arg-type]

    assert (1, len(sources)) == (done.skipped_files, done.files_read)
    assert totals(tmp_path / "ledger.db")["calls"] > 0
