"""The merged tables as the files of the snapshot: one per provider, one model a line, the same bytes every time."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from prices import sources
from prices.rows import Model, ms


def rendered(book: dict[str, dict[str, Model]], settings: dict[str, Any], day: str) -> dict[str, str]:
    """File name -> text, one model a line."""
    files = {f"{name}.json": provider_text(name, models, settings) for name, models in book.items() if models}
    labs: dict[str, set[str]] = {}
    for lab in settings["labs"]:
        own = settings["own"].get(lab, ".*")
        for name, model in book[lab].items():
            if not re.fullmatch(own, name):
                continue
            for word in (name, *model.aliases, *model.seen_as):
                labs.setdefault(word.lower(), set()).add(lab)
    index = {
        "day": day,
        "made_from": [sources.GENAI, sources.DATED],
        "providers": sorted(name for name, models in book.items() if models),
        "labs": {word: sorted(found) for word, found in sorted(labs.items())},
    }
    files["index.json"] = json.dumps(index, separators=(",", ":"), ensure_ascii=False) + "\n"
    whole = hashlib.sha256("".join(files[name] for name in sorted(files)).encode()).hexdigest()
    files["FINGERPRINT"] = f"{day}+{whole[:12]}\n"
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
