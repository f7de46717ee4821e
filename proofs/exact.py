"""Proves the error of the 256-bit arithmetic, which decides what the bounds leave open. README.md,
part 6.

`src/kernel/wide.rs` computes with fractions of 256 bits, cut off, and Gappa follows it step by
step. The steps are loops over integers, so they are spelled out here, and the code that they stand
for is quoted. A unit is 2^-256.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from math import factorial, log2

from claims import exp_bound, stated
from constants import read
from gappa import enclosures
from kernel import code_of, fail, quote

WIDE = "src/kernel/wide.rs"
UNIT = Fraction(1, 2**256)
CODE = code_of(read(WIDE))


def integer(name):
    """A constant that is written as one number."""
    found = re.search(rf"const {name}: \w+ = (\w+);", CODE) or fail(f"no {name} in {WIDE}")
    return int(found[1].replace("_", ""), 0)


def fraction(name):
    """A constant that is written as limbs, the lowest first."""
    found = re.search(rf"const {name}: \[u64; \d\] = \[([^\]]*)\]", CODE) or fail(f"no {name}")
    words = [int(word, 16) for word in found[1].replace("_", "").split(",") if word.strip()]
    return Fraction(sum(word << 64 * i for i, word in enumerate(words)), 2 ** (64 * len(words)))


TERMS = integer("TERMS")
SERIES_BITS = integer("SERIES_BITS")
TWO_LIMBS_FROM = integer("TWO_LIMBS_FROM")
THREE_LIMBS_FROM = integer("THREE_LIMBS_FROM")
CLAMP_EXPONENT = integer("CLAMP_EXPONENT")
LN_2 = fraction("LN_2")
LOG2_E = Fraction(integer("LOG2_E"), 2 ** integer("LOG2_E_BITS"))

# All of it: the programs below do the same.
quote(WIDE, """
    let last = terms(z) - 1;
    let mut sum = RECIPROCAL_FACTORIALS[last];
    for n in (TWO_LIMBS_FROM..last).rev() {
        sum = difference(RECIPROCAL_FACTORIALS[n], product::<2>(z, &sum));
    }
    for n in (THREE_LIMBS_FROM..last.min(TWO_LIMBS_FROM)).rev() {
        sum = difference(RECIPROCAL_FACTORIALS[n], product::<3>(z, &sum));
    }
    for n in (0..last.min(THREE_LIMBS_FROM)).rev() {
        sum = difference(RECIPROCAL_FACTORIALS[n], product::<4>(z, &sum));
    }
    sum
""", """
    let zeros = leading_zeros(z);
    let negligible =
        |n: usize| n as u32 * zeros + RECIPROCAL_FACTORIALS[n][3].leading_zeros() >= FRACTION_BITS;
    let mut terms = TERMS.min((FRACTION_BITS / zeros) as usize + 1);
    while terms > 1 && negligible(terms - 1) {
        terms -= 1;
    }
    terms
""", """
    let (halvings, remainder) = self.reduced();
    let squarings = SERIES_BITS.saturating_sub(remainder[3].leading_zeros());
    let z = shifted_right(remainder, squarings);
    let mut power = complement(product::<4>(&z, &series(&z)));
    for _ in 0..squarings {
        power = product::<4>(&power, &power);
    }
    (halvings, power)
""", """
    if self.exponent < 0 {
        return (0, shifted_right(self.significand, self.exponent.unsigned_abs()));
    }
    let fixed = if self.exponent > CLAMP_EXPONENT {
        1 << (64 + CLAMP_EXPONENT)
    } else {
        u128::from(high) << self.exponent
    };
    let halvings = ((fixed * LOG2_E) >> (64 + LOG2_E_BITS)) as u32;
    let [_, multiple @ ..] = fraction_of_multiple(&LN_2, halvings.into());
    (halvings, difference([0, 0, 0, fixed as u64], multiple))
""", """
    if x.exponent <= -(SERIES_BITS as i32) {
        let z = shifted_right(x.significand, x.exponent.unsigned_abs());
        return x.times(Self::normalised(false, 0, series(&z)));
    }
    let (halvings, power) = x.exp_of_minus_magnitude();
    let difference = complement(shifted_right(power, halvings));
    Self::normalised(true, 0, difference)
""", """
    let (a, b) = (&a[4 - LIMBS..], &b[4 - LIMBS..]);
    let mut columns = [0; 8];
    for i in 0..LIMBS {
        let mut carry = 0;
        for j in LIMBS - 1 - i..LIMBS {
            let sum = u128::from(a[i]) * u128::from(b[j])
                + u128::from(columns[i + j])
                + u128::from(carry);
            columns[i + j] = sum as u64;
            carry = (sum >> 64) as u64;
        }
        columns[i + LIMBS] = carry;
    }
    let mut high = [0; 4];
    high[4 - LIMBS..].copy_from_slice(&columns[LIMBS..2 * LIMBS]);
    high
""", "let significand = product::<4>(&self.significand, &other.significand);")


class Script:
    """A script for Gappa: definitions, and hypotheses."""

    def __init__(self):
        self.lines = ["@cut = fixed<-256, dn>;"]
        self.hypotheses = []
        self.rules = []

    def given(self, name, low, high):
        self.hypotheses.append(f"{name} in [{text(low)}, {text(high)}]")

    def define(self, name, formula):
        self.lines.append(f"{name} = {formula};")

    def product(self, name, a, b, limbs=4):
        """a·b of the highest limbs. The columns that are left out, below LIMBS − 1, sum up to less
        than LIMBS − 1 units of the last place, and each limb of a and b that is left out is worth
        less than one; the rest is cut off."""
        unit = Fraction(1, 2 ** (64 * limbs))
        self.define(name, f"cut({a} * {b} - lost_{name})")
        # What is cut off of fewer than four limbs is not what `cut` cuts off.
        self.given(f"lost_{name}", 0, (limbs + 2 if limbs < 4 else limbs - 1) * unit)
        computed = f"{a} * {b} - lost_{name}"
        self.rules.append(f"{name} - {a} * {b} -> ({name} - ({computed})) - lost_{name};")

    def bounds(self, question):
        """The largest magnitude of an expression."""
        known = " /\\ ".join(self.hypotheses)
        script = [*self.lines, f"{{ {known} -> {question} in ? }}", *self.rules, ""]
        ((low, high),) = enclosures("\n".join(script), 1)
        return max(-low, high)


def text(value):
    """A fraction whose denominator is a power of two, as Gappa writes it."""
    value = Fraction(value)
    return f"{value.numerator}b-{value.denominator.bit_length() - 1}" if value else "0"


def up(value, bits=320):
    return Fraction(-(-value.numerator * 2**bits // value.denominator), 2**bits)


def terms(zeros):
    """As the function of that name."""
    def negligible(n):
        reciprocal = 2**256 // factorial(n + 1)
        return n * zeros + min(64, 256 - reciprocal.bit_length()) >= 256

    count = min(TERMS, 256 // zeros + 1)
    while count > 1 and negligible(count - 1):
        count -= 1
    return count


def error_of_series(zeros):
    """Of h, in units, for z < 2^-zeros: with as many terms as that takes."""
    count = terms(zeros)
    z = Fraction(1, 2**zeros)
    # The first term that is left out: the series alternates.
    left_out = z**count / factorial(count + 1)
    script = Script()
    script.given("z_", 0, z)
    script.define("z", "cut(z_)")
    for n in reversed(range(count)):
        # 1/(n + 1)!, cut off, and 1 − 2^-256 for 1.
        stored = text(Fraction(2**256 // factorial(n + 1) - (n == 0), 2**256))
        script.given(f"rest_{n}", 0, UNIT if n != 1 else 0)
        if n == count - 1:
            script.define(f"h{n}", stored)
            script.define(f"H{n}", f"{stored} + rest_{n}")
            script.rules.append(f"h{n} - H{n} -> -rest_{n};")
            continue
        limbs = 2 if n >= TWO_LIMBS_FROM else 3 if n >= THREE_LIMBS_FROM else 4
        script.product(f"p{n}", "z", f"h{n + 1}", limbs)
        script.define(f"h{n}", f"{stored} - p{n}")
        script.define(f"H{n}", f"({stored} + rest_{n}) - z * H{n + 1}")
        h, true = f"h{n + 1}", f"H{n + 1}"
        script.rules.append(f"h{n} - H{n} -> -(p{n} - z * {h}) - z * ({h} - {true}) - rest_{n};")
    return (script.bounds("h0 - H0") + left_out) / UNIT


def errors_of_power(error_of_h):
    """Of e^-r after each number of squarings, in units, if r has none: z is r/2^s cut off, and so
    e^-z, which is 1 − z·H, is at most a unit too large."""
    script = Script()
    script.given("z_", 0, Fraction(1, 2**SERIES_BITS))
    script.define("z", "cut(z_)")
    script.given("H", Fraction(127, 128), 1)
    script.given("h - H", -error_of_h * UNIT, error_of_h * UNIT)
    script.given("cut_of_z", 0, UNIT)
    script.product("p", "z", "h")
    script.define("a0", f"{text(1 - UNIT)} - p")
    script.define("A0", "1 - z * H - cut_of_z")
    script.rules.append(f"a0 - A0 -> -(p - z * h) - z * (h - H) + cut_of_z - {text(UNIT)};")
    errors = [script.bounds("a0 - A0")]
    for _ in range(SERIES_BITS):
        script = Script()
        script.given("A", 0, 1)
        script.given("a_", 0, 1)
        script.define("a", "cut(a_)")
        script.given("a - A", -errors[-1], errors[-1])
        script.product("b", "a", "a")
        script.rules.append("b - A * A -> (b - a * a) + (a - A) * (a + A);")
        errors.append(script.bounds("b - A * A"))
    return [error / UNIT for error in errors]


def ln_2():
    """Bounds: 2·artanh(1/3)."""
    below = 2 * sum(Fraction(1, (2 * k + 1) * 3 ** (2 * k + 1)) for k in range(110))
    return below, below + Fraction(1, 3**220)


def error_of_reduction():
    """Of r, in units: what ln 2 is cut off by, as often as it is subtracted, and a unit that the
    multiple is cut off by. That r is not below 0, and hardly above ln 2, takes constants that are
    cut off."""
    below, above = ln_2()
    if not (LN_2 <= below and above - LN_2 <= Fraction(1, 2**320)):
        fail("LN_2 is not ln 2, cut off")
    if not (LOG2_E <= 1 / above and 1 / below - LOG2_E <= Fraction(1, 2**46)):
        fail("LOG2_E is not 1/ln 2, cut off")
    largest = 2**CLAMP_EXPONENT
    if not largest * 2**64 * LOG2_E * 2**46 < 2**128:
        fail("fixed * LOG2_E overflows")
    # So |x|/ln 2 is at most this much above its integer part.
    excess = 1 + largest * Fraction(1, 2**46)
    return 1 + largest * LOG2_E * (above - LN_2) / UNIT, above * excess


def main():
    with ThreadPoolExecutor() as pool:
        # For z below 2^-zeros; where as many terms are taken as before, the bound is no larger.
        needed = [zeros for zeros in range(SERIES_BITS, 256)
                  if zeros == SERIES_BITS or terms(zeros) < terms(zeros - 1)]
        series = max(pool.map(error_of_series, needed))
    powers = errors_of_power(series)
    reduction, largest_r = error_of_reduction()
    if not exp_bound(largest_r / 2) ** 2 < Fraction(100, 49):
        fail("e^-r is not above 0.49")
    exp = max(error + reduction for error in powers) * UNIT * 100 / 49
    # With k = 0, r is exact and at least 2^(s − 9); 1 − e^-r is above r − r²/2. With k > 0 the
    # result is above 1/2, and the power is shifted.
    near = [(error + 1) * UNIT / (r - r * r / 2) for s, error in enumerate(powers) if s > 0
            for r in (Fraction(2) ** (s - SERIES_BITS - 1),)]
    far = [2 * ((error + reduction) / 2 + 2) * UNIT for error in powers]
    # Significands are at least 1/2, so that of their product 4 units are 16.
    product_of_two = 16 * UNIT
    tiny = (1 + (series + 1) * UNIT * 128 / 127) * (1 + product_of_two) - 1
    exp_m1 = max(*near, *far, tiny)
    total = (1 + max(exp, exp_m1)) * (1 + 2 * UNIT) * (1 + product_of_two) ** 3 - 1
    print(f"h: {float(series):.2f} units, e^-r: {', '.join(f'{float(e):.1f}' for e in powers)} units")
    for phrase, value in (
        ("h is within {} units", series),
        ("e⁻ʳ without squarings within {} units", powers[0]),
        ("and with eight within {} units", powers[-1]),
        ("r within {} units", reduction),
        ("eˣ is within 2^{} of itself", log2(exp)),
        ("eˣ − 1 within 2^{}", log2(exp_m1)),
        ("and a product with up to three factors within 2^{}", log2(total)),
    ):
        stated(phrase, value)
    # What wide.rs says of itself.
    per_squaring = max(error / 2**s for s, error in enumerate(powers))
    for claimed, value in ((7, series), (2, reduction), (11, per_squaring)):
        if not value <= claimed:
            fail(f"{float(value)} units are more than {claimed}")
    for text_, value, exponent in (
        ("2⁻²⁴³", exp, -243), ("2⁻²⁴²", exp_m1, -242), ("**within 2⁻²⁴¹**", total, -241)
    ):
        if text_ not in read(WIDE) or not value < Fraction(2) ** exponent:
            fail(f"{WIDE} does not say {text_}, or 2^{log2(value):.2f} is not below it")
    print(f"eˣ: 2^{log2(exp):.2f}, eˣ − 1: 2^{log2(exp_m1):.2f}, a product: 2^{log2(total):.2f}")


if __name__ == "__main__":
    main()
