"""The numbers that the proofs are about, read from the Rust sources.

As a program, prints a constant for Sollya:  proofs/constants.py EXP_CUBIC_REST_16
"""

import ast
import functools
import glob
import os
import re
import struct
import sys
from fractions import Fraction

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# |r| + |l| is at most ln 2/(2N)·(1 + 2^MARGIN): README.md, part 1.
MARGIN = -11
# What polynomials.sollya certifies, and the Gappa proofs assume: a bound of the error of each
# polynomial, and the interval.
POLYNOMIAL_ERROR = {
    "EXP_CUBIC_REST_16": (1.36 * 2.0**-56, f"log(2)/32 * (1 + 2^{MARGIN})"),
    "EXP_CUBIC_REST_64": (1.52 * 2.0**-46, f"log(2)/128 * (1 + 2^{MARGIN})"),
    "EXP_M1_OVER_R_16": (2.0**-50, "log(2)/32 * (1 + 2^-20)"),
    "SLOPE": (2.0**-56.47, "1/2"),
}


def f64(bits):
    return struct.unpack(">d", bits.to_bytes(8, "big"))[0]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def value_of(expression, known):
    """A constant expression of Rust: + - * /, pow2(n), f64::from_bits(n), names of constants."""
    text = re.sub(r"(?<=\d)_?f64\b", "", expression.replace("\n", " "))
    text = text.replace("f64::", "f64_").replace("super::tables::", "").replace("tables::", "")
    text = re.sub(r"\bas i32\b|\bas u64\b", "", text)

    def walk(node):
        match node:
            case ast.Constant(value=value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -walk(operand)
            case ast.BinOp(left=left, op=op, right=right):
                a, b = walk(left), walk(right)
                match op:
                    case ast.Add():
                        return a + b
                    case ast.Sub():
                        return a - b
                    case ast.Mult():
                        return a * b
                    case ast.Div():
                        return a / b
            case ast.Call(func=ast.Name(id="pow2" | "exp2" | "power_of_two"), args=[n]):
                return 2.0 ** walk(n)
            case ast.Call(func=ast.Name(id="f64_from_bits"), args=[bits]):
                return f64(walk(bits))
            case ast.Name(id=name) if name in known:
                return known[name]
        raise ValueError(f"not understood: {expression}")

    return walk(ast.parse(text.strip(), mode="eval").body)


def constants_in(path, known=None):
    """Every `const NAME: f64 = …;` and `const NAME: [f64; N] = […];` of a file."""
    source = re.sub(r"//.*", "", read(path))
    found = dict(known or {})
    for name, array, expression in re.findall(
        r"\bconst (\w+): (\[f64; \w+\]|f64) =\s*([^;]*(?:\{[^}]*\})?[^;]*);", source
    ):
        try:
            if array == "f64":
                found[name] = value_of(expression, found)
            else:
                items = expression.strip().strip("[]").split(",")
                found[name] = [value_of(item, found) for item in items if item.strip()]
        except (ValueError, SyntaxError, OverflowError):
            continue
    return found


@functools.cache
def table(name):
    """A static `Table` of tables.rs, as a dictionary of its fields."""
    body = re.search(rf"static {name}: Table<\d+> = Table \{{(.*?)\n\}};", read(TABLES), re.S)
    fields = {}
    for field, text in re.findall(r"(\w+): (.*?)(?=,\n    \w+:|,\n*$)", body.group(1), re.S):
        words = [int(word, 16) for word in re.findall(r"0x[0-9a-f]+", text)]
        fields[field] = words if field == "powers" else [f64(word) for word in words]
    return fields


TABLES = "src/kernel/tables.rs"
POLYNOMIALS = constants_in(TABLES)


def integers(name, path=None):
    """The integers of a `const` or `static`, which is one or an array of them."""
    body = re.search(rf"(?:const|static) {name}: [^=]* = ([^;]*);", read(path or TABLES)).group(1)
    return [eval(number) for number in re.findall(r"0x[0-9a-f]+|\d+ << \d+", body)]


def short_bits():
    """How many bits `short` leaves of a number."""
    return 54 - integers("TAIL", "src/kernel/arithmetic.rs")[0].bit_length()


def slope():
    """The polynomial of the kernel in integers, as fractions."""
    coefficients = integers("SLOPE") + integers("SLOPE_4") + integers("SLOPE_5")
    units = [67, 67, 67, 67, 61, 68]
    return [
        (-1) ** i * Fraction(coefficient, 2**unit)
        for i, (coefficient, unit) in enumerate(zip(coefficients, units))
    ]


def kernel_constant(name):
    """A constant of the f64 kernels, which must be the same wherever it is defined."""
    values = set()
    for path in sorted(glob.glob(os.path.join(ROOT, "src/kernel/f64/*.rs"))):
        constants = constants_in(path, POLYNOMIALS)
        if name in constants:
            values.add(constants[name])
    if len(values) != 1:
        sys.exit(f"FAILED: {len(values)} values of {name} in src/kernel/f64/")
    return values.pop()


if __name__ == "__main__":
    name = sys.argv[1]
    p = slope() if name == "SLOPE" else map(float.hex, POLYNOMIALS[name])
    error, half_width = POLYNOMIAL_ERROR[name]
    print(f"[|{', '.join(map(str, p))}, {error.hex()}, {half_width}|]".replace("p+", "p"))
