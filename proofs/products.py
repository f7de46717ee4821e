"""Adds up the error of the f32 kernel before its last rounding, and compares that of the products
with PRODUCT_ERROR. README.md, part 5.

In the terms of src/kernel/f32/mod.rs: x is n steps of ln 2/16 below 0, plus r. Everything is in parts of
the result; the largest over n, both tables, fused and unfused is printed.
"""

import sys
from math import ceil, exp, log

from claims import UNIT
from constants import POLYNOMIAL_ERROR, POLYNOMIALS, constants_in, table
from losses import half_ulp

KERNEL = constants_in("src/kernel/f32/mod.rs", POLYNOMIALS)
STEP = log(2) / 16
# n is the nearest integer but for the rounding of x·16/ln 2, which is below 2^14.
R = STEP / 2 * (1 + 2.0**-37)
# eʳ and p(r) = (eʳ − 1)/r at their largest.
E, P = exp(R), (exp(R) - 1) / R


def errors_of_table(name, n):
    """Of S and of A."""
    return abs(table(name)["remainders"][-n % 16]), abs(table(name)["base_error"][0])


def error_of_r(n, far, fused):
    """Of r, which is x itself where n is 0."""
    if n == 0:
        return 0.0
    if far:
        # The product with the short head is exact.
        tail = POLYNOMIALS["LN_2_64TH_TAIL"] * 4
        rounded = 0.0 if fused else half_ulp(n * tail)
        return n * half_ulp(tail) + rounded + 2 * half_ulp(R)
    rounded = 0.0 if fused else half_ulp(n * STEP)
    return n * abs(POLYNOMIALS["LN_2_16TH_TAIL"]) * (1 + UNIT) + rounded + half_ulp(R)


def slope(fused):
    """Of S·r·p(r), in parts of S·r: the polynomial, its evaluation, S·r, and the product."""
    # c0 + c1·r and the last sum are numbers near 1; the rest is small beside them.
    evaluation = 2.02 * UNIT
    return POLYNOMIAL_ERROR["EXP_M1_OVER_R_16"][0] + evaluation + P * UNIT * (1 if fused else 2)


def errors_of_exp_m1(name, n, fused):
    delta, base = errors_of_table(name, n)
    if n == 0:
        # A·r·p(r), and p(r) is at least 1 − R.
        return {"table": base, "slope": slope(fused) / (1 - R)}
    power = 2.0 ** (-n / 16)
    y = 1 - power * E
    return {
        "table": (power * E * (delta + base) + base) / y,
        "r": power * E * error_of_r(n, False, fused) / y,
        "slope": power * R * slope(fused) / y,
        # Exact while S ≥ A/2.
        "S − A": 0.0 if n <= 15 else UNIT * (1 - power) / y,
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
    steps = ceil(-lowest / STEP) + 1
    cases = [(errors(name, n, fused), n, fused)
             for n in range(steps + 1) for fused in (False, True)]
    return max(cases, key=lambda case: sum(case[0].values()))


def main():
    near, far = KERNEL["LOWEST"], KERNEL["LOWEST_OF_DERIVATIVE"]
    # How often a product is rounded after that, and once more when it is multiplied by
    # 1 ± PRODUCT_ERROR. (Scale times alpha is exact.)
    results = [
        ("selu", errors_of_exp_m1, near, "SELU_16", None),
        ("elu", errors_of_exp_m1, near, "ELU_16", 1),
        ("selu_backward", errors_of_exp, far, "SELU_16", 1),
        ("elu_backward", errors_of_exp, far, "ELU_16", 2),
    ]
    for function, errors, lowest, name, products in results:
        parts, n, fused = worst(errors, lowest, name)
        # A thousandth for all that is of second order, and for the arithmetic here.
        total = sum(parts.values()) * 1.001
        line = ", ".join(f"{what} {error / UNIT:.2f}" for what, error in parts.items())
        form = "fused" if fused else "unfused"
        print(f"{function}: {total / UNIT:.1f}·2^-53 at {n} steps below 0, {form}: {line}")
        if products is None:
            continue
        total += (products + 1) * UNIT * 1.001
        share = total / KERNEL["PRODUCT_ERROR"]
        print(f"  with its products {total / UNIT:.1f}·2^-53, {share:.3f} of PRODUCT_ERROR")
        if not share < 1:
            sys.exit("FAILED: a product is less exact than PRODUCT_ERROR")


if __name__ == "__main__":
    main()
