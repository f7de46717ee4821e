"""What is to be proved of each kernel: the numbers that intervals.py and losses.py share."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, frexp, inf, isqrt, log, nextafter

from constants import MARGIN, POLYNOMIALS, kernel_constant, read, table
from kernel import fail

UNIT = Fraction(1, 2**53)
# What the error of Dekker's product is off by, in parts of the product: reductions.py proves it.
DEKKER = Fraction(1, 2**104)


def half_ulp(x):
    """The largest error of rounding to x."""
    return Fraction(2) ** (frexp(x)[1] - 54) if x else Fraction(0)


def rounded_up(x):
    """To 100 bits behind the point: long fractions are slow."""
    return Fraction(ceil(x * 2**100), 2**100)


def exp_bound(r):
    """A number above e^r, and hardly above it, for 0 ≤ r ≤ 1/2."""
    terms = [Fraction(1)]
    while len(terms) < 30:
        terms.append(terms[-1] * r / len(terms))
    return rounded_up(sum(terms) + terms[-1])


def two_to_the(n, steps):
    """Bounds of 2^(n/steps), 2^-120 of it apart, for a power of two of steps."""
    root = 2 ** (n % steps + 120 * steps)
    for _ in range(steps.bit_length() - 1):
        root = isqrt(root)
    unit = Fraction(2) ** (n // steps - 120)
    return root * unit, (root + 1) * unit


def stated(phrase, *values, path="proofs/README.md", downwards=False):
    """Fails unless the page, or the comments of a source, have this phrase once, with each value in
    place of its {}, rounded up or downwards. For an exponent that is 2^{}."""
    text = " ".join(re.sub(r"^ *//[/!]?", "", read(path), flags=re.M).split())
    pattern = re.escape(plain(phrase)).replace(r"\{\}", r"(-?\d+(?:\.\d+)?)")
    found = re.findall(pattern, plain(text))
    if len(found) != 1:
        fail(f"{path} says {len(found)} times: {phrase}")
    for number, value in zip(found if len(values) == 1 else found[0], values, strict=True):
        bound, unit = Fraction(number), Fraction(1, 10 ** len(number.partition(".")[2]))
        if not (bound <= value < bound + unit if downwards else bound - unit < value <= bound):
            fail(f"it is {float(value)}, and {path} says {number}: {phrase}")


def plain(text):
    """With an exponent behind a caret in place of a superscript, and − as it is in programs."""
    exponents = "[⁻⁰¹²³⁴⁵⁶⁷⁸⁹·]*[⁰¹²³⁴⁵⁶⁷⁸⁹]"
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹·", "-0123456789.")
    return re.sub(exponents, lambda found: "^" + found[0].translate(digits), text.replace("−", "-"))


@dataclass(frozen=True)
class Kernel:
    """`form` names the Gappa script; the others are constants of the kernel."""

    form: str
    steps: int
    tables: tuple
    error: float  # E: the bounds differ by 2·E·r²
    slack: float  # ε: and by 2·ε·|y|
    lowest: float
    products: int  # that S·q is in, after that: Interval::times_pair and, for a gradient, times

    @property
    def tail(self):
        return POLYNOMIALS[f"LN_2_{self.steps}TH_TAIL"]

    @property
    def polynomial(self):
        return f"EXP_CUBIC_REST_{self.steps}"

    @property
    def largest_r(self):
        return log(2) / (2 * self.steps) * (1 + 2.0**MARGIN)

    @property
    def last_step(self):
        return ceil(-self.lowest * self.steps / log(2)) + 1

    @property
    def roundings(self):
        """Of S·q in the products. What the tail of a pair adds to S·q is left out, and is as much."""
        return self.products and self.products * (2 if self.form == "unfused" else 1) + 1

    def remainder(self, name, n):
        """δ_j, and l = δ_j + |n|·tail, for x = −|n|·ln 2/steps + r."""
        delta = Fraction(table(name)["remainders"][-n % self.steps])
        return delta, delta + n * Fraction(self.tail)

    def reserved(self, r):
        """The part of E that the operations after q use up: losses.py says why."""
        cubic = Fraction(11, 60) * Fraction(r)
        if self.form == "unfused":
            rounded = (3 + self.roundings) * UNIT
            return rounded * (Fraction(1, 2) + cubic) + Fraction(self.error) / 2**26
        return cubic * ((1 + self.roundings) * UNIT + Fraction(1, 2**56))


@dataclass(frozen=True)
class Claim:
    """For n steps below 0, `first` ≤ n ≤ `last`: what q misses is at most
    (E − reserved)·r² + slope·|r| + floor, wherever `smallest` ≤ |r| ≤ largest_r, and if there is
    a floor, for every smaller |r|. If not, README.md says why smaller |r| are no matter."""

    kernel: Kernel
    first: int
    last: int
    slope: float
    floor: float
    smallest: float

    @cached_property
    def largest_l(self):
        """Of l as it is rounded."""
        largest = max(
            abs(self.kernel.remainder(name, n)[1])
            for name in self.kernel.tables
            for n in range(self.first, self.last + 1)
        )
        return nextafter(float(largest), inf) if largest else 0.0


constant = kernel_constant

FUSED = Kernel(
    "fused", 16, ("SELU_16",),
    constant("ERROR_16"), constant("SLACK_16"), constant("LOWEST"), 0,
)
FUSED_FACTOR = Kernel(
    "fused", 16, ("ELU_16",),
    constant("ERROR_OF_FACTOR_16"), FUSED.slack, FUSED.lowest, 1,
)
DERIVATIVE = Kernel(
    "derivative", 16, ("SELU_16", "ELU_16"),
    FUSED_FACTOR.error, constant("SLACK_GRADIENT"), constant("LOWEST_OF_EXP"), 2,
)
UNFUSED = Kernel(
    "unfused", 64, ("SELU_64",),
    constant("ERROR_64"), constant("SLACK_64"), FUSED.lowest, 0,
)
UNFUSED_FACTOR = Kernel(
    "unfused", 64, ("ELU_64",),
    constant("ERROR_OF_FACTOR_64"), UNFUSED.slack, FUSED.lowest, 1,
)
UNFUSED_DERIVATIVE = Kernel(
    "unfused", 64, ("SELU_64", "ELU_64"),
    UNFUSED_FACTOR.error, UNFUSED.slack, DERIVATIVE.lowest, 2,
)
KERNELS = {
    "fused": FUSED,
    "fused, to be multiplied": FUSED_FACTOR,
    "derivative": DERIVATIVE,
    "unfused": UNFUSED,
    "unfused, to be multiplied": UNFUSED_FACTOR,
    "unfused derivative": UNFUSED_DERIVATIVE,
}

# Where n = 0, l = 0 and the result is as small as r: nothing absolute may be missing. Where n is
# far below 0, S is small beside the result, and much may.
CLAIMS = [
    claim
    for fused in (FUSED, FUSED_FACTOR)
    for claim in (
        Claim(fused, 0, 0, 2.0**-104, 0.0, 2.0**-50),
        Claim(fused, 1, 370, 0.0, 2.0**-100, 2.0**-22),
        Claim(fused, 371, 925, 0.0, 2.0**-68, 2.0**-10),
        Claim(fused, 926, fused.last_step, 0.0, 2.0**-66, 2.0**-10),
    )
] + [
    Claim(DERIVATIVE, 0, DERIVATIVE.last_step, 0.0, 2.0**-77, 2.0**-11),
] + [
    claim
    for unfused in (UNFUSED, UNFUSED_FACTOR)
    for claim in (
        Claim(unfused, 0, 0, 2.0**-75, 0.0, 2.0**-40),
        Claim(unfused, 1, 1, 0.0, 2.0**-79.5, 2.0**-16),
        Claim(unfused, 2, unfused.last_step, 0.0, 2.0**-78, 2.0**-15),
    )
] + [
    Claim(UNFUSED_DERIVATIVE, 0, UNFUSED_DERIVATIVE.last_step, 0.0, 2.0**-78, 2.0**-15),
]
