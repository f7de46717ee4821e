"""The table of src/snn/ziggurat.rs, and how far what is drawn with it is from the normal law.

    python3 proofs/ziggurat.py            checks the table as it stands
    python3 proofs/ziggurat.py --write    prints it

f(x) = exp(-x²/2) on 0 <= x <= 2 lies under N layers of equal area: layer i reaches from y[i] to
y[i+1] and from x = 0 to x[i], which is 2 as long as f(2) >= y[i], and else where f is y[i]. The area
of a layer is such that the last one ends at f(0) = 1.

What is drawn is a layer, each with probability 1/N, and in it a uniform x in (-x[i], x[i]), which is
kept if |x| < x[i+1], or else with the probability that a uniform y between y[i] and y[i+1] is below
f(x). So the density at x[i+1] < |x| < x[i] is, but for a factor,

    g(x) = sum over j < i of 1/x[j]  +  1/x[i] * (f(x) - y[i]) / (y[i+1] - y[i])

With exact x and y that is a multiple of f. With those of the table, g/f is monotone in each layer,
since g = a + b*f there, so that its extremes over all x are those at the ends of the layers. Between
them the middle is the factor, and half of what they are apart is how far the density is off.
"""

import pathlib
import re
import sys
from decimal import Decimal, getcontext

from claims import stated
from kernel import fail

getcontext().prec = 60
N = 128
TABLE = pathlib.Path(__file__).resolve().parent.parent / "src/snn/ziggurat.rs"


def f(x):
    return (-x * x / 2).exp()


def width(y):
    return Decimal(2) if y <= f(Decimal(2)) else (-2 * y.ln()).sqrt()


def layers(area):
    """The widths and the edges of layers of this area, and where the last one ends."""
    widths, edges, y = [], [], Decimal(0)
    for _ in range(N):
        if y >= 1:
            return widths, edges, Decimal(2)
        widths.append(width(y))
        edges.append(y)
        y += area / widths[-1]
    return widths, edges, y


def table():
    """The widths and the edges, as f64."""
    low, high = Decimal(1) / N, Decimal(2) / N
    for _ in range(180):
        middle = (low + high) / 2
        low, high = (low, middle) if layers(middle)[2] > 1 else (middle, high)
    widths, edges, _ = layers(low)
    return [float(x) for x in widths] + [0.0], [float(y) for y in edges] + [1.0]


def written(widths, edges):
    def array(comment, name, values):
        lines = "".join(f"    {value!r},\n" for value in values)
        return f"/// {comment}\npub(super) static {name}: [f64; LAYERS + 1] = [\n{lines}];\n"

    return "\n".join([
        "//! Layers of equal area that cover exp(−x²/2) on 0 ≤ x ≤ 2.\n//!\n"
        "//! Written by `proofs/ziggurat.py`: do not edit.\n",
        f"/// The number of layers, a power of two.\npub(super) const LAYERS: usize = {N};\n",
        array("Each layer reaches from 0 to this x; 0 after the last.", "WIDTHS", widths),
        array("The y at which each layer begins, and at which the last one ends.", "EDGES", edges),
    ])


def read():
    text = TABLE.read_text()
    arrays = re.findall(r"\[f64; LAYERS \+ 1\] = \[(.*?)\];", text, re.DOTALL)
    return [[float(word) for word in array.split(",") if word.strip()] for array in arrays]


def deviation(widths, edges):
    """How far the density is off at most, relative to it."""
    x = [Decimal(width) for width in widths]
    y = [Decimal(edge) for edge in edges]
    ratios, below = [], Decimal(0)
    for i in range(N):
        # At the ends f may miss the edges by a rounding; then nothing, or all, is kept.
        for end in (x[i], x[i + 1]) if x[i + 1] < x[i] else ():
            part = (f(end) - y[i]) / (y[i + 1] - y[i])
            for part in part, min(max(part, Decimal(0)), Decimal(1)):
                ratios.append((below + part / x[i]) / f(end))
        below += 1 / x[i]
    return (max(ratios) - min(ratios)) / (max(ratios) + min(ratios))


def log2(x):
    return float(x.ln() / Decimal(2).ln())


def main():
    expected = written(*table())
    if "--write" in sys.argv:
        print(expected, end="")
        return
    found = deviation(*read())
    print(f"the density is off by at most 2^{log2(found):.2f} of itself")
    stated("move the density by 2^{} of itself at most", log2(found), path="src/snn/lecun_normal.rs")
    if TABLE.read_text() != expected:
        fail(f"{TABLE.name} is not what this script writes")


if __name__ == "__main__":
    main()
