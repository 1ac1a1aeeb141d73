"""Twelve known patterns of cost, each with the tokens and the dollars that it concerns.

Drivers describe, they do not accuse: their impacts may overlap, and what could have been saved is said by findings.
Each is a function of what was used in the session; none looks for words in texts.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem import charges, commands, environment, files
from whyburn.postmortem.diagnosis import tables
from whyburn.postmortem.diagnosis.words import Driver
from whyburn.postmortem.findings import work
from whyburn.postmortem.marginals import tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whyburn.postmortem.anatomy import Anatomy, ToolUse
    from whyburn.postmortem.diagnosis.words import Drift, FileUse
    from whyburn.postmortem.findings.attempts import Loop
    from whyburn.postmortem.judge import Judged

LONG_OUTPUT, REPEATED_CONTEXT, REPEATED_FILE = "Long tool output", "Repeated context", "Repeated file/artifact"
EXPENSIVE_FILE, CACHE_HEAVY, LOG_NOISE = "Expensive file context", "Cache-heavy context", "Error/test log noise"
RETRY_LOOP, DRIFT, ENVIRONMENT = "Retry/failure loop", "Session drift", "Environment issue"
EXPLORATION, STRONG_MODEL = "Broad exploration", "Expensive model on low-value step"
REBUILT = "Repeated parent context"
NAMES = (
    LONG_OUTPUT, REPEATED_CONTEXT, REPEATED_FILE, EXPENSIVE_FILE, CACHE_HEAVY, REBUILT, LOG_NOISE, RETRY_LOOP, DRIFT,
    ENVIRONMENT, EXPLORATION, STRONG_MODEL,
)  # fmt: skip
BILLING = frozenset({CACHE_HEAVY, REBUILT})
"""Drivers that are a matter of accounting, kept apart from how the work was done."""
_LONG, _REPEATED, _NOISE, _HINT = 800, 100, 400, 100
_BROAD_TOKENS, _SEARCH_TOKENS, _SEARCHES, _FILES = 400, 800, 4, 12
_MOST_EVIDENCE = 4


class Seen(NamedTuple):
    """What the drivers look at."""

    anatomy: Anatomy
    files: list[FileUse]
    loops: list[Loop]
    findings: list[Judged]
    drift: Drift | None


class _Part(NamedTuple):
    pieces: list[int]
    summary: str
    evidence: list[str]


def drivers_of(seen: Seen) -> list[Driver]:
    """Every driver that holds, dearest first; billing signals after those of the work."""
    whole = sum(tokens_of(seen.anatomy, piece.index) for piece in seen.anatomy.pieces if piece.block is not None)
    found = []
    for name, detect in _DETECTORS:
        part = detect(seen)
        if part is not None and part.pieces:
            found.append(_driver(seen.anatomy, name, part, whole))
    found += [one for one in (_cache_heavy(seen), _rebuilt(seen), _drifted(seen), _strong_model(seen)) if one]
    return sorted(found, key=lambda one: (one.billing, -(one.cost or 0), -one.tokens, NAMES.index(one.name)))


def _driver(anatomy: Anatomy, name: str, part: _Part, whole: int) -> Driver:
    pieces = list(dict.fromkeys(part.pieces))
    tokens = sum(tokens_of(anatomy, piece) for piece in pieces)
    cost = charges.input_costs(anatomy, pieces)
    return Driver(name, tokens, cost if _priced(anatomy) else None, _share(tokens, whole), part.summary,
                  tuple(part.evidence[:_MOST_EVIDENCE]))  # fmt: skip


def _priced(anatomy: Anatomy) -> bool:
    return any(call.prices for call in anatomy.billed)


def _share(part: int, whole: int) -> int:
    return min(1_000 * part // whole, 1_000) if whole else 0


def _results(anatomy: Anatomy) -> Iterable[tuple[ToolUse, int, int]]:
    """(use, piece of its result, tokens)"""
    for use in anatomy.uses:
        if use.answer is not None:
            yield use, use.answer, tokens_of(anatomy, use.answer)


def _lines(uses: Iterable[tuple[ToolUse, int, int]]) -> list[str]:
    largest = sorted(uses, key=lambda one: -one[2])
    return [f"{work.named(use)}: {tokens:,} tokens at call {use.made + 1}" for use, _, tokens in largest]


def _long_output(seen: Seen) -> _Part | None:
    long = [one for one in _results(seen.anatomy) if one[2] >= _LONG and one[0].call.action != "read"]
    say = f"{len(long)} tool results of {_LONG:,} tokens or more were carried along"
    return _Part([piece for _, piece, _ in long], say, _lines(long))


def _repeated_context(seen: Seen) -> _Part | None:
    anatomy = seen.anatomy
    by_hash: dict[tuple[int, int], list[int]] = defaultdict(list)
    for piece in anatomy.pieces:
        block = piece.block
        if block is not None and block.hash and piece.made_by is None and tokens_of(anatomy, piece.index) >= _REPEATED:
            by_hash[piece.chain, block.hash].append(piece.index)
    groups = [group for group in by_hash.values() if len(group) > 1]
    again = [piece for group in groups for piece in group[1:]]
    lines = [
        f"{anatomy.pieces[group[0]].label or anatomy.pieces[group[0]].kind}: {len(group)} times" for group in groups
    ]
    return _Part(again, f"{len(again)} blocks entered again with the same content", lines)


def _repeated_file(seen: Seen) -> _Part | None:
    anatomy, shown = seen.anatomy, defaultdict(list)
    for use, piece, _ in _results(anatomy):
        for path in work.read_paths(use):
            shown[path].append(piece)
    several = {path: pieces for path, pieces in shown.items() if len(pieces) > 1}
    several = {
        path: pieces for path, pieces in several.items()
        if sum(tokens_of(anatomy, piece) for piece in pieces) >= _REPEATED
    }  # fmt: skip
    again = [piece for pieces in several.values() for piece in pieces[1:]]
    order = sorted(several, key=lambda path: -len(several[path]))
    return _Part(again, f"{len(several)} files were read more than once",
                 [f"{path}: read {len(several[path])} times" for path in order])  # fmt: skip


def _expensive_file(seen: Seen) -> _Part | None:
    found, lines = [], []
    for use, piece, tokens in _results(seen.anatomy):
        for path in work.read_paths(use):
            generated = bool(use.result and use.result.generated)
            kind = "generated" if generated else files.annotation(path)
            if kind is not None:
                found.append(piece)
                lines.append(f"{path} ({kind}): {tokens:,} tokens")
    return _Part(found, "files that say little for their size were read into the context", list(dict.fromkeys(lines)))


def _log_noise(seen: Seen) -> _Part | None:
    noisy = [
        one for one in _results(seen.anatomy)
        if one[2] >= _NOISE and work.failed(one[0]) and tables.category_of(one[0]) in {"test", "build", "lint", "other"}
    ]  # fmt: skip
    return _Part([piece for _, piece, _ in noisy], f"{len(noisy)} failing runs left long output in the context",
                 _lines(noisy))  # fmt: skip


def _retry_loop(seen: Seen) -> _Part | None:
    anatomy, pieces, lines = seen.anatomy, [], []
    for loop in seen.loops:
        failing = [one for one in loop.attempts if one.failed]
        pieces += [answer for one in failing if (answer := anatomy.uses[one.use].answer) is not None]
        again = sum(one.redundant or one.weak for one in loop.attempts)
        lines.append(f"{loop.subject}: {len(failing)} failing runs, {again} without new evidence")
    return _Part(pieces, f"{len(seen.loops)} commands failed again without anything new", lines)


def _environment(seen: Seen) -> _Part | None:
    found: dict[str, list[tuple[ToolUse, int, int]]] = defaultdict(list)
    for use, piece, tokens in _results(seen.anatomy):
        if work.failed(use) and use.result is not None and not work.looks(use):
            kind = trouble_of(use)
            if kind is not None:
                found[kind].append((use, piece, tokens))
    kept = {kind: group for kind, group in found.items() if sum(tokens for _, _, tokens in group) >= _HINT}
    return _Part([piece for group in kept.values() for _, piece, _ in group],
                 "commands failed for reasons outside the code",
                 [f"{kind}: {work.named(group[0][0])} at call {group[0][0].made + 1}" for kind, group in kept.items()],
                 )  # fmt: skip


def trouble_of(use: ToolUse) -> str | None:
    """What about the environment a failed command complains of."""
    result = use.result
    if result is None:
        return None
    if result.failure == "missing":
        return "dependency"
    return environment.environment_kind(result.error)


def _exploration(seen: Seen) -> _Part | None:
    anatomy = seen.anatomy
    looked = [one for one in _results(anatomy) if tables.category_of(one[0]) in {"search", "list"}]
    tokens = sum(size for _, _, size in looked)
    broad = sum(bool(use.call.command and commands.parse(use.call.command).broad) for use, _, _ in looked)
    different = len({work.subject_of(use) for use, _, _ in looked})
    mentioned = len({path for use, _, _ in looked if use.result for path in use.result.mentions})
    spoken = sum(size for use, _, size in _results(anatomy) if use.call.command)
    holds = (
        (broad and tokens >= _BROAD_TOKENS)
        or (different >= _SEARCHES and tokens >= _SEARCH_TOKENS)
        or (mentioned >= _FILES and tokens >= _SEARCH_TOKENS)
        or (tokens >= _SEARCH_TOKENS and tokens * 100 >= spoken * 35)
    )
    say = f"{different} searches over {mentioned} files, {broad} of them over a whole tree"
    return _Part([piece for _, piece, _ in looked], say, _lines(looked)) if holds else None


_DETECTORS: tuple[tuple[str, Callable[[Seen], _Part | None]], ...] = (
    (LONG_OUTPUT, _long_output), (REPEATED_CONTEXT, _repeated_context), (REPEATED_FILE, _repeated_file),
    (EXPENSIVE_FILE, _expensive_file), (LOG_NOISE, _log_noise), (RETRY_LOOP, _retry_loop),
    (ENVIRONMENT, _environment), (EXPLORATION, _exploration),
)  # fmt: skip


def _cache_heavy(seen: Seen) -> Driver | None:
    calls = seen.anatomy.billed
    read, prompt = sum(call.r for call in calls), sum(call.prompt for call in calls)
    if not read:
        return None
    cost = sum(call.r * call.prices.read for call in calls if call.prices)
    return Driver(CACHE_HEAVY, read, cost if _priced(seen.anatomy) else None, _share(read, prompt),
                  "most of every prompt was read from the cache: a matter of billing, not a cause",
                  (f"{read:,} of {prompt:,} prompt tokens were cache reads",), billing=True)  # fmt: skip


def _rebuilt(seen: Seen) -> Driver | None:
    """What the reference took for repeated parents: a prefix that was paid for again because the cache had lost it."""
    events = [event for event in seen.anatomy.events if event.premium]
    if not events:
        return None
    prompt = sum(call.prompt for call in seen.anatomy.billed)
    tokens = sum(event.rewritten + event.resent for event in events)
    return Driver(REBUILT, tokens, sum(event.premium or 0 for event in events), _share(tokens, prompt),
                  f"{len(events)} calls paid again for context that the cache had lost",
                  tuple(f"call {event.call + 1}: {event.lost:,} tokens, {event.cause}" for event in events[:4]),
                  billing=True)  # fmt: skip


def _drifted(seen: Seen) -> Driver | None:
    found = seen.drift
    if found is None or not found.drifted:
        return None
    grown = found.late - found.early
    calls = [seen.anatomy.calls[at] for at in seen.anatomy.chains[0].calls if seen.anatomy.calls[at].billed]
    cost = sum(max(call.r - found.early, 0) * call.prices.read for call in calls if call.prices)
    return Driver(DRIFT, grown, cost if _priced(seen.anatomy) else None, _share(grown, found.peak),
                  f"prompts grew from {found.early:,} to {found.late:,} tokens",
                  (f"peak of {found.peak:,} tokens at call {found.peak_call + 1}",))  # fmt: skip


def _strong_model(seen: Seen) -> Driver | None:
    hits = [one for one in seen.findings if one.finding.id in {"strong-model-run", "strong-model-subagent"}]
    if not hits:
        return None
    calls = {call for one in hits for call in one.finding.claim.shares}
    anatomy = seen.anatomy
    tokens = sum(anatomy.calls[call].prompt + anatomy.calls[call].o for call in calls)
    whole = sum(call.prompt + call.o for call in anatomy.billed)
    return Driver(STRONG_MODEL, tokens, sum(anatomy.calls[call].cost or 0 for call in calls), _share(tokens, whole),
                  f"{len(calls)} calls only searched and read under a strong model",
                  tuple(one.finding.title for one in hits[:4]))  # fmt: skip
