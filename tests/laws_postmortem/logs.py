"""What may happen to logs without changing what they say: every change here works on the files below a home."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

Lines = list[str]
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b(?:msg_01|req_011|toolu_01)\w+")


def logs(home: Path) -> Iterator[Path]:
    """The transcripts, in no particular order."""
    return home.rglob("*.jsonl")


def change(home: Path, made: Callable[[Lines], Lines], *, end: str = "\n") -> None:
    """Write every transcript anew."""
    for path in logs(home):
        lines = made(path.read_text().splitlines())
        path.write_bytes("".join(f"{line}{end}" for line in lines).encode())


def renamed(line: str) -> str:
    """Other ids of sessions, records, responses and tool calls, of the same length."""
    return _IDS.sub(lambda found: found.group().translate(_OTHER), line)


def moved(line: str) -> str:
    """Another home, another project, another branch."""
    return line.replace("/home/ana/shop", "/home/eva/mart").replace("fix/cart", "fix/mart")


_OTHER = str.maketrans("0123456789abcdef", "1032547698badcfe")


def rename_files(home: Path) -> None:
    """Files are called after sessions and agents."""
    for path in sorted(home.rglob("*"), reverse=True):
        new = _IDS.sub(lambda found: found.group().translate(_OTHER), path.name)
        if new != path.name:
            path.rename(path.with_name(new))


def with_unknown(lines: Lines, rng: Random) -> Lines:
    """Fields and records that nobody knows yet."""
    made = []
    for line in lines:
        record = json.loads(line)
        made.append(json.dumps({**record, "weather": {"rain": [1, None]}}, separators=(",", ":")))
        if rng.random() < 0.2:
            made.append(json.dumps({"type": "weather_report", "timestamp": record.get("timestamp"), "rain": True}))
    return made


def responses(lines: Lines) -> dict[str, list[int]]:
    """Places of the lines of each response of Claude Code."""
    found: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        record = json.loads(line)
        if record.get("type") == "assistant":
            found.setdefault(record["message"]["id"], []).append(place)
    return found


def repeated(lines: Lines, rng: Random) -> Lines:
    """Some lines of responses stand there twice."""
    again = {place for places in responses(lines).values() for place in places if rng.random() < 0.4}
    return [line for place, line in enumerate(lines) for line in [line] * (1 + (place in again))]


def finished(lines: Lines) -> Lines:
    """All lines of a response have the counts of its last one."""
    records = [json.loads(line) for line in lines]
    for places in responses(lines).values():
        last = records[places[-1]]["message"]
        for place in places:
            records[place]["message"] |= {"usage": last["usage"], "stop_reason": last["stop_reason"]}
    return [json.dumps(record, separators=(",", ":")) for record in records]


def shuffled_metadata(lines: Lines, rng: Random) -> Lines:
    """Titles, snapshots and progress stand somewhere else."""
    bare = [line for line in lines if json.loads(line)["type"] != "custom-title"]
    extra = [line for line in lines if line not in bare]
    extra += [
        json.dumps({"type": "file-history-snapshot", "messageId": "x", "snapshot": {}, "isSnapshotUpdate": False}),
        json.dumps({"type": "queue-operation", "operation": "enqueue", "sessionId": "s", "content": "later"}),
        json.dumps({"type": "summary", "summary": "an invented session", "leafUuid": "x"}),
    ]
    for line in extra:
        bare.insert(rng.randrange(1, len(bare) + 1), line)
    return bare


def swapped_results(lines: Lines) -> Lines:
    """Results that came in together came in the other way round."""
    made: Lines = []
    run: Lines = []
    for line in lines:
        if _is_result(json.loads(line)):
            run.append(line)
            continue
        made += [*reversed(run), line]
        run = []
    return made + run[::-1]


def _is_result(record: dict[str, Any]) -> bool:
    content = record.get("message", {}).get("content")
    return isinstance(content, list) and bool(content) and content[0].get("type") == "tool_result"


def forked(lines: Lines, name: str) -> Lines:
    """The history under another session, and its last response once more as a response of its own."""
    records = [json.loads(line) for line in lines]
    for record in records:
        record["sessionId"] = name
    last = max(place for place, record in enumerate(records) if record["type"] == "assistant")
    more = json.loads(json.dumps(records[last]))
    more |= {"uuid": f"{name[:-4]}ffff", "parentUuid": records[last]["uuid"], "requestId": "req_011fork"}
    more["message"]["id"] = "msg_01fork"
    asked = {**records[last], "type": "user", "uuid": f"{name[:-4]}eeee", "parentUuid": records[last]["uuid"],
             "message": {"role": "user", "content": "And again, please."}}  # fmt: skip
    more["parentUuid"] = asked["uuid"]
    records = [*records[: last + 1], asked, more]
    return [json.dumps(record, separators=(",", ":")) for record in records]
