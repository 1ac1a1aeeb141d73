"""OpenAI Codex (command line, desktop, editors): JSONL rollouts, one file a thread.

Newer versions write one usage record per response; older ones running totals that repeat, reset and are copied into
forks. `thread` follows whose history a line is, `calls` turns counters into calls, `limits` keeps the reported rate
limits. Formats seen: 0.36 to 0.162.
"""

from __future__ import annotations

from whyburn.harnesses.codex.harness import HARNESS

__all__ = ["HARNESS"]
