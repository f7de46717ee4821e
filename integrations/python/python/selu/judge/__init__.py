"""How far an implementation of SELU or ELU is from the exact values.

The reference is this package, whose results are the nearest numbers. As a command:

    python -m selu.judge torch.nn.functional.selu --dtype bfloat16
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from selu.judge import callables, inputs
from selu.judge.formats import Format
from selu.judge.report import Case, Finding, Point, Report
from selu.judge.truth import Truth

__all__ = ["Case", "Finding", "Point", "Report", "judge"]

# How many inputs are tried alone, and the lengths of the arrays in which they are tried as well.
_PLACES = 1024
_LENGTHS = (2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65)


def judge(
    f: Callable[[Any], Any] | str,
    dtype: Any,
    function: str = "selu",
    *,
    alpha: float = 1.0,
    at_zero: str = "right",
    step: int | None = None,
    samples: int = inputs.SAMPLES,
    framework: str | None = None,
    device: str | None = None,
    name: str | None = None,
    progress: bool | None = None,
) -> Report:
    """Measures how far `f` is from the exact values, and returns a `Report`.

    Tried are all values of a 16-bit type; every `step`th float32 and all around the critical points
    (0, overflow, subnormals, …); in float64 some of every binade, those around the critical points,
    and stored arguments whose results are the hardest to round.

    Parameters
    ----------
    f : callable or str
        Takes an array of shape (n,) and returns one of the same shape and type: of NumPy, or of the
        framework that defines it. Or the file of an ONNX model with one input and one output.
    dtype : str or NumPy type
        "float16", "bfloat16" (with ml_dtypes), "float32" or "float64".
    function : str
        What f should be: "selu", "selu_grad", "elu" or "elu_grad". For a derivative, a function of
        NumPy arrays is the derivative itself; one of a framework is differentiated by it.
    alpha : float
        That of "elu", rounded to the type. f has to use the same.
    at_zero : str
        The derivative at 0: "right" (scale; 1 for "elu_grad"), "left" (scale * alpha; alpha), or
        "either".
    step : int, optional
        Every so many-th float32 is tried; 251 by default, and 1 tries all of them. The 16-bit types
        are always tried completely, unless it is given.
    samples : int
        For float64, values in each binade; 32 times as many where it matters most.
    framework : str, optional
        "numpy", "torch", "jax", "tensorflow" or "onnxruntime", where f does not tell it.
    device : str, optional
        Where PyTorch computes, such as "cuda"; the CPU by default.
    name : str, optional
        What the report calls f.
    progress : bool, optional
        Whether to show the progress of long work on stderr; by default if that is a terminal.

    Raises
    ------
    ValueError
        If an argument is none of these, or f returns another shape.
    TypeError
        If f returns another type.

    Examples
    --------
    >>> report = judge(lambda x: np.where(x > 0, x, np.exp(x) - 1), "float16", "elu")
    >>> report.is_faithful, report.zero_sign.count
    (False, 1)
    """
    format = Format(dtype)
    truth = Truth(function, format, alpha, at_zero)
    if step is None:
        step = inputs.STEP if format.name == "float32" else 1
    if not 1 <= step <= format.patterns // 2:
        raise ValueError(f"step is {step}, not from 1 to {format.patterns // 2}")
    if samples < 2:
        raise ValueError(f"samples is {samples}, not 2 or more")
    if framework is None:
        framework = "onnxruntime" if isinstance(f, str) else callables.framework_of(f)
    if framework not in callables.FRAMEWORKS:
        known = ", ".join(callables.FRAMEWORKS)
        raise ValueError(f"framework is {framework!r}, not one of {known}")
    if isinstance(f, str) != (framework == "onnxruntime"):
        raise ValueError(f"f is {f!r}, but only ONNX Runtime takes a file, and nothing else")
    call = callables.adapt(f, framework, truth.is_gradient, device)
    if name is None:
        name = f if isinstance(f, str) else str(getattr(f, "__name__", type(f).__name__))
    report = Report(
        name=name,
        function=function,
        dtype=format.name,
        alpha=None if truth.is_selu else truth.alpha,
    )
    if progress is None:
        progress = sys.stderr.isatty()
    total, blocks = inputs.blocks(format, function, step, samples)
    _Session(truth, call, report).run(blocks, total if progress else 0)
    return report


class _Session:
    """One run of the judge."""

    def __init__(self, truth: Truth, call: Callable[[Any], Any], report: Report) -> None:
        self.truth = truth
        self.format = truth.format
        self.call = call
        self.report = report
        leading_bits = 14 if self.format.name == "float64" else 12
        self.curve_shift = 8 * self.format.dtype.itemsize - leading_bits
        self.curve_errors = np.zeros(1 << leading_bits)

    # What the callable warns of is its own affair, and comparisons with NaN are meant.
    @np.errstate(all="ignore")
    def run(self, blocks: Iterator[tuple[int, Any]], total: int) -> None:
        start = time.monotonic()
        shown = False
        key, last = None, None
        for next_key, patterns in blocks:
            if next_key != key:
                key, last = next_key, None
            last = self.take(patterns, last)
            seconds = time.monotonic() - start
            if total and seconds > 2:
                done = self.report.values / total
                left = seconds / done - seconds
                print(f"\r{done:6.1%}, {left:5.0f} s left ", end="", file=sys.stderr, flush=True)
                shown = True
        if shown:
            print("\r" + " " * 24 + "\r", end="", file=sys.stderr, flush=True)
        self.try_alone()
        stretches = np.flatnonzero(self.curve_errors)
        starts = self.format.of(stretches << self.curve_shift).astype(np.float64)
        pairs = zip(starts.tolist(), self.curve_errors[stretches].tolist(), strict=True)
        self.report.curve = sorted(pairs)

    def results(self, x: Any) -> Any:
        """What the callable makes of an array, which it may overwrite."""
        results = np.asarray(self.call(x.copy()))
        if results.dtype != x.dtype:
            raise TypeError(f"f returned {results.dtype} for {x.dtype}; it must keep the type")
        if results.shape != x.shape:
            raise ValueError(f"f returned the shape {results.shape} for {x.shape}; it must keep it")
        return np.ascontiguousarray(results)

    def wrong(self, x: Any, results: Any, rounded: Any) -> Any:
        """Where the bits are not right; all NaN are one."""
        self.truth.accept_either(x, results, rounded)
        bits = self.format.bits
        wrong = np.flatnonzero(results.view(bits) != rounded.view(bits))
        both = self.format.is_nan(results[wrong]) & self.format.is_nan(rounded[wrong])
        return wrong[~both]

    def take(self, patterns: Any, last: Any) -> Any:
        """Tries the numbers with these bits; `last` is the input and result before them."""
        report = self.report
        x = self.format.of(patterns)
        results = self.results(x)
        rounded = self.truth.rounded(x)
        report.values += int(np.count_nonzero(~self.format.is_nan(x)))
        wrong = self.wrong(x, results, rounded)
        report.misrounded += wrong.size
        self.find_breaks(x, results, rounded, last)
        if wrong.size:
            self.measure(patterns[wrong], x[wrong], results[wrong], rounded[wrong])
        return x[-1:], results[-1:], rounded[-1:]

    def measure(self, patterns: Any, x: Any, results: Any, rounded: Any) -> None:
        """Sorts misrounded results by kind, and measures those that are only inexact."""
        report = self.report
        wide, right = results.astype(np.float64), rounded.astype(np.float64)
        case = x, results, rounded
        nan = np.isnan(wide) | np.isnan(right)
        report.nan.add(nan, *case)
        infinite = (np.isinf(wide) | np.isinf(right)) & ~nan
        report.infinity.add(infinite, *case)
        report.zero_sign.add((wide == 0) & (right == 0), *case)
        subnormal = (right != 0) & (np.abs(right) < self.format.smallest_normal)
        report.flushed.add((wide == 0) & subnormal, *case)
        measured = np.flatnonzero(~nan & ~infinite)
        if measured.size == 0:
            return
        patterns, x, results, rounded = (a[measured] for a in (patterns, *case))
        errors = self.truth.errors(x, results, rounded)
        i = int(np.argmax(errors))
        if report.worst is None or errors[i] > report.max_ulp:
            report.max_ulp = float(errors[i])
            report.worst = Case(float(x[i]), float(results[i]), float(rounded[i]))
        stretches = patterns >> self.format.bits.type(self.curve_shift)
        np.maximum.at(self.curve_errors, stretches, errors)

    def find_breaks(self, x: Any, results: Any, rounded: Any, last: Any) -> None:
        if last is not None:
            x, results, rounded = (
                np.concatenate(pair) for pair in zip(last, (x, results, rounded), strict=True)
            )
        # In the order of bits, negative numbers descend.
        falls = bool(np.signbit(x[0])) and self.truth.slope > 0
        before, after = results[:-1], results[1:]
        breaks = after > before if falls else after < before
        if self.truth.is_gradient:
            # At 0 the derivative jumps, and the conventions differ.
            breaks &= x[:-1] != 0
        self.report.monotonic_breaks.add(breaks, x[1:], after, rounded[1:])

    def try_alone(self) -> None:
        """Tries inputs alone, which a kernel may compute by another path, and in many places."""
        named = inputs.named_points(self.format)
        normals = np.random.default_rng(0).standard_normal(_PLACES - len(named), np.float32)
        points = self.format.of([pattern for _, pattern in named])
        x = np.concatenate([points, (2 * normals).astype(self.format.dtype)])
        results = np.concatenate([self.results(x[i : i + 1]) for i in range(x.size)])
        rounded = self.truth.rounded(x)
        wrong = self.wrong(x, results, rounded)
        for i, (name, _) in enumerate(named):
            case = Case(float(x[i]), float(results[i]), float(rounded[i]))
            self.report.points.append(Point(name, case, i not in wrong))
        self.try_places(x, results)
        if wrong.size:
            report = self.report
            self.report = Report(report.name, report.function, report.dtype, report.alpha)
            self.measure(x.view(self.format.bits)[wrong], x[wrong], results[wrong], rounded[wrong])
            report.adopt(self.report)
            self.report = report

    def try_places(self, x: Any, alone: Any) -> None:
        """Compares the results alone with those in arrays of many lengths, at every place."""
        moved = np.zeros(x.size, bool)
        other = alone.copy()
        for length in (*_LENGTHS, x.size):
            for start in range(0, x.size, length):
                place = slice(start, start + length)
                results = self.results(x[place])
                differs = results.view(self.format.bits) != alone[place].view(self.format.bits)
                differs &= ~(self.format.is_nan(results) & self.format.is_nan(alone[place]))
                moved[place] |= differs
                other[place][differs] = results[differs]
        self.report.places = x.size
        self.report.moved.add(moved, x, other, alone)
