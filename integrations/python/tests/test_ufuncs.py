"""The functions on every kind of array that NumPy has."""

import doctest
import itertools
import pathlib
import re
import subprocess
import sys
import threading
import time
import warnings

import ml_dtypes
import numpy as np
import pytest

import selu
from conftest import TYPES, assert_same_bits, values

# Each with the number of arrays that it takes.
FUNCTIONS = {
    "selu": (selu.selu, 1),
    "selu_grad": (selu.selu_grad, 1),
    "selu_backward": (selu.selu_backward, 2),
    "elu": (lambda x, **options: selu.elu(x, 0.75, **options), 1),
    "elu_grad": (lambda x, **options: selu.elu_grad(x, 0.75, **options), 1),
    "elu_backward": (lambda x, grad, **options: selu.elu_backward(x, grad, 0.75, **options), 2),
    "scaled_elu": (lambda x, **options: selu.scaled_elu(x, 1.5, 0.75, **options), 1),
}


@pytest.fixture(params=FUNCTIONS)
def function(request):
    return FUNCTIONS[request.param]


def one_by_one(f, *arrays):
    """The same on single values, where there is no memory to walk through."""
    types = [array.dtype.type for array in arrays]

    def of_scalars(*numbers):
        # np.vectorize makes numbers of Python of them.
        return f(*(kind(x) for kind, x in zip(types, numbers, strict=True)))

    # NumPy 1 takes no bfloat16 here.
    return np.vectorize(of_scalars, otypes=[object])(*arrays).astype(arrays[0].dtype)


# Longer than a piece of any type, and no multiple of one.
LENGTH = 5000

LAYOUTS = {
    "contiguous": lambda x: x,
    "every other": lambda x: np.repeat(x, 2)[::2],
    "every third, reversed": lambda x: np.repeat(x[::-1], 3)[::-3],
    "reversed": lambda x: x[::-1].copy()[::-1],
    "transposed": lambda x: np.ascontiguousarray(x.reshape(50, 100).T).T,
    "slice of a matrix": lambda x: np.tile(x.reshape(50, 100), 2)[:, :100],
    "Fortran order": lambda x: np.asfortranarray(x.reshape(2, 25, 100)),
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "unaligned": lambda x: unaligned(x),
    "a field": lambda x: in_field(x),
    "broadcast": lambda x: np.broadcast_to(x[:100], (50, 100)),
    "broadcast along": lambda x: np.broadcast_to(x[:50, None], (50, 100)),
    "0-d": lambda x: x[7:8].reshape(()),
    "one value": lambda x: x[7:8],
    "empty": lambda x: x[:0],
    "empty matrix": lambda x: x[:0].reshape(0, 3),
}


def unaligned(x):
    memory = np.zeros(x.nbytes + 1, np.uint8)
    y = memory[1:].view(x.dtype)
    y[:] = x
    return y


def in_field(x):
    records = np.zeros(x.size, [("before", np.uint8), ("x", x.dtype), ("after", np.uint16)])
    records["x"] = x
    return records["x"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_what_single_values_give(function, dtype, layout):
    f, count = function
    arrays = [values(dtype, LENGTH, seed) for seed in range(count)]
    expected = one_by_one(f, *(np.array(LAYOUTS[layout](x), dtype) for x in arrays))
    result = f(*(LAYOUTS[layout](x) for x in arrays))
    assert_same_bits(np.asarray(result), expected)


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if "broadcast" not in name])
def test_out_may_have_every_layout(function, dtype, layout):
    f, count = function
    arrays = [LAYOUTS["contiguous"](values(dtype, LENGTH, seed)) for seed in range(count)]
    out = LAYOUTS[layout](np.full(LENGTH, 7, dtype))
    shaped = [x[: out.size].reshape(out.shape) for x in arrays]
    assert f(*shaped, out=out) is out
    assert_same_bits(np.array(out, dtype), f(*shaped))


@pytest.mark.parametrize("shift", [-3000, -100, -1, 0, 1, 100, 3000])
@pytest.mark.parametrize("stride", [1, 2, -1])
def test_out_may_overlap_the_inputs(function, dtype, shift, stride):
    f, count = function
    memory = [values(dtype, 5 * LENGTH, seed) for seed in range(count)]
    start = LENGTH + 3000
    # Each input in turn shares its memory with the output; both, where there are two.
    for shared in sorted({(0,), (count - 1,), tuple(range(count))}):
        arrays = [m.copy() for m in memory]
        for i in shared:
            arrays[i] = arrays[shared[0]]
        views = [a[start : start + 2 * LENGTH][::stride][:LENGTH] for a in arrays]
        expected = f(*(v.copy() for v in views))
        begin = start + shift
        out = arrays[shared[0]][begin : begin + 2 * LENGTH][::stride][:LENGTH]
        f(*views, out=out)
        assert_same_bits(np.ascontiguousarray(out), expected)


def test_inputs_are_left_alone(function, dtype):
    f, count = function
    arrays = [values(dtype, LENGTH, seed) for seed in range(count)]
    copies = [x.copy() for x in arrays]
    f(*arrays)
    for x, copy in zip(arrays, copies, strict=True):
        assert_same_bits(x, copy)


def test_where_leaves_the_rest_alone(function, dtype):
    f, count = function
    arrays = [values(dtype, LENGTH, seed) for seed in range(count)]
    where = np.random.default_rng(5).random(LENGTH) < 0.5
    out = np.full(LENGTH, 7, dtype)
    f(*arrays, out=out, where=where)
    assert_same_bits(out, np.where(where, f(*arrays), np.array(7, dtype)))


def test_arrays_are_broadcast_against_each_other(dtype):
    x, grad = values(dtype, 100).reshape(100, 1), values(dtype, 50, 1)
    for backward in (selu.selu_backward, selu.elu_backward):
        expected = one_by_one(backward, *np.broadcast_arrays(x, grad))
        assert_same_bits(backward(x, grad), expected)
        assert_same_bits(backward(grad, x), one_by_one(backward, *np.broadcast_arrays(grad, x)))


@pytest.mark.parametrize("ufunc", [selu.selu_backward, selu.ufuncs.elu], ids=["backward", "elu"])
def test_reduce_and_accumulate_go_value_by_value(ufunc, dtype):
    def fold(x):
        return np.array(list(itertools.accumulate(x, ufunc)), dtype)

    # The second argument of elu varies or is one value.
    for x in (values(dtype, LENGTH)[10:110], np.broadcast_to(dtype.type(-0.5), 100)):
        assert_same_bits(ufunc.accumulate(x), fold(x))
        assert_same_bits(np.asarray(ufunc.reduce(x)), fold(x)[-1])
        parts = ufunc.reduceat(x, [0, 30, 60])
        assert_same_bits(parts, np.array([fold(y)[-1] for y in (x[:30], x[30:60], x[60:])]))
        for axis in (0, 1):
            matrix = x.reshape(5, 20)
            expected = np.apply_along_axis(fold, axis, matrix)
            assert_same_bits(ufunc.accumulate(matrix, axis), expected)
            assert_same_bits(ufunc.reduce(matrix, axis), expected.take(-1, axis))


def test_at_and_outer_work(dtype):
    x, grad = values(dtype, 20), values(dtype, 30, 1)
    assert_same_bits(selu.selu_backward.outer(x, grad), selu.selu_backward(x[:, None], grad))
    y = x.copy()
    selu.selu.at(y, [1, 3, 3])
    expected = x.copy()
    expected[[1, 3]] = selu.selu(x[1]), selu.selu(selu.selu(x[3]))
    assert_same_bits(y, expected)


def test_shapes_that_do_not_fit_are_an_error():
    with pytest.raises(ValueError, match=r"\(3,\) \(4,\)"):
        selu.selu_backward(np.ones(3), np.ones(4))


def test_a_slope_of_one_value_is_that_of_many(dtype):
    x = values(dtype, LENGTH)
    one = np.array(1, dtype)
    assert_same_bits(selu.selu_grad(x), selu.selu_backward(x, one))
    assert_same_bits(selu.elu_grad(x, 0.75), selu.elu_backward(x, one, 0.75))


def test_known_results():
    assert selu.selu(np.float32(-1e-8)) == np.float32(-1.7580993e-8)
    assert selu.selu(np.float32(3.2386221e38)) == np.finfo(np.float32).max
    assert selu.elu(np.float32(-1e-8), 0.5) == np.float32(-5e-9)
    assert selu.selu_grad(0.0) == selu.selu_grad(-0.0) == 1.0507009873554805
    assert selu.selu_grad(-5e-324) == 1.7580993408473768
    assert selu.elu_backward(-1.0, 2.0) == pytest.approx(2 * np.exp(-1))
    assert selu.scaled_elu(np.float32(3), 1, 0.5) == np.float32(1.5)


def test_special_values(dtype):
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0], dtype)
    assert_same_bits(selu.selu(x)[[0, 1, 3, 4]], x[[0, 1, 3, 4]])
    assert selu.selu(x)[2] == dtype.type(-1.7580993408473768)
    assert_same_bits(selu.elu(x)[[0, 1, 3, 4]], x[[0, 1, 3, 4]])
    slope = np.array([np.nan, 1.0507009873554805, 0.0, 1.0507009873554805, 1.0507009873554805])
    assert_same_bits(selu.selu_grad(x), slope.astype(dtype))


# --- Types ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["?", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "e", "f", "d"]
)
def test_numbers_are_promoted_as_by_exp(kind):
    x = np.array([0, 1], kind)
    expected = np.exp(x).dtype
    for f in (selu.selu, selu.selu_grad, selu.elu, selu.elu_grad):
        assert f(x).dtype == expected
    assert selu.scaled_elu(x, 1, 2).dtype == expected
    assert_same_bits(selu.selu(x), selu.selu(x.astype(expected)))


def test_two_types_are_promoted_as_by_multiply(dtype):
    for other in TYPES:
        x, grad = values(dtype, 100), values(other, 100)
        expected = np.multiply(x, grad, where=False, out=None).dtype
        for backward in (selu.selu_backward, selu.elu_backward):
            result = backward(x, grad)
            assert result.dtype == expected
            assert_same_bits(result, backward(x.astype(expected), grad.astype(expected)))


def test_numbers_of_python_take_the_type_of_the_array():
    x = np.ones(3, np.float32)
    assert selu.selu_backward(x, 2.0).dtype == np.float32
    assert selu.elu_backward(x, 2.0, 3).dtype == np.float32
    assert type(selu.selu(1)) is type(selu.elu(1.0)) is np.float64


def test_alpha_takes_the_type_of_the_array(dtype):
    x = values(dtype, 100)
    expected = selu.ufuncs.elu(x, dtype.type(0.3))
    for alpha in (0.3, np.float64(0.3), np.array(0.3), [0.3]):
        assert_same_bits(selu.elu(x, alpha), expected)
        assert_same_bits(selu.elu(x, alpha=alpha), expected)
    assert_same_bits(selu.elu(x), selu.elu(x, 1))
    assert selu.scaled_elu(x, np.float64(0.3), np.float64(2)).dtype == dtype
    assert selu.elu(x.astype(x.dtype.newbyteorder())).dtype == dtype


def test_dtype_is_that_of_the_computation():
    x = np.float32([-1, 1])
    assert_same_bits(selu.elu(x, 0.1, dtype=np.float64), selu.elu(x.astype(np.float64), 0.1))
    assert_same_bits(selu.selu(x, dtype=np.float64), selu.selu(x.astype(np.float64)))


def test_alpha_may_be_an_array(dtype):
    x = values(dtype, 600).reshape(20, 30)
    alpha = np.random.default_rng(1).standard_normal(30).astype(dtype)
    wide = np.broadcast_to(alpha, x.shape)
    for f in (selu.elu, selu.elu_grad):
        assert_same_bits(f(x, alpha), one_by_one(f, x, wide))
        assert_same_bits(f(x.T, alpha[:, None]), one_by_one(f, x.T, wide.T))
    expected = one_by_one(selu.elu_backward, x, x, wide)
    assert_same_bits(selu.elu_backward(x, x, alpha), expected)
    assert_same_bits(
        selu.scaled_elu(x, alpha, 2 * alpha), one_by_one(selu.scaled_elu, x, wide, 2 * wide)
    )


@pytest.mark.parametrize("x", [1j, np.longdouble(1), "1", None, {}], ids=repr)
def test_what_is_no_number_of_these_types_is_refused(x):
    for f in (selu.selu, selu.selu_grad, selu.elu, selu.elu_grad):
        with pytest.raises(TypeError, match="not supported for the input types"):
            f(x)
    for backward in (selu.selu_backward, selu.elu_backward):
        with pytest.raises(TypeError, match="not supported for the input types"):
            backward(x, 1.0)


def test_what_is_no_alpha_is_refused():
    with pytest.raises(ValueError, match="could not convert string to float: 'one'"):
        selu.elu(np.ones(3), "one")
    with pytest.raises(ValueError, match=r"\(3,\) \(2,\)"):
        selu.elu(np.ones(3), [1, 2])


def test_they_are_ufuncs():
    for name in ("selu", "selu_grad", "selu_backward"):
        assert getattr(selu, name) is getattr(selu.ufuncs, name)
    names = [name for name in dir(selu.ufuncs) if not name.startswith("_")]
    assert sorted(names) == sorted(FUNCTIONS)
    for name in names:
        ufunc = getattr(selu.ufuncs, name)
        assert isinstance(ufunc, np.ufunc)
        assert ufunc.__name__ == name
        assert [types[-1] for types in ufunc.types] == list("efd")


def test_subclasses_stay():
    x = np.ma.masked_array([-1.0, 0.0, 1.0], mask=[True, False, False])
    assert isinstance(selu.selu(x), np.ma.MaskedArray)
    assert isinstance(selu.elu(x), np.ma.MaskedArray)


# --- Floating-point exceptions -------------------------------------------------------------------


def test_no_value_makes_numpy_warn(function, dtype):
    f, count = function
    every = np.arange(1 << 16, dtype=np.uint16)
    if dtype.itemsize == 2:
        x = every.view(dtype)
    else:
        x = (every.astype(f"u{dtype.itemsize}") << (8 * dtype.itemsize - 16)).view(dtype)
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        f(*[x] * count)
        f(*[x[::2]] * count)


def test_a_cast_makes_numpy_warn_as_ever():
    x = np.full(100_000, -1.0)
    x[5] = 1e300
    with pytest.warns(RuntimeWarning, match="overflow"):
        selu.selu(x, out=np.empty(x.size, np.float32), casting="same_kind")


# --- Threads -------------------------------------------------------------------------------------


def longest_pause(f):
    """The longest time in which another thread of Python did not run, of that which `f` took."""
    pauses, stop = [0.0], threading.Event()

    def watch():
        last = time.perf_counter()
        while not stop.is_set():
            now = time.perf_counter()
            pauses.append(now - last)
            last = now

    thread = threading.Thread(target=watch)
    thread.start()
    start = time.perf_counter()
    f()
    elapsed = time.perf_counter() - start
    stop.set()
    thread.join()
    return max(pauses) / elapsed


def test_other_threads_run_meanwhile(dtype):
    x = np.full((1 << 27) // dtype.itemsize, -0.5, dtype)
    out = np.empty_like(x)
    # Another process may have the core for a while; the lock would be held in every try.
    assert min(longest_pause(lambda: selu.selu(x, out)) for _ in range(5)) < 0.5


def test_many_threads_get_what_one_gets(dtype):
    x = values(dtype, 100_000)
    expected, results = selu.selu(x), [None] * 8

    def work(i):
        results[i] = selu.selu(x)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(results))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        assert_same_bits(result, expected)


# --- Documentation -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_examples_of_the_documentation_run(name):
    text = getattr(selu, name).__doc__
    for words in ("(types|those of elu)", "(Raises|errors)"):
        assert re.search(words, text), words
    names = {"np": np, **{name: getattr(selu, name) for name in FUNCTIONS}}
    test = doctest.DocTestParser().get_doctest(text, names, name, None, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("name", ["selu", "selu.judge"])
def test_the_examples_of_the_modules_run(name):
    module = sys.modules[name]
    results = doctest.testmod(module, extraglobs={"np": np})
    assert results.attempted > 0 and results.failed == 0


def test_bfloat16_is_known_to_all(function):
    f, count = function
    x = values(np.dtype(ml_dtypes.bfloat16), 10)
    assert f(*[x] * count).dtype == x.dtype


def test_the_other_types_need_no_ml_dtypes():
    program = """
import sys
sys.modules["ml_dtypes"] = None
import numpy as np, selu
assert selu.elu(np.float16([-1]), 0.5) == np.float16(-0.31606)
assert selu.judge(selu.selu, "float16").is_correctly_rounded
try:
    selu.judge(selu.selu, "bfloat16")
except ImportError as error:
    print(error)
"""
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "bfloat16 needs the package ml_dtypes\n"


ROOT = pathlib.Path(__file__).resolve().parents[3]
KERNELS = ROOT / "docs/judging-kernels.md"


@pytest.mark.parametrize("page", [ROOT / "integrations/python/README.md", KERNELS], ids=str)
def test_the_examples_of_the_pages_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    programs = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    assert programs
    for program in programs:
        exec(program, {"selu": selu, "my_kernel": selu.selu})


def test_the_points_for_the_tests_of_kernels_are_right():
    text = KERNELS.read_text()
    table = re.findall(r"^\|(.*? `[0-9a-f]{8}`) \|(.*?)\|(.*?)\|", text, re.MULTILINE)
    assert len(table) == 9
    for point, value, slope in table:
        x = np.array(int(point.strip(" `")[-8:], 16), np.uint32).view(np.float32)
        columns = (point.replace(" |", ""), x), (value, selu.selu(x)), (slope, selu.selu_grad(x))
        for text, result in columns:
            number, _, pattern = text.strip().partition(" ")
            if text.strip() != "a convention":
                number = number.replace("−", "-").replace("∞", "inf")
                assert_same_bits(np.array(number, np.float32), np.asarray(result))
            if pattern.startswith("`"):
                assert pattern == f"`{result.view(np.uint32):08x}`"
