"""What a command line is about: its category, what it reads, searches, waits for, changes and delivers.

`parse` takes a line apart (`shell`), asks of each simple command what its program is for (`programs`), which files it
names (`targets`) and what it looks for (`searching`). The most telling part names the line; a filter behind a pipe
belongs to its source. Output is never consulted: whether a command failed is a fact of its result.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, takewhile
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.programs import CATEGORIES, Category, category_of, operands, program_name
from whyburn.postmortem.searching import is_broad, pattern_of
from whyburn.postmortem.shell import split
from whyburn.postmortem.targets import Target, changed, patched, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whyburn.postmortem.shell import Part

__all__ = ["Category", "Command", "Target", "parse"]


class Command(NamedTuple):
    """What a command line says of itself."""

    category: Category = "other"
    """Of its most telling part."""
    program: str = ""
    """Name of the program of that part, without folder, in lower case."""
    normal: str = ""
    """Equal for reruns of the same thing: without wrappers, time limits, seeds, temporary names, and what only shortens
    or redirects the output."""
    reads: tuple[Target, ...] = ()
    """Files that it shows."""
    searches: str | None = None
    """The pattern that it looks for."""
    broad: bool = False
    """It looks over a whole tree (`find .`, `rg --files`, `grep -r`, `ls -R`, `tree`)."""
    waits: bool = False
    """It waits, or asks how far something else is."""
    verifies: bool = False
    """It tests, builds, lints or type-checks."""
    reviews: bool = False
    """It looks at changes: git diff, status, log, show, blame; gh."""
    edits: tuple[str, ...] = ()
    """Files that it changes by its own words."""
    delivers: bool = False
    """It hands work over: commit, push, pull request, release, publication."""


_PATCH = "*** Begin Patch"
"""A patch without a command, as custom tools are given it."""
_MOST_NORMAL = 2_000


@lru_cache(maxsize=8_192)
def parse(line: str) -> Command:
    """Take a command line apart; every text has an answer, if only `Command()`."""
    if line.lstrip().startswith(_PATCH):
        return Command("edit", "apply_patch", normal=" ".join(line.split())[:_MOST_NORMAL], edits=patched(line))
    parts = split(line)
    sources = [part for part in parts if not _is_filter(part) and not _is_silent(part)]
    edits = tuple(chain.from_iterable(map(changed, parts)))
    if not sources:
        return Command("edit" if edits else "other", normal=_normal(parts, "other"), edits=edits)
    categories = [_category(part) for part in sources]
    category = min(categories, key=CATEGORIES.index)
    patterns = (pattern_of(part) for part in sources)
    spoken = [_spoken(part) for part in sources]
    return Command(
        category=category,
        program=program_name(sources[categories.index(category)].words[0]),
        normal=_normal(parts, category),
        reads=tuple(chain.from_iterable(shown(part, filters) for part, filters in _with_filters(parts))),
        searches=next((pattern for pattern in patterns if pattern is not None), None),
        broad=any(map(is_broad, sources)),
        waits=any(map(_waits, sources, spoken)),
        verifies=any(each in {"test", "build", "lint"} for each in categories),
        reviews=any(map(_REVIEWING.match, spoken)),
        edits=edits,
        delivers=any(map(_delivers, sources, spoken)),
    )


# --- parts -------------------------------------------------------------------------------------------------------

_LIMITERS = frozenset({"head", "tail", "cat", "less", "more", "tee"})
_FILTERS = _LIMITERS | frozenset({
    "grep", "egrep", "fgrep", "rg", "sed", "awk", "gawk", "cut", "sort", "uniq", "wc", "tr", "jq", "yq", "column",
    "nl", "bat", "tac", "rev", "fold", "paste", "strings", "findstr", "select-string", "select-object", "out-string",
    "measure-object",
})  # fmt: skip
_PLACES = frozenset({"cd", "pushd", "popd", "set-location", "export", "unset", "set", "source", "."})
_DECORATIONS = frozenset({
    "echo", "printf", "true", "false", ":", "exit", "pwd", "date", "test", "[", "[[", "return", "read", "local",
    "trap", "shopt", "ulimit", "alias", "break", "continue", "seq", "declare", "shift", "write-host", "write-output",
})  # fmt: skip


def _is_filter(part: Part) -> bool:
    return part.piped and program_name(part.words[0]) in _FILTERS


def _is_silent(part: Part) -> bool:
    return program_name(part.words[0]) in _PLACES | _DECORATIONS and not part.writes


def _with_filters(parts: Sequence[Part]) -> Iterator[tuple[Part, list[Part]]]:
    """Each command that starts a pipe, with the commands that it is piped through."""
    for at, part in enumerate(parts):
        if not part.piped:
            yield part, list(takewhile(lambda later: later.piped, parts[at + 1 :]))


def _category(part: Part) -> Category:
    named = category_of(part.words)
    return "edit" if named in {"read", "other"} and changed(part) else named


def _spoken(part: Part) -> str:
    """Program and operands, for patterns that name a subcommand: `gh run watch`."""
    return " ".join([program_name(part.words[0]), *operands(part.words[1:])]) + " "


_REVIEWING = re.compile(r"(?:git|hg|svn|jj) (?:diff|status|st|log|show|blame|shortlog|range-diff) |gh |glab ")
_WAITING = re.compile(
    r"(?:sleep|wait|start-sleep|watch|ps|pgrep|jobs|squeue|nvidia-smi) |gh (?:run (?:watch|view|list)|pr checks) "
    r"|glab (?:ci|pipeline) (?:status|view|list) |kubectl (?:get|rollout|wait|logs) "
    r"|(?:docker|podman) (?:compose )?(?:ps|logs|stats|wait) |docker-compose (?:ps|logs) "
    r"|systemctl (?:status|is-active) |aws .*\bwait "
)
_ASKING = re.compile(r"/(?:api/)?(?:health|healthz|healthcheck|status|ready|readyz|live|livez|ping)/?(?:[?#]\S*)?$")
_DELIVERING = re.compile(
    r"(?:git|hg|svn|jj) (?:commit|push|ci) |jj git push |(?:gh pr|glab mr) (?:create|merge) "
    r"|(?:gh|glab) release create |(?:npm|pnpm|yarn|cargo|uv|poetry|hatch|bun) publish |twine upload |docker push "
    r"|gem push |mvn deploy "
    r"|(?:vercel|netlify|fly|flyctl|wrangler|firebase|railway|serverless|sam|cdk) deploy |(?:kubectl|terraform) apply "
)


def _waits(part: Part, spoken: str) -> bool:
    program, words = program_name(part.words[0]), part.words
    if program == "tail":
        return any(re.match(r"-\w*[fF]$|--follow", word) for word in words) or words[-1].endswith((".log", ".out"))
    if program in {"curl", "wget", "http", "xh"}:
        return any(_ASKING.search(word) for word in words[1:])
    return _WAITING.match(spoken) is not None


def _delivers(part: Part, spoken: str) -> bool:
    return _DELIVERING.match(spoken) is not None and "--dry-run" not in part.words


# --- reruns ------------------------------------------------------------------------------------------------------

_SEED = re.compile(r"(?<=\s)-{1,2}[\w-]*seed[ =]\S+|\b\w*SEED=\S+", re.IGNORECASE)
_TEMPORARY = re.compile(r"(/tmp/|/var/folders/\w\w/[^/\s]+/T/)[\w.-]*?(?:tmp|\d)[\w.-]*")


def _normal(parts: Sequence[Part], category: Category) -> str:
    """The line as it would be written to run the same again and see all of it."""
    kept = [part for part in parts if not _only_presents(part, category)]
    kept = [part for part in kept if program_name(part.words[0]) not in {"sleep", "start-sleep"}] or kept
    texts = (" ".join((*part.settings, *part.words, part.document)) for part in kept)
    joined = "".join(f"{' | ' if part.piped else ' ; '}{text}" for part, text in zip(kept, texts, strict=True))
    steady = _TEMPORARY.sub(r"\1", _SEED.sub("", joined))
    return " ".join(steady.split()).lstrip("|; ")[:_MOST_NORMAL]


def _only_presents(part: Part, category: Category) -> bool:
    """It shortens or decorates the output of the rest. Where running is what costs, that holds of every filter."""
    program = program_name(part.words[0])
    if _is_filter(part):
        return category in {"test", "build", "lint", "install"} or (program in _LIMITERS and category != "read")
    return program in _DECORATIONS and not part.writes
