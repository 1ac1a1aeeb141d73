"""How the prompts of the main thread grew.

Growth is normal: what was learnt stays. Drift is growth beyond what the session began with several times over, long
after the first calls; the split point says where it would have been cheaper to begin anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whyburn.postmortem.diagnosis.words import Drift

if TYPE_CHECKING:
    from whyburn.postmortem.anatomy import Anatomy

_LEAST_CALLS, _FACTOR, _LEAST_GROWTH = 6, 18, 500
"""In tenths, and in tokens."""


def drift_of(anatomy: Anatomy, *, splits: bool) -> Drift | None:
    """None for a session too short to tell. `splits`: beginning anew somewhere would have saved money; without that,
    growth was what the work needed."""
    calls = [anatomy.calls[at] for at in anatomy.chains[0].calls if anatomy.calls[at].billed]
    if len(calls) < _LEAST_CALLS:
        return None
    window = min(max(len(calls) // 3, 2), 5)
    sizes = [call.prompt for call in calls]
    early, late = sum(sizes[:window]) // window, sum(sizes[-window:]) // window
    peak = max(range(len(sizes)), key=lambda at: sizes[at])
    limit = max(early * _FACTOR // 10, early + _LEAST_GROWTH)
    first = next((calls[at].index for at, size in enumerate(sizes) if size > limit), None)
    return Drift(early, late, sizes[peak], calls[peak].index, first, splits and late > limit)
