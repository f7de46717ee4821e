"""Proves with Gappa what claims.py claims of q, interval by interval. README.md, part 2.

Gappa encloses the distances of q and of the upper bound from what they would be without rounding,
and what the formula itself leaves out. Where the sum is above the claim, the interval is halved, a
few times. With --negative, a quarter is missing from E, and the proofs must fail.
"""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from math import frexp

from claims import CLAIMS
from constants import POLYNOMIAL_ERROR, POLYNOMIALS

HALVINGS = 6


def fused_polynomial(coefficients):
    """The kernels' order of evaluation, (c₅·r + c₄)·r² + …: as computed, and without rounding."""
    lines, exact = [], ""
    for i in range(len(coefficients) - 2, -1, -2):
        pair = f"{coefficients[i + 1].hex()} * r + {coefficients[i].hex()}"
        if exact:
            lines += [f"pair{i} rnd= {pair};", f"p{i} rnd= p{i + 2} * r2 + pair{i};"]
            exact = f"({exact} * R2 + ({pair}))"
        else:
            lines = [f"p{i} rnd= {pair};"]
            exact = f"({pair})"
    return "\n".join(lines) + "\np = p0;", exact


def unfused_polynomial(coefficients):
    a, b, c, d = (x.hex() for x in coefficients)
    pairs = "({0} + {1} * {r}) + ({2} + {3} * {r}) * {r2}"
    computed = pairs.format(a, b, c, d, r="rr", r2="r2")
    return f"p rnd= {computed};", f"({pairs.format(a, b, c, d, r='R', r2='R2')})"


# The kernels whose E is less than a quarter too large.
ONLY_JUST = ("fused", "unfused")

# With FMA. `F` is (e^r - 1 - r - r^2/2)/r^3, and `G` what it is above the polynomial.
START = """
@rnd = float<ieee_64, ne>;
r = rnd(r_);
l = rnd(l_);
half = 0.5 * r;
v rnd= half * r + r;
VL = half * r + r - v;
vl rnd= VL;
r2 rnd= r * r;
{polynomial}
u rnd= r * p - {error};
R2 = r * r;
U = r * {exact_polynomial} - {error};
"""
FUSED_Q = (
    START
    + """
lv rnd= l * v + l;
rest rnd= lv + vl;
q rnd= r2 * u + rest;
q2 rnd= r2 * {twice_error} + q;
Q = R2 * U + ((l * v + l) + VL);
Q2 = R2 * {twice_error} + Q;
# e^(r+l) - 1 - v is Q + E·r² + missing, where T is e^r/2 and what l^3 adds.
missing = R2 * (r * G) + l * (VL + R2 * (r * F)) + T * (l * l);
{{ r in [{low}, {high}] /\\ |l| <= {largest_l} /\\ |G| <= {polynomial_error}
   /\\ F in [0.1657, 0.1676] /\\ T in [0.48, 0.52]
  -> |q - Q| in ? /\\ |q2 - Q2| in ? /\\ |missing| in ? }}
"""
)
DERIVATIVE_Q = (
    START
    + """
q1 rnd= r2 * u + vl;
vq rnd= v + q1;
lvq rnd= l * vq + l;
q rnd= lvq + q1;
q2 rnd= r2 * {twice_error} + q;
Q1 = R2 * U + VL;
Q = (l * (v + Q1) + l) + Q1;
Q2 = R2 * {twice_error} + Q;
BIAS = {error} * R2 + R2 * (r * G);
missing = R2 * (r * G) + l * BIAS + T * (l * l);
{{ r in [{low}, {high}] /\\ |l| <= {largest_l} /\\ |G| <= {polynomial_error}
   /\\ F in [0.1657, 0.1676] /\\ T in [0.48, 0.52]
  -> |q - Q| in ? /\\ |q2 - Q2| in ? /\\ |missing| in ? }}
"""
)
# Without FMA. R is r + l, of which `rr` is the rounding and `head` the first 26 bits.
UNFUSED_REST = """
@rnd = float<ieee_64, ne>;
@short = float<26, -1074, zr>;
l = rnd(l_);
rr = rnd(R);
head = short(rr);
REST = (R - rr) + (rr - head);
DIFFERENCE = REST - l;
difference = rnd(DIFFERENCE);
b rnd= difference + l;
r2 rnd= rr * rr;
{polynomial}
u rnd= {half} + rr * p;
w rnd= r2 * u;
rest rnd= b + w;
excess rnd= r2 * {twice_error};
rest2 rnd= rest + excess;
R2 = R * R;
U = {half} + R * {exact_polynomial};
Q = REST + R2 * U;
EXCESS = R2 * {twice_error};
Q2 = Q + EXCESS;
missing = R2 * (R * G);
{{ R in [{low}, {high}] /\\ |l| <= {largest_l} /\\ |G| <= {polynomial_error}
  -> |rest - Q| in ? /\\ |rest2 - Q2| in ? /\\ |missing| in ? }}
rest - Q -> (rest - (b + w)) + (b - REST) + (w - R2 * U);
b - REST -> (b - (difference + l)) + (difference - DIFFERENCE);
w - R2 * U -> (w - r2 * u) + (r2 - R2) * u + R2 * (u - U);
rest2 - Q2 -> (rest2 - (rest + excess)) + (rest - Q) + (excess - EXCESS);
excess - EXCESS -> (excess - r2 * {twice_error}) + (r2 - R2) * {twice_error};
r2 - R2 -> (r2 - rr * rr) + (rr - R) * (rr + R);
"""

SCRIPTS = {"fused": FUSED_Q, "derivative": DERIVATIVE_Q, "unfused": UNFUSED_REST}


def script(claim, low, high):
    kernel = claim.kernel
    p = POLYNOMIALS[kernel.polynomial]
    start = Fraction(0.5) - Fraction(kernel.error)
    if kernel.form == "unfused" and Fraction(0.5 - kernel.error) != start:
        sys.exit("FAILED: 1/2 - E is rounded")
    computed, exact = (unfused_polynomial if kernel.form == "unfused" else fused_polynomial)(p)
    return SCRIPTS[kernel.form].format(
        low=low.hex(),
        high=high.hex(),
        largest_l=claim.largest_l.hex(),
        error=kernel.error.hex(),
        twice_error=(2 * kernel.error).hex(),
        half=(0.5 - kernel.error).hex(),
        polynomial=computed,
        exact_polynomial=exact,
        polynomial_error=POLYNOMIAL_ERROR[kernel.polynomial][0].hex(),
    )


def allowed(claim, low, high):
    nearest = 0.0 if low < 0 < high else min(abs(low), abs(high))
    share = claim.kernel.error - claim.kernel.reserved(max(abs(low), abs(high)))
    return (share * nearest**2 + claim.slope * nearest + claim.floor) * (1 - 2.0**-40)


def enclosures(text):
    """What Gappa answers where the script asks `in ?`: upper ends of absolute values."""
    done = subprocess.run(["gappa"], input=text, capture_output=True, text=True, check=False)
    # "  |q - Q| in [0, 473056b-129 {6.9e-22, 2^(-70.2)}]", or without the braces
    ends = re.findall(r"in \[[^,]*, (\d+)(?:b(-?\d+))?[^,\d]", done.stdout + done.stderr)
    if len(ends) != 3:
        sys.exit(f"FAILED: Gappa answers\n{done.stdout}{done.stderr}to\n{text}")
    return [int(n) * Fraction(2) ** int(power or 0) for n, power in ends]


def prove(claim, low, high, halvings=HALVINGS):
    """The number of intervals that it took, or 0."""
    below, above, missing = enclosures(script(claim, low, high))
    if max(below, above) + missing <= Fraction(allowed(claim, low, high)):
        return 1
    if halvings == 0:
        return 0
    middle = (low + high) / 2
    left = prove(claim, low, middle, halvings - 1)
    right = left and prove(claim, middle, high, halvings - 1)
    return left + right if right else 0


def intervals(claim):
    """Powers of two, on both sides of 0."""
    if claim.floor:
        yield -claim.smallest, claim.smallest
    high = claim.kernel.largest_r
    while high > claim.smallest:
        fraction, exponent = frexp(high)
        low = 2.0 ** (exponent - (2 if fraction == 0.5 else 1))
        yield low, high
        yield -high, -low
        high = low


def negative():
    """With E a quarter smaller, each of these kernels must have an interval without a proof."""
    for form in ONLY_JUST:
        smaller = [
            replace(claim, kernel=replace(claim.kernel, error=0.75 * claim.kernel.error))
            for claim in CLAIMS
            if claim.kernel.form == form and claim.first == 1 and not claim.kernel.roundings
        ]
        if all(prove(claim, *part, 3) for claim in smaller for part in intervals(claim)):
            sys.exit(f"FAILED: {form}: a bound a quarter too small was proved")
        print(f"{form}: with E a quarter smaller, not every interval can be proved, as it must be")


def main():
    with ThreadPoolExecutor(2) as pool:
        for claim in CLAIMS:
            parts = list(intervals(claim))
            counts = list(pool.map(lambda part, c=claim: prove(c, *part), parts))
            total = sum(max(1, count) for count in counts)
            further = ", to be multiplied" if claim.kernel.roundings else ""
            name = f"{claim.kernel.form}{further}, {claim.first} to {claim.last} steps below 0"
            print(f"{name}, |l| ≤ {claim.largest_l:.3g}, E = {claim.kernel.error:.4g}: "
                  f"{sum(counts)} of {total} intervals proved", flush=True)
            if 0 in counts:
                sys.exit(f"FAILED: {name}: {parts[counts.index(0)]}")


if __name__ == "__main__":
    negative() if "--negative" in sys.argv else main()
