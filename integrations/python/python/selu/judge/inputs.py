"""The values that are tried.

All of a 16-bit type; every `step`th float32; of float64 some of every binade and the hard cases.
Whatever leaves values out has all numbers near the critical points.
"""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np

from selu.judge.formats import Format
from selu.ufuncs import selu

# Values at a time, so that a block and what is computed of it stay below 100 MB.
BLOCK = 1 << 20
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


def blocks(format: Format, function: str, step: int, samples: int) -> Iterator[tuple[int, Any]]:
    """Arrays of bits, each ascending and with one sign, the numbers of all in no two arrays.

    With them the key of the sequence that an array continues.
    """
    half = format.sign
    if format.name == "float64":
        yield from enumerate(_stratified(format, function, samples))
        return
    for sign in (0, half):
        for start in range(0, half, BLOCK * step):
            end = min(start + BLOCK * step, half)
            yield sign, np.arange(sign + start, sign + end, step).astype(format.bits)
    if step > 1:
        for i, patterns in enumerate(_neighbourhoods(format, 512)):
            in_sweep = (patterns & np.uint64(half - 1)) % np.uint64(step) == 0
            yield half + 1 + i, patterns[~in_sweep].astype(format.bits)


def total(format: Format, step: int) -> int:
    """How many values `blocks` has in its sweep, for a progress bar."""
    return format.patterns // step


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
    """Stored arguments in float64 whose result is hardest to round, for SELU and its derivative."""
    file = files("selu.judge") / f"hard-{function}.txt"
    lines = file.read_text().split() if file.is_file() else []
    return np.array([int(line, 16) for line in lines], np.uint64)
