"""The command `python -m selu.judge`."""

from __future__ import annotations

import argparse
import sys
import traceback

from selu.judge import callables, inputs, judge
from selu.judge.truth import AT_ZERO, FUNCTIONS

_EPILOG = """\
examples:
  python -m selu.judge torch.nn.functional.selu
  python -m selu.judge jax.nn.selu --dtype bfloat16 --function selu_grad --at-zero left
  python -m selu.judge my_package.kernels.elu --dtype float16 --function elu --alpha 0.5
  python -m selu.judge model.onnx --max-ulp 4 --plot errors.svg

exit status: 0 if all results are faithful (off by less than 1 ULP) or, with --max-ulp, within that,
and NaN, infinities and signs of zeros are right; 1 if not; 2 if the judge could not run.
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m selu.judge",
        description="How far an implementation of SELU or ELU is from the exact values.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("callable", help="package.module.function, or the file of an ONNX model")
    parser.add_argument("--dtype", default="float32", help="default: float32")
    parser.add_argument("--function", choices=FUNCTIONS, default="selu", help="default: selu")
    parser.add_argument("--alpha", type=float, help="of elu; given to the callable, too")
    parser.add_argument(
        "--at-zero", choices=AT_ZERO, default="right", help="the derivative at 0; default: right"
    )
    parser.add_argument(
        "--step", type=int, help=f"every so many-th float32; default: {inputs.STEP}, 1 for all"
    )
    parser.add_argument(
        "--samples",
        type=int,
        default=inputs.SAMPLES,
        help=f"values of float64 in each binade; default: {inputs.SAMPLES}",
    )
    parser.add_argument(
        "--framework", choices=callables.FRAMEWORKS, help="whose arrays the callable takes"
    )
    parser.add_argument("--device", help="where PyTorch computes, such as cuda")
    parser.add_argument("--max-ulp", type=float, help="accept errors up to this; default: below 1")
    parser.add_argument("--plot", metavar="FILE", help="draw the errors over x (needs matplotlib)")
    arguments = parser.parse_args()
    try:
        f, framework = callables.named(arguments.callable)
        alpha = arguments.alpha
        report = judge(
            # A model has an alpha of its own.
            f if alpha is None or isinstance(f, str) else lambda x: f(x, alpha),
            arguments.dtype,
            arguments.function,
            alpha=1.0 if alpha is None else alpha,
            at_zero=arguments.at_zero,
            step=arguments.step,
            samples=arguments.samples,
            framework=arguments.framework or framework,
            device=arguments.device,
            name=arguments.callable,
        )
        print(report)
        if arguments.plot:
            report.plot(arguments.plot)
    except Exception as error:
        # Python's own exit status for an exception, 1, would be a verdict.
        if not isinstance(error, (ImportError, TypeError, ValueError)):
            traceback.print_exc()
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    limit = arguments.max_ulp
    return 0 if (report.is_faithful if limit is None else report.is_within(limit)) else 1


if __name__ == "__main__":
    sys.exit(main())
