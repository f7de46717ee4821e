"""What a call costs: nanoseconds per value, the least of many calls on 16,384 values in the cache.

The first column is the crate's function on slices, called through ctypes from the library that
benches/peers builds; the last, SELU as most people write it with NumPy, with expm1.
"""

import ctypes
import pathlib
import subprocess
import time

import ml_dtypes
import numpy as np
from formula import selu_with_expm1

import selu

COUNT, CALLS = 16_384, 1000
TYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "bf16": ml_dtypes.bfloat16}
PEERS = pathlib.Path(__file__).resolve().parents[3] / "benches/peers"


def rust_functions():
    """The crate's functions on slices, by type: of two addresses and a number of values."""
    options = ["--manifest-path", PEERS / "Cargo.toml", "--target-dir", PEERS / "target"]
    subprocess.run(["cargo", "build", "--quiet", "--release", "--lib", *options], check=True)
    (file,) = (PEERS / "target/release").glob("*selu_peers.[sd][oyl]*")
    library = ctypes.CDLL(file)
    for short in TYPES:
        function = library[f"selu_into_{short}"]
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
        function.restype = None
        yield function


def least(calls):
    """The least time of each call, taken in turn so that all suffer alike from other work.

    Each is called twice and timed once: the others have driven its code out of the caches.
    """
    times = [np.inf] * len(calls)
    for _ in range(CALLS):
        for i, call in enumerate(calls):
            call()
            start = time.perf_counter_ns()
            call()
            times[i] = min(times[i], time.perf_counter_ns() - start)
    return times


def times(dtype, rust):
    """The names of the ways to call, and the nanoseconds per value of each."""
    x, wide, grad = (
        np.random.default_rng(seed).standard_normal(size).astype(dtype)
        for seed, size in enumerate((COUNT, 2 * COUNT, COUNT))
    )
    y, wide_y, buffer = np.empty_like(x), np.empty_like(wide), x.copy()
    square, square_y = x.reshape(128, 128), y.reshape(128, 128)
    addresses = x.ctypes.data, y.ctypes.data
    calls = {
        "Rust slice": lambda: rust(*addresses, COUNT),
        "`out=`": lambda: selu.selu(x, out=y),
        "new array": lambda: selu.selu(x),
        "in place": lambda: selu.selu(buffer, out=buffer),
        "`x[::2]`": lambda: selu.selu(wide[::2], out=y),
        "`y[::2]`": lambda: selu.selu(x, out=wide_y[::2]),
        "both": lambda: selu.selu(wide[::2], out=wide_y[::2]),
        "`x.T`": lambda: selu.selu(square.T, out=square_y),
        "`selu_grad`": lambda: selu.selu_grad(x, out=y),
        "`selu_backward`": lambda: selu.selu_backward(x, grad, out=y),
        "`elu`": lambda: selu.elu(x, out=y),
        "`np.where`, `expm1`": lambda: selu_with_expm1(x),
    }
    nothing, no_values, *found = least([lambda: None, lambda: rust(*addresses, 0), *calls.values()])
    found[0] -= no_values - nothing  # what ctypes takes
    return calls, [time / COUNT for time in found]


def main():
    for i, (dtype, rust) in enumerate(zip(TYPES.values(), rust_functions(), strict=True)):
        names, found = times(dtype, rust)
        if i == 0:
            print("|", *(f"| {name}" for name in names), "|")
            print("|---" + "|--:" * len(names) + "|")
        print(f"| `{np.dtype(dtype).name}`", *(f"| {time:.2f}" for time in found), "|")


if __name__ == "__main__":
    main()
