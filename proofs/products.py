"""Adds up the error of the f32 kernel before its last rounding, and compares that of the products
with PRODUCT_ERROR. README.md, part 5.

In the terms of src/kernel/f32/mod.rs: x is n steps of ln 2/16 below 0, plus r. In exact fractions,
every one rounded up. All is in parts of the result; the largest over n, both tables, fused and
unfused is printed.
"""

from fractions import Fraction
from math import ceil

from claims import UNIT, exp_bound, half_ulp, stated, two_to_the
from constants import POLYNOMIAL_ERROR, POLYNOMIALS, constants_in, table
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


def slope(fused):
    """Of S·r·p(r), in parts of S·r: the polynomial, its evaluation, S·r, and the product."""
    # c0 + c1·r and the last sum are numbers near 1; the rest is small beside them.
    evaluation = Fraction(202, 100) * UNIT
    polynomial = Fraction(POLYNOMIAL_ERROR["EXP_M1_OVER_R_16"][0])
    return polynomial + evaluation + P * UNIT * (1 if fused else 2)


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
    shares = []
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
        if products is None:
            continue
        total += (products + 1) * UNIT * SECOND_ORDER
        share = total / Fraction(KERNEL["PRODUCT_ERROR"])
        shares.append(share)
        print(f"  with its products {float(share):.3f} of PRODUCT_ERROR")
        if not share < 1:
            fail(f"{function}: a product is less exact than PRODUCT_ERROR")
    stated("at most {} of 2^-47 for ELU", shares[0])
    stated("{} for the derivatives", max(shares[1:]))


if __name__ == "__main__":
    main()
