"""What a report of a session says, part by part: drawn as text by `explain`, as Markdown by `markdown`.

A section has sentences, entries (a few short cells, a text, lines below it) and a table; each may be missing. Texts
are finished but for their cleaning and escaping, which is for whoever draws them. The order is that of the five
questions: where the money went, what would have saved it, files, commands, retries, the cache, then the work and its
worth, what to do next, and how much of all this is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.views.postmortem import facts, happened
from whyburn.views.postmortem.parts import Entry, Grid, Section
from whyburn.views.words import count_of, money, percent, tokens

if TYPE_CHECKING:
    from whyburn.views.postmortem.facts import Data

_MOST_FINDINGS = 12
_TITLE = 150
_PARTS = (("new", "new"), ("carried", "carried"), ("lost", "lost"), ("output", "output"))


def sections(data: Data) -> list[Section]:
    """Everything after the headline; what has nothing to say is left out."""
    found = [
        _bill(data), _where(data), _findings(data), happened.files(data), happened.commands(data),
        happened.retries(data), happened.cache(data), _process(data),
        Section("next run", [(f"{n}.", line) for n, line in enumerate(data["next_run_plan"], 1)]),
        _lessons(data), _quality(data),
    ]  # fmt: skip
    return [one for one in found if not one.empty]


# --- the bill ---------------------------------------------------------------------------------------------------------


def _bill(data: Data) -> Section:
    session, cause = data["session"], data["likely_cause"]
    lines = [("session", " · ".join(filter(None, [session["harness"], session["id"], session["title"]])))]
    if session["branch"]:
        lines.append(("branch", session["branch"]))
    lines.append(("cause", f"{cause['label']} ({cause['confidence']} confidence): {cause['why']}"))
    lines += [("tokens", tokens_text(data)), ("prices", _prices(data))]
    lines += [("missing", one) for one in session["missing"]]
    return Section("", lines)


def tokens_text(data: Data) -> str:
    """What was billed, by class."""
    sums = data["billed"]["tokens"]
    written = sums["cache_write_5m"] + sums["cache_write_1h"] + sums["cache_write_other"]
    names = (("1h", "cache_write_1h"), ("5m", "cache_write_5m"), ("lifetime not told", "cache_write_other"))
    kept = ", ".join(f"{name} {tokens(sums[key])}" for name, key in names if sums[key])
    unknown = not written and sums["cache_read"]  # what is read was written once
    wrote = f"written {facts.NOT_RECORDED if unknown else tokens(written)}" + (f" ({kept})" if kept else "")
    thought = facts.NOT_RECORDED if sums["reasoning"] is None else tokens(sums["reasoning"])
    parts = [f"new {tokens(sums['input'])}", f"cache read {tokens(sums['cache_read'])}", wrote,
             f"output {tokens(sums['output'])} (reasoning {thought})"]  # fmt: skip
    return ", ".join(parts)


def _prices(data: Data) -> str:
    session = data["session"]
    if not facts.is_priced(data):
        return f"none known for {facts.unpriced_text(data)}"
    recorded = session["recorded_cost_pico_usd"]
    own = f"; the log itself says {money(recorded)}" if recorded is not None else ""
    return f"{session['prices'] or 'price book'}, list prices{own}"


def _where(data: Data) -> Section:
    """What by how: each row sums to its cost, the rows to the bill."""
    priced, rows = facts.is_priced(data), []
    order = "cost_pico_usd" if priced else "tokens"
    for row in sorted(data["attribution"]["by_family"], key=lambda row: -int(row[order])):
        ways = [money(row[f"{key}_pico_usd"]) if row[f"{key}_pico_usd"] else "·" for _, key in _PARTS]
        cost = money(row["cost_pico_usd"]) if priced else ""
        cells = [row["family"], tokens(row["tokens"]), *(ways if priced else [""] * len(ways)), cost]
        share = facts.share_text(row["cost_pico_usd"], data) if priced else ""
        rows.append(((*cells, share), row[order]))
    columns = [("what", False, 0), ("tokens", True, 5), *((title, True, 3) for title, _ in _PARTS), ("cost", True, 0),
               ("share", True, 1)]  # fmt: skip
    return Section("where the money went" if priced else "what the tokens were", grid=Grid(columns, rows))


# --- what would have saved money --------------------------------------------------------------------------------------


def _findings(data: Data) -> Section:
    notable = [one for one in data["findings"] if one["notable"]]
    lines = []
    entries = [_finding(one) for one in notable[:_MOST_FINDINGS]]
    others = len(data["findings"]) - len(entries)
    if any(one["exposure_pico_usd"] is not None for one in notable):
        lines.append(("( )", "what it cost in all, no saving; option: another way to the same saving, not added"))
    joint = data["avoidable"]["cost_pico_usd"]
    if joint:
        lines.append(("together", f"about {money(joint)} of {facts.bill_text(data)}, overlaps removed"))
    if others:
        lines.append(("smaller", f"{others} more below two cents or a hundredth of the bill: --json lists them"))
    return Section("what would have saved money", lines, ("alone", "adds", "sure"), entries)


def _finding(one: Data) -> Entry:
    saving, adds = one["saving_pico_usd"], one["incremental_saving_pico_usd"]
    alone = money(saving) if saving or one["exposure_pico_usd"] is None else f"({money(one['exposure_pico_usd'])})"
    added = "option" if one["option"] else money(adds) if adds else "·"
    where = facts.places_text(one)
    below = [f"→ {one['fix']}" + (f" ({where})" if where else "")] if one["fix"] else [where] if where else []
    below += [f"but: {note}" for note in one["counter"]]
    return Entry((alone, added, one["confidence"]), facts.finding_title(one, _TITLE), tuple(below))


# --- the work ---------------------------------------------------------------------------------------------------------


def _process(data: Data) -> Section:
    process, value, drift = data["process"], data["value"], data["drift"]
    whole = sum(one["tokens"] for one in process["phases"])
    phases = ", ".join(f"{one['name'].replace('_', ' ')} {percent(one['tokens'], whole)}"
                       for one in process["phases"] if one["tokens"])  # fmt: skip
    lines = [("shape", process["shape"] + (f" ({phases})" if phases else ""))]
    if drift:
        grown = f"prompts of {tokens(drift['early'])} tokens became {tokens(drift['late'])}"
        lines.append(("growth", f"{grown}, {tokens(drift['peak'])} at call {drift['peak_call']}"))
    signals = f"; {', '.join(value['signals'])}" if value["signals"] else ""
    lines.append(("value", f"{value['level']}: {value['why']}{signals}"))
    if value["after_delivery_pico_usd"]:
        late = (
            f"{money(value['after_delivery_pico_usd'])} came after the last delivery (call {value['delivered_call']})"
        )
        lines.append(("after it", f"{late}: a candidate for review"))
    lines += [("risk", ": ".join(filter(None, [f"{one['name']} ({one['severity']})", one["detail"]])))
              for one in data["risk_signals"]]  # fmt: skip
    return Section("the work", lines)


def _lessons(data: Data) -> Section:
    rows = data["workflow_lessons"]
    lines = [("", ": ".join(filter(None, [one["title"], one["lesson"]]))) for one in rows]
    ready = [("paste", one["line"]) for one in rows if one["line"]]
    return Section("worth keeping", [*lines, *ready])


def _quality(data: Data) -> Section:
    quality = data["quality"]
    lines = [("quality", f"{quality['level']}: {quality['reason']}")]
    grades = {"A": "measured", "B": "split by size", "C": "estimated", "D": "bounded only"}
    whole = data["billed"]["cost_pico_usd"]
    if whole:
        shares = [f"{grades[grade]} {percent(cost['cost_pico_usd'], whole)}"
                  for grade, cost in quality["cost_by_grade"].items() if cost["cost_pico_usd"]]  # fmt: skip
        lines.append(("sizes", ", ".join(shares)))
    lines += [("note", one) for one in _shortcomings(data)]
    return Section("how much of this is known", [*lines, *(("limit", one) for one in data["limits"])])


def _shortcomings(data: Data) -> list[str]:
    quality = data["quality"]
    counts = [
        (quality["unseen_calls"], "billed call", "that no transcript shows"),
        (quality["skipped_lines"], "line", "that could not be read"),
        (quality["unknown_records"], "record", "of an unknown type"),
        (quality["unexplained_breaks"], "place", "where the prompt shrank for no reason that the log tells"),
    ]
    found = [f"{count_of(number, one)} {what}" for number, one, what in counts if number]
    short = quality["output_shortfall"]["cost_pico_usd"]
    return [*found, f"about {money(short)} of output may be missing in the counters"] if short else found
