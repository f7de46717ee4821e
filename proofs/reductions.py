"""Proves with Gappa that r is exact and no larger than the other proofs take it to be, that the
bounds of λ·x without FMA are on either side of it, and the error of a product without FMA.
README.md, parts 1 to 4.

The operations are those of the kernels: kernel.py reads them.
"""

import ast
from fractions import Fraction
from math import log, log2

from claims import CLAIMS, DEKKER, DERIVATIVE, UNFUSED_DERIVATIVE, half_ulp, stated
from claims import FUSED as VALUE
from constants import MARGIN, POLYNOMIALS, short_bits, value_of
from gappa import binade_below, proves
from kernel import FUSED, UNFUSED, Operations, fail, quote

MOD = "src/kernel/f64/mod.rs"
ARITHMETIC = "src/kernel/arithmetic.rs"
SHIFT = 1.5 * 2.0**52

START = """
@rnd = float<ieee_64, ne>;
x = rnd(x_);
{shifted}
{computed}
{unrounded}
"""
# In the binade of x: that n and r are exact, and the limits.
REDUCTION = START + """
{{ x in [{low}, {high}]
  -> n - N in [0, 0] /\\ r - R in [0, 0] /\\ |R| <= {largest_r} /\\ |n| <= {last_step} }}
R -> x * (1 - {inverse} * {head}) - (n - x * {inverse}) * {head};
n - x * {inverse} -> (n - N) + {rounding};
"""
# Nearer to 0, n is an integer below 1, and r is x.
NO_STEP = START + "{{ x in [{low}, 0] -> @FIX(n, 0) /\\ |n| <= 0.9 }}\n"


def prove_reduction(kernel, path, quoted, shifted, rounding):
    """Down to the lowest x of the derivative."""
    quote(path, quoted)
    steps = kernel.steps
    operations = Operations(path, "of", {"M1": True} if path == FUSED else None)
    operations.values = {name: operations.values[name] for name in ("n", "r")}
    constants = {"ROUND_SHIFT": SHIFT}
    computed, unrounded = operations.gappa(("x", "shifted"), ("n",), constants)
    largest_l = max(Fraction(claim.largest_l) for claim in CLAIMS if claim.kernel.steps == steps)
    head, inverse = (POLYNOMIALS[name.format(steps)].hex()
                     for name in ("LN_2_{}TH_HEAD", "INV_LN_2_{}TH"))
    parts = {
        "shifted": shifted.format(inverse=inverse, shift=SHIFT.hex()),
        "computed": computed,
        "unrounded": f"N = shifted - {SHIFT.hex()};\n" + unrounded,
        "head": head,
        "inverse": inverse,
        "rounding": rounding.format(inverse=inverse, shift=SHIFT.hex()),
        "largest_r": float(Fraction(kernel.largest_r) - largest_l).hex(),
        "last_step": kernel.last_step,
    }
    low, smallest = kernel.lowest, -(2.0**-2) / steps
    while low < smallest:
        high = min(-binade_below(-low), smallest)
        if not proves(REDUCTION.format(low=low.hex(), high=high.hex(), **parts)):
            fail(f"the reduction of {path} from {low} to {high}")
        low = high
    if not proves(NO_STEP.format(low=low.hex(), **parts)):
        fail(f"the reduction of {path} from {low} to 0")
    print(f"{path}: r is exact, |r| + |l| ≤ {kernel.largest_r:.6f}, at most {kernel.last_step} steps")


# Each of r and v is at least half of the other.
DIFFERENCE = """
@rnd = float<ieee_64, ne>;
r = rnd(r_);
{computed}
{{ r in [{low}, {high}] -> v / r in [0.5, 2] }}
v / r -> 1 + half + (v - (half * r + r)) / r {{ r <> 0 }};
"""


def prove_difference():
    operations = Operations(FUSED, "of", {"M1": True})
    operations.values = {name: operations.values[name] for name in ("half", "v")}
    computed, _ = operations.gappa(("r",), ("half", "v"), {}, ("0.5 * r",))
    largest = DERIVATIVE.largest_r
    for low, high in ((2.0**-200, largest), (-largest, -(2.0**-200))):
        if not proves(DIFFERENCE.format(low=low.hex(), high=high.hex(), computed=computed)):
            fail("r − v may be rounded")
    stated("v/r is between 1/{} and {} (`reductions.py`)", 2, 2)
    print(f"{FUSED}: r − v is exact")


SHORT = f"@short_of = float<{short_bits()}, -1074, zr>;"
# The exponent of x does not matter. `lost` is what λ is above its two parts.
LINEAR_BOUNDS = """
@rnd = float<ieee_64, ne>;
{short}
x = rnd(x_);
{computed}
{unrounded}
BEYOND = REST + lost * x;
{{ x in [1, 2] /\\ |lost| <= {lost}
  -> product - PRODUCT in [0, 0] /\\ lower_2 - BEYOND <= 0 /\\ upper_2 - BEYOND >= 0 }}
lower_2 - BEYOND -> (lower_2 - LOWER_2) + (LOWER_2 - REST) - lost * x;
upper_2 - BEYOND -> (upper_2 - UPPER_2) + (UPPER_2 - REST) - lost * x;
LOWER_2 - REST -> REST * -{error};
UPPER_2 - REST -> REST * {error};
PRODUCT + REST -> ({head} + {tail}) * x;
"""


def prove_linear():
    """Both sums are λ·x if nothing but the last rounding is lost, less and more something."""
    operations = Operations(MOD, "linear", {"I::FUSED": False})
    operations.values["lower"] = operations.values.pop("result_0")
    operations.values["upper"] = operations.values.pop("result_1")
    computed, unrounded = operations.gappa(("x",), ("x_head",), {})
    error = value_of(ast.unparse(operations.values["error"]), {})
    script = LINEAR_BOUNDS.format(
        short=SHORT,
        lost=float(half_ulp(POLYNOMIALS["SCALE_SHORT_TAIL"])).hex(),
        head=POLYNOMIALS["SCALE_SHORT_HEAD"].hex(),
        tail=POLYNOMIALS["SCALE_SHORT_TAIL"].hex(),
        error=error.hex(),
        computed=computed,
        unrounded=unrounded,
    )
    if not proves(script):
        fail("the bounds of λ·x without FMA")
    stated("λ is cut into {} bits", short_bits())
    stated("c·(1 − 2^{}) and with c·(1 + 2^{})", log2(error), log2(error))
    print(f"{MOD}: λ·x without FMA is between its bounds")


# Dekker's product. All that is added up is a multiple of 2^-104, and what remains of a factor is at
# most 2^-25 less its last place, which is 2^-52. The names are those that kernel.py gives.
PRODUCT = """
@rnd = float<ieee_64, ne>;
{short}
a = rnd(a_);
b = rnd(b_);
{computed}
lost = error_1_1_1_1 - a_head * b_head - (product - a * b)
    + (error_1_1_1 - (error_1_1_1_1 - product));
{{ a in [1, 2] /\\ b in [1, 2] /\\ a - a_head in [0, 134217727b-52]
  -> |error - (a * b - product)| <= 1b{error} }}
error_1_1_1_1 - product ->
    (error_1_1_1_1 - a_head * b_head) - (product - a * b)
    - (a_head * (b - b_head) + (a - a_head) * b);
error_1_1_1 + error_1_1_2 ->
    lost + (error_1_1_2 - a_head * b_tail) + a_head * (b_tail - (b - b_head)) - (a - a_head) * b;
error_1_1 + error_1_2 ->
    (error_1_1 - (error_1_1_1 + error_1_1_2)) + (error_1_2 - a_tail * b_head) + lost
    + (error_1_1_2 - a_head * b_tail) + a_head * (b_tail - (b - b_head))
    + (a_tail - (a - a_head)) * b_head - (a - a_head) * (b - b_head);
error - (a * b - product) ->
    (error - (error_1 + error_2)) + (error_1 - (error_1_1 + error_1_2))
    + (error_1_1 - (error_1_1_1 + error_1_1_2)) + (error_1_1_1 - (error_1_1_1_1 - product))
    + (error_1_1_1_1 - a_head * b_head) + (error_1_1_2 - a_head * b_tail)
    + (error_1_2 - a_tail * b_head) + (error_2 - a_tail * b_tail)
    + a_head * (b_tail - (b - b_head)) + (a_tail - (a - a_head)) * b_head
    + a_tail * (b_tail - (b - b_head)) + (a_tail - (a - a_head)) * (b - b_head);
"""


def prove_product():
    operations = Operations(ARITHMETIC, "product", {"I::FUSED": False})
    # The result is two names.
    del operations.values["result_0"], operations.values["result_1"]
    computed, _ = operations.gappa(("a", "b"), tuple(operations.values), {})
    error = log2(DEKKER)
    if not proves(PRODUCT.format(computed=computed, short=SHORT, error=int(error))):
        fail("the rounding error of a product without FMA")
    stated("without FMA, up to 2^{} of p", error)
    stated("except for 2^{} of the product", error, path=ARITHMETIC)
    print(f"{ARITHMETIC}: the rounding error of a product is known to 2^{error:.0f} of it")


def compare_part_1():
    value, derivative = (k.lowest for k in (VALUE, DERIVATIVE))
    steps = [round(lowest * 16 / log(2)) for lowest in (value, derivative)]
    stated("n is {} at the lowest x = {}, below which A·(eˣ − 1) is −A to within 2^{}, and {} at the {}",
           steps[0], value, value / log(2), steps[1], derivative)
    stated("A·(eˣ − 1) is −A to within 2^{}", value / log(2), path=MOD)
    stated("|r| + |l| ≤ ln 2/(2N)·(1 + 2^{})", MARGIN)
    head = Fraction(POLYNOMIALS["LN_2_64TH_HEAD"]).numerator.bit_length()
    stated("the head has {} bits, |n| < 2^{}", head, log2(UNFUSED_DERIVATIVE.last_step))


def main():
    quoted = "multiply_add::<I>(x, INV_LN_2_16TH, ROUND_SHIFT)"
    prove_reduction(DERIVATIVE, FUSED, quoted, "shifted = rnd(x * {inverse} + {shift});",
                    "(shifted - (x * {inverse} + {shift}))")
    quoted = "shifted[i] = x[i] * INV_LN_2_64TH + ROUND_SHIFT;"
    prove_reduction(UNFUSED_DERIVATIVE, UNFUSED, quoted,
                    "turns = rnd(x * {inverse});\nshifted = rnd(turns + {shift});",
                    "(shifted - (turns + {shift})) + (turns - x * {inverse})")
    prove_difference()
    prove_linear()
    prove_product()
    compare_part_1()


if __name__ == "__main__":
    main()
