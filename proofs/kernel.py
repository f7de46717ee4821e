"""The operations that the proofs are about, read from the Rust sources.

Two ways keep a proof from being about another kernel than the one that runs. `Operations`
translates the straight-line arithmetic of a function for Gappa, as it is computed and without
rounding. `quote` fails where code that a proof spells out by hand is no longer in the source.
"""

import ast
import operator
import re
import sys
from fractions import Fraction

from constants import POLYNOMIALS, read, value_of

FUSED = "src/kernel/f64/fused.rs"
UNFUSED = "src/kernel/f64/unfused.rs"


def fail(message):
    sys.exit(f"FAILED: {message}")


def code_of(text):
    """Without comments, all white space as one space."""
    return " ".join(re.sub(r"//.*", "", text).split())


def quote(path, *texts):
    """Fails unless every text is part of the source, but for white space and comments."""
    code = code_of(read(path))
    for text in texts:
        if code_of(text) not in code:
            fail(f"the proof is about code that is not in {path}:\n{text}")


def closing(text, start):
    """The index of the bracket that closes the one at `start`."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth == 0:
            return i
    return fail(f"brackets do not match: {text[start:start + 80]}")


def split(text, separator):
    """The parts of `text` between separators that are not in brackets, without empty ones."""
    parts, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == separator and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


class Operations:
    """The assignments of a function, in order: names, and what Python reads as their values.

    `chosen` says which branch is taken of each `if` on a constant. An assignment that is not
    arithmetic of f64, such as the one of a bit pattern, is left out: its name is an input.
    """

    def __init__(self, path, function, chosen=None):
        code = code_of(read(path))
        found = re.search(rf"\bfn {function}\b", code) or fail(f"no {function} in {path}")
        start = code.index("{", code.index(")", found.start()))
        body = code[start + 1:closing(code, start)]
        for condition, taken in (chosen or {}).items():
            start = body.index(f"if {condition} {{")
            then = body.index("{", start)
            middle = closing(body, then)
            if not body.startswith(" else {", middle + 1):
                # It returns early.
                body = body[:start] + (body[then + 1:middle] if taken else body[middle + 1:])
                continue
            otherwise = body.index("{", middle)
            end = closing(body, otherwise)
            branch = body[then + 1:middle] if taken else body[otherwise + 1:end]
            *inner, value = split(branch, ";")
            before = body.rindex("let ", 0, start)
            inner = "".join(f"{statement};" for statement in inner)
            body = body[:before] + inner + body[before:start] + value + body[end + 1:]
        self.values = {}
        self.constants = {}
        *assignments, result = split(body, ";")
        for assignment in assignments:
            name, value = re.fullmatch(r"let (.*?) = (.*)", assignment).groups()
            if value in POLYNOMIALS:
                self.constants |= zip(name.strip("[]").split(", "), POLYNOMIALS[value], strict=True)
            elif name.startswith("("):
                for each, part in zip(name[1:-1].split(", "), split(value[1:-1], ","), strict=True):
                    self.add(each, part)
            elif "::" not in value and not value.startswith("self"):
                self.add(name, value)
        # The fields of a struct that are not named as what they are, or the elements of a tuple.
        opening = result.index("{" if result.endswith("}") else "(")
        for i, field in enumerate(split(result[opening + 1:-1], ",")):
            name, _, value = field.rpartition(": ")
            if name or result.endswith(")"):
                self.add(name or f"result_{i}", value)

    def add(self, name, value):
        self.values[name] = ast.parse(value, mode="eval").body

    def gappa(self, inputs, kept, constants, exact=()):
        """Definitions for Gappa.

        Every operation is there twice: in lower case rounded, as it is computed, and in upper case
        as it would be without any rounding, but for `inputs` and what is `kept` as it is computed.
        A difference in `exact` is not rounded: the proof must say why.
        """
        known = {**POLYNOMIALS, **self.constants, **constants}
        computed, unrounded = [], []

        def define(name, node):
            """The terms of `node` in both worlds, defined as `name` if it is an operation."""
            operation = node.func.id if isinstance(node, ast.Call) else None
            match node:
                case ast.Constant(value=value):
                    return float(value), float(value)
                case ast.Name(id=used) if used in known:
                    return known[used], known[used]
                case ast.Name(id=used):
                    return used, used if used in (*inputs, *kept) else used.upper()
                case ast.UnaryOp(op=ast.USub(), operand=operand):
                    terms = define(name, operand)
                    return tuple(-a if isinstance(a, float) else f"(-{a})" for a in terms)
                case ast.Call(func=ast.Name(id="power_of_two")):
                    value = value_of(ast.unparse(node), {})
                    return value, value
                case ast.Call(args=parts):
                    pass
                case ast.BinOp(left=left, op=op, right=right):
                    parts = [left, right]
                    operation = type(op).__name__
                case _:
                    fail(f"not understood: {ast.unparse(node)}")
            parts = [define(f"{name}_{i}", part) for i, part in enumerate(parts, 1)]
            if operation in ARITHMETIC and all(isinstance(a, float) for a, _ in parts):
                value = folded(operation, *(a for a, _ in parts))
                return value, value
            form = FORMULAS.get(operation, f"{operation}_of({{0}})")
            low, high = (form.format(*(text(part[world]) for part in parts)) for world in (0, 1))
            if operation not in FORMULAS or ast.unparse(node) in exact:
                return f"({low})", f"({high})"
            computed.append(f"{name} = rnd({low});")
            if name not in kept:
                unrounded.append(f"{name.upper()} = {high};")
            return name, name.upper()

        for name, node in self.values.items():
            low, high = (name, "") if name in inputs else define(name, node)
            if isinstance(low, float):
                known[name] = low
            elif low != name and not str(low).isidentifier():
                computed.append(f"{name} = {text(low)};")
                if name not in kept:
                    unrounded.append(f"{name.upper()} = {text(high)};")
        return "\n".join(computed), "\n".join(unrounded)


ARITHMETIC = {"Add": operator.add, "Sub": operator.sub, "Mult": operator.mul}
FORMULAS = {"Add": "{0} + {1}", "Sub": "{0} - {1}", "Mult": "{0} * {1}", "fma": "{0} * {1} + {2}"}


def folded(operation, a, b):
    """What the compiler computes: it must be exact, for the formulas have it without rounding."""
    value = ARITHMETIC[operation](a, b)
    if Fraction(value) != ARITHMETIC[operation](Fraction(a), Fraction(b)):
        fail(f"{operation} of {a.hex()} and {b.hex()} is rounded")
    return value


def text(value):
    return value.hex() if isinstance(value, float) else value
