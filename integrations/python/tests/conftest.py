"""What the tests share."""

import importlib
import os

import ml_dtypes
import numpy as np
import pytest

TYPES = [np.dtype(t) for t in (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)]
BITS = {2: np.uint16, 4: np.uint32, 8: np.uint64}


@pytest.fixture(params=TYPES, ids=str)
def dtype(request):
    return request.param


def framework(name):
    """A module, without which a test is skipped, or fails if FRAMEWORKS is set."""
    if os.environ.get("FRAMEWORKS"):
        return importlib.import_module(name)
    return pytest.importorskip(name)


def bits(array):
    """The bits of an array, with one pattern for all NaN."""
    array = np.ascontiguousarray(array)
    one_nan = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    return one_nan.view(BITS[array.dtype.itemsize])


def assert_same_bits(actual, expected):
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    np.testing.assert_array_equal(bits(actual), bits(expected))


def values(dtype, count, seed=0):
    """Normal values, with special ones strewn in."""
    special = [np.nan, np.inf, -np.inf, 0.0, -0.0, -1e-8, 1e-40, -1e-40, 3.2386221e38, -90.0]
    with np.errstate(over="ignore"):
        x = (2 * np.random.default_rng(seed).standard_normal(count)).astype(dtype)
        x[:: max(1, count // 10)] = np.resize(np.array(special).astype(dtype), x.size)[
            : x[:: max(1, count // 10)].size
        ]
    return x
