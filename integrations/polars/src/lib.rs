//! SELU as an expression of Polars, for columns of `Float16`, `Float32` and `Float64`; nulls stay
//! nulls.
//!
//! ```
//! use polars::prelude::*;
//!
//! # fn main() -> PolarsResult<()> {
//! let layer = df!("x" => [Some(-1.0_f32), None, Some(2.0)])?;
//! let activations = layer.lazy().select([selu_polars::selu(col("x"))]).collect()?;
//! assert_eq!(activations, df!("x" => [Some(-1.1113307_f32), None, Some(2.101402)])?);
//! # Ok(())
//! # }
//! ```

use half::f16;
use polars::prelude::*;
use polars_arrow::array::PrimitiveArray;

/// SELU of an expression, by the name and in the type of that expression.
///
/// A column or a literal of the type `Null` gives nulls of `Float64`.
pub fn selu(x: Expr) -> Expr {
    x.map_with_fmt_str(
        |column| column.try_apply_unary_elementwise(selu_series),
        |_, field| {
            // A literal has no type until it is told to take one.
            let dtype = match field.dtype().clone().materialize_unknown(true)? {
                DataType::Null => DataType::Float64,
                dtype => dtype,
            };
            Ok(Field::new(field.name().clone(), dtype))
        },
        "selu",
    )
}

/// SELU of a series.
pub fn selu_series(xs: &Series) -> PolarsResult<Series> {
    match xs.dtype() {
        DataType::Float16 => Ok(map_chunks(xs.f16()?, |xs| {
            selu::selu_slice::<f16>(bytemuck::cast_slice_mut(xs));
        })),
        DataType::Float32 => Ok(map_chunks(xs.f32()?, selu::selu_slice)),
        DataType::Float64 => Ok(map_chunks(xs.f64()?, selu::selu_slice)),
        DataType::Null => Ok(Series::full_null(xs.name().clone(), xs.len(), &DataType::Float64)),
        dtype => polars_bail!(
            InvalidOperation: "selu of {dtype}: expected Float16, Float32, Float64 or Null"
        ),
    }
}

/// Chunk by chunk, the values below the nulls, too, since choosing would cost more.
fn map_chunks<T: PolarsNumericType>(
    xs: &ChunkedArray<T>,
    function: impl Fn(&mut [T::Native]),
) -> Series
where
    ChunkedArray<T>: IntoSeries,
{
    let chunks = xs.downcast_iter().map(|chunk| {
        let mut ys = chunk.values().as_slice().to_vec();
        function(&mut ys);
        PrimitiveArray::from_vec(ys).with_validity(chunk.validity().cloned())
    });
    ChunkedArray::<T>::from_chunk_iter(xs.name().clone(), chunks).into_series()
}
