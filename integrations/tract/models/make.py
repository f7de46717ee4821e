#!/usr/bin/env python3
"""Makes the models of the tests (`pip install onnx==1.23.2 mpmath`).

activations-*.onnx: `Selu` and `Elu` of a vector of any length, with the constants that ONNX
prescribes and with others. network.onnx: three dense layers with `Selu` and `Elu` between them.
network.csv: inputs of the network and the results, from 50 digits.
"""

from pathlib import Path

import numpy as np
from mpmath import expm1, mp, mpf
from onnx import TensorProto, checker, helper, numpy_helper, save

HERE = Path(__file__).parent
OPSET = [helper.make_opsetid("", 22)]
mp.dps = 50


def model(name, nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(constants))
    made = helper.make_model(graph, opset_imports=OPSET, ir_version=10, producer_name="make.py")
    checker.check_model(made, full_check=True)
    save(made, HERE / f"{name}.onnx")


def activations(name, element):
    value = lambda output: helper.make_tensor_value_info(output, element, ["n"])
    model(
        f"activations-{name}",
        [
            helper.make_node("Selu", ["x"], ["selu"]),
            helper.make_node("Selu", ["x"], ["selu_2_3"], alpha=2.0, gamma=3.0),
            helper.make_node("Elu", ["x"], ["elu"]),
            helper.make_node("Elu", ["x"], ["elu_half"], alpha=0.5),
        ],
        [value("x")],
        [value(output) for output in ("selu", "selu_2_3", "elu", "elu_half")],
    )


def network():
    rng = np.random.default_rng(2017)
    sizes = [4, 16, 16, 3]
    layers = [
        (
            rng.normal(0, inputs**-0.5, (inputs, outputs)).astype(np.float32),
            rng.normal(0, 0.1, outputs).astype(np.float32),
        )
        for inputs, outputs in zip(sizes, sizes[1:])
    ]
    nodes, constants, wire = [], [], "x"
    for i, (weight, bias) in enumerate(layers):
        constants += [numpy_helper.from_array(weight, f"w{i}"), numpy_helper.from_array(bias, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [wire, f"w{i}", f"b{i}"], [wire := f"dense{i}"]))
        if i < 2:
            kind = ["Selu", "Elu"][i]
            nodes.append(helper.make_node(kind, [wire], [wire := f"active{i}"]))
    nodes[-1].output[0] = "y"
    tensor = lambda name, width: helper.make_tensor_value_info(
        name, TensorProto.FLOAT, ["batch", width]
    )
    model("network", nodes, [tensor("x", 4)], [tensor("y", 3)], constants)

    # ONNX's constants are the f32 next to alpha and lambda.
    alpha, gamma = mpf(float(np.float32(1.6732632423543772))), mpf(float(np.float32(1.0507009873554805)))
    functions = [
        lambda v: gamma * (v if v > 0 else alpha * expm1(v)),
        lambda v: v if v > 0 else expm1(v),
        lambda v: v,
    ]
    x = rng.normal(0, 1, (8, 4)).astype(np.float32)
    with open(HERE / "network.csv", "w") as file:
        print("# four inputs, three results", file=file)
        for row in x:
            wire = [mpf(float(value)) for value in row]
            for (weight, bias), function in zip(layers, functions):
                wire = [
                    function(
                        sum((v * mpf(float(w)) for v, w in zip(wire, column)), mpf(float(b)))
                    )
                    for column, b in zip(weight.T, bias)
                ]
            numbers = [repr(float(value)) for value in row] + [repr(float(value)) for value in wire]
            print(",".join(numbers), file=file)


activations("f16", TensorProto.FLOAT16)
activations("f32", TensorProto.FLOAT)
activations("f64", TensorProto.DOUBLE)
network()
