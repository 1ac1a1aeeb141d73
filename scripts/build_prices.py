"""Make the dated price snapshot that is shipped with whyburn, or check that it is what the sources give.

    python scripts/build_prices.py            write src/whyburn/prices/data; print the differences and what settled them
    python scripts/build_prices.py --check    write nothing; exit 1 when the files would change

Needs the two packages of the `prices` extra, and nothing from the network. The same packages, corrections and policy
give the same bytes. A difference between the packages that no rule settles is printed and stops the build.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from prices.merge import Merger
from prices.render import rendered
from prices.rows import Model, Row, high, low, ms, six
from prices.tidy import collapse, mirrored, shorten, tidy, undate

from prices import fixes, sources

HERE = Path(__file__).parent / "prices"
DATA = Path(__file__).parent.parent / "src" / "whyburn" / "prices" / "data"
SNAPSHOT_DAY = "2026-11-21"


def main(arguments: list[str]) -> int:
    corrections = fixes.read(load("corrections.toml")["correction"])
    settings = load("policy.toml")
    merger = Merger(settings["rule"], corrections, ms(SNAPSHOT_DAY), sources.dated_until())
    book = merged(merger)
    correct(book, corrections, settings)
    tidy(book, settings)
    for mirror in settings["mirror"]:
        book[mirror["provider"]] = mirrored(book, mirror)
    report(merger, book, corrections)
    unsettled = [one for one in merger.differences if not one.settled]
    if unsettled:
        print(f"{len(unsettled)} differences are unsettled", file=sys.stderr)
        return 1
    return write(rendered(book, settings, SNAPSHOT_DAY), check="--check" in arguments)


def merged(merger: Merger) -> dict[str, dict[str, Model]]:
    """Both packages as one book, under the same names."""
    dated, genai = sources.dated(), sources.genai()
    for history in (dated, genai):
        for name, models in history.items():
            shorten(name, models)
            collapse(models)
    for name, models in dated.items():
        undate(models, genai.get(name, {}))
    return {
        name: merger.provider(name, dated.get(name, {}), genai.get(name, {}))
        for name in sorted(set(dated) | set(genai))
    }


def correct(book: dict[str, dict[str, Model]], corrections: list[dict[str, Any]], settings: dict[str, Any]) -> None:
    """The tables that neither package has, what is not sold under a name, and the corrections, in this order."""
    for table in load("tables.toml")["table"]:
        wrong = fixes.unfounded(table)
        if wrong:
            raise SystemExit(f"table {wrong}: {table['provider']}")
        book[table["provider"]] = listed(table)
    for one in settings["drop"]:
        models = book[one["provider"]]
        book[one["provider"]] = {name: model for name, model in models.items() if not re.fullmatch(one["match"], name)}
    for entry in corrections:
        if entry["field"] == "start":
            start_all(book[entry["provider"]], entry)
        else:
            fixes.apply(book.setdefault(entry["provider"], {}), entry)


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def listed(table: dict[str, Any]) -> dict[str, Model]:
    """A page's table as undated rows."""
    models = {}
    for name, *numbers in table["rows"]:
        fours = [[*numbers[:4]], *([*numbers[at : at + 5]] for at in range(4, len(numbers), 5))]
        base, *tiers = fours
        made = tuple((int(tier[0]), four(tier[1:])) for tier in tiers)
        models[name] = Model(rows={"": [Row(None, None, "o", table["source"], four(base), made, single=True)]})
    for name in table["free"]:
        models[name] = Model(rows={"": [Row(None, None, "o", table["source"], (0, 0, 0), single=True, free=True)]})
    return models


def four(numbers: list[Any]) -> tuple[int | None, ...]:
    read, write = (None if number == "" else number for number in numbers[2:])
    return six(input=numbers[0], output=numbers[1], cache_read=read, write_5m=write)


def start_all(models: dict[str, Model], entry: dict[str, Any]) -> None:
    """A provider that sold no tokens before a day: none of its prices is older.

    The day is a bound. That an undated price held from it on is nobody's word, so such a row stays observed.
    """
    start = ms(entry["value"])
    for model in models.values():
        for mode, rows in model.rows.items():
            model.rows[mode] = [replace(row, start=max(low(row), start)) for row in rows if high(row) > start]


def report(merger: Merger, book: dict[str, dict[str, Model]], corrections: list[dict[str, Any]]) -> None:
    for one in merger.differences:
        print(one.line())
    counts: dict[str, int] = {}
    for one in merger.differences:
        counts[one.settled or "UNSETTLED"] = counts.get(one.settled or "UNSETTLED", 0) + 1
    for settled, count in sorted(counts.items()):
        print(f"{count:5} {settled}")
    places = [entry["seen"] for entry in corrections]
    print("corrections seen in: " + ", ".join(f"{place} {places.count(place)}" for place in fixes.SEEN))
    models = sum(len(one) for one in book.values())
    rows = sum(len(rows) for one in book.values() for model in one.values() for rows in model.rows.values())
    print(f"{len(book)} providers, {models} models, {rows} rows")


def write(files: dict[str, str], *, check: bool) -> int:
    present = {path.name: path.read_text(encoding="utf-8") for path in DATA.iterdir()} if DATA.exists() else {}
    if check:
        changed = sorted(name for name in {*files, *present} if files.get(name) != present.get(name))
        print("changed: " + ", ".join(changed) if changed else "unchanged")
        return 1 if changed else 0
    DATA.mkdir(parents=True, exist_ok=True)
    for name in present.keys() - files.keys():
        (DATA / name).unlink()
    for name, text in files.items():
        (DATA / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
