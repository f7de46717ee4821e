"""Asks Gappa."""

import re
import subprocess
from fractions import Fraction
from math import frexp

from kernel import fail

# "  |q - Q| in [0, 473056b-129 {6.9e-22, 2^(-70.2)}]", with the braces or without.
NUMBER = r"(-?\d+(?:b-?\d+)?)(?: \{[^}]*\})?"
ENCLOSURE = re.compile(rf"^  .+ in \[{NUMBER}, {NUMBER}\]$", re.M)


def binade_below(x):
    """The largest power of two below x > 0."""
    fraction, exponent = frexp(x)
    return 2.0 ** (exponent - (2 if fraction == 0.5 else 1))


def number(text):
    """An integer, or one times a power of two: 3b-7."""
    digits, _, power = text.partition("b")
    return int(digits) * Fraction(2) ** int(power or 0)


def run(script):
    done = subprocess.run(["gappa"], input=script, capture_output=True, text=True, check=False)
    # Gappa takes a rewriting rule on trust where it cannot see that both sides are equal.
    if "equal" in done.stderr or "assumed" in done.stderr:
        fail(f"Gappa warns:\n{done.stderr}of\n{script}")
    return done


def enclosures(script, count):
    """What Gappa answers where the script asks `in ?`: both ends, in the order of the questions."""
    done = run(script)
    found = ENCLOSURE.findall(done.stdout + done.stderr)
    if len(found) != count:
        fail(f"Gappa answers\n{done.stdout}{done.stderr}to\n{script}")
    return [(number(low), number(high)) for low, high in found]


def proves(script):
    """Whether Gappa proves all that the script claims."""
    return run(script).returncode == 0
