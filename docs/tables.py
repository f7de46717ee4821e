"""Writes the measured tables of README.md and docs/, and the picture of speed against error.

    python docs/tables.py                               from the results in benches/peers/results
    python docs/tables.py rust frameworks judged sets   measures first
    python docs/tables.py single short                  single values and short slices, too
    python docs/tables.py adverse development           the tables that benches/conditions prints
    python docs/tables.py samples                       the table of accuracy.md, with
                                                        examples/accuracy.rs
    python docs/tables.py numpy                         the times of integrations/python

A table stands between `<!-- NAME -->` and `<!-- end -->`.
"""

import argparse
import json
import math
import pathlib
import re
import subprocess
import sys

import chart

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benches/peers/results"
ACCURACY = "cargo run --release --features half --example accuracy".split()
BENCH = "cargo bench --bench selu --features half --".split()
CONDITIONS = "--manifest-path benches/conditions/Cargo.toml --bin".split()
MEASURE = {
    "rust": "cargo bench --manifest-path benches/peers/Cargo.toml".split(),
    "frameworks": [sys.executable, "benches/peers/frameworks.py"],
    "judged": [sys.executable, "integrations/python/frameworks.py"],
    "sets": [*BENCH, r"^b?f\d+/selu_into \w+/16384$"],
    "single": [*BENCH, "^single"],
    "short": [*BENCH, "^short"],
    "adverse": [*"cargo run --release".split(), *CONDITIONS, "adverse"],
    "development": [*"cargo run".split(), *CONDITIONS, "single"],
    "samples": ACCURACY,
    "numpy": [sys.executable, "integrations/python/examples/timing.py"],
}
# Files of results, and the benches that they are of.
CRITERION = {
    "sets": ("instruction-sets.csv", "", "selu_into *"),
    "single": ("single.csv", "single ", "*"),
    "short": ("short.csv", "short ", "*"),
}
# Pages with what a program prints as it is.
PRINTED = {
    "samples": "docs/accuracy.md", "adverse": "docs/speed.md", "development": "docs/speed.md",
    "numpy": "docs/judging-kernels.md",
}
OURS = "**selu** (this crate)"
FAST = "**selu::fast** (this crate)"
TYPES = ("f32", "f64", "f16", "bf16")
SETS = {"Avx512": "AVX-512", "Avx2": "AVX2, FMA, F16C", "Baseline": "SSE2"}
NAMES = {OURS: "this crate", FAST: "this crate, fast"}


def read(name):
    """The machine, and the rows as dictionaries."""
    machine, header, *lines = (RESULTS / name).read_text().splitlines()
    keys = header.split(";")
    rows = [dict(zip(keys, line.split(";"), strict=True)) for line in lines]
    return machine.removeprefix("# "), rows


def error(text):
    if not text:
        return "–"
    value = float(text.replace("inf", "Infinity"))
    if value == 0:
        return "½"  # nothing misrounded, so nothing measured
    if value < 10:
        return f"{value:.3f}"
    return f"{value:,.0f}" if value < 1e9 else f"{value:.1e}"


def share(text):
    if not text:
        return "–"
    percent = 100 * float(text)
    if percent == 0:
        return "0"
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.2g} %"


def time(row, reference, key):
    if not row[key]:
        return "–"
    value = float(row[key])
    if row is reference or not reference[key]:
        return f"{value:.2f}"
    return f"{value:.2f} ({value / float(reference[key]):.2g}×)"


def table(columns, lines, alignment):
    return "\n".join(f"| {' | '.join(line)} |" for line in (columns, alignment, *lines))


def rust(rows):
    sizes = [key for key in rows[0] if key.isdigit()]
    columns = ["type", "library", "version", "largest error, ULP", "misrounded"]
    columns += [f"{int(size):,} values" for size in sizes]
    ours = {row["type"]: row for row in rows if row["library"] == OURS}
    lines = [
        [row["type"], row["library"], row["version"], error(row["error"]), share(row["wrong"])]
        + [time(row, ours[row["type"]], size) for size in sizes]
        for row in rows
    ]
    return table(columns, lines, ["---"] * 3 + ["--:"] * (2 + len(sizes)))


def with_errors(rows, rust_rows, judged_rows):
    """The rows of frameworks.csv with the errors that were measured elsewhere."""
    errors = {(row["type"], row["library"]): row for row in rust_rows}
    of_selu = [row for row in judged_rows if row["function"] == "selu"]
    errors |= {(row["type"], row["library"]): row for row in of_selu}
    measured = ("error", "wrong")
    return [
        row | {key: errors[row["type"], row["library"]][key] for key in measured} for row in rows
    ]


def frameworks(rows, threads):
    sizes = [key for key in rows[0] if key.endswith(f" {threads}")]
    columns = ["type", "library", "version", "largest error, ULP", "misrounded"]
    columns += [f"{int(size.split()[0]):,} values" for size in sizes]
    ours = {row["type"]: row for row in rows if row["library"] == OURS}
    lines = [
        [row["type"], row["library"], row["version"].split("+")[0], error(row["error"])]
        + [share(row["wrong"])]
        + [time(row, ours[row["type"]], size) for size in sizes]
        for row in rows
    ]
    return table(columns, lines, ["---"] * 3 + ["--:"] * (2 + len(sizes)))


def judged(rows, function):
    """What the judge says of each library; what it has counted, as yes or no."""
    columns = ["type", "library", "version", "misrounded", "largest error, ULP", "at x ="]
    columns += ["wrong NaN", "wrong ∞", "lost −0", "flushed", "breaks", "moved"]
    counts = ("nan", "infinity", "zero_sign", "flushed", "breaks")
    lines = [
        [row["type"], row["library"], row["version"], share(row["wrong"])]
        + [error(row["error"]), f"{float(row['x']):.4g}" if row["x"] else "–"]
        + ["yes" if int(row[key]) else "–" for key in counts]
        + [share(row["moved"]) if float(row["moved"]) else "–"]
        for row in rows
        if row["function"] == function
    ]
    return table(columns, lines, ["---"] * 3 + ["--:"] * 3 + ["---"] * 5 + ["--:"])


def summary(rows):
    """One row per type: this crate and the loop over the standard library."""
    columns = ["type", "misrounded", "ns per value", "std `exp_m1` loop: misrounded", "ns per value"]
    lines = []
    for row in rows:
        if row["library"] == OURS:
            std = next(
                other
                for other in rows
                if other["type"] == row["type"] and other["library"].startswith("std")
            )
            ours_time, std_time = (float(which["16384"]) for which in (row, std))
            lines.append(
                [f"`{row['type']}`", share(row["wrong"]), f"{ours_time:.2f}"]
                + [share(std["wrong"]), f"{std_time:.2f}"]
            )
    return table(columns, lines, ["---"] + ["--:"] * 4)


def read_criterion(group, functions):
    """Lines of CSV from criterion's estimates of the last `cargo bench`."""
    command = "cargo metadata --format-version 1 --no-deps".split()
    metadata = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    directory = pathlib.Path(json.loads(metadata.stdout)["target_directory"]) / "criterion"
    yield "type;function;values;ns"
    for type_name in TYPES:
        files = (directory / (group + type_name)).glob(f"{functions}/*/new/estimates.json")
        for file in sorted(files):
            function, size = file.relative_to(directory).parts[1:3]
            per_call = json.loads(file.read_text())["median"]["point_estimate"]
            yield f"{type_name};{function};{size};{per_call / int(size):.4f}"


def of_criterion(rows):
    return {(row["type"], row["function"], int(row["values"])): float(row["ns"]) for row in rows}


def single(rows):
    """Functions of one value: alone, each waiting for the one before, and in a plain loop."""
    times = of_criterion(rows)
    lines = []
    for type_name in TYPES:
        for function in ("selu", "selu_grad", "elu", "elu_grad", "std exp_m1"):
            cells = [
                times.get((type_name, f"{function} {how}", 16384))
                for how in ("throughput", "latency", "loop")
            ]
            name = "std `exp_m1`" if function.startswith("std") else f"`{function}`"
            lines.append([type_name, name, *(f"{ns:.2f}" if ns else "–" for ns in cells)])
    columns = ["type", "function", "one by one", "each after the one before", "in a plain loop"]
    return table(columns, lines, ["---", "---", "--:", "--:", "--:"])


def short(rows, function):
    """Slices of a few values on every instruction set."""
    times = of_criterion(rows)
    sizes = sorted({size for _, _, size in times})
    lines = []
    for type_name in TYPES:
        for name, title in SETS.items():
            row = (times[type_name, f"{function} {name}", size] for size in sizes)
            lines.append([type_name, title, *(f"{ns:.2f}" for ns in row)])
    return table(["type", "", *map(str, sizes)], lines, ["---", "---", *["--:"] * len(sizes)])


def sets(rows):
    times = of_criterion(rows)
    lines = []
    for type_name in TYPES:
        row = (times[type_name, f"selu_into {name}", 16384] for name in SETS)
        lines.append([f"`{type_name}`", *(f"{ns:.2f}" for ns in row)])
    return table(["type", *SETS.values()], lines, ["---", "--:", "--:", "--:"])


def points(type_name, rust_rows, framework_rows):
    """The points of a panel: every library once, rows that coincide under one name."""
    found = []
    for rows, key in ((rust_rows, "16384"), (framework_rows, "16384 one")):
        for row in rows:
            is_ours = row["library"] in NAMES
            if row["type"] != type_name or not row["error"] or (is_ours and rows is framework_rows):
                continue
            name = NAMES.get(row["library"], row["library"].split("`")[0].strip())
            point = (name, float(row[key]), float(row["error"]), is_ours)
            for i, other in enumerate(found):
                if all(abs(math.log10(point[j] / other[j])) < 0.03 for j in (1, 2)):
                    found[i] = (f"{other[0]}, {name}", *other[1:])
                    break
            else:
                found.append(point)
    return found


def insert(page, tables):
    path = ROOT / page
    text = path.read_text()
    for name, content in tables.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        text, count = re.subn(pattern, lambda m: f"{m[1]}{content}\n{m[2]}", text, flags=re.DOTALL)
        assert count == 1, f"{page} has {count} places for {name}"
    path.write_text(text)


def printed(name):
    output = subprocess.run(MEASURE[name], cwd=ROOT, check=True, capture_output=True, text=True)
    if name == "samples":
        return "\n".join(line for line in output.stdout.splitlines() if line.startswith("|"))
    return output.stdout.strip()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("measure", nargs="*", default=[], metavar="|".join(MEASURE))
    names = parser.parse_args().measure
    if unknown := [name for name in names if name not in MEASURE]:
        parser.error(f"{unknown[0]} is none of {', '.join(MEASURE)}")
    for name in names:
        if name in PRINTED:
            insert(PRINTED[name], {name: printed(name)})
            continue
        subprocess.run(MEASURE[name], cwd=ROOT, check=True)
        if name in CRITERION:
            file, *which = CRITERION[name]
            text = "# cargo bench\n" + "\n".join(read_criterion(*which)) + "\n"
            (RESULTS / file).write_text(text)
    rust_machine, rust_rows = read("rust.csv")
    _, judged_rows = read("judged.csv")
    framework_machine, framework_rows = read("frameworks.csv")
    framework_rows = with_errors(framework_rows, rust_rows, judged_rows)
    tables = {
        "rust": f"{rust_machine}.\n\n{rust(rust_rows)}",
        "frameworks, one thread": f"{framework_machine}.\n\n{frameworks(framework_rows, 'one')}",
        "instruction sets": sets(read("instruction-sets.csv")[1]),
        "single values": single(read("single.csv")[1]),
        "short slices": short(read("short.csv")[1], "selu_into"),
        "short slices, backward": short(read("short.csv")[1], "selu_backward"),
    }
    insert("docs/speed.md", tables)
    functions = ("selu", "selu_grad")
    verdicts = {function: judged(judged_rows, function) for function in functions}
    insert("docs/judging-kernels.md", verdicts)
    panels = [(name, points(name, rust_rows, framework_rows)) for name in ("f32", "f64")]
    (ROOT / "docs/pictures/speed-and-error.svg").write_text(chart.draw(panels))
    insert("README.md", {"summary": summary(rust_rows)})


if __name__ == "__main__":
    main()
