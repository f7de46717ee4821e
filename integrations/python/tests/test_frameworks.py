"""The judge on the frameworks: what they really compute, and what it says of it."""

import numpy as np
import pytest

import selu
from conftest import assert_same_bits, framework
from frameworks import model_of_onnx
from selu.judge.__main__ import main
from selu.judge.callables import adapt, framework_of

pytestmark = pytest.mark.frameworks


def finds_infinity_for(report, x):
    (point,) = (point for point in report.points if point.name == "the last finite result")
    return point.case.x == np.float32(x) and point.case.result == np.inf and not point.is_right


def test_pytorch_gives_infinity_where_the_result_is_finite(monkeypatch, capsys):
    framework("torch")
    monkeypatch.setattr("sys.argv", ["judge", "torch.nn.functional.selu"])
    assert main() == 1
    assert "∞ for 3.2386221e+38, not 3.4028235e+38" in capsys.readouterr().out


def test_pytorch_is_correctly_rounded_in_bfloat16():
    torch = framework("torch")
    assert selu.judge(torch.nn.functional.selu, "bfloat16").is_correctly_rounded


def test_pytorch_takes_the_left_derivative_at_zero():
    torch = framework("torch")
    f = torch.nn.functional.selu
    reports = {c: selu.judge(f, "bfloat16", "selu_grad", at_zero=c) for c in ("left", "right")}
    assert (reports["left"].misrounded, reports["right"].misrounded) == (0, 2)


def test_modules_and_functions_of_pytorch_are_known_as_such(dtype):
    torch = framework("torch")
    for f in (torch.nn.functional.selu, torch.nn.SELU(), torch.selu):
        assert framework_of(f) == "torch"
    x = np.linspace(-3, 3, 100).astype(dtype)
    twice = adapt(lambda tensor: tensor + tensor, "torch", False, None)
    assert_same_bits(twice(x), x + x)
    slope = adapt(lambda tensor: 3 * tensor, "torch", True, "cpu")
    assert_same_bits(slope(x), np.full(100, 3, dtype))


def test_jax_is_known_as_such(dtype):
    jax = framework("jax")
    assert framework_of(jax.nn.selu) == framework_of(jax.jit(lambda x: x + x)) == "jax"
    x = np.linspace(-3, 3, 100).astype(dtype)
    assert_same_bits(adapt(lambda v: v + v, "jax", False, None)(x), x + x)
    assert_same_bits(adapt(lambda v: 3 * v, "jax", True, None)(x), np.full(100, 3, dtype))


def test_jax_is_not_faithful():
    jax = framework("jax")
    for dtype in ("bfloat16", "float32"):
        report = selu.judge(jax.nn.selu, dtype, step=9973 if dtype == "float32" else 1)
        assert report.max_ulp > 2
        assert report.flushed.count > 0


def test_tensorflow_is_known_as_such(dtype):
    tensorflow = framework("tensorflow")
    for f in (tensorflow.nn.selu, tensorflow.keras.activations.selu):
        assert framework_of(f) == "tensorflow"
    x = np.linspace(-3, 3, 100).astype(dtype)
    assert_same_bits(adapt(lambda v: v + v, "tensorflow", False, None)(x), x + x)
    assert_same_bits(adapt(lambda v: 3 * v, "tensorflow", True, None)(x), np.full(100, 3, dtype))


def test_tensorflow_loses_all_digits_near_zero():
    tensorflow = framework("tensorflow")
    report = selu.judge(tensorflow.nn.selu, "float32", step=9973)
    assert report.max_ulp > 1e6
    (point,) = (point for point in report.points if point.name == "near 0")
    assert point.case.result == 0


@pytest.fixture
def onnx_model(tmp_path):
    framework("onnx")
    framework("onnxruntime")
    return model_of_onnx(tmp_path)


def test_models_of_onnx_can_be_judged(onnx_model, monkeypatch, capsys):
    report = selu.judge(onnx_model, "float32", step=9973)
    assert report.max_ulp > 1e6
    monkeypatch.setattr("sys.argv", ["judge", onnx_model, "--max-ulp", "1e9"])
    assert main() in (0, 1)
    assert f"{onnx_model} as selu in float32: not faithful" in capsys.readouterr().out
    with pytest.raises(ValueError, match="ONNX Runtime has no gradients"):
        selu.judge(onnx_model, "float32", "selu_grad")
