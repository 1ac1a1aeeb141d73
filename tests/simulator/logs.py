"""What the logs of both programs have in common: stamps, ids, lines with places, and the text of a block."""

from __future__ import annotations

import json
import os
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.script import Attach, Instructions, Notice, Say, Script, Think, Use, User
from simulator.text import RATIO, Passage, Texture
from simulator.tools import Request, request_of, result_passage

if TYPE_CHECKING:
    from simulator.records import Block


@dataclass(slots=True)
class Log:
    """One file while it is written; lines count from 1."""

    path: str
    lines: list[str] = field(default_factory=list)

    def add(self, record: dict[str, Any], *blocks: Block) -> None:
        """Append a record and tell the blocks that it shows where they are."""
        self.lines.append(json.dumps(record, separators=(",", ":")))
        for block in blocks:
            if not block.line:
                block.file, block.line = self.path, len(self.lines)

    def save(self) -> None:
        """Write the file."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in self.lines)


class Writer:
    """The settings of one emission, and how its blocks read."""

    def __init__(self, script: Script, *, seed: int, shift_ms: int, tool_names: dict[str, str]) -> None:
        self.script, self.seed, self.shift_ms, self.tool_names = script, seed, shift_ms, tool_names
        self.rng = random.Random(f"ids {seed}")
        self.session = self.uuid()

    def uuid(self) -> str:
        """A random id."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def uuid7(self, at_ms: int) -> str:
        """An id that tells when it was made."""
        value = ((at_ms + self.shift_ms) << 80) | self.rng.getrandbits(80)
        value = value & ~(0xF << 76) | 7 << 76
        return str(uuid.UUID(int=value & ~(3 << 62) | 2 << 62))

    def hex(self, digits: int) -> str:
        """Random digits."""
        return f"{self.rng.getrandbits(4 * digits):0{digits}x}"

    def stamp(self, at_ms: int) -> str:
        """A moment as both programs write it."""
        ms = at_ms + self.shift_ms
        return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"

    def request(self, use: Use) -> Request:
        """A tool call under the names of this emission."""
        made = request_of(use, self.script.harness, self.script.cwd, use.agent.agent if use.agent else None)
        return made._replace(name=self.tool_names.get(made.name, made.name))

    def text(self, block: Block) -> str:
        """What a block says."""
        return self.passage(block).write()

    def passage(self, block: Block) -> Passage:
        """The text of a block, not yet written out."""
        source, key = block.source, f"{self.seed}.{block.number}"
        noise = self.script.noise and self.script.noise * (2 * random.Random(key).random() - 1)
        if isinstance(source, Use):
            return result_passage(source, self.script.harness, self.script.cwd, key=key, noise=noise)
        texture: Texture = "prose"
        head = ""
        if isinstance(source, (Say, User)):
            head = source.words
        elif isinstance(source, Attach):
            key = f"{source.form} {source.label}"
        elif isinstance(source, (Notice, Instructions, Think)):
            key = f"{type(source).__name__} {key}"
        size = round(block.tokens * RATIO[self.script.harness][texture] * (1 + noise))
        return Passage(key, size, texture, head=head[:size])
