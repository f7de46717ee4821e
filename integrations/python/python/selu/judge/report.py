"""What the judge found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from selu.judge.formats import Format


@dataclass
class Case:
    """One input, what the callable made of it, and what is right."""

    x: float
    result: float
    exact: float


@dataclass
class Finding:
    """How often something was found, and where first."""

    count: int = 0
    first: Case | None = None

    def add(self, where: Any, x: Any, results: Any, rounded: Any) -> None:
        """Counts the places of a mask."""
        count = int(np.count_nonzero(where))
        if count and self.first is None:
            i = int(np.argmax(where))
            self.first = Case(*(float(values[i]) for values in (x, results, rounded)))
        self.count += count


@dataclass
class Point:
    """One of the points that a kernel's own tests should have, tried alone."""

    name: str
    case: Case
    is_right: bool


@dataclass
class Report:
    """The errors of one callable; `print` shows them, `plot` draws them.

    Errors are in ULP: units in the last place of the exact value, so that a correctly rounded
    result is off by 0.5 at most, and a faithful one, one of the two numbers around the exact value,
    by less than 1. Results that are NaN or infinite where that is wrong have no such error; they
    are counted apart.
    """

    name: str
    function: str
    dtype: str
    alpha: float | None
    values: int = 0
    """Numbers tried; NaN is tried, too, but no number."""
    misrounded: int = 0
    """Results that are not the number nearest to the exact value, a zero's sign included."""
    max_ulp: float = 0.0
    """The largest error of a misrounded result, in ULP; 0 if there is none."""
    worst: Case | None = None
    """Where it is."""
    nan: Finding = field(default_factory=Finding)
    """NaN for a number, or a number for NaN."""
    infinity: Finding = field(default_factory=Finding)
    """An infinity for a finite result, or the other way round, or one of the wrong sign."""
    zero_sign: Finding = field(default_factory=Finding)
    """A zero of the wrong sign."""
    flushed: Finding = field(default_factory=Finding)
    """A zero where the result is a subnormal number."""
    monotonic_breaks: Finding = field(default_factory=Finding)
    """Inputs whose result is on the wrong side of that for the input before."""
    moved: Finding = field(default_factory=Finding)
    """Results that differ with the place in the array; `exact` is the result alone."""
    places: int = 0
    """Inputs tried for that."""
    points: list[Point] = field(default_factory=list)
    """Special values and what lies around them."""
    curve: list[tuple[float, float]] = field(default_factory=list)
    """Where a stretch of inputs with a misrounded result starts, and the largest error in it."""

    def adopt(self, alone: Report) -> None:
        """Takes over what only inputs in arrays of their own have shown."""
        if alone.max_ulp > self.max_ulp:
            self.max_ulp, self.worst = alone.max_ulp, alone.worst
        for name in ("nan", "infinity", "zero_sign", "flushed"):
            if getattr(self, name).count == 0:
                setattr(self, name, getattr(alone, name))

    @property
    def share(self) -> float:
        """The share of misrounded results."""
        return self.misrounded / self.values

    @property
    def has_right_special_values(self) -> bool:
        """Whether NaN, infinities and the signs of zeros are where they should be."""
        return not (self.nan.count or self.infinity.count or self.zero_sign.count)

    @property
    def is_correctly_rounded(self) -> bool:
        """Whether every result is the number nearest to the exact value."""
        return self.misrounded == 0 and self.max_ulp == 0 and self.has_right_special_values

    @property
    def is_faithful(self) -> bool:
        """Whether every result is a neighbour of the exact value, and special values are right."""
        return self.max_ulp < 1 and self.has_right_special_values

    def is_within(self, max_ulp: float) -> bool:
        """Whether no error is larger than so many ULP, and special values are right."""
        return self.max_ulp <= max_ulp and self.has_right_special_values

    @property
    def verdict(self) -> str:
        if self.is_correctly_rounded:
            return "correctly rounded"
        return "faithful" if self.is_faithful else "not faithful"

    def __str__(self) -> str:
        text = Format(self.dtype).text
        alpha = "" if self.alpha is None else f", alpha = {self.alpha:g}"

        def found(finding: Finding, what: str) -> str:
            if finding.count == 0 or finding.first is None:
                return "right"
            first = finding.first
            return (
                f"{finding.count:,} {what}, the first {text(first.result)} "
                f"for {text(first.x)}, not {text(first.exact)}"
            )

        error = "½ ULP at most"
        if self.worst is not None:
            worst = self.worst
            size = f"{self.max_ulp:.3f}" if self.max_ulp < 1e4 else f"{self.max_ulp:.3g}"
            error = f"{size} ULP: {text(worst.result)} for {text(worst.x)}, not {text(worst.exact)}"
        breaks = self.monotonic_breaks
        rows = [
            ("tried", f"{self.values:,} values"),
            ("misrounded", f"{self.misrounded:,} ({100 * self.share:.3g} %)"),
            ("largest error", error),
            ("NaN", found(self.nan, "wrong")),
            ("infinities", found(self.infinity, "wrong")),
            ("signs of zeros", found(self.zero_sign, "wrong")),
            ("subnormals", found(self.flushed, "flushed to 0")),
            ("monotonic", "yes"),
            ("same everywhere", "yes"),
        ]
        if breaks.count and breaks.first is not None:
            place = f"first at {text(breaks.first.x)}, {breaks.count:,} in all"
            rows[-2] = ("monotonic", f"no, {place}")
        if self.moved.count and self.moved.first is not None:
            first = self.moved.first
            rows[-1] = (
                "same everywhere",
                f"no, {100 * self.moved.count / self.places:.1f} % of {self.places:,} depend on "
                f"their place in the array: {text(first.result)} for {text(first.x)}, "
                f"{text(first.exact)} alone",
            )
        lines = [f"{self.name} as {self.function} in {self.dtype}{alpha}: {self.verdict}"]
        lines += [f"  {name:<16} {value}" for name, value in rows]
        wrong = [point for point in self.points if not point.is_right]
        for point in wrong:
            case = point.case
            lines.append(
                f"  ✗ {point.name}: {text(case.result)} for {text(case.x)}, not {text(case.exact)}"
            )
        if not wrong:
            lines.append(f"  all {len(self.points)} special points are right")
        return "\n".join(lines)

    def plot(self, file: Any = None) -> Any:
        """The errors over x, as a figure of matplotlib, written to `file` if one is given.

        There is a dot for the largest error of each stretch of inputs with a misrounded result; all
        others are at most 0.5 ULP off.
        """
        from matplotlib.figure import Figure

        format = Format(self.dtype)
        smallest = np.log10(format.smallest_normal)

        def place(x: Any) -> Any:
            """Both signs in a scale of logarithms, with subnormal numbers beside 0."""
            decades = np.log10(np.maximum(np.abs(x), format.smallest_normal)) - smallest
            return np.sign(x) * (decades + 0.01 * abs(smallest))

        figure = Figure(figsize=(8, 4), layout="constrained")
        axes = figure.add_subplot()
        x, errors = np.array(self.curve).reshape(-1, 2).T
        axes.axhspan(0, 0.5, color="0.9", label="correctly rounded")
        axes.axhline(1, color="0.6", linewidth=0.8, label="faithful below")
        axes.plot(place(x), errors, ".", markersize=3, label="largest errors")
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(0, max(2, 2 * self.max_ulp))
        axes.set_ylabel("error in ULP")
        step = {"float16": 2, "float64": 100}.get(self.dtype, 10)
        small = range(0, int(smallest) + step // 2, -step)
        large = range(step, int(np.log10(format.largest)) + 1, step)
        labels = [(0, 0), *((sign, k) for sign in (-1, 1) for k in small), *((1, k) for k in large)]
        axes.set_xticks(
            [place(sign * 10.0**k) for sign, k in labels],
            ["0" if sign == 0 else f"${'-' * (sign < 0)}10^{{{k}}}$" for sign, k in labels],
        )
        axes.set_xlim(place(-1e4), place(format.largest))
        axes.set_xlabel("x")
        axes.set_title(f"{self.name} as {self.function} in {self.dtype}: {self.verdict}")
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        if file is not None:
            figure.savefig(file)
        return figure
