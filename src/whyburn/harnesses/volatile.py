"""What of a text stays when the same is run again: hashes without times, ids and addresses, or without any numbers.

Whole lines at both ends of a text are looked at closely: headers and summaries stand there. From the middle of a long
text everything goes that numbers, dates and progress bars are made of, in one pass that both hashes share.
"""

from __future__ import annotations

import re
from hashlib import blake2b

SPACES = b" \t\n\r\x0b\x0c"
DIGITS = b"0123456789"
_PROGRESS = SPACES + DIGITS + b"=#.>-"
"""What changes in a text that only counts on: numbers, and the bars that are drawn for them."""
_PADDING = SPACES + b"="
"""What fills a line up to a width, and so depends on the length of a duration in it."""
_NUMBERS = _PROGRESS + b"abcdefABCDEF"
_MASK = bytes.maketrans(DIGITS + bytes(range(65, 91)), b"0" * 10 + bytes(range(97, 123)))
"""Digits to 0 and letters to lower case: one regular expression with a literal beginning then finds every number."""
_VOLATILE = re.compile(
    rb"""0(?<![0.:]0)(?:
        (?<=d[ =:(]0)(?<=(?:pid|eed)[ =:(]0)0*          # process id, random seed
      | (?<=d:\ 0)(?<=(?:pid|eed):\ 0)0* | (?<=session\ id\ 0)0*
      | 0*+(?:
            (?<=0{9})                                   # epoch, long id
          | (?=[x:.\-smhun\ \xc2])(?:
                x[0a-f]{3,}                             # address
              | (?<=0000)-00-00(?:[t ]00:00(?::00(?:[.,]0+)?)?(?:z|\ ?[+-]00:?00)?)?
              | (?<!000):00(?::00)?(?:[.,]0+)?(?:\ ?[ap]m\b)?
              | (?:[hm]\ ?0++)*(?:\.0++)?\ ?(?:ms|s|secs?|seconds?|\xc2\xb5s|us|ns|m|mins?|minutes?|h|hours?)\b
            )
        )
    )""",
    re.VERBOSE,
)
_UUID = re.compile(rb"-0[0a-f]{3}-[0ab][0a-f]{3}-[0a-f]{12}")
_UUID_HEAD = 13
_RANDOM_NAME = rb"(?:pytest-of-[^/\s]+/)?(?:tmp[\w.\-]+|[\w.\-]*(?:0[\w.\-]*|-[a-z]{6}\b))"
_TEMPORARY = re.compile(rb"/(?:tmp/|var/folders/\w\w/[^/\s]+/t/)" + _RANDOM_NAME)
_CHUNK_HEADER = b"chunk id: "
_HEAD_LINES, _TAIL_LINES = 8, 24
"""Lines at either end of a text that are looked at closely. Whole lines, for an edge at a byte would move with the
length of a duration; and few, for this is what costs most."""
_LONGEST_EDGE = 4_096


def digest_of(data: bytes | memoryview) -> int:
    """63 bits of any bytes; 0 for none."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> 1 if data else 0


def rerun_hashes(data: bytes) -> tuple[int, int]:
    """Two hashes of a text: without times, durations, addresses, ids, seeds, temporary names and padding; and without
    any numbers and bars."""
    ends, middle = data, b""
    head, tail = _head_end(data), _tail_start(data)
    if head < tail:
        ends = data[:head] + b"\0" + data[tail:]
        middle = blake2b(data[head:tail].translate(None, _NUMBERS), digest_size=8).digest()
    steady = _without_volatile(ends).translate(None, _PADDING)
    return digest_of(steady + middle), digest_of(ends.translate(None, _PROGRESS) + middle)


def _head_end(data: bytes) -> int:
    lines = data.split(b"\n", _HEAD_LINES)
    return min(len(data) - len(lines[-1]), _LONGEST_EDGE) if len(lines) > _HEAD_LINES else _LONGEST_EDGE


def _tail_start(data: bytes) -> int:
    lines = data.rsplit(b"\n", _TAIL_LINES)
    lowest = max(0, len(data) - _LONGEST_EDGE)
    return max(len(lines[0]), lowest) if len(lines) > _TAIL_LINES else lowest


def _without_volatile(data: bytes) -> bytes:
    masked = data.translate(_MASK)
    spans = [found.span() for found in _VOLATILE.finditer(masked)]
    spans += [(found.start() - _UUID_HEAD, found.end()) for found in _UUID.finditer(masked)]
    spans += [found.span() for found in _TEMPORARY.finditer(masked)]
    if masked.startswith(_CHUNK_HEADER):
        spans.append((0, masked.find(b"\n") + 1))
    if not spans:
        return data
    parts, at = [], 0
    for start, end in sorted(spans):
        parts.append(data[at : max(at, start)])
        at = max(at, end)
    return b"".join([*parts, data[at:]])
