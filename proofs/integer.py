"""Proves the errors that src/kernel/integer.rs states and its tests use. README.md, part 7.

Everything is in units of 2^-64 of a significand, or relative. Gappa encloses what the fixed-point
operations lose; what the reduction adds to it depends on |x|, and is added here.
"""

from fractions import Fraction
from math import exp, expm1, log

from claims import stated
from constants import POLYNOMIAL_ERROR, constants_in, integers, slope
from gappa import enclosures
from kernel import fail, quote

UNIT = Fraction(1, 2**64)
# What `product` leaves out, in units of its result: three truncations, each of less than one.
PRODUCT = 3
# Of y, before it is shifted: the rounded constant, and a truncation.
REDUCTION = Fraction(3, 2)
STEP = log(2) / 32
SCALE_ALPHA = integers("HALF_SCALE_ALPHA")[0] / 2.0**64

INTEGER = "src/kernel/integer.rs"

quote(
    INTEGER,
    # Step 1.
    "let y = times(high(significand), INV_LN_2_32ND); let shift = exponent + 6;",
    "(y, exponent, 0, y.checked_shr(shift.unsigned_abs()).unwrap_or(0))",
    "(y, exponent, high(y) >> (31 - shift), y << shift & u64::MAX >> 1)",
    # Step 2.
    """let s4 = SLOPE_4 - (high(wide(high(g), SLOPE_5)) >> 7);
    let s3 = s3 - (u64::from(high(wide(high(g), s4))) << 6);
    let s2 = s2 - product(g, s3);
    let s1 = s1 - product(g, s2);
    s0 - product(g, s1)""",
    # Steps 3 and 4.
    "let significand = product(y, s);",
    "significand: !(power(n, g, s) >> (n >> 5))",
    "product(POWERS_32[n as usize % 32], !(product(g, s) >> 3))",
    "let significand = power(n, g, slope(g));",
    # Products.
    "significand: times(high(x.significand), self.significand)",
    "significand: product(self.significand, other.significand)",
    """let [c, d] = [wide(a as u32, high(b)), wide(high(a), b as u32)];
    wide(high(a), high(b)) + u64::from(high(c)) + u64::from(high(d))""",
    "wide(a, high(b)) + u64::from(high(wide(a, b as u32)))",
)

# Step 2. `p` is the polynomial without rounding.
SLOPE = """
g = fixed<-64, dn>(g_);
high = fixed<-32, dn>(g);
term5 = fixed<-61, dn>(high * {s5});
s4 = {s4} - term5;
term4 = fixed<-61, dn>(high * s4);
s3 = {s3} - term4;
s2 = {s2} - (g * s3 - lost2);
s1 = {s1} - (g * s2 - lost1);
s = {s0} - (g * s1 - lost0);
p4 = {s4} - g * {s5};
p3 = {s3} - g * p4;
p2 = {s2} - g * p3;
p1 = {s1} - g * p2;
p = {s0} - g * p1;
{{ g in [0, 0.5] /\\ lost2 in [0, {product}] /\\ lost1 in [0, {product}] /\\ lost0 in [0, {product}]
  -> s - p in ? }}
s - p -> lost0 - g * (s1 - p1);
s1 - p1 -> lost1 - g * (s2 - p2);
s2 - p2 -> lost2 - g * (s3 - p3);
s3 - p3 -> (high * s4 - term4) + (g - high) * s4 - g * (s4 - p4);
s4 - p4 -> (high * {s5} - term5) + (g - high) * {s5};
"""

# Step 4. S, W and T are exact; t is from the table, and s has the relative error e.
POWER = """
s = S * (1 + e);
shifted = fixed<-64, dn>(g * s - lost);
w = 1 - 1b-64 - shifted;
W = 1 - g * S;
power = t * w - lost_again;
POWER = T * W;
{{ g in [0, 0.5] /\\ S in [0.0428, 0.0434] /\\ |e| <= {relative} /\\ T in [0.5, 1]
   /\\ |t - T| <= 1b-64 /\\ lost in [0, {product}] /\\ lost_again in [0, {product_again}]
  -> power - POWER in ? }}
power - POWER -> (t - T) * w + T * (w - W) - lost_again;
w - W -> (g * s - lost - shifted) + lost - g * S * e - 1b-64;
"""


def gappa_number(value):
    """A dyadic fraction, exactly."""
    power = value.denominator.bit_length() - 1
    assert value.denominator == 1 << power
    return f"{value.numerator}b-{power}"


def slope_error():
    """Of s, relative."""
    names = {f"s{i}": gappa_number(abs(c)) for i, c in enumerate(slope())}
    ((low, high),) = enclosures(SLOPE.format(product=f"{PRODUCT}b-67", **names), 1)
    smallest = -expm1(-STEP) / 0.5
    polynomial = POLYNOMIAL_ERROR["SLOPE"][0]
    return float(max(-low, high)) / smallest * (1 + 2.0**-50) + polynomial


def power_error(relative):
    """Of T·(1 − g·s), in units."""
    ((low, high),) = enclosures(
        POWER.format(
            relative=relative.hex(), product=f"{PRODUCT}b-67", product_again=f"{PRODUCT}b-64"
        ),
        1,
    )
    return float(max(-low, high) / UNIT)


def reduction(x, e):
    """What y adds to e^-x, for x < 2^e, in units: g is off by REDUCTION, shifted by e + 6."""
    return float(REDUCTION) * 2.0 ** (e + 6) * log(2) / 16 * exp(-x) * (1 + 2.0**-40)


def binades(first, last):
    """(x, e) with the smallest x from `first` on that is below 2^e, up to `last`."""
    e = -6
    while 2.0 ** (e - 1) <= last:
        if 2.0**e > first:
            yield max(first, 2.0 ** (e - 1)), e
        e += 1


def errors():
    """Each error by its name in the tests."""
    relative = slope_error()
    power = power_error(relative)
    print(f"s: 2^{log(relative, 2):.2f} of it; T·(1 − g·s): {power:.2f} units")

    # n = 0. y·s is smallest for the smallest significand, and s for the largest g.
    y = integers("INV_LN_2_32ND")[0] // 2 - 2
    smallest = y * (-expm1(-STEP) / 0.5) * 8
    near_0 = relative + float(REDUCTION) / y + (PRODUCT + 1) / smallest
    with_factor = near_0 + 2.0**-64 / SCALE_ALPHA + PRODUCT / (smallest * SCALE_ALPHA)

    # n > 0, with every number of halvings k that x has. The last truncation and the complement are
    # a unit each, the first only where there is something to shift.
    value = max(
        (power * 2.0**-k + reduction(x, e)) + 1 + (k > 0)
        for low, e in binades(STEP, 40)
        for k in range(58)
        for x in [max(low, k * log(2))]
        if x < min(2.0**e, 40.1, (k + 1) * log(2))
    )

    def multiplied(error, factor=SCALE_ALPHA):
        return error * factor + 0.5 + PRODUCT

    # Where y is shifted down, g is up to a unit smaller.
    of_power, power = power, power + log(2) / 16
    derivative = power + reduction(0, 9)
    largest = multiplied(derivative, 1) + 1
    for source, error in (
        ("a product: the lowest 32×32 bits left out, the others truncated | {} |", PRODUCT),
        ("y, before it is shifted: the constant, and the product truncated | {} |", REDUCTION),
        ("with its rounded coefficients (Sollya) | 2^{}, relative |",
         log(POLYNOMIAL_ERROR["SLOPE"][0], 2)),
        ("s, and its evaluation (Gappa) | 2^{}, relative |", log(relative, 2)),
        ("1 − eˣ for n = 0: s, y, the product | 2^{}, relative |", log(near_0, 2)),
        ("the complement, the products (Gappa) | {} |", of_power),
        ("shifted by e + 6, times ln 2/16 | {}·2ᵉ |", reduction(0, 0)),
        ("1 − eˣ for n > 0: these two, less for larger k, and the shift | {} |", value),
        ("eˣ down to x = −400: these two | {} |", derivative),
        ("a factor: rounded, and the product | {} |", multiplied(0)),
        ("a factor, a gradient | {} |", largest),
    ):
        stated(source, error, path=INTEGER)
    print(f"1 − eˣ: 2^{log(near_0, 2):.2f} of it, {value:.2f} units; eˣ: {derivative:.0f} units")
    return {
        "ERROR_BELOW_FIRST_STEP": with_factor,
        "ERROR_OF_VALUE": multiplied(value),
        "ERROR_OF_DERIVATIVE": multiplied(power),
        "ERROR_OF_DERIVATIVE_IN_X": reduction(0, 0) * SCALE_ALPHA,
        "ERROR_OF_SCALED": 0.5 + 1,
        # With the largest factor, and a gradient.
        "ERROR": largest,
    }, min(smallest, 2.0**64 * -expm1(-STEP) - value)


def main():
    bounds = constants_in("src/kernel/integer/tests.rs")
    (bounds["ERROR"],) = integers("ERROR", INTEGER)
    proved, smallest = errors()
    # A factor is a significand of at least 2^63, or the product of two.
    print(f"the smallest significand is 2^{log(smallest / 4, 2):.2f}")
    stated("every significand is at least 2^{}:", log(smallest / 4, 2), downwards=True)
    for name, error in proved.items():
        print(f"{name}: {error:.4g}, allowed {bounds[name]:.4g}")
        if not error <= bounds[name]:
            fail(f"{name} is too small")


if __name__ == "__main__":
    main()
