"""What kind of file a path is, told from its whole parts and words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyburn.postmortem.files import annotation, is_agent_internal, is_project, low_signal, normal_path, sensitive

ANNOTATED = {
    "lockfile": [
        "package-lock.json", "web/npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb",
        "poetry.lock",
        "Pipfile.lock", "uv.lock", "crates/shop/Cargo.lock", "Gemfile.lock", "composer.lock", "go.sum",
        "Package-Lock.json",
    ],
    "generated": [
        "api/shop.pb.go", "shop_pb2.py", "lib/cart.g.dart", "dist/app.js", "web/build/index.html",
        "src/generated/client.ts",
        "zz_generated.deepcopy.go", "routeTree.gen.ts", r"web\dist\app.js",
    ],
    "fixture": ["tests/fixtures/cart.json", "tests/fixture/a.py", "pkg/testdata/in.txt", "spec/cassettes/pay.yml"],
    "snapshot": ["src/__snapshots__/cart.test.ts.snap", "cart.snap", "tests/snapshots/page.svg", "page-snapshot.txt"],
    "schema": ["schema.sql", "db/schema.rb", "shop.graphql", "openapi.yaml", "docs/swagger.json", "schemas/cart.json"],
    "minified": ["vendor/jquery.min.js", "app.css.map", "static/bundle.js.map"],
    "large structured data": ["data/prices.json", "log.jsonl", "export.csv"],
    None: [
        "src/cart.py", "README.md", "package.json", "tsconfig.build.json", ".eslintrc.json", "src/distance/a.py",
        "rebuild/a.py",
        "src/build/config.ts", "src/ledger/snapshot.py", "lockfile.py", "minify.js", "schematic.py", "go.mod",
        "fixture_utils.py",
        "mapping.py", "regenerated.py", "",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("path", "kind"), [(path, kind) for kind, paths in ANNOTATED.items() for path in paths])
def test_a_path_is_annotated_by_whole_parts(path, kind):
    """Every row of the table has its files, and files whose names only resemble them have none."""
    assert kind == annotation(path)


def test_content_can_annotate_what_the_path_does_not():
    """A file that says it is generated, or whose lines are very long on average, is annotated."""
    assert annotation("src/client.ts", generated=True) == "generated"
    assert annotation("src/app.js", mean_line=501) == "minified"
    assert annotation("src/app.js", mean_line=500) is None
    assert annotation("notes.md", mean_line=900) is None


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("uv.lock", {}, "lockfile"),
        ("app.js.map", {}, "map"),
        ("lib.min.css", {}, "minified"),
        ("a.test.ts.snap", {}, "snapshot"),
        ("dist/app.js", {}, "generated"),
        ("src/client.ts", {"generated": True}, "generated"),
        ("src/client.ts", {"mean_line": 4_000}, "minified"),
        ("src/client.ts", {"mean_line": 40}, None),
        ("data.jsonl", {"mean_line": 9_000}, None),
        ("README.md", {"mean_line": 700}, None),
        ("tests/fixtures/cart.py", {}, None),
        ("schema.sql", {}, None),
        ("data/prices.json", {}, None),
        ("src/snapshots/store.py", {}, None),
    ],
)
def test_blame_falls_only_on_files_nobody_reads_whole(path, content, kind):
    """Fixtures, schemas and data may well be worth reading; locks, maps, minified and generated files are not."""
    assert kind == low_signal(path, **content)


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("/srv/shop/src/a.py", "src/a.py"),
        ("/srv/shop//src/./b/../a.py", "src/a.py"),
        ("./src/a.py", "src/a.py"),
        ("src/a.py", "src/a.py"),
        ("/srv/shop", "."),
        ("/srv/shopping/a.py", "/srv/shopping/a.py"),
        ("../other/a.py", "../other/a.py"),
        ("~/notes.md", "~/notes.md"),
        ("//etc/hosts", "/etc/hosts"),
        ("", ""),
    ],
)
def test_one_file_has_one_spelling(path, normal):
    """Inside the working folder a path is relative to it; dots and doubled slashes go."""
    assert normal == normal_path(path, "/srv/shop/")


def test_windows_paths_are_spelt_with_slashes():
    """Drive letters and backslashes do not make another file."""
    assert normal_path(r"C:\shop\src\a.py", r"c:\shop") == "src/a.py"
    assert normal_path(r"src\a.py", r"c:\shop") == "src/a.py"
    assert not is_project(r"D:\shop\a.py", r"c:\shop")


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("src/a.py", True), ("/srv/shop/a.py", True), ("/srv/other/a.py", False), ("../a.py", False), ("~/a.py", False),
        ("/srv/shopping/a.py", False), ("src/../../a.py", False),
    ],
)  # fmt: skip
def test_project_files_lie_under_the_working_folder(path, inside):
    """A relative path belongs to the project unless it leaves it."""
    assert inside == is_project(path, "/srv/shop")


def test_agents_own_files_are_known_by_their_folders():
    """Homes, settings and skills of agent programs are theirs, wherever they lie."""
    own = ["~/.claude/skills/x/SKILL.md", "/home/u/.codex/config.toml", ".cursor/rules/a.mdc", ".claude/settings.json"]
    foreign = ["src/claude/a.py", "docs/.claude.md", "codex/a.py"]

    assert all(map(is_agent_internal, own))
    assert not any(map(is_agent_internal, foreign))


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("src/auth/login.py", "high"), ("src/jwtHelper.ts", "high"), ("app/PaymentService.java", "high"), (".env",
        "high"),
        (".env.production", "high"), ("config/prod.yaml", "high"), ("deploy.sh", "high"), ("src/session_store.py",
        "high"),
        ("db/migrations/0001_init.sql", "medium"), ("infra/main.tf", "medium"), ("schema.sql", "medium"),
        ("src/permissionCheck.ts", "medium"),
        ("src/author.py", None), ("src/product.py", None), ("tokenizer.py", None), ("environment.py", None),
        ("src/oauthority.py", None), ("database_free.md", "medium"), ("src/cart.py", None),
    ],
)  # fmt: skip
def test_sensitive_areas_are_whole_words_of_the_path(path, severity):
    """Words are split at punctuation and capitals; a word that only contains another is harmless."""
    assert severity == sensitive(path)


@given(st.text(), st.text())
def test_no_path_is_an_error(path, cwd):
    """Any text may stand where a path is expected, and its normal form is stable."""
    once = normal_path(path, cwd)

    assert normal_path(once) == once
    assert annotation(path) == annotation(path.upper()) or not path.isascii()
    sensitive(path), low_signal(path), is_project(path, cwd), is_agent_internal(path)
