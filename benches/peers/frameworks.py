"""This crate and the frameworks: speed, from one run.

What is timed is a call on values that no earlier call has seen, in memory that a copy before the
clock starts has brought into the cache, as the layer before would have. Every framework returns a
newly allocated result: that is a cost of its interface and is timed. The first row is this crate,
called through ctypes into a buffer of the caller.

Each library and number of threads has a process of its own, because most fix their threads when
they are imported. Their errors are measured by `integrations/python/frameworks.py`.
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


# --- The libraries: load (not timed), call (timed) ------------------------------------------------


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


# --- One process: time one library ----------------------------------------------------------------


def standard_normal(seed, count, dtype):
    """Values of N(0, 1); those of 16 bits are rounded from f32."""
    drawn = dtype if dtype.itemsize > 2 else np.float32
    return np.random.default_rng(seed).standard_normal(count, drawn).astype(dtype)


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


def work(name, threads, seconds):
    """Everything about one library at one number of threads, printed as the last line."""
    peer = PEERS[name](threads)
    report = {"name": peer.name, "version": peer.version}
    for type_name in peer.types:
        dtype = TYPES[type_name]
        source = standard_normal(1, SOURCE, dtype)
        times = [nanoseconds_per_value(peer, source, size, seconds) for size in SIZES]
        report[type_name] = {"times": times}
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
    yield ";".join(["type", "library", "version", *times])
    for type_name in TYPES:
        for serial, parallel in reports:
            if type_name not in serial:
                continue
            cells = [type_name, serial["name"], serial["version"]]
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
