"""Claude Code: JSONL transcripts under `~/.claude/projects`, one file a session and one a sub-agent.

One API response is written as one line per content block, all with the same message id and a usage that may still be
growing; forks and resumes copy whole lines; sub-agents mirror theirs into the parent's file. `calls` tells a call from
its copies; the ledger merges them. Formats seen: 1.0.x to 2.1.x.
"""

from __future__ import annotations

from whyburn.harnesses.claude.harness import HARNESS

__all__ = ["HARNESS"]
