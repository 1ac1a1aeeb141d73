"""What kind of file a path is: noise by nature, sensitive, inside the project, or the agent's own.

Only the path is looked at, never the disk, by whole parts and whole words of it: `author.py` is not about auth, and
`distance/` is no `dist/`.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import Literal

Annotation = Literal["lockfile", "generated", "fixture", "snapshot", "schema", "minified", "large structured data"]
LowSignal = Literal["lockfile", "generated", "minified", "snapshot", "map"]

_LOCKFILES = frozenset({
    "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb", "deno.lock",
    "poetry.lock", "pdm.lock", "pipfile.lock", "uv.lock", "cargo.lock", "gemfile.lock", "composer.lock", "go.sum",
    "mix.lock", "pubspec.lock", "flake.lock", "podfile.lock", "packages.lock.json", "gradle.lockfile", "conan.lock",
})  # fmt: skip
_GENERATED = re.compile(
    r"(?:^|[-_.])(?:auto)?generated(?:[-_.]|$)|\.pb\.|_pb2(?:_grpc)?\.pyi?$|\.(?:g|freezed)\.dart$|\.gen\.\w+$|\.designer\.cs$"
)
_GENERATED_FOLDERS = frozenset({"generated", "__generated__", ".next", ".nuxt"})
_OUTPUT_FOLDERS = frozenset({"dist", "build"})
_FIXTURE_FOLDERS = frozenset({"fixture", "fixtures", "testdata", "test-data", "test_data", "cassettes", "__fixtures__"})
_SNAPSHOT = re.compile(r"\.(?:snap|ambr)$|(?:^|[-_.])snapshots?(?:[-_.]|$)")
_SNAPSHOT_FOLDERS = frozenset({"__snapshots__", "snapshot", "snapshots", "__image_snapshots__"})
_SCHEMA = re.compile(r"(?:^|[-_.])(?:schemas?|openapi|swagger)(?:[-_.]|$)|\.(?:graphql|gql|xsd|avsc)$")
_SCHEMA_FOLDERS = frozenset({"schema", "schemas", "openapi", "swagger"})
_MAP = re.compile(r"\.map$")
_MINIFIED = re.compile(r"[-.]min\.")
_DATA = re.compile(r"\.(?:json|jsonl|ndjson|geojson|csv|tsv)$")
_CONFIG = re.compile(r"^(?:package|composer|deno|manifest|settings|launch|tasks|\.\w+|[jt]sconfig(?:\.\w+)*)\.jsonc?$")
_SOURCE = re.compile(
    r"\.(?:py|pyi|[cm]?[jt]sx?|go|rs|rb|java|kts?|swift|cs|cpp|cc|c|h|hpp|php|ex|exs|scala|dart|lua|sh|sql|vue)$"
)
_LONG_LINED = re.compile(r"\.(?:md|mdx|rst|txt|adoc|tex|log|jsonl|ndjson|csv|tsv|ipynb|lock)$")
"""Prose and records, whose lines are long by nature."""
_MEAN_LINE = 500
"""Mean bytes a line from which code is called minified. One long line proves nothing: people paste keys and images."""


def annotation(path: str, *, generated: bool = False, mean_line: int = 0) -> Annotation | None:
    """Why a file tells little for its size, by its path and by what its content said; None for ordinary files."""
    folders, name = _folders_and_name(path)
    kinds: tuple[tuple[Annotation, bool], ...] = (
        ("lockfile", name in _LOCKFILES),
        ("generated", generated or _is_generated(folders, name)),
        ("fixture", not _FIXTURE_FOLDERS.isdisjoint(folders)),
        ("snapshot", _is_snapshot(folders, name)),
        ("schema", bool(_SCHEMA.search(name)) or not _SCHEMA_FOLDERS.isdisjoint(folders)),
        ("minified", bool(_MINIFIED.search(name) or _MAP.search(name)) or _is_long_lined(name, mean_line)),
        ("large structured data", bool(_DATA.search(name)) and not _CONFIG.match(name)),
    )
    return next((kind for kind, holds in kinds if holds), None)


def low_signal(path: str, *, generated: bool = False, mean_line: int = 0) -> LowSignal | None:
    """Why reading the whole of a file was a waste; narrower than `annotation`, for this is what a finding blames.

    `mean_line` is that of the text that was read.
    """
    folders, name = _folders_and_name(path)
    kinds: tuple[tuple[LowSignal, bool], ...] = (
        ("lockfile", name in _LOCKFILES),
        ("map", bool(_MAP.search(name))),
        ("minified", bool(_MINIFIED.search(name)) or _is_long_lined(name, mean_line)),
        ("snapshot", _is_snapshot(folders, name)),
        ("generated", generated or _is_generated(folders, name)),
    )
    return next((kind for kind, holds in kinds if holds), None)


def _folders_and_name(path: str) -> tuple[list[str], str]:
    *folders, name = path.replace("\\", "/").lower().split("/")
    return folders, name


def _is_generated(folders: list[str], name: str) -> bool:
    """`build/` below a folder of sources is a module that builds."""
    if _GENERATED.search(name) or not _GENERATED_FOLDERS.isdisjoint(folders):
        return True
    first = next((at for at, folder in enumerate(folders) if folder in _OUTPUT_FOLDERS), None)
    return first is not None and "src" not in folders[:first]


def _is_snapshot(folders: list[str], name: str) -> bool:
    """A source file that is called snapshot handles them."""
    recorded = not _SOURCE.search(name)
    return recorded and (bool(_SNAPSHOT.search(name)) or not _SNAPSHOT_FOLDERS.isdisjoint(folders))


def _is_long_lined(name: str, mean_line: int) -> bool:
    return mean_line > _MEAN_LINE and not _LONG_LINED.search(name)


# --- whose it is -------------------------------------------------------------------------------------------------

_AGENT_FOLDERS = frozenset({
    ".codex", ".claude", ".agents", ".cursor", ".continue", ".gemini", ".opencode", ".windsurf", ".aider", ".qwen",
    ".factory", ".copilot",
})  # fmt: skip
_DRIVE = re.compile(r"^[a-zA-Z]:[\\/]")


@lru_cache(maxsize=16_384)
def normal_path(path: str, cwd: str | None = None) -> str:
    """One spelling for one file: forward slashes, no `.` and `..`, and relative to `cwd` when inside of it."""
    plain = _plain(path)
    root = _plain(cwd) if cwd else ""
    if root and plain == root:
        return "."
    return plain[len(root.rstrip("/")) + 1 :] if root and plain.startswith(f"{root.rstrip('/')}/") else plain


def is_project(path: str, cwd: str | None) -> bool:
    """Under `cwd`, or relative without leaving it."""
    normal = normal_path(path, cwd)
    return not normal.startswith(("/", "~", "../")) and normal != ".." and not _DRIVE.match(normal)


def is_agent_internal(path: str) -> bool:
    """It belongs to an agent program: its home, settings, skills, plugins or their caches."""
    return not _AGENT_FOLDERS.isdisjoint(_plain(path).split("/"))


@lru_cache(maxsize=16_384)
def _plain(path: str) -> str:
    slashed = path.replace("\\", "/") if _DRIVE.match(path) or "/" not in path else path
    slashed = slashed[:1].lower() + slashed[1:] if _DRIVE.match(slashed) else slashed
    return posixpath.normpath(f"/{slashed.lstrip('/')}" if slashed.startswith("/") else slashed) if slashed else ""


# --- sensitive ---------------------------------------------------------------------------------------------------

_HIGH = frozenset({
    "auth", "authn", "authz", "authentication", "authorization", "login", "logins", "session", "sessions", "jwt",
    "oauth", "oauth2", "payment", "payments", "billing", "secret", "secrets", "token", "tokens", "credential",
    "credentials", "password", "passwords", "deploy", "deployment", "deployments", "prod", "production",
})  # fmt: skip
_MEDIUM = frozenset({
    "permission", "permissions", "policy", "policies", "migration", "migrations", "schema", "schemas", "database",
    "databases", "infra", "infrastructure",
})  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*")


def sensitive(path: str) -> Literal["high", "medium"] | None:
    """How careful a review of an edit should be, by whole words of the path: `author` and `product` are harmless."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    words = {word.lower() for word in _WORD.findall(path)}
    if name == ".env" or name.startswith(".env.") or name.endswith(".env") or words & _HIGH:
        return "high"
    return "medium" if words & _MEDIUM else None
