"""The values that are tried.

All of a 16-bit type; every `step`th float32; of float64 some of every binade and the hard cases.
Whatever leaves values out has all numbers near the critical points.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from selu.judge.formats import Format
from selu.ufuncs import _HARD_CASES, selu

# Values at a time: few enough for the memory, and for progress to be seen.
BLOCK = 1 << 18
STEP = 251
# Values of float64 in each binade; 32 times as many where x < 0 is neither tiny nor saturated.
SAMPLES = 32


def critical(format: Format) -> list[float]:
    """Magnitudes where a function or a usual way to compute it changes."""
    scale = 1.0507009873554805
    log = np.log(2.0)
    smallest = format.smallest_exponent * log
    return [
        0.0,
        format.smallest_normal,
        1e-8,  # where exp(x) − 1 is 0 in float32
        2.0**-format.precision,
        log / 2,  # where expm1 starts to reduce its argument
        log,
        1.0,
        (format.precision + 1) * log,  # the function becomes −scale·alpha
        -(smallest + (format.precision - 1) * log),  # the derivative becomes subnormal
        -smallest,  # … and 0
        -smallest + log,
        np.log(min(format.largest, 1.7e308)),  # exp(x) overflows
        format.largest / scale,  # the function overflows
        np.inf,
    ]


def named_points(format: Format) -> list[tuple[str, int]]:
    """The points that a kernel's own tests should have, by name."""
    infinity, sign = format.infinity, format.sign
    normal = format.pattern(format.smallest_normal)
    edge = overflow(format)
    return [
        ("NaN", infinity + (infinity & -infinity) // 2),
        ("+∞", infinity),
        ("the last finite result", edge),
        ("the first infinite result", edge + 1),
        ("smallest normal", normal),
        ("largest subnormal", normal - 1),
        ("smallest subnormal", 1),
        ("+0", 0),
        ("−0", sign),
        ("−smallest subnormal", sign + 1),
        ("−largest subnormal", sign + normal - 1),
        ("−smallest normal", sign + normal),
        ("near 0", format.pattern(-1e-8 if format.name != "float16" else -1e-4)),
        ("−1", format.pattern(-1)),
        ("−∞", format.pattern(-np.inf)),
    ]


def overflow(format: Format) -> int:
    """The bits of the largest number whose SELU is finite: a bisection of the reference."""
    low, high = 0, format.infinity
    while high - low > 1:
        middle = (low + high) // 2
        if float(selu(format.of([middle]))[0]) == np.inf:
            high = middle
        else:
            low = middle
    return low


def blocks(
    format: Format, function: str, step: int, samples: int
) -> tuple[int, Iterator[tuple[int, Any]]]:
    """How many values there are, and arrays of their bits, with no number in two of them.

    Each array is ascending, has one sign, and comes with the key of the sequence that it continues.
    """
    half = format.sign
    sequences: list[Any] = [range(sign, sign + half, step) for sign in (0, half)]
    if format.name == "float64":
        sequences = list(_stratified(format, function, samples))
    elif step > 1:
        for near in _neighbourhoods(format, 512):
            in_sweep = (near & np.uint64(half - 1)) % np.uint64(step) == 0
            sequences.append(near[~in_sweep])
    return sum(map(len, sequences)), _pieces(format, sequences)


def _pieces(format: Format, sequences: list[Any]) -> Iterator[tuple[int, Any]]:
    for key, sequence in enumerate(sequences):
        for start in range(0, len(sequence), BLOCK):
            piece = sequence[start : start + BLOCK]
            if isinstance(piece, range):
                piece = np.arange(piece.start, piece.stop, piece.step)
            yield key, piece.astype(format.bits)


def _neighbourhoods(format: Format, width: int) -> tuple[Any, Any]:
    """All numbers near the critical points, for each sign."""
    ranges = []
    for magnitude in critical(format):
        center = format.pattern(magnitude)
        ranges.append(np.arange(max(center - width, 0), center + width, dtype=np.uint64))
    magnitudes = np.unique(np.concatenate(ranges))
    return magnitudes, magnitudes + np.uint64(format.sign)


def _stratified(format: Format, function: str, samples: int) -> Iterator[Any]:
    random = np.random.default_rng(0)
    near_positive, near_negative = _neighbourhoods(format, 64)
    width = np.uint64(1 << (format.precision - 1))
    binades = format.infinity >> (format.precision - 1)
    first, last = (format.pattern(x) >> (format.precision - 1) for x in (2.0**-60, 1024.0))
    for sign, near in ((0, near_positive), (format.sign, near_negative)):
        counts = np.full(binades, samples // 2)
        if sign:
            counts[first:last] *= 32
        starts = np.repeat(np.arange(binades, dtype=np.uint64), counts) * width
        starts += random.integers(0, int(width) - 1, starts.size, dtype=np.uint64)
        starts += np.uint64(sign)
        # Neighbours, for a break in monotonicity shows most between them.
        patterns = [starts, starts + np.uint64(1), near]
        if sign:
            patterns.append(_hard_cases(function))
        yield np.unique(np.concatenate(patterns))


def _hard_cases(function: str) -> Any:
    """Arguments in float64 whose result is hardest to round, for SELU and its derivative."""
    lines = _HARD_CASES.get(function, "").split()
    return np.array([int(line, 16) for line in lines], np.uint64)
