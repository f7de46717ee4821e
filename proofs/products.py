"""Adds up the error of the f32 kernel before its last rounding, and compares that of the products
with PRODUCT_ERROR. README.md, part 5.

In the terms of src/kernel/f32/mod.rs: x is n steps of ln 2/16 below 0, plus r. In exact fractions,
every one rounded up. All is in parts of the result; the largest over n, both tables, fused and
unfused is printed. What the evaluation of the polynomial loses, Gappa says.
"""

from fractions import Fraction
from functools import cache
from math import ceil, log, log2

from claims import UNIT, exp_bound, half_ulp, stated, two_to_the
from constants import POLYNOMIAL_ERROR, POLYNOMIALS, constants_in, table
from gappa import enclosures
from kernel import fail, quote

F32 = "src/kernel/f32/mod.rs"
# What is added up below.
quote(F32, """
    clamped[i] = if x < lowest { lowest } else { x };
    shifted[i] = fma(clamped[i], INV_LN_2_16TH, ROUND_SHIFT);
""", """
    let r = if FAR {
        fma(-n, LN_2_16TH_SHORT_TAIL, fma(-n, LN_2_16TH_SHORT_HEAD, clamped[i]))
    } else {
        fma(-n, LN_2_16TH_HEAD, clamped[i])
    };
    let power = f64::from_bits(powers[i].wrapping_add(shifted[i].to_bits() << 48));
    let [c0, c1, c2, c3, c4, c5] = EXP_M1_OVER_R_16;
    let p = if I::FUSED && N > 1 {
        fma(r, fma(r, fma(r, fma(r, fma(r, c5, c4), c3), c2), c1), c0)
    } else {
        let r2 = r * r;
        fma(fma(fma(c5, r, c4), r2, fma(c3, r, c2)), r2, fma(c1, r, c0))
    };
""", "let slope = power * r;",
    "multiply_add::<I>(self.slope, self.p, self.power - table.base)",
    "multiply_add::<I>(self.slope, self.p, self.power)",
    "[f64; 2] = [1.0 - PRODUCT_ERROR, 1.0 + PRODUCT_ERROR];",
    "$function($($argument),*, PRODUCT_BOUNDS, |i, [lower, upper]| {",
    "let (lower, upper) = (lower as f32, upper as f32);",
    "let (below, above) = (scale * alpha * below, scale * alpha * above);",
    "let exp_m1 = expansion.exp_m1::<I>(&ELU_16);",
    "let lower = if expansion.is_positive { linear } else { below * exp_m1 };",
    "let upper = if expansion.is_linear { linear } else { above * exp_m1 };",
    "let exp = expansion.exp::<I>();",
    "let lower = if expansion.is_positive { scale } else { below * exp };",
    "let upper = if expansion.is_linear { scale } else { above * exp };",
    "finish(i, [grad * lower, grad * upper]);",
    "let derivative = if expansion.is_positive { SCALE_HEAD } else { expansion.exp::<I>() };",
    "let product = f64::from(grad[i]) * derivative;",
    "finish(i, [product * below, product * above]);",
)

KERNEL = constants_in(F32, POLYNOMIALS)
# Above ln 2/16.
STEP = Fraction(POLYNOMIALS["LN_2_16TH_HEAD"]) + Fraction(1, 2**57)
# n is the nearest integer but for the rounding of x·16/ln 2, which is below 2^14.
R = STEP / 2 * (1 + Fraction(1, 2**37))
# eʳ and p(r) = (eʳ − 1)/r at their largest.
E = exp_bound(R)
P = (E - 1) / R


def errors_of_table(name, n):
    """Of S and of A."""
    entries = table(name)["remainders"][-n % 16], table(name)["base_error"][0]
    return tuple(abs(Fraction(entry)) for entry in entries)


def error_of_r(n, far, fused):
    """Of r, which is x itself where n is 0."""
    if n == 0:
        return Fraction(0)
    if far:
        # The product with the short head is exact.
        tail = abs(Fraction(POLYNOMIALS["LN_2_64TH_TAIL"])) * 4
        rounded = 0 if fused else half_ulp(n * tail)
        return n * half_ulp(tail) + rounded + 2 * half_ulp(R)
    rounded = 0 if fused else half_ulp(n * STEP)
    return n * abs(Fraction(POLYNOMIALS["LN_2_16TH_TAIL"])) * (1 + UNIT) + rounded + half_ulp(R)


# r² is rounded once whether fused or not.
EVALUATION = """
@rnd = float<ieee_64, ne>;
r = rnd(r_);
r2 = rnd(r * r);
R2 = r * r;
p = {p};
P = {unrounded};
{{ |r| <= {largest_r} -> |p - P| in ? }}
"""


def evaluation(fused):
    """Of p(r), whichever way it is evaluated."""
    c = [coefficient.hex() for coefficient in POLYNOMIALS["EXP_M1_OVER_R_16"]]

    def in_steps(fma, r, _):
        p = c[5]
        for coefficient in c[4::-1]:
            p = fma(r, p, coefficient)
        return p

    def in_pairs(fma, r, r2):
        high = fma(fma(c[5], r, c[4]), r2, fma(c[3], r, c[2]))
        return fma(high, r2, fma(c[1], r, c[0]))

    def rounded(a, b, c):
        return f"rnd({a} * {b} + {c})" if fused else f"rnd(rnd({a} * {b}) + {c})"

    def exact(a, b, c):
        return f"({a} * {b} + {c})"

    largest_r = float(R * (1 + UNIT))
    return max(
        enclosures(EVALUATION.format(p=way(rounded, "r", "r2"), unrounded=way(exact, "r", "R2"),
                                     largest_r=largest_r.hex()), 1)[0][1]
        for way in ([in_steps, in_pairs] if fused else [in_pairs])
    )


@cache
def slope(fused):
    """Of S·r·p(r), in parts of S·r: the polynomial, its evaluation, S·r, and the product."""
    polynomial = Fraction(POLYNOMIAL_ERROR["EXP_M1_OVER_R_16"][0])
    return polynomial + evaluation(fused) + P * UNIT * (1 if fused else 2)


def errors_of_exp_m1(name, n, fused):
    delta, base = errors_of_table(name, n)
    if n == 0:
        # A·r·p(r), and p(r) is at least 1 − R.
        return {"table": base, "slope": slope(fused) / (1 - R)}
    power = two_to_the(-n, 16)[1]
    y = 1 - power * E
    return {
        "table": (power * E * (delta + base) + base) / y,
        "r": power * E * error_of_r(n, False, fused) / y,
        "slope": power * R * slope(fused) / y,
        # Exact while S ≥ A/2.
        "S − A": 0 if n <= 15 else UNIT / y,
        "sum": UNIT,
    }


def errors_of_exp(name, n, fused):
    delta, base = errors_of_table(name, n)
    return {
        "table": delta + base,
        "r": error_of_r(n, True, fused),
        "slope": R * slope(fused) * E,
        "sum": UNIT,
    }


def worst(errors, lowest, name):
    steps = ceil(Fraction(-lowest) / STEP) + 1
    cases = [(errors(name, n, fused), n, fused)
             for n in range(steps + 1) for fused in (False, True)]
    return max(cases, key=lambda case: sum(case[0].values()))


# A thousandth for all that is of second order.
SECOND_ORDER = Fraction(1001, 1000)


def main():
    shares = {}
    near, far = KERNEL["LOWEST"], KERNEL["LOWEST_OF_DERIVATIVE"]
    # How often a product is rounded after that, and once more with 1 ± PRODUCT_ERROR as a factor.
    # (Scale times alpha is exact.)
    results = [
        ("selu", errors_of_exp_m1, near, "SELU_16", None),
        ("elu", errors_of_exp_m1, near, "ELU_16", 1),
        ("selu_backward", errors_of_exp, far, "SELU_16", 1),
        ("elu_backward", errors_of_exp, far, "ELU_16", 2),
    ]
    for function, errors, lowest, name, products in results:
        parts, n, fused = worst(errors, lowest, name)
        total = sum(parts.values()) * SECOND_ORDER
        line = ", ".join(f"{what} {float(error / UNIT):.2f}" for what, error in parts.items())
        form = "fused" if fused else "unfused"
        print(f"{function}: {float(total / UNIT):.1f}·2^-53 at {n} steps below 0, {form}: {line}")
        if function in ("selu", "elu") and (n, fused) != (1, False):
            fail(f"{function}: the worst case is another")
        if products is None:
            compare_with_source(parts, total)
            continue
        total += (products + 1) * UNIT * SECOND_ORDER
        shares[function] = total / Fraction(KERNEL["PRODUCT_ERROR"])
        print(f"  with its products {float(shares[function]):.3f} of PRODUCT_ERROR")
        if not shares[function] < 1:
            fail(f"{function}: a product is less exact than PRODUCT_ERROR")
    elu, *derivatives = shares.values()
    error = log2(KERNEL["PRODUCT_ERROR"])
    polynomial, _ = POLYNOMIAL_ERROR["EXP_M1_OVER_R_16"]
    stated("`PRODUCT_ERROR` = 2^{} of the result away", error)
    stated("(2^{}, certified) and of its evaluation ({}·2^-53, by Gappa)", log2(polynomial),
           max(map(evaluation, (False, True))) / UNIT)
    stated("by 1 ± 2^{}. The sum is at most {} of 2^{} for ELU, at n = −1 without FMA, "
           "and {} for the derivatives", error, elu, error, max(derivatives))
    stated("at most {} of the distance, and those of a derivative {}.", elu, max(derivatives),
           path=F32)


def compare_with_source(parts, total):
    for source, *names in (
        ("S and A, which are rounded", "table"),
        ("r: ln 2/16 and, without FMA, n times that, are rounded", "r"),
        ("its evaluation, the products", "slope"),
        ("the sum", "sum", "S − A"),
    ):
        stated(source + " | {} |", sum(parts[name] for name in names) / UNIT, path=F32)
    stated("together below 2^{}. So", log2(total), path=F32)
    stated("Below this, A·(eˣ − 1) is −A to within 2^{}", KERNEL["LOWEST"] / log(2), path=F32)


if __name__ == "__main__":
    main()
