//! Writes a Parquet file and queries it with SQL: what the functions return, where the usual
//! formula in the engine's own functions is wrong, and how long both take.
//!
//!     cargo run --release             one million rows
//!     cargo run --release -- 5000000

use datafusion::arrow::array::{ArrayRef, Float32Array, Float64Array, RecordBatch};
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::error::Result;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use std::sync::Arc;
use std::time::Instant;
use tokio_stream::StreamExt;

const REPETITIONS: usize = 25;

#[tokio::main]
async fn main() -> Result<()> {
    let rows = match std::env::args().nth(1).map(|rows| rows.parse::<usize>()) {
        None => 1_000_000,
        Some(Ok(rows)) if rows > 0 => rows,
        Some(_) => {
            eprintln!("usage: selu-datafusion [rows], a number from 1 on");
            std::process::exit(2);
        }
    };

    // One core, so that the times are those of the functions.
    let ctx = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
    for function in selu_datafusion::functions() {
        ctx.register_udf(function);
    }

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("values.parquet");
    let path = path.to_string_lossy();
    ctx.read_batch(values(rows)?)?
        .write_parquet(&path, DataFrameWriteOptions::new().with_single_file_output(true), None)
        .await?;
    ctx.register_parquet("numbers", path.as_ref(), ParquetReadOptions::default()).await?;
    println!("{rows} rows in a Parquet file: x (REAL) and d (DOUBLE), half of them negative,");
    println!("as many between 1e-9 and 1e-8 as between 1 and 10.");

    println!("\nfour of them:");
    let formula_of_x = formula("x");
    ctx.sql(&format!(
        "SELECT x, selu(x), arrow_cast({formula_of_x}, 'Float32') AS formula, elu(x, 0.5)
         FROM numbers WHERE x < 0 AND x > -1e-5 LIMIT 4"
    ))
    .await?
    .show()
    .await?;

    println!("\n{formula_of_x}\nin REAL, beside selu(x), by the magnitude of x < 0:");
    ctx.sql(&format!(
        "SELECT concat('1e', CAST(floor(log10(-x)) AS INT)) AS magnitude,
                count(*) AS rows,
                sum(CASE WHEN formula <> y THEN 1 ELSE 0 END) AS differ,
                sum(CASE WHEN abs(formula / y - 1) > 0.01 THEN 1 ELSE 0 END) AS wrong_by_1_percent,
                sum(CASE WHEN formula = 0 THEN 1 ELSE 0 END) AS wrong_by_100_percent
         FROM (SELECT x, selu(x) AS y, arrow_cast({formula_of_x}, 'Float32') AS formula
               FROM numbers)
         WHERE x < 0 GROUP BY magnitude ORDER BY max(x) DESC"
    ))
    .await?
    .show()
    .await?;

    let memory = ctx.table("numbers").await?.cache().await?;
    ctx.register_table("memory", memory.into_view())?;
    println!(
        "\nns per row, one core, shortest of {REPETITIONS} (from Parquet that includes reading it):"
    );
    println!("{:<34}{:>10}{:>10}{:>10}{:>10}", "", "REAL", "DOUBLE", "REAL", "DOUBLE");
    println!("{:<34}{:>20}{:>20}", "SELECT", "from Parquet", "from memory");
    for name in ["x", "selu(x)", "elu(x, 0.5)", "CASE WHEN x > 0 … exp(x) - 1 … END"] {
        print!("{name:<34}");
        for table in ["numbers", "memory"] {
            for column in ["x", "d"] {
                let expression = match name {
                    "x" => column.into(),
                    "selu(x)" => format!("selu({column})"),
                    "elu(x, 0.5)" => format!("elu({column}, 0.5)"),
                    _ => formula(column),
                };
                let sql = format!("SELECT {expression} FROM {table}");
                print!("{:>10.2}", seconds(&ctx, &sql, rows).await? / rows as f64 * 1e9);
            }
        }
        println!();
    }
    Ok(())
}

/// SELU as it is written without this crate.
fn formula(x: &str) -> String {
    format!(
        "CASE WHEN {x} > 0 THEN 1.0507009873554805*{x} ELSE 1.7580993408473768*(exp({x})-1) END"
    )
}

/// Numbers of both signs whose logarithms are evenly distributed.
fn values(rows: usize) -> Result<RecordBatch> {
    let mut state = 1_u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let d: Float64Array = (0..rows)
        .map(|_| {
            let magnitude = 10_f64.powf(uniform() * 10.0 - 9.0);
            Some(if uniform() < 0.5 { -magnitude } else { magnitude })
        })
        .collect();
    let x: Float32Array = d.values().iter().map(|&d| Some(d as f32)).collect();
    Ok(RecordBatch::try_from_iter([("x", Arc::new(x) as ArrayRef), ("d", Arc::new(d) as _)])?)
}

/// The shortest time of a query, whose result is produced batch by batch and dropped: whatever else
/// the machine does only adds to it.
async fn seconds(ctx: &SessionContext, sql: &str, rows: usize) -> Result<f64> {
    let mut shortest = f64::INFINITY;
    for _ in 0..REPETITIONS {
        let start = Instant::now();
        let mut batches = ctx.sql(sql).await?.execute_stream().await?;
        let mut count = 0;
        while let Some(batch) = batches.next().await {
            count += batch?.num_rows();
        }
        shortest = shortest.min(start.elapsed().as_secs_f64());
        assert_eq!(count, rows);
    }
    Ok(shortest)
}
