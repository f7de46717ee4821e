"""Negative controls: a check that cannot fail proves nothing. Each line changes the sources, or the
page, in one place, and the check must then fail, with the message that belongs to the change.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# A check, a file in src/kernel, what is changed there, and part of what the check must say.
CONTROLS = [
    # A table, a polynomial and a reduction.
    ("run tables", "tables.rs", "0x3ffc5fff86d094ae", "0x3ffc5fff86d094af", "is not what its script"),
    ("run polynomials", "tables.rs", "0x3efa01b1557c02e7", "0x3efb01b1557c02e7", ": FAILED"),
    ("reductions.py", "tables.rs", "0x3f862e42fefa0000", "0x3f862e42fefa39ef", "the reduction"),
    ("reductions.py", "f64/unfused.rs", "shifted - ROUND_SHIFT;", "shifted + ROUND_SHIFT;", "the reduction"),
    # λ·x: a tail that is none, bounds too close to each other, another formula.
    ("linear.py", "tables.rs", "0x3c86fc7d272f2696", "0x3c86fc7d272f2697", "are not λ"),
    ("linear.py", "f64/mod.rs", "(x, SCALE_HEAD, x * SCALE_TAIL)", "(x, SCALE_TAIL, x * SCALE_HEAD)",
     "code that is not in"),
    ("reductions.py", "f64/mod.rs", "power_of_two(-48)", "power_of_two(-52)", "the bounds of λ·x"),
    ("reductions.py", "f64/mod.rs", "(1.0 + error)", "(1.0 - error)", "not trivially equal"),
    ("reductions.py", "f64/mod.rs", "SCALE_SHORT_TAIL * x;", "SCALE_SHORT_TAIL * x_head;",
     "not trivially equal"),
    ("reductions.py", "arithmetic.rs", " + a_tail * b_tail;", ";", "of a product"),
    # An ε too small, by no more than its room; and the sums that make a and b done otherwise.
    ("losses.py", "f64/fused.rs", "SLACK_16: f64 = power_of_two(-90)", "SLACK_16: f64 = power_of_two(-92)",
     "exceed ε"),
    ("losses.py", "f64/fused.rs", "power_of_two(-75)", "power_of_two(-77)", "derivative: the losses exceed ε"),
    ("losses.py", "f64/unfused.rs", "power_of_two(-70)", "power_of_two(-71)", "unfused: the losses exceed ε"),
    ("losses.py", "f64/any_size.rs", "ERROR: f64 = power_of_two(-100)", "ERROR: f64 = power_of_two(-103)",
     "ERROR is too small"),
    ("losses.py", "f64/unfused.rs", "6.0 * power_of_two(-53)", "6.0 * power_of_two(-33)", "near 0 the losses"),
    ("losses.py", "f64/mod.rs", "power_of_two(-900)", "power_of_two(-990)", "what underflows is not"),
    ("losses.py", "interval.rs", "(self.lower, factor, error)", "(self.lower, factor, 0.0)",
     "code that is not in"),
    ("losses.py", "f64/fused.rs", "base - head) + correction", "base - head)", "code that is not in"),
    ("losses.py", "f64/unfused.rs", "(linear - (head - base))", "((base - head) + linear)",
     "code that is not in"),
    ("products.py", "f32/mod.rs", "power_of_two(-47)", "power_of_two(-48)", "elu: a product is less exact"),
    ("products.py", "f32/mod.rs", "fma(-n, LN_2_16TH_HEAD, clamped[i])",
     "clamped[i] - n * LN_2_16TH_HEAD", "code that is not in"),
    ("products.py", "tables.rs", "0x3fdfffffffffffe0", "0x3fefffffffffffe0", "says 2.01"),
    # E a quarter too small, and two operations that forget or round something.
    ("intervals.py fused 1", "f64/fused.rs", "ERROR_16: f64 = 1.625", "ERROR_16: f64 = 1.25", "1 to 370"),
    ("intervals.py fused 1", "f64/fused.rs", "fma(l, v, l) + v_error", "fma(l, v, l)", "not trivially"),
    ("intervals.py derivative 0", "f64/fused.rs", "fma(l, v + q, l) + q", "l + q", "not trivially"),
    ("intervals.py unfused 1", "f64/unfused.rs", "ERROR_64: f64 = 6.0", "ERROR_64: f64 = 4.5", "1 to 1"),
    ("intervals.py unfused 1", "f64/unfused.rs", "(r - short) + tail", "r - short", "not trivially"),
    # The wide arithmetic: too few terms, limbs, bits of a constant; another formula.
    ("exact.py", "wide.rs", "TERMS: usize = 23", "TERMS: usize = 22", "h is within"),
    ("exact.py", "wide.rs", "THREE_LIMBS_FROM: usize = 9", "THREE_LIMBS_FROM: usize = 7", "h is within"),
    ("exact.py", "wide.rs", "TWO_LIMBS_FROM: usize = 17", "TWO_LIMBS_FROM: usize = 15", "h is within"),
    ("exact.py", "wide.rs", "0xe7b8_7620_6deb_ac98", "0xe7b8_7620_6deb_ac97", "is not ln 2"),
    ("exact.py", "wide.rs", "let mut power = complement(", "let mut power = (", "code that is not in"),
    # The distribution of the weights: a width and an edge, by 2^-40.
    ("ziggurat.py", "../snn/ziggurat.rs", "1.4925215366374143", "1.4925215366387143", "says -52.2"),
    ("ziggurat.py", "../snn/ziggurat.rs", "0.16592241892230114", "0.16592241892245114", "says -52.2"),
    # A figure on the page and in a source, and one that a program assumes.
    ("reductions.py", "../../proofs/README.md", "−30008", "−30009", "says -30009"),
    ("products.py", "f32/mod.rs", "| 24.3 |", "| 24.2 |", "says 24.2"),
    ("reductions.py", "arithmetic.rs", "(1 << 27) - 1", "(1 << 29) - 1", "λ is cut into"),
    # In integers: a coefficient, a bound too small, an operation that is forgotten.
    ("run polynomials", "tables.rs", "0x58b90bfbe8e7bc96", "0x58b90bfbe8e7bd96", ": FAILED"),
    ("integer.py", "integer.rs", "ERROR: u64 = 1 << 12", "ERROR: u64 = 1 << 11", "ERROR is too small"),
    ("integer.py", "integer/tests.rs", "f64 = 15.5", "f64 = 11.6", "ERROR_OF_VALUE is too small"),
    ("integer.py", "integer/tests.rs", "f64 = 2e-17", "f64 = 1.5e-17", "ERROR_BELOW_FIRST_STEP is"),
    ("integer.py", "integer.rs", " + u64::from(high(d))", "", "code that is not in"),
]


def outcome(control):
    command, path, old, new, message = control
    program, *arguments = command.split()
    with tempfile.TemporaryDirectory() as root:
        for part in "src", "proofs":
            ignored = shutil.ignore_patterns("half-search")
            shutil.copytree(os.path.join(ROOT, part), os.path.join(root, part), ignore=ignored)
        path = os.path.join(root, "src/kernel", path)
        with open(path, encoding="utf-8") as file:
            source = file.read()
        if source.count(old) != 1:
            return f"{old} is there {source.count(old)} times"
        with open(path, "w", encoding="utf-8") as file:
            file.write(source.replace(old, new))
        done = subprocess.run(
            [*["python3"] * program.endswith(".py"), f"proofs/{program}", *arguments], cwd=root,
            check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
    return "" if done.returncode and message in done.stdout else f"it was not refused:\n{done.stdout}"


def main():
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for control, wrong in zip(CONTROLS, pool.map(outcome, CONTROLS)):
            command, path, old, new, _ = control
            if wrong:
                sys.exit(f"FAILED: {command}, with {new} for {old} in {path}: {wrong}")
            print(f"{command}: {path} with {new} for {old} is refused", flush=True)


if __name__ == "__main__":
    main()
