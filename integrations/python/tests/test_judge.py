"""The judge itself: it acquits what is right, and convicts kernels that are wrong on purpose."""

import itertools
import pathlib
import subprocess
import sys
import types

import mpmath
import numpy as np
import pytest

import selu
from conftest import BITS
from selu.judge import Report, inputs
from selu.judge.__main__ import main
from selu.judge.formats import Format
from selu.judge.truth import FUNCTIONS, Truth

REFERENCES = {
    "selu": selu.selu,
    "selu_grad": selu.selu_grad,
    "elu": selu.elu,
    "elu_grad": selu.elu_grad,
}


def judge(f, dtype, function="selu", **options):
    """Of float32 and float64, few values apart from the critical ones."""
    few = {"step": 10_007} if dtype == "float32" else {"samples": 4}
    return selu.judge(f, dtype, function, **(few | options))


def wrong_at(x, result, reference=selu.selu):
    """A kernel that is right everywhere but at one input."""

    def kernel(xs):
        results = reference(xs)
        x_bits = np.array(x, xs.dtype).view(BITS[xs.dtype.itemsize])
        results[xs.view(BITS[xs.dtype.itemsize]) == x_bits] = result
        return results

    return kernel


def step_up(y):
    """The next numbers away from 0."""
    kind = BITS[y.dtype.itemsize]
    return (y.view(kind) + kind(1)).view(y.dtype)


def step_down(y):
    """The next numbers towards 0."""
    kind = BITS[y.dtype.itemsize]
    return (y.view(kind) - kind(1)).view(y.dtype)


# --- What is right is acquitted ------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS)
def test_this_package_is_correctly_rounded(function, dtype):
    report = judge(REFERENCES[function], dtype, function, samples=inputs.SAMPLES)
    assert report.is_correctly_rounded
    assert report.is_faithful
    assert report.is_within(0.5)
    assert report.monotonic_breaks.count == report.moved.count == report.flushed.count == 0
    assert report.worst is None
    assert all(point.is_right for point in report.points)
    assert not report.curve
    least = {2: 63_000, 4: 400_000, 8: 190_000}[dtype.itemsize]
    assert report.values > least


@pytest.mark.parametrize("alpha", [0.3, 1.75, -0.5, 0.0])
def test_elu_is_judged_with_its_alpha(alpha, dtype):
    for function in (selu.elu, selu.elu_grad):
        name = function.__name__

        def with_alpha(x, function=function):
            return function(x, alpha)

        report = judge(with_alpha, dtype, name, alpha=alpha)
        assert report.is_correctly_rounded
        assert report.monotonic_breaks.count == 0
        assert not judge(function, dtype, name, alpha=alpha, samples=2).is_faithful


def test_every_16_bit_number_is_tried():
    for name, numbers in (("float16", 63_490), ("bfloat16", 65_282)):
        seen = set()

        def record(x, seen=seen):
            seen.update(x.view(np.uint16).tolist())
            return selu.selu(x)

        assert judge(record, name).values == numbers
        assert len(seen) == 1 << 16


def test_no_float32_is_left_out_or_tried_twice():
    format = Format("float32")
    total, blocks = inputs.blocks(format, "selu", 4099, 2)
    found = np.concatenate([b for _, b in blocks])
    assert np.unique(found).size == found.size == total
    magnitudes = np.arange(0, format.sign, 4099)
    expected = [magnitudes, magnitudes + format.sign]
    for magnitude in inputs.critical(format):
        center = format.pattern(magnitude)
        near = np.arange(max(center - 512, 0), center + 512)
        expected += [near, near + format.sign]
    np.testing.assert_array_equal(np.sort(found), np.unique(np.concatenate(expected)))
    total, blocks = inputs.blocks(format, "selu", 1, 2)
    assert total == 1 << 32
    np.testing.assert_array_equal(
        np.concatenate([b for _, b in itertools.islice(blocks, 3)]), np.arange(3 * inputs.BLOCK)
    )


@pytest.mark.parametrize("page", ["README.md", "../../docs/judging-kernels.md"])
def test_the_pages_say_how_many_float32_are_tried(page):
    text = (pathlib.Path(__file__).resolve().parents[1] / page).read_text()
    assert f"tried            {selu.judge(selu.selu, 'float32').values:,} values\n" in text


def test_the_stored_hard_cases_are_tried():
    for function in ("selu", "selu_grad"):
        _, blocks = inputs.blocks(Format("float64"), function, 1, 2)
        hard = inputs._hard_cases(function)
        assert hard.size == 4500
        assert np.isin(hard, np.concatenate([b for _, b in blocks])).all()


# --- What is wrong is convicted ------------------------------------------------------------------


def test_one_wrong_bit_is_found(dtype):
    x = dtype.type(1.0)  # one of the critical points, which are tried in every type
    result = step_up(selu.selu(np.array([x])))[0]
    report = judge(wrong_at(x, result), dtype)
    assert report.misrounded == 1
    assert not report.is_correctly_rounded
    assert 0.5 < report.max_ulp < 1.5
    assert (report.worst.x, report.worst.result) == (x, result)
    assert len(report.curve) == 1
    assert report.curve[0][0] == pytest.approx(float(x), rel=0.26)


def test_one_wrong_bit_in_a_hard_case_is_found():
    x = np.array([inputs._hard_cases("selu")[1234]]).view(np.float64)
    right = selu.selu(x)[0]
    for result in (np.nextafter(right, 0), np.nextafter(right, -9)):
        report = judge(wrong_at(x[0], result), "float64")
        assert report.misrounded == 1
        # The exact value is next to the middle of two numbers.
        assert min(abs(report.max_ulp - 0.5), abs(report.max_ulp - 1.5)) < 1e-3


def test_an_infinity_for_the_largest_results_is_found():
    report = judge(wrong_at(np.float32(3.2386221e38), np.inf), "float32")
    assert report.infinity.count == 1
    assert report.infinity.first.x == np.float32(3.2386221e38)
    assert report.infinity.first.exact == np.finfo(np.float32).max
    assert not report.is_faithful
    assert not report.is_within(1e9)
    assert "1 wrong, the first ∞ for 3.2386221e+38, not 3.4028235e+38" in str(report)


def test_a_finite_result_for_infinity_is_found(dtype):
    largest = Format(dtype).largest
    report = judge(lambda x: np.clip(selu.selu(x), -largest, largest).astype(x.dtype), dtype)
    assert report.infinity.count >= 1
    assert not report.is_faithful


def test_a_wrong_nan_is_found(dtype):
    def loses_nan(x):
        return np.where(np.isnan(x), x.dtype.type(0), selu.selu(x))

    def makes_nan(x):
        return np.where(x < -50, x.dtype.type(np.nan), selu.selu(x))

    def makes_nan_of_infinity(x):
        return np.where(x == np.inf, x.dtype.type(np.nan), selu.selu(x))

    for kernel in (loses_nan, makes_nan, makes_nan_of_infinity):
        report = judge(kernel, dtype)
        assert report.nan.count >= 1
        assert report.infinity.count == 0
        assert not report.is_faithful


def test_a_lost_sign_of_zero_is_found(dtype):
    def kernel(x):
        return np.where(x == 0, x.dtype.type(0), selu.selu(x))

    report = judge(kernel, dtype)
    assert (report.zero_sign.count, report.misrounded, report.max_ulp) == (1, 1, 0)
    assert not report.is_faithful
    assert [point.name for point in report.points if not point.is_right] == ["−0"]


def test_flushed_subnormals_are_found(dtype):
    tiny = Format(dtype).smallest_normal

    def kernel(x):
        y = selu.selu(x)
        return np.where(np.abs(y.astype(float)) < tiny, np.copysign(y.dtype.type(0), y), y)

    report = judge(kernel, dtype)
    assert report.flushed.count > 100
    assert report.max_ulp > 100
    assert "flushed to 0" in str(report)

    def inexact(x):
        y = selu.selu(x)
        return np.where((y != 0) & (np.abs(y.astype(float)) < tiny), step_up(y), y)

    report = judge(inexact, dtype)
    assert report.misrounded > 100
    assert report.flushed.count == 0


def test_a_break_of_monotonicity_is_found(dtype):
    for x in (dtype.type(1.0), dtype.type(-1.0)):
        below = selu.selu(np.array([x], dtype))[0]
        report = judge(wrong_at(x, dtype.type(float(below) - 0.25)), dtype)
        assert report.monotonic_breaks.count == 1
        # The breach is at x or at the next number, whichever is tried after a larger result.
        assert report.monotonic_breaks.first.x == pytest.approx(float(x), rel=0.01)
        assert "monotonic        no" in str(report)


def test_a_result_that_depends_on_the_place_is_found(dtype):
    def kernel(x):
        y = selu.selu(x)
        rest = x.size % 8
        y[x.size - rest :] = step_up(y[x.size - rest :])
        return y

    report = judge(kernel, dtype)
    assert report.moved.count > 900
    assert "depend on their place" in str(report)
    for length in (2, 9, 65):
        report = judge(
            lambda x, n=length: step_up(selu.selu(x)) if x.size == n else selu.selu(x), dtype
        )
        assert report.moved.count > 900
    assert judge(selu.selu, dtype).moved.count == 0


def test_what_is_wrong_only_in_arrays_of_one_value_is_found(dtype):
    def kernel(x):
        return np.where(np.isnan(x), x.dtype.type(1), selu.selu(x)) if x.size == 1 else selu.selu(x)

    report = judge(kernel, dtype)
    assert report.misrounded == 0
    assert report.nan.count == 1
    assert not report.is_correctly_rounded
    assert not report.is_faithful


def test_rounding_up_is_faithful_but_not_correct():
    for name in ("float16", "bfloat16", "float32"):

        def round_up(x):
            exact = selu.selu(x.astype(np.float64))
            y = selu.selu(x)
            bits = BITS[y.dtype.itemsize]
            up = np.where(np.signbit(y), y.view(bits) - bits(1), y.view(bits) + bits(1))
            return np.where(y < exact, up.astype(bits).view(y.dtype), y)

        report = judge(round_up, name)
        assert 0.3 < report.share < 0.6
        assert 0.9 < report.max_ulp < 1
        # What overflows goes up to ∞.
        assert report.infinity.count <= 1
        assert report.is_within(1) == report.is_faithful == (report.infinity.count == 0)


def test_a_neighbour_is_faithful_on_the_side_of_the_exact_value(dtype):
    """For x < 0, elu(x) lies between x and 0, next to x, and above −1, next to it."""
    format = Format(dtype)
    truth = Truth("elu", format, 1.0, "right")
    for x in (-2 * format.smallest_normal, -1.5 * format.smallest_normal, -45.0, -700.0):
        x = np.array([x], format.dtype)
        rounded = selu.elu(x)
        assert 0.8 < truth.errors(x, step_down(rounded), rounded)[0] < 1
        assert truth.errors(x, step_up(rounded), rounded)[0] >= 1


def test_an_error_of_1_ulp_is_not_faithful():
    report = Report("f", "selu", "float32", None, max_ulp=1.0)
    assert not report.is_faithful
    assert report.is_within(1)


def test_the_usual_formula_is_convicted(dtype):
    def formula(x):
        scale, alpha = x.dtype.type(1.0507009873554805), x.dtype.type(1.6732632423543772)
        y = np.where(x > 0, scale * x, scale * alpha * (np.exp(x) - x.dtype.type(1)))
        return y.astype(x.dtype)

    report = judge(formula, dtype)
    assert report.share > 0.2
    assert report.max_ulp > 100
    assert report.verdict == "not faithful"
    assert "✗ near 0" in str(report)


# --- Conventions and arguments -------------------------------------------------------------------


@pytest.mark.parametrize("function, left", [("selu_grad", 1.7580993408473768), ("elu_grad", 0.25)])
def test_the_derivative_at_zero_has_a_convention(function, left, dtype):
    def from_the_right(x):
        return selu.selu_grad(x) if function == "selu_grad" else selu.elu_grad(x, 0.25)

    def from_the_left(x):
        y = from_the_right(x)
        y[x == 0] = left
        return y

    def halfway(x):
        y = from_the_right(x)
        y[x == 0] = 0.6
        return y

    def next_to_the_left(x):
        y = from_the_left(x)
        y[x == 0] = step_up(y[x == 0])
        return y

    report = judge(next_to_the_left, dtype, function, alpha=0.25, at_zero="either")
    assert report.misrounded == 2
    assert 0 < report.max_ulp < 1.5

    def is_right(f, at_zero):
        report = judge(f, dtype, function, alpha=0.25, at_zero=at_zero)
        assert report.monotonic_breaks.count == 0
        return report.is_correctly_rounded

    conventions = ("right", "left", "either")
    assert [is_right(from_the_right, c) for c in conventions] == [True, False, True]
    assert [is_right(from_the_left, c) for c in conventions] == [False, True, True]
    assert [is_right(halfway, c) for c in conventions] == [False, False, False]


def test_a_kernel_may_work_in_place(dtype):
    def in_place(x):
        return selu.selu(x, out=x)

    assert judge(in_place, dtype).is_correctly_rounded


def test_wrong_arguments_are_named():
    for options, message in (
        ({"dtype": "int32"}, "dtype is int32, not one of float16, bfloat16"),
        ({"function": "gelu"}, "function is 'gelu', not one of selu"),
        ({"at_zero": "up"}, "at_zero is 'up', not one of right, left, either"),
        ({"step": 0}, "step is 0, not from 1 to 2147483648"),
        ({"samples": 1}, "samples is 1, not 2 or more"),
        ({"framework": "caffe"}, "framework is 'caffe', not one of numpy, torch"),
        ({"framework": "onnxruntime"}, "only ONNX Runtime takes a file"),
        ({"device": "cuda"}, "device is 'cuda', but only PyTorch"),
        ({"function": "elu", "alpha": 1e39}, "alpha is 1e\\+39, not a finite number of float32"),
    ):
        with pytest.raises(ValueError, match=message):
            selu.judge(selu.selu, **({"dtype": "float32"} | options))


def test_other_types_and_shapes_are_refused():
    with pytest.raises(TypeError, match="f returned float64 for float32; it must keep the type"):
        judge(lambda x: selu.selu(x.astype(np.float64)), "float32")
    with pytest.raises(ValueError, match=r"f returned the shape \(1,\) for \(\d+,\)"):
        judge(lambda x: selu.selu(x)[:1], "float32")


# --- The errors, measured independently ----------------------------------------------------------


def exact(function, x, alpha):
    """The function in mpmath's arithmetic: more bits than tell x from exp(x) − 1 in float64."""
    with mpmath.workprec(1300):
        scale, scaled_alpha = mpmath.mpf(1), mpmath.mpf(alpha)
        if function.startswith("selu"):
            scale = mpmath.mpf("1.05070098735548049341933498529460635195898120")
            scaled_alpha = mpmath.mpf("1.75809934084737685994021752081227957732350684")
        x = mpmath.mpf(float(x))
        if function.endswith("_grad"):
            return scale if x >= 0 else scaled_alpha * mpmath.exp(x)
        return scale * x if x >= 0 else scaled_alpha * mpmath.expm1(x)


def nearest(value, format):
    """The nearest number of a format, by mpmath, ties never occurring, and the spacing there."""
    with mpmath.workprec(1300):
        exponent = mpmath.frexp(value)[1] if value else format.smallest_exponent
        ulp = mpmath.ldexp(1, max(exponent - format.precision, format.smallest_exponent))
        return mpmath.nint(value / ulp) * ulp, ulp


@pytest.mark.parametrize("function", FUNCTIONS)
def test_reference_and_errors_are_those_of_mpmath(function, dtype):
    format, alpha = Format(dtype), 0.8125
    random = np.random.default_rng(7)
    magnitudes = np.concatenate(
        [
            np.exp(random.uniform(-25, 4, 300)),
            np.exp(random.uniform(np.log(format.smallest_normal) - 3, 0, 300)),
        ]
    )
    x = np.concatenate([magnitudes, -magnitudes]).astype(dtype)
    x = x[np.abs(x.astype(float)) > 0]
    truth = Truth(function, format, alpha, "right")
    rounded = truth.rounded(x)
    kind = format.bits.type
    # Wrong by some places, and by many.
    places = random.integers(-3, 4, x.size) * random.choice([1, 1, 100], x.size)
    patterns = rounded.view(format.bits).astype(np.int64) + places
    magnitude = patterns & (format.sign - 1)
    patterns = np.where(magnitude < format.infinity, patterns, rounded.view(format.bits))
    patterns = np.where(patterns >= 0, patterns, 0) if dtype.itemsize < 8 else patterns
    results = patterns.astype(np.int64).view(np.uint64).astype(kind).view(dtype)
    usable = np.isfinite(results.astype(float)) & np.isfinite(rounded.astype(float))
    assert usable.sum() > 900
    errors = truth.errors(x[usable], results[usable], rounded[usable])
    for xi, yi, ri, error in zip(x[usable], results[usable], rounded[usable], errors, strict=True):
        value = exact(function, xi, alpha)
        right, ulp = nearest(value, format)
        assert float(ri) == float(right), (xi, ri)
        with mpmath.workprec(1300):
            expected = float(abs(mpmath.mpf(float(yi)) - value) / ulp)
        assert error == pytest.approx(expected, rel=1e-6, abs=1e-6), (xi, yi)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_decimals_are_exact(function):
    truth = Truth(function, Format("float64"), 0.3, "right")
    magnitudes = 10.0 ** np.linspace(-323, 2.8, 400)
    for x in [*(-magnitudes).tolist(), *magnitudes.tolist(), -1e-12, np.nextafter(-1e-12, 0)]:
        with mpmath.workprec(1300):
            scale = mpmath.mpf("1.05070098735548049341933498529460635195898120")
            alpha = mpmath.mpf("1.75809934084737685994021752081227957732350684")
            if function.startswith("elu"):
                scale, alpha = mpmath.mpf(1), mpmath.mpf(0.3)
            number = mpmath.mpf(x)
            if function.endswith("_grad"):
                value = scale if x >= 0 else alpha * mpmath.exp(number)
            else:
                value = scale * number if x >= 0 else alpha * mpmath.expm1(number)
            relative = abs(mpmath.mpf(str(truth.exact(x))) / value - 1)
        assert relative < 1e-46, x


# --- Reports -------------------------------------------------------------------------------------


def test_a_report_can_be_read(dtype):
    text = str(judge(selu.selu, dtype))
    assert f"selu as selu in {dtype.name}: correctly rounded" in text
    assert "all 15 special points are right" in text
    assert len(text.splitlines()) == 11
    assert "alpha = 0.5" in str(judge(lambda x: selu.elu(x, 0.5), dtype, "elu", alpha=0.5))


def test_a_report_can_be_drawn(dtype, tmp_path):
    def formula(x):
        return np.where(x > 0, x, np.exp(np.minimum(x, 0)) - x.dtype.type(1)).astype(x.dtype)

    for i, kernel in enumerate((formula, selu.elu)):
        report = judge(kernel, dtype, "elu")
        figure = report.plot(tmp_path / f"{i}.svg")
        (dots,) = (line for line in figure.axes[0].lines if line.get_marker() == ".")
        assert len(dots.get_xdata()) == len(report.curve)
        assert bool(report.curve) == (kernel is formula)
        assert (tmp_path / f"{i}.svg").stat().st_size > 5000


def test_long_work_shows_its_progress(capsys, monkeypatch):
    ticks = itertools.count()
    clock = types.SimpleNamespace(monotonic=lambda: float(next(ticks)))
    monkeypatch.setattr(sys.modules["selu.judge"], "time", clock)
    for dtype, options in (("float32", {}), ("float64", {"samples": 500})):
        report = selu.judge(selu.selu, dtype, progress=True, **options)
        assert report.values > 4 * inputs.BLOCK
        *steps, blank, end = capsys.readouterr().err.split("\r")
        shares = [float(step.partition("%")[0]) for step in steps if step]
        assert shares == sorted(shares) and shares[0] < 50 and shares[-1] > 95
        assert blank.isspace() and end == ""
        selu.judge(selu.selu, dtype, progress=False, **options)
        assert capsys.readouterr().err == ""
    for terminal in (True, False):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal)
        selu.judge(selu.selu, "float32")
        assert ("s left" in capsys.readouterr().err) == terminal


# --- The command ---------------------------------------------------------------------------------


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["judge", *arguments])
    return main()


def test_the_exit_status_is_the_verdict(monkeypatch, capsys, tmp_path):
    (tmp_path / "kernels.py").write_text(
        "import numpy as np, selu\n"
        "def one_up(x):\n"
        "    y = selu.selu(x)\n"
        "    return np.where(y > 0, np.nextafter(y, np.inf, where=y < 1e38, out=y.copy()), y)\n"
        "def lost_zero(x):\n"
        "    return selu.selu(x) + np.float32(0)\n"
        "class Module:\n"
        "    def __call__(self, x):\n"
        "        return selu.selu(x)\n"
        "def broken(x):\n"
        "    raise RuntimeError('no device')\n"
        "def elu(x, alpha=1.0):\n"
        "    return selu.elu(x, alpha)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert run(monkeypatch, "selu.selu") == 0
    assert run(monkeypatch, "kernels.one_up") == 1
    assert run(monkeypatch, "kernels.one_up", "--max-ulp", "1.5") == 0
    assert run(monkeypatch, "kernels.one_up", "--max-ulp", "1.2") == 1
    assert run(monkeypatch, "kernels.lost_zero", "--max-ulp", "1.5") == 1
    assert run(monkeypatch, "kernels:Module") == 0
    assert run(monkeypatch, "kernels.elu", "--function", "elu", "--alpha", "0.5") == 0
    assert run(monkeypatch, "kernels.elu", "--function", "elu", "--dtype", "bfloat16") == 0
    assert run(monkeypatch, "selu.selu_grad", "--function", "selu_grad") == 0
    assert run(monkeypatch, "selu.selu_grad", "--function", "selu_grad", "--at-zero", "left") == 1
    picture = str(tmp_path / "errors.png")
    assert run(monkeypatch, "kernels.one_up", "--step", "9973", "--plot", picture) == 1
    assert (tmp_path / "errors.png").stat().st_size > 1000
    assert "kernels.one_up as selu in float32: not faithful" in capsys.readouterr().out
    assert run(monkeypatch, "kernels.broken") == 2
    assert "Traceback" in capsys.readouterr().err


def test_what_cannot_be_judged_has_another_exit_status(monkeypatch, capsys):
    for arguments, message in (
        (["nowhere.selu"], "there is no module nowhere to find nowhere.selu in"),
        (["numpy.selu"], "numpy has no selu"),
        (["numpy.pi"], "numpy.pi cannot be called"),
        (["selu"], "there is no module selu to find selu in"),
        (["nowhere.onnx"], "there is no file nowhere.onnx"),
        (["selu.selu", "--dtype", "int8"], "dtype is int8"),
        (["numpy.sum"], "f returned the shape ()"),
        (["selu.judge.report.Report"], "missing 4 required positional arguments"),
    ):
        assert run(monkeypatch, *arguments) == 2
        assert message in capsys.readouterr().err


def test_it_runs_as_a_module():
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "selu.judge",
        "selu.selu",
        "--dtype",
        "bfloat16",
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "selu.selu as selu in bfloat16: correctly rounded" in result.stdout
    assert result.stderr == ""


def test_judge_is_a_function_and_a_module():
    import selu.judge
    from selu.judge import Report

    assert callable(selu.judge)
    assert isinstance(selu.judge(selu.selu, "float16"), Report)
