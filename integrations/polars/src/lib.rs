//! SELU as an expression of Polars, for columns of `Float32` and `Float64`; nulls stay nulls.
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

use polars::prelude::*;
use polars_arrow::array::PrimitiveArray;

/// SELU of an expression, by the name and in the type of that expression.
pub fn selu(x: Expr) -> Expr {
    x.map_with_fmt_str(
        |column| column.try_apply_unary_elementwise(selu_series),
        // A literal has no type until it is told to take one.
        |_, field| {
            Ok(Field::new(field.name().clone(), field.dtype().clone().materialize_unknown(true)?))
        },
        "selu",
    )
}

/// SELU of a series.
pub fn selu_series(xs: &Series) -> PolarsResult<Series> {
    match xs.dtype() {
        DataType::Float32 => Ok(selu_chunks(xs.f32()?).into_series()),
        DataType::Float64 => Ok(selu_chunks(xs.f64()?).into_series()),
        dtype => polars_bail!(InvalidOperation: "selu of {dtype}: expected Float32 or Float64"),
    }
}

/// Chunk by chunk, the values below the nulls, too, since choosing would cost more.
fn selu_chunks<T>(xs: &ChunkedArray<T>) -> ChunkedArray<T>
where
    T: PolarsNumericType,
    T::Native: num_traits::Float,
{
    let chunks = xs.downcast_iter().map(|chunk| {
        let mut ys = chunk.values().as_slice().to_vec();
        selu::selu_slice(&mut ys);
        PrimitiveArray::from_vec(ys).with_validity(chunk.validity().cloned())
    });
    ChunkedArray::from_chunk_iter(xs.name().clone(), chunks)
}
