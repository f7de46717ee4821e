"""Adds up what the kernels lose outside q, step by step, and compares with ε. README.md, part 3.

Everything is in parts of |y|, for each n and each table; the worst is printed.
"""

import sys
from math import exp, frexp, log

from claims import CLAIMS, DERIVATIVE, KERNELS, UNFUSED_DERIVATIVE, UNIT
from constants import table


def half_ulp(x):
    return 2.0 ** (frexp(x)[1] - 54) if x else 0.0


def losses(claim, name, n):
    kernel, r = claim.kernel, claim.kernel.largest_r
    delta, l = kernel.remainder(name, n)
    # |S/y|, and |S·r/y| at its largest. Where n = 0, r ≤ 0 and y is S·(e^r − 1).
    if kernel in (DERIVATIVE, UNFUSED_DERIVATIVE):
        s_over_y = exp(r)
    elif n == 0:
        s_over_y = None
    else:
        s_over_y = 1 / (2.0 ** (n / kernel.steps) - exp(r))
    sr_over_y = 1.02 if s_over_y is None else s_over_y * r
    s_over_y = s_over_y or 0.0

    base_error = abs(table(name)["base_error"][0])
    slack = kernel.slack
    # δ_j, the tail of ln 2/N and l are rounded.
    exponent = half_ulp(delta) + half_ulp(l) + n * half_ulp(kernel.tail)
    if kernel.form == "unfused":
        exponent += half_ulp(n * kernel.tail)
    parts = {
        "q": s_over_y * claim.floor + sr_over_y * claim.slope,
        "exponent": 1.03 * s_over_y * exponent,
        "constants": UNIT * (2 * base_error + slack),
    }
    if kernel.form == "unfused":
        # What `rest` is besides r²/2, which is reserved: r + l less its head.
        small = sr_over_y * (2.0**-25 + UNIT) * 1.01
        parts["lo"] = 3 * UNIT * UNIT
        parts["S·rest, z"] = 2 * UNIT * small + 3 * UNIT * UNIT
        parts["y·(A/S₀ − 1 ± ε)"] = UNIT * (2 * base_error + slack)
        parts["a"] = UNIT * (small + 3 * UNIT + base_error + slack)
        parts["second order"] = base_error * UNIT
    else:
        # What q is besides r³/6, which is reserved.
        small = 1.03 * (s_over_y * abs(l) + sr_over_y * UNIT)
        parts["err, lo"] = 4 * UNIT * UNIT
        parts["y₀·(A/S₀ − 1 ± ε) + lo"] = UNIT * (base_error + slack + 3 * UNIT)
        parts["a"] = UNIT * (small + base_error + slack + 3 * UNIT)
        parts["second order"] = base_error * (small + 3 * UNIT)
    return parts


def main():
    for form, kernel in KERNELS.items():
        covered = sum(c.last - c.first + 1 for c in CLAIMS if c.kernel is kernel)
        if covered != kernel.last_step + 1:
            sys.exit("FAILED: not every n has a claim")
        worst = max(
            ((losses(claim, name, n), n, name) for claim in CLAIMS if claim.kernel is kernel
             for name in kernel.tables for n in range(claim.first, claim.last + 1)),
            key=lambda found: sum(found[0].values()),
        )
        total = sum(worst[0].values()) * 1.001
        print(f"{form}: {total / kernel.slack:.3f} of ε = 2^{log(kernel.slack, 2):.0f}, "
              f"worst {worst[2]} {worst[1]} steps below 0: "
              + ", ".join(f"{what} {loss / kernel.slack:.3f}" for what, loss in worst[0].items()))
        if not total <= kernel.slack:
            sys.exit("FAILED: the losses exceed ε")


if __name__ == "__main__":
    main()
