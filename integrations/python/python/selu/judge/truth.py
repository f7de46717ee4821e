"""What is exact: this package's own functions, and decimals of 60 digits for errors in float64."""

import decimal
import math
from decimal import Decimal
from typing import Any

import numpy as np

from selu import ufuncs
from selu.judge.formats import Format

FUNCTIONS = ("selu", "selu_grad", "elu", "elu_grad")
AT_ZERO = ("right", "left", "either")

_SCALE = Decimal("1.05070098735548049341933498529460635195898120")
_SCALE_ALPHA = Decimal("1.75809934084737685994021752081227957732350684")
_DIGITS = decimal.Context(prec=60)


class Truth:
    """A function, with its alpha rounded to a format and its convention at 0."""

    def __init__(self, function: str, format: Format, alpha: float, at_zero: str) -> None:
        if function not in FUNCTIONS:
            raise ValueError(f"function is {function!r}, not one of {', '.join(FUNCTIONS)}")
        if at_zero not in AT_ZERO:
            raise ValueError(f"at_zero is {at_zero!r}, not one of {', '.join(AT_ZERO)}")
        self.function = function
        self.format = format
        self.is_selu = function.startswith("selu")
        self.is_gradient = function.endswith("_grad")
        with np.errstate(over="ignore"):
            self.alpha = float(format.dtype.type(alpha))
        if not math.isfinite(self.alpha):
            raise ValueError(f"alpha is {alpha}, not a finite number of {format.name}")
        self.at_zero = at_zero
        # The sign of the function's slope for x < 0.
        self.slope = -1 if not self.is_selu and self.alpha < 0 else 1

    def rounded(self, x: Any) -> Any:
        """The correctly rounded results."""
        results = self._compute(x)
        if self.is_gradient and self.at_zero == "left":
            results[x == 0] = self._left(x.dtype)
        return results

    def accept_either(self, x: Any, results: Any, rounded: Any) -> None:
        """At 0, the convention that is nearer to `results`."""
        if self.is_gradient and self.at_zero == "either":
            zeros = np.flatnonzero(x == 0)
            left = self._left(x.dtype)
            distances = (np.abs(results[zeros] - value) for value in (left, rounded[zeros]))
            rounded[zeros[np.less(*distances)]] = left

    def _compute(self, x: Any) -> Any:
        ufunc = getattr(ufuncs, self.function)
        return ufunc(x) if self.is_selu else ufunc(x, x.dtype.type(self.alpha))

    def _left(self, dtype: np.dtype[Any]) -> Any:
        return dtype.type(float(_SCALE_ALPHA) if self.is_selu else self.alpha)

    def errors(self, x: Any, results: Any, rounded: Any) -> Any:
        """|result − exact| in ULP, for finite numbers; good to a millionth of that or of an ULP."""
        wide, wide_results = x.astype(np.float64), results.astype(np.float64)
        if self.format.name == "float64":
            errors = np.abs(results - rounded) / self.format.ulp(rounded, x)
            # Beyond a million, half an ULP more or less is less than a millionth.
            close = np.flatnonzero(errors < 1e6)
            cases = zip(*(a[close].tolist() for a in (x, results, rounded)), strict=True)
            errors[close] = [self._error(*case) for case in cases]
        else:
            exact = self.rounded(wide)
            self.accept_either(wide, wide_results, exact)
            errors = np.abs(wide_results - exact) / self.format.ulp(exact, wide)
        # For x < 0 no exact value is a number of the format. One that is taken for it, by a hair,
        # is smaller, as in `Format.ulp`, so its neighbour on that side is less than 1 ULP away.
        near = (errors == 1) & (wide < 0) & (np.abs(wide_results) < np.abs(rounded.astype(float)))
        errors[near] = np.nextafter(1, 0)
        return errors

    def _error(self, x: float, result: float, rounded: float) -> float:
        """The same for one float64, in decimal arithmetic."""
        with decimal.localcontext(_DIGITS):
            exact = self.exact(x)
            if x == 0 and self.is_gradient and rounded == self._left(np.dtype(float)):
                exact = _SCALE_ALPHA if self.is_selu else Decimal(self.alpha)
            exponent = math.frexp(rounded)[1] if rounded else self.format.smallest_exponent
            power = Decimal(math.ldexp(0.5, exponent))
            if abs(exact) < power or (abs(exact) == power and x < 0):
                exponent -= 1
            exponent = max(exponent - self.format.precision, self.format.smallest_exponent)
            # The quotient of two numbers that may both be far below float64's range.
            return float(abs(Decimal(result) - exact) / Decimal(2) ** exponent)

    def exact(self, x: float) -> Decimal:
        """The function at a finite float, to 50 digits."""
        with decimal.localcontext(_DIGITS):
            number = +Decimal(x)
            positive = _SCALE if self.is_selu else Decimal(1)
            negative = _SCALE_ALPHA if self.is_selu else Decimal(self.alpha)
            if self.is_gradient:
                return positive if x >= 0 else negative * number.exp()
            if x >= 0:
                return positive * number
            if x > -1e-12:
                # Four terms of the series; the next is 1e-50 of the sum.
                return negative * (number + number**2 / 2 + number**3 / 6 + number**4 / 24)
            return negative * (number.exp() - 1)
