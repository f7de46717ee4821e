//! SELU of a column, beside the same formula in Polars' own expressions.

use polars::prelude::*;

fn main() -> PolarsResult<()> {
    let (scale, alpha) = (lit(1.050701_f32), lit(1.6732632_f32));
    let formula = when(col("x").gt(lit(0_f32)))
        .then(col("x") * scale.clone())
        .otherwise(scale * alpha * (col("x").exp() - lit(1_f32)));
    let table = df!("x" => [Some(2.0_f32), None, Some(-1.0), Some(-1e-8)])?.lazy();
    let columns = [col("x"), selu_polars::selu(col("x")).alias("selu"), formula.alias("formula")];
    println!("{:?}", table.select(columns).collect()?);
    Ok(())
}
