//! Columns against one value at a time.

use polars::prelude::*;
use selu_polars::{selu, selu_series};

/// Values of both signs, every seventh null, in chunks of different lengths.
fn chunked(name: &str) -> Float32Chunked {
    let values = |range: std::ops::Range<i32>| {
        range.map(|i| (i % 7 != 0).then(|| (i as f32 * 0.7).sin() * 6.0)).collect::<Vec<_>>()
    };
    let mut chunks = Float32Chunked::from_slice_options(name.into(), &values(0..100));
    for range in [100..101, 101..350, 350..350, 350..1000] {
        let more = Float32Chunked::from_slice_options(name.into(), &values(range));
        chunks.append(&more).unwrap();
    }
    chunks
}

fn one_by_one(xs: &Float32Chunked) -> Vec<Option<u32>> {
    xs.iter().map(|x| x.map(|x| selu::selu(x).to_bits())).collect()
}

fn bits(ys: &Series) -> Vec<Option<u32>> {
    ys.f32().unwrap().iter().map(|y| y.map(f32::to_bits)).collect()
}

#[test]
fn chunks_and_nulls_are_kept() -> PolarsResult<()> {
    let xs = chunked("x");
    let ys = selu_series(&xs.clone().into_series())?;
    assert_eq!(bits(&ys), one_by_one(&xs));
    assert_eq!(ys.name(), "x");
    assert_eq!(ys.n_chunks(), xs.chunks().len());
    assert_eq!(ys.null_count(), 143);
    Ok(())
}

#[test]
fn slices_start_anywhere() -> PolarsResult<()> {
    for (start, length) in [(0, 0), (1, 1), (13, 300), (99, 3), (340, 660)] {
        let xs = chunked("x").slice(start, length);
        assert_eq!(bits(&selu_series(&xs.clone().into_series())?), one_by_one(&xs));
    }
    Ok(())
}

#[test]
fn an_expression_among_others() -> PolarsResult<()> {
    let xs = chunked("x");
    let table = DataFrame::new(1000, vec![xs.clone().into_column()])?.lazy();
    let result = table
        .with_column(selu(col("x") * lit(2.0_f32)).alias("y"))
        .filter(col("x").gt(lit(-1.0_f32)))
        .collect()?;
    let twice = result.column("x")?.f32()? * 2.0;
    assert_eq!(bits(result.column("y")?.as_materialized_series()), one_by_one(&twice));
    assert!(result.height() > 300);
    Ok(())
}

#[test]
fn float64_and_constants_keep_their_types() -> PolarsResult<()> {
    let table = df!("x" => [Some(-1.0), None, Some(1.0)])?.lazy();
    let result = table
        .select([
            selu(col("x")),
            selu(lit(-1.0)).alias("literal"),
            selu(lit(-1.0).cast(DataType::Float32)).alias("cast"),
        ])
        .collect()?;
    let expected = df!(
        "x" => [Some(-1.1113307378125628), None, Some(1.0507009873554805)],
        "literal" => [-1.1113307378125628; 3],
        "cast" => [-1.1113307_f32; 3],
    )?;
    assert_eq!(result.dtypes(), expected.dtypes());
    assert!(result.equals_missing(&expected), "{result:?}");
    Ok(())
}

#[test]
fn float16_is_computed_by_its_own_kernel() -> PolarsResult<()> {
    let xs = chunked("x").into_series().cast(&DataType::Float16)?;
    let table = DataFrame::new(1000, vec![xs.clone().into_column()])?.lazy();
    let ys = table.select([selu(col("x"))]).collect()?.column("x")?.clone();
    let one_by_one = xs.f16()?.iter().map(|x| x.map(|x| selu::selu(x.0).to_bits()));
    let ys = ys.as_materialized_series().f16()?.clone();
    let bits = ys.iter().map(|y| y.map(|y| y.0.to_bits()));
    assert_eq!(bits.collect::<Vec<_>>(), one_by_one.collect::<Vec<_>>());
    assert_eq!(ys.null_count(), 143);
    Ok(())
}

#[test]
fn null_gives_null() -> PolarsResult<()> {
    let xs = Series::full_null("x".into(), 3, &DataType::Null);
    let table = DataFrame::new(3, vec![xs.into_column()])?.lazy();
    let table = table.select([selu(col("x")), selu(lit(NULL)).alias("literal")]);
    assert_eq!(table.clone().collect_schema()?.get("x"), Some(&DataType::Float64));
    let result = table.collect()?;
    for name in ["x", "literal"] {
        let column = result.column(name)?;
        assert_eq!((column.dtype(), column.null_count()), (&DataType::Float64, 3), "{name}");
    }
    Ok(())
}

#[test]
fn right_where_the_formula_in_polars_own_exp_is_not() -> PolarsResult<()> {
    let formula = lit(1.7580993_f32) * (col("x").exp() - lit(1.0_f32));
    let table = df!("x" => [-1e-8_f32])?.lazy();
    let result = table.select([selu(col("x")), formula.alias("formula")]).collect()?;
    assert_eq!(result, df!("x" => [-1.7580993e-8_f32], "formula" => [0.0_f32])?);
    Ok(())
}

#[test]
fn the_schema_is_known_before_the_values() -> PolarsResult<()> {
    let table = df!("x" => [1.0_f32])?.lazy();
    let schema = table.select([selu(col("x"))]).collect_schema()?;
    assert_eq!(schema.get("x"), Some(&DataType::Float32));
    Ok(())
}

#[test]
fn other_types_are_errors() -> PolarsResult<()> {
    let error = df!("x" => [1_i32])?.lazy().select([selu(col("x"))]).collect().unwrap_err();
    assert!(
        error.to_string().contains("selu of i32: expected Float16, Float32, Float64 or Null"),
        "{error}"
    );
    Ok(())
}
