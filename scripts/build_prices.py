"""Make the dated price snapshot that is shipped with whyburn, or check that it is what the sources give.

    python scripts/build_prices.py            write src/whyburn/prices/data; print the differences and what settled them
    python scripts/build_prices.py --check    write nothing; exit 1 when the files would change

Needs the two packages of the `prices` extra, and nothing from the network. The same packages, corrections and policy
give the same bytes. A difference between the packages that no rule settles is printed and stops the build.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from prices.merge import Merger
from prices.rows import Model, Row, close, high, low, ms, scaled, six

from prices import fixes, sources

HERE = Path(__file__).parent / "prices"
DATA = Path(__file__).parent.parent / "src" / "whyburn" / "prices" / "data"
SNAPSHOT_DAY = "2026-11-21"
DATE = re.compile(r"(?:-20[2-4]\d-?\d{2}-?\d{2})$")


def main(arguments: list[str]) -> int:
    corrections = fixes.read(load("corrections.toml").get("correction", []))
    settings = load("policy.toml")
    merger = Merger(settings["rule"], corrections, ms(SNAPSHOT_DAY), sources.dated_until())
    dated, genai = sources.dated(), sources.genai()
    for history in (dated, genai):
        for name, models in history.items():
            shorten(name, models)
            collapse(models)
    for name, models in dated.items():
        undate(models, genai.get(name, {}))
    book: dict[str, dict[str, Model]] = {}
    for name in sorted(set(dated) | set(genai)):
        book[name] = merger.provider(name, dated.get(name, {}), genai.get(name, {}))
    for table in load("tables.toml")["table"]:
        book[table["provider"]] = listed(table)
    for entry in corrections:
        if entry["field"] == "start":
            start_all(book[entry["provider"]], entry)
        else:
            fixes.apply(book.setdefault(entry["provider"], {}), entry)
    tidy(book, settings)
    for mirror in settings.get("mirror", []):
        book[mirror["provider"]] = mirrored(book, mirror)
    files = rendered(book, settings)
    report(merger, book)
    unsettled = [one for one in merger.differences if not one.settled]
    if unsettled:
        print(f"{len(unsettled)} differences are unsettled", file=sys.stderr)
        return 1
    return write(files, check="--check" in arguments)


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
    """A provider that sold no tokens before a day: none of its prices is older."""
    start = ms(entry["value"])
    for model in models.values():
        for mode, rows in model.rows.items():
            model.rows[mode] = [
                replace(row, start=max(low(row), start), basis="d" if row.start is None else row.basis)
                for row in rows
                if high(row) > start
            ]


def tidy(book: dict[str, dict[str, Model]], settings: dict[str, Any]) -> None:
    """What holds for all providers: free models, lagging cache prices, rounded halves, dated names."""
    free = {(one["provider"], name) for one in settings.get("free", []) for name in one["models"]}
    free_suffix = {one["provider"]: one["suffix"] for one in settings.get("free_suffix", [])}
    for provider, models in book.items():
        for name in list(models):
            model = models[name]
            bound_modes(model)
            suffix = free_suffix.get(provider)
            is_free = (provider, name) in free or bool(suffix and name.endswith(suffix))
            for mode in list(model.rows):
                model.rows[mode] = finished(model, mode, is_free)
                if not model.rows[mode]:
                    del model.rows[mode]
            if "" not in model.rows:
                del models[name]
                continue
            for mode in model.rows:
                model.rows[mode] = close(halves(model, mode))
        for one in settings.get("threshold", []):
            if one["provider"] == provider:
                reword(models, one["listed"], one["above"])
        collapse(models)


def reword(models: dict[str, Model], listed: int, above: int) -> None:
    for model in models.values():
        for mode, rows in model.rows.items():
            model.rows[mode] = close(
                [
                    replace(row, tiers=tuple((above if start == listed else start, six) for start, six in row.tiers))
                    for row in rows
                ]
            )


def bound_modes(model: Model) -> None:
    """A mode has no price from before its model was sold."""
    start = fixes.model_start(model)
    if start is not None:
        for mode in set(model.rows) - {""}:
            model.rows[mode] = [
                replace(row, start=max(low(row), start)) for row in model.rows[mode] if high(row) > start
            ]


def finished(model: Model, mode: str, is_free: bool) -> list[Row]:
    rows = [replace(row, free=True) if is_free and not any(row.base) else row for row in model.rows[mode]]
    rows = [row for row in rows if row.free or any(row.base)]
    made: list[Row] = []
    for row in reversed(rows):
        following = made[0] if made else None
        filled = late_cache(row, following) if following and high(row) == low(following) else row
        made.insert(0, filled)
    return close(made)


def late_cache(row: Row, following: Row) -> Row:
    """A catalogue that learned of the cache prices late: same price before and after, cache prices only after."""
    if row.base[:2] != following.base[:2] or bool(row.tiers) != bool(following.tiers) or row.basis == "d":
        return row
    if row.base[2] is None and following.base[2] is not None:
        return replace(row, base=following.base, tiers=following.tiers)
    return row


def halves(model: Model, mode: str) -> list[Row]:
    """A mode whose latest price is half the standard one, cents rounded or not, is half of it at all times.

    Pages print halves rounded to cents ($0.13 for 0.125), and the catalogue dates them later than the standard price.
    """
    rows, standard = model.rows[mode], model.rows.get("", [])
    if mode not in {"batch", "flex"} or not standard or not rows or standard[-1].until != rows[-1].until:
        return rows
    half, cent = scaled(standard[-1].base, 1, 2), 10_000
    pairs = list(zip(rows[-1].base, half, strict=True))
    if any(one is not None and two is not None and abs(one - two) > cent // 2 for one, two in pairs) or any(
        (one is None) != (two is None) for one, two in pairs[:3]
    ):
        return rows
    last = rows[-1]
    keep_tiers = bool(last.tiers) or not standard[-1].tiers
    return [
        replace(
            row,
            base=scaled(row.base, 1, 2),
            tiers=tuple((above, scaled(prices, 1, 2)) for above, prices in row.tiers) if keep_tiers else (),
            source=last.source,
            single=last.single,
        )
        for row in standard
    ]


def shorten(provider: str, models: dict[str, Model]) -> None:
    """Bedrock ids lose their version, Anthropic's moving names their `-latest`: the ladder finds both."""
    for name in list(models):
        short = name
        if provider == "amazon-bedrock":
            short = re.sub(r"(-v\d+(:\d+)?|:\d+)$", "", name)
        elif provider == "anthropic" and name.endswith("-latest"):
            short = name.removesuffix("-latest")
        if short == name:
            continue
        model = models.pop(name)
        if short not in models:
            models[short] = model
        models[short].seen_as.add(name)
        if provider == "anthropic":
            models[short].aliases.add(name)


def collapse(models: dict[str, Model]) -> None:
    """Drop a dated id whose prices are those of the same name without the date; the ladder takes the date off."""
    targets = {alias: name for name, model in models.items() for alias in model.aliases}
    for name in sorted(models):
        short = DATE.sub("", name)
        target = short if short in models else targets.get(short)
        if short == name or target is None or target == name:
            continue
        kept, gone = models[target], models[name]
        if prices(kept) == prices(gone):
            first = min((rows[0] for rows in (kept.rows[""], gone.rows[""])), key=low)
            if low(first) < low(kept.rows[""][0]):
                kept.rows[""] = [replace(kept.rows[""][0], start=first.start, basis=first.basis), *kept.rows[""][1:]]
            kept.seen_as.add(name)
            kept.aliases |= gone.aliases
            del models[name]
    folded = {fold(name) for name in models}
    for model in models.values():
        reached = {alias for alias in model.aliases if fold(alias) in folded or fold(DATE.sub("", alias)) in folded}
        model.aliases -= reached
        model.seen_as |= reached


def fold(name: str) -> str:
    """As the ladder folds: an alias that it reaches by itself need not be listed."""
    return re.sub(r"(?<=\d)\.(?=\d)", "-", name.lower()).replace("_", "-")


def undate(dated: dict[str, Model], genai: dict[str, Model]) -> None:
    """Give the history's dated ids the undated name of the other list when all ids of that name cost the same."""
    owner = {alias.lower(): name for name, model in genai.items() for alias in (name, *model.aliases)}
    families: dict[str, list[str]] = {}
    for name in dated:
        short = owner.get(DATE.sub("", name).lower(), "")
        if short and short != name and DATE.sub("", name) != name:
            families.setdefault(short, []).append(name)
    for short, members in families.items():
        beside = [dated[short]] if short in dated else []
        if len({str(prices(model)) for model in (*beside, *(dated[name] for name in members))}) == 1:
            first = min((*beside, *(dated[name] for name in members)), key=lambda model: low(model.rows[""][0]))
            first.seen_as |= set(members).union(*(dated[name].seen_as for name in members))
            for name in members:
                del dated[name]
            dated[short] = first


def prices(model: Model) -> list[tuple[object, ...]]:
    return [(row.base, row.tiers) for row in model.rows[""]]


def mirrored(book: dict[str, dict[str, Model]], mirror: dict[str, Any]) -> dict[str, Model]:
    """A provider that states that it sells at a lab's list prices."""
    made: dict[str, Model] = {}
    for lab in mirror["of"]:
        for name, model in book[lab].items():
            if not re.match(mirror["match"], name):
                continue
            rows = [replace(row, source=f"{mirror['source']} ({row.source})", search=0) for row in model.rows[""]]
            made[name] = Model(rows={"": rows}, aliases=set(model.aliases), seen_as=set(model.seen_as))
    return made


def rendered(book: dict[str, dict[str, Model]], settings: dict[str, Any]) -> dict[str, str]:
    """File name -> text, one model a line."""
    files = {f"{name}.json": provider_text(name, models, settings) for name, models in book.items() if models}
    labs: dict[str, set[str]] = {}
    for lab in settings["labs"]:
        for name, model in book[lab].items():
            for word in (name, *model.aliases, *model.seen_as):
                labs.setdefault(word.lower(), set()).add(lab)
    index = {
        "day": SNAPSHOT_DAY,
        "made_from": [sources.GENAI, sources.DATED],
        "providers": sorted(book),
        "labs": {word: sorted(found) for word, found in sorted(labs.items())},
    }
    files["index.json"] = json.dumps(index, separators=(",", ":"), ensure_ascii=False) + "\n"
    whole = hashlib.sha256("".join(files[name] for name in sorted(files)).encode()).hexdigest()
    files["FINGERPRINT"] = f"{SNAPSHOT_DAY}+{whole[:12]}\n"
    return files


def provider_text(name: str, models: dict[str, Model], settings: dict[str, Any]) -> str:
    used = {row.source for model in models.values() for rows in model.rows.values() for row in rows}
    numbers = {source: number for number, source in enumerate(sorted(used))}
    head: dict[str, Any] = {"provider": name, **settings.get("provider", {}).get(name, {})}
    uplifts = [
        {
            "when": one["when"],
            "factor": one["factor"],
            "models": sorted(model for model in models if re.fullmatch(one["match"], model)),
        }
        for one in settings.get("uplift", [])
        if one["provider"] == name
    ]
    if uplifts:
        head["uplifts"] = uplifts
    head.update(schedule(name))
    head["sources"] = sorted(used)
    lines = ",\n".join(
        f"{json.dumps(one, ensure_ascii=False)}:{dump(entry(models[one], numbers, models))}" for one in sorted(models)
    )
    return f'{dump(head)[:-1]},\n"models":{{\n{lines}\n}}}}\n'


def dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def entry(model: Model, numbers: dict[str, int], models: dict[str, Model]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    aliases = sorted(alias for alias in model.aliases if alias not in models)
    if aliases:
        made["aliases"] = aliases
    made["rows"] = {
        mode: [
            [
                row.start,
                row.until,
                row.basis,
                numbers[row.source],
                int(row.single) + 2 * int(row.free),
                row.search,
                short(row.base),
                *([above, short(six)] for above, six in row.tiers),
            ]
            for row in rows
        ]
        for mode, rows in sorted(model.rows.items())
    }
    return made


def short(six: tuple[int | None, ...]) -> list[int | None]:
    made = list(six)
    while len(made) > 2 and made[-1] is None:
        made.pop()
    return made


def schedule(provider: str) -> dict[str, Any]:
    """The time-of-day rules of a provider, from the dated package."""
    body = sources.dated_schedules()
    rules = []
    calendars = {}
    for one in body["schedule"]:
        if one["provider"] != provider:
            continue
        common = {"from": ms(one["valid_from"])}
        if "valid_until" in one:
            common["until"] = ms(one["valid_until"])
        if "peak_hours_utc" in one:
            calendar = one.get("holidays", "")
            if calendar:
                known = body["holidays"][calendar]
                calendars[calendar] = {
                    "days": known["dates"],
                    "utc_offset_hours": known["utc_offset_hours"],
                    "reaches": known["covers_through"],
                }
            rules.append(
                {
                    **common,
                    "label": "peak",
                    "windows": one["peak_hours_utc"],
                    "weekdays_only": bool(one.get("weekdays_only")),
                    "holidays": calendar,
                    "factor": ratio(one["peak_multiplier"]),
                }
            )
        else:
            for model, factor in one["off_peak_multiplier"].items():
                rules.append(
                    {
                        **common,
                        "label": "off-peak",
                        "windows": one["off_peak_hours_utc"],
                        "factor": ratio(factor),
                        "models": [model],
                    }
                )
    return {"schedule": rules, "holidays": calendars} if rules else {}


def ratio(factor: float) -> list[int]:
    numerator, denominator = float(factor).as_integer_ratio()
    return [numerator, denominator]


def report(merger: Merger, book: dict[str, dict[str, Model]]) -> None:
    for one in merger.differences:
        print(one.line())
    counts: dict[str, int] = {}
    for one in merger.differences:
        counts[one.settled or "UNSETTLED"] = counts.get(one.settled or "UNSETTLED", 0) + 1
    for settled, count in sorted(counts.items()):
        print(f"{count:5} {settled}")
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
