"""Proves with Gappa what claims.py claims of q, interval by interval. README.md, part 2.

The operations are those of the kernels: kernel.py reads them. Gappa encloses the distances of q and
of the upper bound from what they would be without rounding, and what the formula itself leaves out.
Where the sum is above the claim, the interval is halved, a few times.

    proofs/intervals.py               all claims
    proofs/intervals.py FORM FIRST    those of a form that begin at this many steps below 0
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import cache
from math import ceil, floor, log2

from claims import CLAIMS, KERNELS, exp_bound, stated
from constants import POLYNOMIAL_ERROR, POLYNOMIALS, short_bits
from gappa import binade_below, enclosures, proves
from kernel import FUSED, UNFUSED, Operations, fail

HALVINGS = 6

# `F` is (e^r - 1 - r - r^2/2)/r^3, `G` what it is above the polynomial, and T is e^r/2 and what l^3
# adds: e^(r+l) - 1 - v is REST_LOWER + E·r² + MISSING. reductions.py says why r - v is exact.
FUSED_SCRIPT = """
@rnd = float<ieee_64, ne>;
r = rnd(r_);
l = rnd(l_);
{computed}
{unrounded}
MISSING = R2 * (r * G) + l * ({left_out}) + T * (l * l);
{{ r in [{low}, {high}] /\\ |l| <= {largest_l} /\\ |G| <= {polynomial_error}
   /\\ F in [{f_low}b-60, {f_high}b-60] /\\ T in [{t_low}b-60, {t_high}b-60]
  -> |rest_lower - REST_LOWER| in ? /\\ |rest_upper - REST_UPPER| in ? /\\ |MISSING| in ? }}
half * r + (r - v) -> -(v - (half * r + r));
"""
# Without FMA the sum of r and l is what is known; `short` is its first 26 bits.
UNFUSED_SCRIPT = """
@rnd = float<ieee_64, ne>;
@short_of = float<{short_bits}, -1074, zr>;
tail = rnd(tail_);
{computed}
{unrounded}
LEFT_OUT = SQUARE * (SUM * G);
{{ SUM in [{low}, {high}] /\\ |tail| <= {largest_l} /\\ |G| <= {polynomial_error}
  -> |rest_lower - REST_LOWER| in ? /\\ |rest_upper - REST_UPPER| in ? /\\ |LEFT_OUT| in ? }}
r - short -> (SUM - sum) + (sum - short) - tail;
missing_1 + tail -> (missing_1 - MISSING_1) + (SUM - sum) + (sum - short);
"""


def parts_of(form, error):
    """The script of a form, with its operations."""
    constants = {"error": error}
    if form == "unfused":
        operations = Operations(UNFUSED, "of").gappa(("n", "r", "tail"), ("short",), constants)
        script, left_out = UNFUSED_SCRIPT, ""
    else:
        operations = Operations(FUSED, "of", {"M1": form == "fused"}).gappa(
            ("n", "r", "l"), ("half", "v"), constants, exact=("r - v", "0.5 * r")
        )
        script = FUSED_SCRIPT
        # What is multiplied by l besides the terms of the formula.
        left_out = "V_ERROR + R2 * (r * F)" if form == "fused" else f"{error.hex()} * R2 + R2 * (r * G)"
    computed, unrounded = operations
    return script, {
        "computed": computed, "unrounded": unrounded, "left_out": left_out,
        "short_bits": short_bits(),
    }


# What the operations are without rounding, by README.md: Gappa refuses a rule whose sides differ.
FORMULAS = {
    "fused": "{square} * ({r} * ({p}) - {error}) + (l * v + l + (half * r + (r - v)))",
    "derivative": "l * (v + ({q})) + l + ({q})",
    "unfused": "(r - short + tail) + {square} * (0.5 - {error} + {r} * ({p}))",
}


def prove_formula(kernel):
    """That the kernel computes the formula, as Gappa's MISSING or LEFT_OUT takes it."""
    text, parts = parts_of(kernel.form, kernel.error)
    r = "SUM" if kernel.form == "unfused" else "r"
    square, error = f"{r} * {r}", kernel.error.hex()
    p = " + ".join(f"{c.hex()}" + f" * {r}" * i
                   for i, c in enumerate(POLYNOMIALS[kernel.polynomial]))
    q = f"{square} * ({r} * ({p}) - {error}) + (half * r + (r - v))"
    formula = FORMULAS[kernel.form].format(r=r, square=square, p=p, q=q, error=error)
    start = text[:text.index("{unrounded}")].format(**parts)
    proves(f"""{start}{parts["unrounded"]}
{{ {r} in [0, 1] -> {r} in ? }}
REST_LOWER -> {formula};
REST_UPPER -> REST_LOWER + {(2 * kernel.error).hex()} * {square};
""")


@cache
def limits(claim):
    """Of F and T, for all r and l, in units of 2^-60: their series alternate for negative numbers."""
    r, l = Fraction(claim.kernel.largest_r), Fraction(claim.largest_l)
    e_r = exp_bound(r)
    return {
        "f_low": floor((Fraction(1, 6) - r / 24) * 2**60),
        "f_high": ceil((e_r - 1 - r - r * r / 2) / r**3 * 2**60),
        "t_low": floor((1 - r) * (Fraction(1, 2) - l) * 2**60),
        "t_high": ceil(e_r * (Fraction(1, 2) + l) * 2**60),
    }


def script(claim, low, high):
    kernel = claim.kernel
    text, parts = parts_of(kernel.form, kernel.error)
    return text.format(
        low=low.hex(),
        high=high.hex(),
        largest_l=claim.largest_l.hex(),
        polynomial_error=POLYNOMIAL_ERROR[kernel.polynomial][0].hex(),
        **limits(claim),
        **parts,
    )


def allowed(claim, low, high):
    nearest = Fraction(0 if low < 0 < high else min(abs(low), abs(high)))
    share = Fraction(claim.kernel.error) - claim.kernel.reserved(max(abs(low), abs(high)))
    return share * nearest**2 + Fraction(claim.slope) * nearest + Fraction(claim.floor)


def prove(claim, low, high, halvings=HALVINGS):
    """The number of intervals that it took, or 0."""
    (_, below), (_, above), (_, missing) = enclosures(script(claim, low, high), 3)
    if max(below, above) + missing <= allowed(claim, low, high):
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
        low = binade_below(high)
        yield low, high
        yield -high, -low
        high = low


def compare_part_2():
    fused, unfused = ([c for c in CLAIMS if c.kernel is KERNELS[f]] for f in ("fused", "unfused"))
    near_0, near, far, farthest = fused
    stated("n = 0: only a slope of 2^{}", log2(near_0.slope))
    stated("{} ≤ −n ≤ {}: a floor of 2^{}", near.first, near.last, log2(near.floor))
    stated("−n ≥ {}: l·r³/6", far.first)
    stated("The floor is 2^{}, and 2^{} from {} on: S is below 2^{}·A and 2^{}·A there.",
           log2(far.floor), log2(farthest.floor), farthest.first, -far.first / 16,
           -farthest.first / 16)
    stated("the intervals end at 2^{} (without FMA 2^{})", log2(near_0.smallest),
           log2(unfused[0].smallest))
    stated("and so covers |l| down to x = {}", KERNELS["derivative"].lowest)
    stated("R = r + l, and cut after {} bits", short_bits())
    error, _ = POLYNOMIAL_ERROR[KERNELS["fused"].polynomial]
    stated("P (Sollya, certified) | 2^{}·\\|r\\|³ |", log2(error), path=FUSED)
    stated("E·r² = {}·2^{}·r² |", KERNELS["fused"].error * 2**58, -58, path=FUSED)
    stated("E·ρ² = {}·2^{}·ρ² |", KERNELS["unfused"].error * 2**53, -53, path=UNFUSED)


def main(form=None, first=None):
    with ThreadPoolExecutor() as pool:
        for claim in CLAIMS:
            if form and (claim.kernel.form, str(claim.first)) != (form, first):
                continue
            prove_formula(claim.kernel)
            parts = list(intervals(claim))
            counts = list(pool.map(lambda part, c=claim: prove(c, *part), parts))
            further = ", to be multiplied" if claim.kernel.roundings else ""
            name = f"{claim.kernel.form}{further}, {claim.first} to {claim.last} steps below 0"
            if 0 in counts:
                fail(f"{name}: {parts[counts.index(0)]}")
            print(f"{name}, |l| ≤ {claim.largest_l:.3g}, E = {claim.kernel.error:.4g}: "
                  f"{sum(counts)} intervals proved", flush=True)
    compare_part_2()


if __name__ == "__main__":
    main(*sys.argv[1:])
