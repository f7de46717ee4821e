//! `selu(x)` and `elu(x, alpha)` as scalar functions of DataFusion.
//!
//! ```
//! use datafusion::prelude::SessionContext;
//!
//! let ctx = SessionContext::new();
//! for function in selu_datafusion::functions() {
//!     ctx.register_udf(function);
//! }
//! // SELECT selu(x), elu(x, 0.5) FROM …
//! ```
//!
//! `Float16`, `Float32` and `Float64` are computed in their own type, by the kernels of the crate;
//! other numbers are converted to `Float64`, as for the engine's own functions. `alpha` takes the
//! type of `x`. A null gives a null, a constant gives a constant, and `selu` of a dictionary is
//! computed once for each value of the dictionary.

use datafusion::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use datafusion::arrow::compute::binary;
use datafusion::arrow::datatypes::{DataType, Float16Type, Float32Type, Float64Type};
use datafusion::common::utils::take_function_args;
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use selu::num_traits::Float;
use std::sync::Arc;

/// Both functions, to be registered in a session.
pub fn functions() -> [ScalarUDF; 2] {
    let signature = Signature::user_defined(Volatility::Immutable);
    [
        ScalarUDF::new_from_impl(Selu { signature: signature.clone() }),
        ScalarUDF::new_from_impl(Elu { signature }),
    ]
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Selu {
    signature: Signature,
}

impl ScalarUDFImpl for Selu {
    fn name(&self) -> &str {
        "selu"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [x] = arguments("selu(x)", types)?;
        Ok(vec![float_type("selu(x)", "x", x)?])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types[0].clone())
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [x] = take_function_args(self.name(), args.args)?;
        map_array(&x, selu_array)
    }
}

fn selu_array(x: &dyn Array) -> Result<ArrayRef> {
    Ok(match x.data_type() {
        DataType::Float16 => map_values(x.as_primitive::<Float16Type>(), selu::selu_into),
        DataType::Float32 => map_values(x.as_primitive::<Float32Type>(), selu::selu_into),
        DataType::Float64 => map_values(x.as_primitive::<Float64Type>(), selu::selu_into),
        DataType::Dictionary(..) => {
            let x = x.as_any_dictionary();
            x.with_values(selu_array(x.values())?)
        }
        other => return internal_err!("selu(x): x is of the type {other}"),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Elu {
    signature: Signature,
}

impl ScalarUDFImpl for Elu {
    fn name(&self) -> &str {
        "elu"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// A dictionary is expanded: `alpha` may be another one in every row.
    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [x, alpha] = arguments("elu(x, alpha)", types)?;
        let x = float_type("elu(x, alpha)", "x", without_dictionary(x))?;
        float_type("elu(x, alpha)", "alpha", without_dictionary(alpha))?;
        Ok(vec![x.clone(), x])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types[0].clone())
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let [x, alpha] = take_function_args(self.name(), args.args)?;
        match x.data_type() {
            DataType::Float16 => elu_columnar::<Float16Type>(&x, &alpha, rows),
            DataType::Float32 => elu_columnar::<Float32Type>(&x, &alpha, rows),
            DataType::Float64 => elu_columnar::<Float64Type>(&x, &alpha, rows),
            other => internal_err!("elu(x, alpha): x is of the type {other}"),
        }
    }
}

fn elu_columnar<T: ArrowPrimitiveType<Native: Float>>(
    x: &ColumnarValue,
    alpha: &ColumnarValue,
    rows: usize,
) -> Result<ColumnarValue> {
    match alpha {
        ColumnarValue::Scalar(alpha) if alpha.is_null() => {
            Ok(ColumnarValue::Scalar(ScalarValue::try_new_null(&T::DATA_TYPE)?))
        }
        ColumnarValue::Scalar(alpha) => {
            let alpha = alpha.to_array()?.as_primitive::<T>().value(0);
            map_array(x, |x| {
                Ok(map_values(x.as_primitive::<T>(), |src, dst| selu::elu_into(src, dst, alpha)))
            })
        }
        ColumnarValue::Array(alpha) => {
            let x = x.to_array(rows)?;
            let y: PrimitiveArray<T> =
                binary(x.as_primitive::<T>(), alpha.as_primitive::<T>(), selu::elu)?;
            Ok(ColumnarValue::Array(Arc::new(y)))
        }
    }
}

/// A constant stays a constant, an array an array.
fn map_array(
    x: &ColumnarValue,
    function: impl Fn(&dyn Array) -> Result<ArrayRef>,
) -> Result<ColumnarValue> {
    Ok(match x {
        ColumnarValue::Array(x) => ColumnarValue::Array(function(x)?),
        ColumnarValue::Scalar(x) => {
            let y = function(&x.to_array()?)?;
            ColumnarValue::Scalar(ScalarValue::try_from_array(&y, 0)?)
        }
    })
}

/// Nulls are shared, not copied. Whatever number lies under a null is computed, too: no number can
/// make the kernels fail, and a loop without a condition is the fast one.
fn map_values<T: ArrowPrimitiveType>(
    x: &PrimitiveArray<T>,
    kernel: impl Fn(&[T::Native], &mut [T::Native]),
) -> ArrayRef {
    let mut y = vec![T::Native::default(); x.len()];
    kernel(x.values(), &mut y);
    Arc::new(PrimitiveArray::<T>::new(y.into(), x.nulls().cloned()))
}

fn arguments<'a, const N: usize>(
    function: &str,
    types: &'a [DataType],
) -> Result<&'a [DataType; N]> {
    match types.try_into() {
        Ok(types) => Ok(types),
        Err(_) => plan_err!("{function} called with {} arguments", types.len()),
    }
}

/// The type that an argument is converted to before the function is called.
fn float_type(function: &str, argument: &str, given: &DataType) -> Result<DataType> {
    match given {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Ok(given.clone()),
        DataType::Null => Ok(DataType::Float64),
        number if number.is_numeric() => Ok(DataType::Float64),
        DataType::Dictionary(key, value) => {
            let value = float_type(function, argument, value)?;
            Ok(DataType::Dictionary(key.clone(), Box::new(value)))
        }
        other => plan_err!("{function}: {argument} must be a number, but its type is {other}"),
    }
}

fn without_dictionary(given: &DataType) -> &DataType {
    match given {
        DataType::Dictionary(_, value) => without_dictionary(value),
        other => other,
    }
}
