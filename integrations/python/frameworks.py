"""What the judge says of the frameworks that are installed, into benches/peers/results/judged.csv.

    pip install '.[frameworks,bfloat16]' && python frameworks.py && python ../../docs/tables.py

The last command makes the tables of docs/judging-kernels.md and docs/speed.md of it.
"""

import argparse
import csv
import importlib.metadata
import io
import os
import pathlib
import subprocess
import sys
import tempfile

import selu
from selu.judge import callables

FILE = pathlib.Path(__file__).resolve().parents[2] / "benches/peers/results/judged.csv"
TYPES = {"f32": "float32", "f64": "float64", "f16": "float16", "bf16": "bfloat16"}
# Name, package, callable, types, and functions. NumPy's formula is judged where it keeps the type.
LIBRARIES = {
    "tensorflow": ("TensorFlow", "tensorflow-cpu", "tensorflow.nn.selu", TYPES, True),
    "torch": ("PyTorch", "torch", "torch.nn.functional.selu", TYPES, True),
    "jax": ("JAX", "jax", "jax.nn.selu", TYPES, True),
    "onnxruntime": ("ONNX Runtime", "onnxruntime", None, ["f32"], False),
    "numpy": (
        "NumPy, `exp(x) - 1`",
        "numpy",
        "examples.formula.selu",
        ["f32", "f64", "f16"],
        False,
    ),
    "expm1": (
        "NumPy, `expm1(x)`",
        "numpy",
        "examples.formula.selu_with_expm1",
        ["f32", "f64", "f16"],
        False,
    ),
}
COLUMNS = ["function", "type", "library", "version", "wrong", "error", "x", "nan", "infinity"]
COLUMNS += ["zero_sign", "flushed", "breaks", "moved"]


def model_of_onnx(directory):
    from onnx import TensorProto, helper, save

    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Selu", ["x"], ["y"])], "selu", [x], [y])
    file = os.path.join(directory, "selu.onnx")
    opsets = [helper.make_opsetid("", 21)]
    save(helper.make_model(graph, ir_version=10, opset_imports=opsets), file)
    return file


def rows(key):
    """A row for each function and type of a library."""
    name, package, path, types, has_gradients = LIBRARIES[key]
    version = importlib.metadata.version(package).partition("+")[0]
    with tempfile.TemporaryDirectory() as directory:
        f, framework = callables.named(path or model_of_onnx(directory))
        for function in ["selu", "selu_grad"][: 1 + has_gradients]:
            for short in types:
                report = selu.judge(
                    f, TYPES[short], function, framework=framework, at_zero="either"
                )
                print(report, file=sys.stderr)
                yield [
                    *(function, short, name, version, report.share, report.max_ulp),
                    *(report.worst.x if report.worst else "", report.nan.count),
                    *(report.infinity.count, report.zero_sign.count, report.flushed.count),
                    *(report.monotonic_breaks.count, report.moved.count / report.places),
                ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=LIBRARIES, help="these; default: all")
    parser.add_argument("--worker", choices=LIBRARIES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        csv.writer(sys.stdout, delimiter=";").writerows(rows(arguments.worker))
        return
    lines = []
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"}
    for key in arguments.only or LIBRARIES:
        # Each has a process of its own: they do not like each other's threads.
        process = subprocess.run(
            [sys.executable, __file__, "--worker", key],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        if process.returncode:
            print(f"skipped {key}, which failed", file=sys.stderr)
        else:
            lines += csv.reader(io.StringIO(process.stdout), delimiter=";")
    lines.sort(key=lambda line: (line[0], list(TYPES).index(line[1])))
    with FILE.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerows([[f"# selu {selu.__version__}"], COLUMNS, *lines])


if __name__ == "__main__":
    main()
