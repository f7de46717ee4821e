"""Adds up what the kernels lose outside q, step by step, and compares with ε. README.md, part 3.

In exact fractions, every one rounded up. All is in parts of |y|, for each n and each table; the
worst is printed.
"""

from fractions import Fraction
from math import log2

from claims import (
    CLAIMS, DERIVATIVE, KERNELS, UNFUSED_DERIVATIVE, UNIT, exp_bound, half_ulp, rounded_up, stated,
    two_to_the,
)
from constants import f64, table
from kernel import FUSED, UNFUSED, fail, quote

# What is added up below, but for q.
quote(FUSED, """
    let head = fma(power, linear, base);
    let error = fma(power, linear, base - head) + correction;
    Interval {
        head,
        lower: fma(power, rest_lower, fma(head, errors.0, error)),
        upper: fma(power, rest_upper, fma(head, errors.1, error)),
    }
""", """
    let difference = expansion.power - table.base;
    let correction = expansion.power - (difference + table.base);
    let errors = (table.base_error + SLACK_16, table.base_error - SLACK_16);
    intervals.set(i, expansion.around::<I>(difference, correction, errors));
""", """
    let errors = (table.base_error - SLACK_GRADIENT, table.base_error + SLACK_GRADIENT);
    intervals.set(i, expansion.around::<I>(power, 0.0, errors));
""")
quote(UNFUSED, """
    let linear = power * short;
    let head = base + linear;
    let error = (linear - (head - base)) + correction;
    let lower = error + power * rest_lower;
    let upper = error + power * rest_upper;
    let size = head + lower;
    Interval { head, lower: lower + size * errors.0, upper: upper + size * errors.1 }
""", """
    let difference = expansion.power - table.base;
    let correction = expansion.power - (difference + table.base);
    let errors = (table.base_error + SLACK_64, table.base_error - SLACK_64);
    intervals.set(i, expansion.around(difference, correction, errors));
""", """
    let errors = (table.base_error - SLACK_64, table.base_error + SLACK_64);
    intervals.set(i, expansion.around(power, 0.0, errors));
""")

DERIVATIVES = (DERIVATIVE, UNFUSED_DERIVATIVE)


def losses(claim, name, n):
    kernel, r = claim.kernel, Fraction(claim.kernel.largest_r)
    delta, _ = kernel.remainder(name, n)
    tail = abs(Fraction(kernel.tail))
    l = abs(delta) + n * tail
    e_r = exp_bound(r)
    # |S/y|, and |S·r/y| at its largest. Where n = 0, r ≤ 0 and y is S·(e^r − 1).
    if kernel in DERIVATIVES:
        s_over_y = e_r
    elif n == 0:
        s_over_y = Fraction(0)
    else:
        s_over_y = rounded_up(1 / (two_to_the(n, kernel.steps)[0] - e_r))
    sr_over_y = Fraction(102, 100) if n == 0 and kernel not in DERIVATIVES else s_over_y * r

    base_error = abs(Fraction(table(name)["base_error"][0]))
    slack = Fraction(kernel.slack)
    # δ_j, the tail of ln 2/N and l are rounded.
    exponent = half_ulp(delta) + half_ulp(l) + n * half_ulp(tail)
    if kernel.form == "unfused":
        exponent += half_ulp(n * tail)
    parts = {
        "q": s_over_y * Fraction(claim.floor) + sr_over_y * Fraction(claim.slope),
        "exponent": Fraction(103, 100) * s_over_y * exponent,
        "constants": UNIT * (2 * base_error + slack),
    }
    if kernel.form == "unfused":
        # What `rest` is besides r²/2, which is reserved: r + l less its head.
        small = sr_over_y * (Fraction(1, 2**25) + UNIT) * Fraction(101, 100)
        parts["lo"] = 3 * UNIT * UNIT
        parts["S·rest, z"] = 2 * UNIT * small + 3 * UNIT * UNIT
        parts["y·(A/S₀ − 1 ± ε)"] = UNIT * (2 * base_error + slack)
        parts["a"] = UNIT * (small + 3 * UNIT + base_error + slack)
        parts["second order"] = base_error * UNIT
    else:
        # What q is besides r³/6, which is reserved.
        small = Fraction(103, 100) * (s_over_y * l + sr_over_y * UNIT)
        parts["err, lo"] = 4 * UNIT * UNIT
        parts["y₀·(A/S₀ − 1 ± ε) + lo"] = UNIT * (base_error + slack + 3 * UNIT)
        parts["a"] = UNIT * (small + base_error + slack + 3 * UNIT)
        parts["second order"] = base_error * (small + 3 * UNIT)
    return parts


def prove_exact_sums(kernel):
    """Part 3, steps 1 and 2: S ≤ S₀, S·v at most half of D, and what is multiplied is short."""
    r = Fraction(kernel.largest_r)
    largest_v = exp_bound(r) - 1
    worst = Fraction(0)
    for name in kernel.tables:
        base = Fraction(table(name)["base"][0])
        for n in range(1, kernel.steps + 1):
            bits = table(name)["powers"][-n % kernel.steps] - n * 2**52 // kernel.steps
            power = Fraction(f64(bits))
            if kernel.form == "unfused" and power.numerator.bit_length() > 26:
                fail(f"{name}: {n} steps below 0 the power has more than 26 bits")
            if not power < base:
                fail(f"{name}: {n} steps below 0 the power is no smaller")
            # From here to `steps` further down, S is smaller and D larger.
            worst = max(worst, power * largest_v / (base - power))
    return worst


def claims_of(kernel):
    """Every claim with its n. The losses of a derivative grow with n, and so the last n of each
    entry of the table are enough."""
    for claim in CLAIMS:
        if claim.kernel is kernel:
            first = claim.first
            if kernel in DERIVATIVES:
                first = max(first, claim.last - kernel.steps)
            yield from ((claim, n) for n in range(first, claim.last + 1))


def main():
    largest = max(prove_exact_sums(k) for k in KERNELS.values() if k not in DERIVATIVES)
    stated("|S·v| is at most {}·|D|", largest)
    for form, kernel in KERNELS.items():
        covered = sum(c.last - c.first + 1 for c in CLAIMS if c.kernel is kernel)
        if covered != kernel.last_step + 1:
            fail("not every n has a claim")
        worst = max(
            ((losses(claim, name, n), n, name)
             for claim, n in claims_of(kernel) for name in kernel.tables),
            key=lambda found: sum(found[0].values()),
        )
        share = sum(worst[0].values()) / Fraction(kernel.slack)
        print(f"{form}: {float(share):.3f} of ε = 2^{log2(kernel.slack):.0f}, "
              f"worst {worst[2]} {worst[1]} steps below 0: "
              + ", ".join(f"{what} {float(loss / Fraction(kernel.slack)):.3f}"
                          for what, loss in worst[0].items()))
        if not share <= 1:
            fail(f"{form}: the losses exceed ε")
        stated(f"| {form} | {{}} |", share)


if __name__ == "__main__":
    main()
