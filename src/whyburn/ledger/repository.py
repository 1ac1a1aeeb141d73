"""The git repository around a folder, read from its files; no program is started and nothing is written."""

from __future__ import annotations

import os

_MOST_CONFIG = 1 << 20


def git_place(cwd: str) -> tuple[str | None, str | None]:
    """(root, remote) of the repository that holds `cwd`; None where the disk does not tell (any more)."""
    folder = cwd
    while os.path.isabs(folder):
        dot_git = os.path.join(folder, ".git")
        if os.path.exists(dot_git):
            return folder, _remote(dot_git)
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    return None, None


def _remote(dot_git: str) -> str | None:
    """The URL of `origin` (else of the first remote), without credentials."""
    config = os.path.join(_git_dir(dot_git), "config")
    try:
        if os.path.getsize(config) > _MOST_CONFIG:
            return None
        with open(config, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    urls: dict[str, str] = {}
    section = ""
    for line in map(str.strip, lines):
        if line.startswith("["):
            section = line
        elif section.startswith('[remote "') and line.replace(" ", "").startswith("url="):
            urls.setdefault(section, line.split("=", 1)[1].strip())
    url = urls.get('[remote "origin"]') or next(iter(urls.values()), None)
    return _without_credentials(url) if url else None


def _git_dir(dot_git: str) -> str:
    """The folder with the configuration: of a worktree or submodule it stands elsewhere."""
    if os.path.isdir(dot_git):
        return dot_git
    try:
        with open(dot_git, encoding="utf-8", errors="replace") as file:
            target = file.readline(4096).partition("gitdir:")[2].strip()
    except OSError:
        return dot_git
    path = os.path.normpath(os.path.join(os.path.dirname(dot_git), target))
    return path.split(f"{os.sep}worktrees{os.sep}")[0]


def _without_credentials(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
