"""Make the demo's sessions: played by the tests' simulator, packed into one file that is shipped with the program.

    python scripts/build_demo.py            write the file and the table of sessions in docs/DEMO.md
    python scripts/build_demo.py --check    write nothing; exit 1 when one of them would change

A *plot* says what went wrong in a session, by the ids of findings and the names of drivers; `tests/test_demo.py` asks
the real pipeline whether it finds that. Nothing here has ever been a session of anybody.
"""

from __future__ import annotations

import io
import json
import random
import re
import sys
import tarfile
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import zstandard

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from simulator import IDS, Script, clean, driver, emit, mixed  # noqa: E402  the line above finds it
from simulator.script import Call, Use, User  # noqa: E402
from simulator.text import RATIO  # noqa: E402
from whyburn.demo.logs import BUNDLE, ENDED_MS, bundled  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE = ROOT / "docs" / "DEMO.md"
TABLE = re.compile(r"(?<=<!-- sessions -->\n).*?(?=<!-- end of sessions -->)", re.DOTALL)
_MINUTE_MS = 60_000
"""Which the simulator puts between the last event and its now."""
_LONG_READ = 3_500
"""Tokens."""


class Plot(NamedTuple):
    """A session of the demo."""

    title: str
    project: str
    harness: Literal["claude", "codex"]
    days: int
    """Before the newest session's last call."""
    hours: float
    shows: tuple[str, ...] = ()
    """Ids of findings, or one driver; nothing: a session without fault."""
    model: str = ""
    """Other than usual."""

    @property
    def ended_ms(self) -> int:
        """When its last call is over."""
        return ENDED_MS - round((24 * self.days + self.hours) * 3_600_000)

    @property
    def branch(self) -> str:
        """What such work may be called."""
        return "-".join(self.title.replace("'", "").split()[-2:])


_FAST = "claude-opus-5"
"""Its fast mode has no end in the price table; that of the simulator's model ends on 2026-11-30."""
SONNET = "claude-sonnet-4-5-20250929"
PLOTS = (
    Plot("make carts and invoices agree", "shop", "claude", 0, 0.0, ("low-signal-file", "cache-expired")),
    Plot("mend the voucher tests", "shop", "claude", 0, 1.7, ("retry-loop", "unlogged-growth")),
    Plot("move the parcel import to the new schema", "parcels", "codex", 0, 3.2, ("Environment issue",)),
    Plot("find out why the receipt build fails", "till", "claude", 1, 1.0, ("big-output", "polling", "tool-error")),
    Plot("add a region to each order", "shop", "claude", 1, 5.0, model=SONNET),
    Plot("explain where VAT is rounded", "till", "claude", 2, 2.2, ("exploration",)),
    Plot("print labels for all couriers", "parcels", "codex", 3, 0.5, ("provider-miss", "serial-reads")),
    Plot("connect the ticket tracker", "shop", "claude", 3, 6.0, ("cache-tools", "duplicate-read")),
    Plot("port the price rules", "shop", "claude", 6, 1.6, ("cache-model", "overlapping-read")),
    Plot("try the fast mode before the release", "till", "claude", 7, 0.8, ("speed-tier",)),
    Plot("polish the handbook's chapters", "handbook", "claude", 8, 5.4, ("write-never-read",)),
    Plot("load the archive of parcels", "parcels", "codex", 8, 3.0, ("long-context-tier",)),
    Plot("settle the currency format", "till", "claude", 9, 2.0, ("cache-effort", "thinking")),
    Plot("send the nightly report by mail", "shop", "claude", 10, 1.2,
         ("cache-version", "discarded-output", "rewrite-for-edit")),
    Plot("tidy the instructions of the project", "shop", "claude", 13, 4.8, ("cache-system", "fixed-overhead")),
    Plot("make the discount tests speak", "parcels", "codex", 13, 2.4, ("Error/test log noise",)),
    Plot("import orders in the background", "shop", "claude", 14, 5.1,
         ("cache-history", "duplicate-block", "cache-unknown")),
    Plot("split the checkout page between meetings", "till", "claude", 15, 2.9, ("ttl-too-short",)),
    Plot("rename the regions", "shop", "claude", 16, 1.1, ("subagent-cold",)),
    Plot("find the service that owns the tariff", "parcels", "claude", 17, 3.3,
         ("strong-model-subagent", "subagent-unused")),
    Plot("finish the orders, then the search page", "till", "claude", 20, 2.7, ("split-point",)),
    Plot("keep the stock of two shops in step", "shop", "claude", 21, 1.5, ("compaction-thrash",)),
    Plot("survey all scheduled jobs", "shop", "claude", 22, 2.0, ("strong-model-run",)),
    Plot("spell out the return policy", "handbook", "claude", 22, 5.7, model=SONNET),
    Plot("retire the old gateway", "till", "claude", 23, 0.9, ("ttl-too-long", "unused-tools", "stale-context")),
    Plot("grow the simulation of parcels", "parcels", "codex", 24, 2.6),
    Plot("give couriers an address book", "parcels", "codex", 27, 1.9, ("never-cached",)),
    Plot("try the label printer", "parcels", "codex", 29, 3.0),
)  # fmt: skip
SEEN_IN = {
    "Long tool output": "find out why the receipt build fails",
    "Repeated context": "keep the stock of two shops in step",
    "Repeated file/artifact": "port the price rules",
    "Expensive file context": "make carts and invoices agree",
    "Cache-heavy context": "tidy the instructions of the project",
    "Repeated parent context": "split the checkout page between meetings",
    "Error/test log noise": "make the discount tests speak",
    "Retry/failure loop": "mend the voucher tests",
    "Session drift": "finish the orders, then the search page",
    "Environment issue": "move the parcel import to the new schema",
    "Broad exploration": "explain where VAT is rounded",
    "Expensive model on low-value step": "survey all scheduled jobs",
}
"""A session by each driver that is worth a look for it."""


def main(arguments: list[str]) -> int:
    """See the module's text."""
    files, ids = played()
    old = PAGE.read_text("utf-8")
    page = TABLE.sub(lambda _: tables(ids), old)
    stale = [*([] if Path(BUNDLE).exists() and dict(bundled()) == files else [Path(BUNDLE)]), *([PAGE] * (page != old))]
    for path in stale:
        print(f"{'differs' if '--check' in arguments else 'written'}: {path.relative_to(ROOT)}")
    if "--check" not in arguments:
        Path(BUNDLE).write_bytes(packed(files))
        PAGE.write_text(page, "utf-8")
    return 1 if stale and "--check" in arguments else 0


def played() -> tuple[dict[str, bytes], list[str]]:
    """(the files of all sessions by their path below a home folder, the id of each plot's session)"""
    files: dict[str, bytes] = {}
    ids, names = [], []
    for number, plot in enumerate(PLOTS):
        with tempfile.TemporaryDirectory() as home:
            truth = emit(script_of(plot, number), home, seed=number, now_ms=plot.ended_ms + _MINUTE_MS)
            for path in truth.files:
                name = path.removeprefix(f"{home}/")
                files[own(name, plot)] = own(Path(path).read_text("utf-8"), plot).encode()
        ids.append(truth.session)
        if plot.harness == "codex":
            names.append({"id": truth.session, "thread_name": plot.title, "updated_at": _stamp(plot.ended_ms)})
    files[".codex/session_index.jsonl"] = "".join(f"{json.dumps(one)}\n" for one in names).encode()
    return dict(sorted(files.items())), ids


def script_of(plot: Plot, seed: int) -> Script:
    """What the simulator plays."""
    if not plot.shows:
        script = clean(seed, plot.harness)
    elif plot.shows[0] in IDS:
        script = mixed(plot.shows, seed, plot.harness)
    else:
        script = driver(plot.shows[0], seed, plot.harness)
    rng = random.Random(f"demo {seed}")
    actions = [_tabled(_patient(action, rng)) for action in script.actions]
    first = next(n for n, action in enumerate(actions) if isinstance(action, User))
    words = f"Please {plot.title}. "
    actions[first] = User(len(words) // 3, words=words)
    return replace(script, actions=tuple(actions), branch=plot.branch, model=plot.model or script.model)


def _patient(action: Any, rng: random.Random) -> Any:
    """People take a minute or three, which no cache minds."""
    return replace(action, after=rng.uniform(30, 180)) if isinstance(action, User) else action


def _tabled(action: Any) -> Any:
    """Long files are mostly a table: such files are long in reality too, and they pack well."""
    if not isinstance(action, Call):
        return action
    return replace(action, outputs=tuple(
        replace(one, result=replace(one.result, tail=_rows(one)))
        if isinstance(one, Use) and one.act == "read" and not one.span and one.result.tokens > _LONG_READ else one
        for one in action.outputs
    ))  # fmt: skip


def _rows(use: Use) -> str:
    """Seven eighths of a file, its lines numbered as Claude Code shows them."""
    size = round(use.result.tokens * RATIO["claude"][use.result.texture] * 7 / 8)
    name = Path(str(use.path)).stem
    row = "\n{0}\t    (Region.of('{1} {2}'), Courier.of('{1} {3}'), Tariff.standard, Parcel.any, settled=True),"
    return "".join(row.format(n, name, n % 4, n % 7) for n in range(size // 200, size // 60))[:size]


def own(text: str, plot: Plot) -> str:
    """A log's text or name with the project, the title and the hours of its plot."""
    reset = plot.ended_ms // 18_000_000 * 18_000 + 18_000
    for old, new in (
        ("/home/ana/shop", f"/home/ana/{plot.project}"), ("-home-ana-shop", f"-home-ana-{plot.project}"),
        ("claude-opus-4-8", _FAST), ("an invented session", plot.title),
        ('"resets_at":1795000000', f'"resets_at":{reset}'),
    ):  # fmt: skip
        text = text.replace(old, new)
    return text


def _stamp(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}Z"


def packed(files: dict[str, bytes]) -> bytes:
    """The same files give the same bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return zstandard.ZstdCompressor(level=22).compress(out.getvalue())


def tables(ids: list[str]) -> str:
    """Which session was made to show what, newest first; and where to see each driver."""
    rows = [(plot.title, plot.harness, plot.project, f"`{ident[:13]}`", _shown(plot))
            for plot, ident in zip(PLOTS, ids, strict=True)]  # fmt: skip
    by_session = _table(("session", "harness", "project", "id", "made to show"), rows)
    return f"\n{by_session}\n{_table(('driver', 'worth a look in'), SEEN_IN.items())}\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ("---",) * len(head), *rows))


def _shown(plot: Plot) -> str:
    return ", ".join(f"`{name}`" if name in IDS else name for name in plot.shows) or "nothing wrong"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
