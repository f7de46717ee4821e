"""What a call costs: nanoseconds per value, the least of many calls on 16,384 values in the cache.

The last column is SELU as most people write it with NumPy, with expm1.
"""

import time

import numpy as np
from formula import selu_with_expm1

import selu

COUNT, CALLS = 16_384, 500


def types():
    yield from (np.float32, np.float64, np.float16)
    try:
        import ml_dtypes
    except ImportError:
        return
    yield ml_dtypes.bfloat16


def least(calls):
    """The least time of each call, taken in turn so that all suffer alike from other work."""
    times = [np.inf] * len(calls)
    for _ in range(CALLS):
        for i, call in enumerate(calls):
            start = time.perf_counter_ns()
            call()
            times[i] = min(times[i], time.perf_counter_ns() - start)
    return [time / COUNT for time in times]


def main():
    names = ["out=", "new", "in place", "x[::2]", "x.T", "selu_grad", "selu_backward", "elu"]
    print(f"{'':>9}", *(f"{name:>13}" for name in [*names, "formula"]))
    for dtype in types():
        x, wide, grad = (
            np.random.default_rng(seed).standard_normal(size).astype(dtype)
            for seed, size in enumerate((COUNT, 2 * COUNT, COUNT))
        )
        y, buffer, square = np.empty_like(x), x.copy(), x.reshape(128, 128)
        calls = [
            lambda x=x, y=y: selu.selu(x, out=y),
            lambda x=x: selu.selu(x),
            lambda x=buffer: selu.selu(x, out=x),
            lambda x=wide, y=y: selu.selu(x[::2], out=y),
            lambda x=square, y=y: selu.selu(x.T, out=y.reshape(x.shape)),
            lambda x=x, y=y: selu.selu_grad(x, out=y),
            lambda x=x, y=y, grad=grad: selu.selu_backward(x, grad, out=y),
            lambda x=x, y=y: selu.elu(x, out=y),
            lambda x=x: selu_with_expm1(x),
        ]
        print(f"{np.dtype(dtype).name:>9}", *(f"{time:13.2f}" for time in least(calls)))


if __name__ == "__main__":
    main()
