"""One redaction for every sink: console, JSON, Markdown, pages, digests.

`none` leaves texts as they are. `default` masks secrets and turns the project's and the home folder into `~/project`
and `~`. `share` replaces what names the work (paths, commands, titles, prompts) by stable pseudonyms and keeps counts
and dollars. Secrets are masked at every level but `none`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whyburn.postmortem.report import Report, Subject

Level = Literal["none", "default", "share"]
LEVELS: tuple[Level, ...] = ("none", "default", "share")
MASK = "[secret]"
_PREFIX = r"[spr]k[-_]|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AKIA|ASIA|AIza|hf_|npm_|pypi-|ya29\."
_CUT = r"(?=\s*(?:…|$))"
"""Labels are cut at some length, and half a key is half a secret: what a cut follows needs less to be one."""
_SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<![A-Za-z0-9])(?:[spr]k[-_](?:ant-|proj-|live_|test_|or-)?[A-Za-z0-9_-]{16,}"  # provider and payment keys
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}\b|ASIA[0-9A-Z]{16}\b|AIza[0-9A-Za-z_-]{30,}"
    r"|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}"
    r"|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}"  # JSON web tokens
    rf"|(?:{_PREFIX})(?=[a-z_-]{{0,40}}[A-Z0-9])[A-Za-z0-9_-]{{4,200}}{_CUT})",
    re.DOTALL,
)
_ADDRESS = re.compile(rf"(?<=://)[^\s/:@]+:(?:[^\s/@]+(?=@)|(?!\d+{_CUT})[^\s/@]{{4,}}{_CUT})")
"""Name and password before a host."""
_MAIL = re.compile(r"\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b")
_BEARER = re.compile(r"(?i:(?<=bearer )|(?<=bearer\t)|(?<=authorization: basic ))[A-Za-z0-9._~+/=-]{8,}")
_NAMED = re.compile(
    r"(?i)((?:passwords?|passwd|secrets?|api[_-]?keys?|access[_-]?key|token|credentials?)"
    r"[\"']?\s*[=:]\s*[\"']?|--?[\w-]{0,40}(?:password|passwd|secret|key|token)\s+[\"']?)([^\s\"'&;,]{6,})"
)
"""A word that says secret, and what is assigned to it; an option of that name, and its value."""
_NAMES = ("pass", "secret", "key", "token", "credential")
_ENV = re.compile(r"(?:[\w./~-]{0,200}/|(?<!\w))\.env(?:\.[\w.-]+)?\b")
_HOME = re.compile(r"/(?:home|Users)/[^/\\\s:\"']+")
_WINDOWS_HOME = re.compile(r"[A-Za-z]:\\Users\\[^/\\\s:\"']+")
_LOG_FOLDER = re.compile(r"(\.claude/projects/)[\w-]+")
"""Claude Code names the folder of a project's logs by the project's path."""


@dataclass(frozen=True, slots=True)
class Redactor:
    """Masks texts of one session at one level."""

    level: Level
    project: str = ""
    home: str = ""

    @classmethod
    def of(cls, level: Level, subject: Subject | None = None, environ: Mapping[str, str] = os.environ) -> Redactor:
        """A redactor that knows the session's folder and the user's home."""
        home = environ.get("HOME") or os.path.expanduser("~")
        return cls(level, ((subject.cwd if subject else None) or "").rstrip("/"), home.rstrip("/"))

    def text(self, text: str) -> str:
        """A sentence, title, command or note."""
        if self.level == "none" or not text:
            return text
        shown = self._places(masked(text))
        return _pseudonym("text", shown) if self.level == "share" else shown

    def path(self, path: str) -> str:
        """A path: relative to the project where it lies inside."""
        if self.level == "none" or not path:
            return path
        return _pseudonym("path", path) if self.level == "share" else self._places(masked(path))

    def machine(self, key: str) -> str:
        """A machine's name, or a session's key, which begins with one."""
        name, slash, rest = key.partition("/")
        return f"{_pseudonym('machine', name)}{slash}{rest}" if self.level == "share" and key else key

    def _places(self, text: str) -> str:
        if len(self.project) > 1:
            text = _replace_folder(text, self.project, "~/project")
        if len(self.home) > 1:
            text = _replace_folder(text, self.home, "~")
        text = _HOME.sub("~", text)
        text = _LOG_FOLDER.sub(r"\1[project]", text) if ".claude/" in text else text
        return _WINDOWS_HOME.sub("~", text) if "\\Users\\" in text else text


def masked(text: str) -> str:
    """A text without its secrets; each pattern runs where a word says that it may find something."""
    if "://" in text:
        text = _ADDRESS.sub(MASK, text)
    if "@" in text:
        text = _MAIL.sub(MASK, text)
    lower = text.lower()
    if "bearer" in lower or "basic" in lower:
        text = _BEARER.sub(MASK, text)
    text = _SECRETS.sub(MASK, text)
    if any(word in lower for word in _NAMES):
        text = _NAMED.sub(lambda hit: hit[1] + MASK, text)
    return _ENV.sub("[env file]", text) if ".env" in text else text


def _replace_folder(text: str, folder: str, word: str) -> str:
    return re.sub(re.escape(folder) + r"(?=[/\\\s\"':,;)]|$)", lambda _: word, text) if folder in text else text


def _pseudonym(kind: str, text: str) -> str:
    """The same word for the same text; says nothing about it."""
    return f"{kind}-{blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"


_PATHS = frozenset({"cwd", "project", "file", "path", "rollout_path", "sources"})
_KEYS = frozenset({"key", "top_session"})
"""Of sessions; periods have keys too."""
_WORDS = frozenset({
    "kind", "id", "cause", "confidence", "level", "quality", "harness", "model", "models", "origin", "texture",
    "family", "severity", "shape", "size_grade", "cause_grade", "adapter", "prices", "relation", "schema_version",
    "version", "name", "phase", "category", "annotation", "unit", "sort", "parent", "agents",
    "share", "impact_share",
})  # fmt: skip
"""Keys whose values are our own words, numbers or ids."""


def redacted(value: Any, redactor: Redactor, key: str = "") -> Any:
    """Plain data with every text in it redacted, by the key that it stands under."""
    if redactor.level == "none":
        return value
    if isinstance(value, dict):
        return {name: redacted(one, redactor, name) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(one, redactor, key) for one in value]
    if not isinstance(value, str) or key in _WORDS or key.endswith("_usd"):
        return value
    if key == "machine" or (key in _KEYS and "/" in value):
        return redactor.machine(value)
    return redactor.path(value) if key in _PATHS else redactor.text(value)


def hide(report: Report, redactor: Redactor) -> Report:
    """A report whose subject shows no more than the level allows; texts inside it pass through the views."""
    subject = report.subject
    if redactor.level == "none":
        return report
    title = redactor.text(subject.title) if subject.title else subject.title
    shown = replace(
        subject, title=title, cwd=subject.cwd and redactor.path(subject.cwd),
        project=subject.project and redactor.path(subject.project),
        branch=subject.branch and redactor.text(subject.branch),
        sources=tuple(map(redactor.path, subject.sources)),
    )  # fmt: skip
    return replace(report, subject=shown)
