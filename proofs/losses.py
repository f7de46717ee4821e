"""Adds up what the kernels lose outside q, step by step, and compares with ε. README.md, part 3;
and part 2 for smaller r.

In exact fractions, every one rounded up. All is in parts of |y|, for each n and each table; the
worst is printed.
"""

from dataclasses import replace
from fractions import Fraction
from math import log2

from claims import (
    CLAIMS, DEKKER, DERIVATIVE, KERNELS, UNFUSED_DERIVATIVE, UNIT, exp_bound, half_ulp, rounded_up, stated,
    two_to_the,
)
from constants import f64, kernel_constant, short_bits, table
from kernel import FUSED, UNFUSED, fail, quote

ANY_SIZE = "src/kernel/f64/any_size.rs"

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
quote("src/kernel/interval.rs", """
    let (head, error) = product::<I>(self.head, factor);
    self.with_bounds::<I>(head, factor, error)
""", """
    let (head, error) = product::<I>(self.head, factor);
    let error = multiply_add::<I>(self.head, tail, error);
    self.with_bounds::<I>(head, factor, error)
""", """
    lower: multiply_add::<I>(self.lower, factor, error),
    upper: multiply_add::<I>(self.upper, factor, error),
""")
quote(ANY_SIZE, """
    let error = head.abs() * self.error;
    let interval = Interval { head, lower: tail - error, upper: tail + error };
    Bounds { interval: interval.times::<I>(number), exponent: self.exponent + exponent }
""", "if x > -TINY { return Some(factor.times::<I>(split(x)?)); }")

DERIVATIVES = (DERIVATIVE, UNFUSED_DERIVATIVE)
# What remains of a number that is cut short.
SHORT = Fraction(2, 2 ** short_bits())


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
        small = sr_over_y * (SHORT + UNIT) * Fraction(101, 100)
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
    if kernel.products:
        # Of a, what is not reserved; of the errors of the products; and of these themselves.
        parts["products"] = kernel.roundings * (parts["a"] + 4 * UNIT * UNIT)
        parts["products"] += 3 * UNIT * UNIT + (kernel.products + 1) * DEKKER
    return parts


def lost_near_0(kernel, smallest):
    """What q misses where n = 0 and |r| is below this, in parts of |r|: r³ as a whole, E·r², and
    the roundings of r²/2 without FMA, of what r − v or r − head leaves, and of both bounds."""
    rest, square = (SHORT, 3 * smallest) if kernel.form == "unfused" else (UNIT, 0)
    roundings = UNIT * (square + 3 * rest) * Fraction(101, 100)
    return smallest**2 / 5 + 3 * Fraction(kernel.error) * smallest + roundings


def prove_near_0():
    """That ε has room for it, and for what underflows."""
    lost = {"fused": [], "unfused": []}
    for claim in CLAIMS:
        if not claim.floor and not claim.first:
            lost[claim.kernel.form].append(lost_near_0(claim.kernel, Fraction(claim.smallest)))
            near = replace(claim, slope=lost[claim.kernel.form][-1])
            for name in near.kernel.tables:
                if not sum(losses(near, name, 0).values()) <= Fraction(near.kernel.slack) * 9 / 10:
                    fail(f"{near.kernel.form}: near 0 the losses exceed ε")
    stated("less than 2^{}·|r| (2^{}·|r|) in all",
           *(log2(max(part)) for part in lost.values()))
    tiny, slack = kernel_constant("TINY"), kernel_constant("SLACK_16")
    if not -1074 + 60 < log2(tiny) + log2(slack):
        fail("what underflows is not negligible")
    stated("Below 2^{}", log2(tiny))
    stated("only between 2^{} and 2^{}", log2(tiny), log2(kernel_constant("HUGE")))
    # The result is a little smaller than |r|.
    stated("negligible against ε·|y| > 2^{}", log2(tiny) + log2(slack) - 1, downwards=True)


def prove_any_size():
    """That its ERROR is above what is lost where no ε has room for it: by the pair, which is λ, λα
    or a product, by the product with a number, by its bounds, which are rounded three times, and
    by x for eˣ − 1."""
    lost = max(UNIT**2, DEKKER) + DEKKER + 3 * UNIT * Fraction(202, 100) * UNIT
    lost += Fraction(kernel_constant("TINY"))
    stated("and a product, are below 2^{}", log2(lost))
    if not lost < kernel_constant("ERROR"):
        fail("any_size.rs: ERROR is too small")


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
            if kernel.form == "unfused" and power.numerator.bit_length() > short_bits():
                fail(f"{name}: {n} steps below 0 the power is not short")
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
    stated("S and the head have {} bits each", short_bits())
    shares, worst, remaining = {}, {}, 0
    for form, kernel in KERNELS.items():
        covered = sum(c.last - c.first + 1 for c in CLAIMS if c.kernel is kernel)
        if covered != kernel.last_step + 1:
            fail("not every n has a claim")
        found = [(losses(claim, name, n), n, name)
                 for claim, n in claims_of(kernel) for name in kernel.tables]
        if kernel.products:
            remaining = max(remaining, *(parts["a"] / UNIT for parts, _, _ in found))
        parts, n, name = worst[form] = max(found, key=lambda each: sum(each[0].values()))
        shares[form] = sum(parts.values()) / Fraction(kernel.slack)
        print(f"{form}: {float(shares[form]):.3f} of ε = 2^{log2(kernel.slack):.0f}, "
              f"worst {name} {n} steps below 0: "
              + ", ".join(f"{what} {float(loss / Fraction(kernel.slack)):.3f}"
                          for what, loss in parts.items()))
        if not shares[form] <= 1:
            fail(f"{form}: the losses exceed ε")
        stated(f"| {form} | {{}} |", shares[form])
    of_products = [kernel.roundings for kernel in KERNELS.values() if kernel.products]
    stated("{} roundings for ELU and SELU with other constants, {} for their gradients, "
           "without FMA {} and {}.", *of_products)
    stated("What remains of a is at most 2^{} of the result", log2(remaining))
    prove_near_0()
    prove_any_size()
    # What the sources say of themselves.
    parts, n, name = worst["unfused"]
    s_over_y = losses(replace(next(claims_of(KERNELS["unfused"]))[0], floor=1.0, slope=0.0), name, n)["q"]
    stated("Without FMA that is at n = −{}, where S is {} times the result", n, s_over_y)
    parts = dict(parts)
    times_s = parts.pop("q") + parts.pop("exponent")
    stated("rounded, 2^{} of S, which is at most 2^{} of the result | 2^{} |",
           log2(times_s / s_over_y), log2(s_over_y), log2(times_s), path=UNFUSED)
    stated("the last two roundings of each bound | 2^{} |", log2(sum(parts.values())), path=UNFUSED)
    stated("adds them up to {} of it; 0.12", shares["unfused"], path=UNFUSED)
    stated("to {} of it, nearly all of it what q", shares["fused"], path=FUSED)
    stated("to {} of it, nearly all of it what Gappa", shares["derivative"], path=FUSED)


if __name__ == "__main__":
    main()
