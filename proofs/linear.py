"""Proves that the kernels round λ·x correctly for every normal x whose product is normal.

A significand m (an integer of 53 bits) is hard where λ·m lies near the middle between two
neighbouring f64. The nearest of all 2^52 are found by a search that misses none. Away from the
middle by more than the error, the rounded result is right; those nearer are computed one by one.
"""

from decimal import Decimal, getcontext
from fractions import Fraction
from math import log2

from claims import stated
from constants import POLYNOMIALS
from kernel import fail, quote

# What `fused` computes.
quote("src/kernel/f64/mod.rs", "multiply_add::<I>(x, SCALE_HEAD, x * SCALE_TAIL)")

getcontext().prec = 100


def erfc(z):
    """1 − 2/√π·Σ (−1)ⁿ·z^(2n+1)/(n!·(2n+1))."""
    total, term, n = Decimal(0), z, 0
    while abs(term) > Decimal(10) ** -98:
        total += term / (2 * n + 1)
        n += 1
        term *= -z * z / n
    return 1 - 2 * total / PI.sqrt()


def arctan_of_inverse(n):
    return sum(Decimal((-1) ** k) / ((2 * k + 1) * Decimal(n) ** (2 * k + 1)) for k in range(75))


PI = 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)


def scale():
    """λ, from its closed form."""
    two = Decimal(2)
    e, root_e = Decimal(1).exp(), Decimal("0.5").exp()
    a, b = erfc(1 / two.sqrt()), erfc(two.sqrt())
    below = 2 + PI - 2 * root_e * (2 + PI) * a + e * PI * a * a + 2 * e * e * b
    return Fraction((1 - root_e * a) * (2 * PI / below).sqrt())


def first_in(a, modulus, low, high):
    """The smallest n ≥ 0 with low ≤ a·n mod modulus ≤ high, as Euclid's algorithm finds it."""
    if low == 0:
        return 0
    if 2 * a > modulus:
        return first_in(modulus - a, modulus, modulus - high, modulus - low)
    n = -(-low // a) if a else None
    if n is None:
        return None
    if a * n <= high:
        return n
    turns = first_in(a - modulus % a, a, low % a, high % a)
    return None if turns is None else -(-(low + modulus * turns) // a)


def near_half(slope, first, last, width):
    """Every integer m from first to last with slope·m within width of an odd multiple of 1/2."""
    modulus = 2**300
    a, w = int(slope * modulus) % modulus, int(width * modulus) + 2**60
    m = first
    while m <= last:
        low = (modulus // 2 - w - a * m) % modulus
        if low + 2 * w >= modulus:
            step = 0
        else:
            step = first_in(a, modulus, low, low + 2 * w)
        if step is None or m + step > last:
            return
        m += step
        yield m
        m += 1


def hard(width):
    """Significands with λ·m less than about `width`·2^-53 of itself from a midpoint."""
    change = int(2**53 / LAMBDA)
    # One unit in the last place of λ·m is 1 up to `change`, then 2.
    yield from near_half(LAMBDA, 2**52, change, width)
    yield from near_half(LAMBDA / 2, change + 1, 2**53 - 1, width)


def distance(m):
    """Of λ·m from the nearest midpoint, in parts of λ·m."""
    product = LAMBDA * m
    unit = 1 if product < 2**53 else 2
    offset = product / unit % 1 - Fraction(1, 2)
    return abs(offset) * unit / product


def rounded(x):
    """x to 53 bits, ties to even."""
    return Fraction(float(x))


def fused(m):
    return rounded(HEAD * m + rounded(TAIL * m))


LAMBDA = scale()
HEAD, TAIL = (Fraction(POLYNOMIALS[name]) for name in ("SCALE_HEAD", "SCALE_TAIL"))


def main():
    if (rounded(LAMBDA), rounded(LAMBDA - HEAD)) != (HEAD, TAIL):
        fail("SCALE_HEAD and SCALE_TAIL are not λ")
    unit = Fraction(1, 2**53)
    nearest = min(map(distance, hard(Fraction(1, 2**49))))
    print(f"λ·x: nearest midpoint 2^{log2(nearest):.2f}·λ·x away")
    left_out = abs(LAMBDA - HEAD - TAIL) / LAMBDA
    error = left_out + unit * TAIL / LAMBDA
    # In units of the last place, which is at most 2^-52 of the product.
    nearer = [m for m in hard(error * 2**53 * Fraction(101, 100)) if distance(m) <= error]
    wrong = [m for m in nearer if fused(m) != rounded(LAMBDA * m)]
    print(f"error 2^{log2(error):.2f}, {len(nearer)} significands nearer, {len(wrong)} of them wrong")
    if wrong:
        fail(f"{len(wrong)} products are wrong")
    stated("less than 2^{} of the product", log2(error))
    stated("more than 2^{} of the product away", log2(nearest), downwards=True)


if __name__ == "__main__":
    main()
