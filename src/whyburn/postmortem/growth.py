"""The arithmetic of one gap: who gets which part of the tokens by which a prompt grew."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whyburn.postmortem.anatomy import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whyburn.postmortem.anatomy import Anatomy, Call, Grade
    from whyburn.postmortem.ratios import Ratios

_SLACK = 64
"""Tokens that a block may have beyond one and a half times what its bytes tell: frames, names, markers."""


class Sized(NamedTuple):
    """What the pieces of one gap got, in the order of the prompt."""

    pieces: list[tuple[int, int, Grade]]
    hidden_echo: int
    """Tokens of the output before that no block of the log shows."""
    unlogged: int


def weight(ratios: Ratios, call: Call, piece: Piece) -> int:
    """Tokens that a piece should have by its bytes."""
    return 0 if piece.block is None else ratios.weight(call.model, piece.block)


def share(whole: int, weights: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Integers in proportion to weights that sum to `whole`, by largest remainder; equal parts when all weigh 0."""
    if not weights:
        return {}
    total = sum(each for _, each in weights)
    if not total:
        weights, total = [(key, 1) for key, _ in weights], len(weights)
    found = {key: whole * each // total for key, each in weights}
    left = whole - sum(found.values())
    by_rest = sorted(weights, key=lambda one: -(whole * one[1] % total))
    for key, _ in by_rest[:left]:
        found[key] += 1
    return found


def split(
    ratios: Ratios, call: Call, before: Call | None, echo: Sequence[Piece], inputs: Sequence[Piece], grown: int,
    grade: Grade,
) -> Sized:  # fmt: skip
    """Share the growth of a prompt; `grade` is the best that a size of this gap can have."""
    weights = {piece.index: weight(ratios, call, piece) for piece in (*echo, *inputs)}
    found: list[tuple[int, int, Grade]] = []
    hidden = 0
    if before is not None and before.final:
        sizes, hidden, exact = _echo(ratios, before, echo, inputs, grown, weights)
        found += [
            (piece.index, sizes[piece.index], _echo_grade(ratios, before, echo, piece) if exact else "C")
            for piece in echo
        ]
        if not exact:
            grade = max(grade, "C")
        echo = ()
    rest = grown - hidden - sum(tokens for _, tokens, _ in found)
    sizes, unlogged = _inputs(rest, [*echo, *inputs], weights, free={piece.index for piece in echo})
    measured = all(_measured(ratios, call, piece) for piece in inputs)
    alone = len(inputs) == 1 and not unlogged and not echo
    for piece in (*echo, *inputs):
        found.append((piece.index, sizes[piece.index], _grade(piece, grade, measured=measured and not echo,
                                                              alone=alone)))  # fmt: skip
    return Sized(found, hidden, unlogged)


def _grade(piece: Piece, best: Grade, *, measured: bool, alone: bool) -> Grade:
    if piece.block is None or piece.block.opaque:
        return "D"
    found: Grade = "A" if alone else "B" if measured else "C"
    return max(best, found)


def _echo_grade(ratios: Ratios, before: Call, echo: Sequence[Piece], piece: Piece) -> Grade:
    """Output counters measure an output, and the thinking in it where they tell; the rest was split by bytes."""
    thoughts = any(one.kind == "thinking" for one in echo)
    if _tells_thinking(before, thoughts=thoughts):
        echo = [one for one in echo if (one.kind == "thinking") == (piece.kind == "thinking")]
    if len(echo) == 1:
        return "A"
    return "B" if all(_measured(ratios, before, one) for one in echo) else "C"


def _measured(ratios: Ratios, call: Call, piece: Piece) -> bool:
    block = piece.block
    return block is not None and (block.opaque or ratios.of(call.model, block.texture).origin != "prior")


def _echo(
    ratios: Ratios, before: Call, echo: Sequence[Piece], inputs: Sequence[Piece], grown: int, weights: dict[int, int]
) -> tuple[dict[int, int], int, bool]:
    """(tokens of the echo's pieces, of output that no piece shows, whether they are measured)."""
    made, hidden = output_sizes(ratios, before, echo)
    whole = before.o
    if whole <= grown:
        return made, hidden, True
    thinking = sum(made[piece.index] for piece in echo if piece.kind == "thinking") + hidden
    if whole - thinking <= grown:
        return {**made, **{piece.index: 0 for piece in echo if piece.kind == "thinking"}}, 0, True
    both = sum(weights.values())
    part = grown * sum(weights[piece.index] for piece in echo) // both if both else grown if not inputs else 0
    return share(part, [(piece.index, weights[piece.index]) for piece in echo]), 0, False


def _inputs(
    rest: int, pieces: Sequence[Piece], weights: dict[int, int], *, free: set[int]
) -> tuple[dict[int, int], int]:
    """(tokens by piece, unlogged): by weight, logged inputs no larger than their bytes allow.

    The order of results that entered together does not matter: what is left over in sharing goes by content.
    """
    opaque = [piece.index for piece in pieces if piece.block is None or piece.block.opaque]
    ordered = sorted(pieces, key=lambda piece: piece.block.hash if piece.block else 0)
    texts = [(piece.index, weights[piece.index]) for piece in ordered if piece.index not in opaque]
    known = sum(each for _, each in texts)
    found = {piece.index: 0 for piece in pieces}
    if opaque:
        spare = max(rest - known, 0)
        found.update(share(spare, [(index, 0) for index in opaque]))
        rest -= spare
    if not texts:
        return found, 0 if opaque else rest
    found.update(share(rest, texts))
    excess = 0
    for index, each in texts:
        most = each * 3 // 2 + _SLACK
        if index not in free and found[index] > most:
            excess += found[index] - most
            found[index] = most
    return found, excess


def output_sizes(ratios: Ratios, call: Call, made: Sequence[Piece]) -> tuple[dict[int, int], int]:
    """(output tokens by piece, tokens that no piece shows) of one call; together they are its output."""
    weights = [(piece.index, weight(ratios, call, piece)) for piece in made if piece.kind != "thinking"]
    thoughts = [piece for piece in made if piece.kind == "thinking"]
    if not made:
        return {}, call.o
    thinking = _thinking(call, thoughts, sum(each for _, each in weights))
    if not weights and thoughts:
        thinking = call.o
    found = share(call.o - thinking, weights)
    if thoughts:
        found.update(share(thinking, [(piece.index, weight(ratios, call, piece)) for piece in thoughts]))
        return found, 0
    return found, thinking


def _thinking(call: Call, thoughts: Sequence[Piece], visible: int) -> int:
    """Output tokens that were reasoning: as recorded, else what the visible text leaves of a final count."""
    if call.thinking is not None and _tells_thinking(call, thoughts=bool(thoughts)):
        return min(call.thinking, call.o)
    return max(call.o - visible, 0) if thoughts and call.final else 0


def _tells_thinking(call: Call, *, thoughts: bool) -> bool:
    """A count of 0 beside thinking that was shown tells nothing."""
    return call.thinking is not None and (bool(call.thinking) or not thoughts)


def split_output(anatomy: Anatomy, call: Call, ratios: Ratios) -> None:
    """Bill the output of a call to the pieces that it put out."""
    made = [anatomy.pieces[index] for index in call.made if anatomy.pieces[index].block is not None]
    sizes, hidden = output_sizes(ratios, call, made)
    if hidden and call.o:
        sizes[hidden_output(anatomy, call)] = hidden
    prices = call.prices
    for index, tokens in sizes.items():
        piece = anatomy.pieces[index]
        piece.made_tokens = tokens
        if prices is not None and call.billed:
            piece.generation = tokens * prices.output
    if prices is not None and call.billed:
        _price_reasoning(anatomy, call, prices.reasoning - prices.output)


def hidden_output(anatomy: Anatomy, call: Call) -> int:
    """The piece for output of a call that was billed and that no log shows."""
    for index in call.made:
        if anatomy.pieces[index].block is None:
            return index
    piece = Piece(len(anatomy.pieces), "unlogged", call.chain, None, "output not in the log", made_by=call.index,
                  carried=not call.billed)  # fmt: skip
    anatomy.pieces.append(piece)
    call.made.append(piece.index)
    return piece.index


def shortfall(anatomy: Anatomy, call: Call, ratios: Ratios) -> int:
    """Pico-dollars by which an output count that is not final falls short of the text that was put out."""
    if call.final or call.prices is None or not call.billed:
        return 0
    shown = sum(weight(ratios, call, anatomy.pieces[index]) for index in call.made)
    return max(shown - call.o, 0) * call.prices.output


def _price_reasoning(anatomy: Anatomy, call: Call, more: int) -> None:
    """Reasoning with a price of its own: the difference is borne by the thinking, else by whatever was put out."""
    extra = (call.thinking or 0) * more
    if not extra or not call.made:
        return
    pieces = [anatomy.pieces[index] for index in call.made]
    bearer = next((piece for piece in pieces if piece.kind == "thinking"), pieces[-1])
    bearer.generation += extra
