"""This crate and the frameworks: speed and error, from one run.

What is timed is a call on values that no earlier call has seen, in memory that a copy before the
clock starts has brought into the cache, as the layer before would have. Every framework returns a
newly allocated result: that is a cost of its interface and is timed. The first row is this crate,
called through ctypes into a buffer of the caller.

Each library and number of threads has a process of its own, because most fix their threads when
they are imported.
"""

import argparse
import ctypes
import json
import os
import pathlib
import platform
import subprocess
import sys
import time
import tomllib

import ml_dtypes  # comes with TensorFlow and JAX
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
SIZES = (16_384, 262_144)
# The timed calls take their values from this many, one window after another.
SOURCE = 4 << 20
TYPES = {
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
}
BITS = {2: np.uint16, 4: np.uint32, 8: np.uint64}
SCALE = "1.05070098735548049341933498529460635195898120"
SCALE_ALPHA = "1.75809934084737685994021752081227957732350684"
# By what a result may miss the nearest number and count as correctly rounded, in ULP: more than
# the error of the references.
TIE = 1e-6


# --- The libraries: load (not timed), call (timed), results --------------------------------------


class Peer:
    """A library; `function` maps what `load` made of a NumPy array to its result."""

    types = tuple(TYPES)
    input = output = None

    def load(self, xs):
        self.output = None
        self.input = self.convert(xs)

    def convert(self, xs):
        return xs

    def call(self):
        self.output = self.function(self.input)

    def results(self):
        return np.asarray(self.output)


class Selu(Peer):
    name = "**selu** (this crate)"

    def __init__(self, threads):
        file = {"Darwin": "libselu_peers.dylib", "Windows": "selu_peers.dll"}
        file = HERE / "target/release" / file.get(platform.system(), "libselu_peers.so")
        library = ctypes.CDLL(str(file))
        self.functions = {TYPES[name]: library[f"selu_into_{name}"] for name in TYPES}
        for function in self.functions.values():
            function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
            function.restype = None
        self.version = tomllib.loads((HERE / "../../Cargo.toml").read_text())["package"]["version"]

    def load(self, xs):
        if self.output is None or self.output.shape != xs.shape or self.output.dtype != xs.dtype:
            self.output = np.zeros_like(xs)
        self.input = xs
        self.arguments = xs.ctypes.data, self.output.ctypes.data, xs.size
        self.function = self.functions[xs.dtype]

    def call(self):
        self.function(*self.arguments)


class PyTorch(Peer):
    name = "PyTorch"

    def __init__(self, threads):
        import torch

        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        self.torch = torch
        self.version = torch.__version__
        self.function = torch.nn.functional.selu

    def convert(self, xs):
        if xs.dtype != TYPES["bf16"]:
            return self.torch.from_numpy(xs)
        return self.torch.from_numpy(xs.view(np.int16)).view(self.torch.bfloat16)

    def results(self):
        if self.output.dtype != self.torch.bfloat16:
            return self.output.numpy()
        return self.output.view(self.torch.int16).numpy().view(TYPES["bf16"])


class TensorFlow(Peer):
    name = "TensorFlow"

    def __init__(self, threads):
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
        self.version = tensorflow.__version__
        self.convert = tensorflow.constant
        self.function = tensorflow.nn.selu


class Jax(Peer):
    name = "JAX"

    def __init__(self, threads):
        # XLA takes its threads from the cores that the process may run on.
        import jax

        jax.config.update("jax_enable_x64", True)
        self.version = jax.__version__
        self.convert = lambda xs: jax.device_put(xs).block_until_ready()
        selu = jax.jit(jax.nn.selu)
        self.function = lambda xs: selu(xs).block_until_ready()


class OnnxRuntime(Peer):
    name = "ONNX Runtime"
    types = ("f32",)  # there is no other kernel of Selu for a CPU

    def __init__(self, threads):
        import onnxruntime
        from onnx import TensorProto, helper

        x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "xy")
        graph = helper.make_graph([helper.make_node("Selu", ["x"], ["y"])], "selu", [x], [y])
        opsets = [helper.make_opsetid("", 21)]
        model = helper.make_model(graph, ir_version=10, opset_imports=opsets).SerializeToString()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.version = onnxruntime.__version__
        self.convert = lambda xs: {"x": xs}
        self.function = lambda inputs: session.run(None, inputs)[0]


PEERS = {
    "selu": Selu,
    "tensorflow": TensorFlow,
    "torch": PyTorch,
    "jax": Jax,
    "onnxruntime": OnnxRuntime,
}


# --- One process: time and judge one library ------------------------------------------------------


def standard_normal(seed, count, dtype):
    """Values of N(0, 1); those of 16 bits are rounded from f32."""
    drawn = dtype if dtype.itemsize > 2 else np.float32
    return np.random.default_rng(seed).standard_normal(count, drawn).astype(dtype)


def apply(peer, xs):
    peer.load(xs)
    peer.call()
    return np.array(peer.results())


def nanoseconds_per_value(peer, source, size, seconds):
    """The median over single calls, each on the next window of `source`."""
    windows = source[: source.size // size * size].reshape(-1, size)
    times = []
    warm_up = time.perf_counter() + seconds / 4
    end = warm_up + seconds
    index = 0
    while (now := time.perf_counter()) < end or len(times) < 5:
        peer.load(np.array(windows[index % len(windows)]))
        index += 1
        start = time.perf_counter_ns()
        peer.call()
        elapsed = time.perf_counter_ns() - start
        if now >= warm_up:
            times.append(elapsed)
    return float(np.median(times)) / size


def sweep(dtype, count):
    """Magnitudes from 1e−30 to 1e4, evenly in the bit patterns, with both signs; and −1e−8."""
    bits = BITS[dtype.itemsize]
    low, high = (int(dtype.type(x).view(bits)) for x in (1e-30, 1e4))
    half = count // 2
    patterns = [low + (high - low) * i // half for i in range(half)]
    positive = np.array(patterns, dtype=bits).view(dtype)
    return np.concatenate([positive, -positive, np.array([-1e-8], dtype)])


def exact(xs):
    """selu(xs) as the sum of two f64 arrays.

    For f32 and the 16-bit types through NumPy's f64, whose error is below a millionth of an ULP of
    f32; for f64 through mpmath's arithmetic of arbitrary precision.
    """
    if xs.dtype != np.float64:
        wide = xs.astype(np.float64)
        negative = float(SCALE_ALPHA) * np.expm1(np.minimum(wide, 0))
        return np.where(wide > 0, float(SCALE) * wide, negative), np.zeros_like(wide)
    import mpmath

    mpmath.mp.prec = 140
    scale, scale_alpha = mpmath.mpf(SCALE), mpmath.mpf(SCALE_ALPHA)
    head, tail = np.empty_like(xs), np.empty_like(xs)
    for i, x in enumerate(xs.tolist()):
        value = scale * x if x > 0 else scale_alpha * mpmath.expm1(x)
        head[i] = float(value)
        tail[i] = float(value - head[i])
    return head, tail


def errors_ulp(results, reference, dtype):
    """|result − exact| in units in the last place of the exact value."""
    head, tail = reference
    kind = ml_dtypes.finfo(dtype)
    ulp = np.ldexp(1.0, np.maximum(np.frexp(head)[1] - 1, kind.minexp) - kind.nmant)
    errors = np.abs((results.astype(np.float64) - head) - tail) / ulp
    return np.where(np.isnan(errors), np.inf, errors)


def judge(peer, dtype):
    """Largest error over sweep and normals, share of normals not correctly rounded."""
    points = 1 << 14 if dtype == np.float64 else 1 << 20
    normals = standard_normal(2, points, dtype)
    swept = sweep(dtype, points)
    of_normals = errors_ulp(apply(peer, normals), exact(normals), dtype)
    of_swept = errors_ulp(apply(peer, swept), exact(swept), dtype)
    return {
        "error": float(max(of_normals.max(), of_swept.max())),
        "share_wrong": float(np.mean(of_normals > 0.5 + TIE)),
    }


def share_that_depends_on_position(peer, dtype, count=2048):
    """Share of values whose result alone has other bits than in a slice."""
    bits = BITS[dtype.itemsize]
    xs = standard_normal(3, count, dtype)
    alone = np.concatenate([apply(peer, np.array(xs[i : i + 1])) for i in range(count)])
    return float(np.mean(alone.view(bits) != apply(peer, xs).view(bits)))


def work(name, threads, seconds):
    """Everything about one library at one number of threads, printed as the last line."""
    peer = PEERS[name](threads)
    report = {"name": peer.name, "version": peer.version}
    for type_name in peer.types:
        dtype = TYPES[type_name]
        source = standard_normal(1, SOURCE, dtype)
        times = [nanoseconds_per_value(peer, source, size, seconds) for size in SIZES]
        report[type_name] = {"times": times}
        if threads == 1:
            report[type_name] |= judge(peer, dtype)
            report[type_name]["share_moved"] = share_that_depends_on_position(peer, dtype)
    print(json.dumps(report))


# --- The parent: one process after another, and the file of results -------------------------------


def cores():
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count()))


def start(name, threads, seconds):
    """The report of a process of its own that runs `work`; None, with the reason, if it fails."""
    allowed = cores()[:threads]
    counts = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "NPROC")
    environment = os.environ | {count: str(threads) for count in counts}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    pin = getattr(os, "sched_setaffinity", None)
    command = [sys.executable, __file__, "--worker", name]
    command += ["--threads", str(threads), "--seconds", str(seconds)]
    print(f"{name}, {threads} of {len(cores())} threads …", file=sys.stderr, flush=True)
    process = subprocess.run(
        command,
        env=environment,
        preexec_fn=(lambda: pin(0, allowed)) if pin else None,
        capture_output=True,
        text=True,
    )
    if process.returncode != 0:
        lines = process.stderr.strip().splitlines() or [f"exit code {process.returncode}"]
        print(f"skipped {name}: {lines[-1]}", file=sys.stderr)
        return None
    return json.loads(process.stdout.strip().splitlines()[-1])


def build():
    """The crate as a library that ctypes can load."""
    manifest = str(HERE / "Cargo.toml")
    command = ["cargo", "build", "--release", "--lib", "--manifest-path", manifest]
    subprocess.run([*command, "--target-dir", str(HERE / "target")], check=True)


def machine():
    model, flags = platform.machine(), ""
    if (info := pathlib.Path("/proc/cpuinfo")).exists():
        fields = dict(
            (key.strip(), value.strip())
            for key, _, value in (line.partition(":") for line in info.read_text().splitlines())
        )
        model = fields.get("model name", model)
        present = set(fields.get("flags", "").split())
        known = ("avx2", "fma", "avx512f", "avx512vl", "avx512dq", "avx512bw")
        flags = ", ".join(flag for flag in known if flag in present)
    return f"{model} ({flags}), {len(cores())} threads; Python {platform.python_version()}"


def lines(reports):
    """Lines of CSV from (report on one thread, report on all) per library."""
    yield f"# {machine()}"
    times = [f"{size} {who}" for who in ("one", "all") for size in SIZES]
    yield ";".join(["type", "library", "version", "error", "wrong", "moved", *times])
    for type_name in TYPES:
        for serial, parallel in reports:
            if type_name not in serial:
                continue
            row = serial[type_name]
            cells = [type_name, serial["name"], serial["version"]]
            cells += [str(row[key]) for key in ("error", "share_wrong", "share_moved")]
            for report in (serial, parallel):
                cells += [f"{time:.4f}" for time in report[type_name]["times"]] if report else ["", ""]
            yield ";".join(cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PEERS, help="these libraries; default: all")
    parser.add_argument("--seconds", type=float, default=1.0, help="of timing per size and type")
    parser.add_argument("--worker", choices=PEERS, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return work(arguments.worker, arguments.threads, arguments.seconds)

    build()
    names = ["selu"] + [name for name in arguments.only or PEERS if name != "selu"]
    reports = []
    for name in names:
        serial = start(name, 1, arguments.seconds)
        if name == "selu" and not serial:
            sys.exit("without this crate there is nothing to compare with")
        if serial:
            parallel = start(name, len(cores()), arguments.seconds) if len(cores()) > 1 else None
            reports.append((serial, parallel))
    file = HERE / "results/frameworks.csv"
    file.write_text("\n".join(lines(reports)) + "\n")
    print(f"The results are in {file}; docs/tables.py makes the tables of them.")


if __name__ == "__main__":
    main()
