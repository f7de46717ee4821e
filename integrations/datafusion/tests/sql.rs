//! The functions as SQL calls them: over a Parquet file, and over what else can be an argument.

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Float32Array, PrimitiveArray, RecordBatch,
};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, Field, Float16Type, Float32Type, Float64Type};
use datafusion::config::ConfigOptions;
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use datafusion::scalar::ScalarValue;
use half::f16;
use selu::{elu, selu_into};
use std::sync::Arc;

fn session() -> SessionContext {
    let ctx = SessionContext::new();
    for function in selu_datafusion::functions() {
        ctx.register_udf(function);
    }
    ctx
}

async fn query(ctx: &SessionContext, sql: &str) -> Result<RecordBatch> {
    let frame = ctx.sql(sql).await?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    Ok(concat_batches(&schema, &frame.collect().await?)?)
}

/// The one value of a query that has one.
async fn value(sql: &str) -> Result<ScalarValue> {
    ScalarValue::try_from_array(query(&session(), sql).await?.column(0), 0)
}

async fn error(sql: &str) -> String {
    query(&session(), sql).await.expect_err(sql).to_string()
}

/// Every value of `f16`, two of any bit pattern of the wider types for each; every seventh is null.
fn values() -> RecordBatch {
    let present = |i: &u32| i % 7 != 3;
    let rows = 0..1 << 16_u32;
    let id: ArrayRef = Arc::new(Float64Array::from_iter_values(rows.clone().map(f64::from)));
    let h: PrimitiveArray<Float16Type> =
        rows.clone().map(|i| present(&i).then(|| f16::from_bits(i as u16))).collect();
    let s: PrimitiveArray<Float32Type> = rows
        .clone()
        .map(|i| present(&i).then(|| f32::from_bits(i.wrapping_mul(0x9E37_79B1))))
        .collect();
    let d: PrimitiveArray<Float64Type> = rows
        .map(|i| {
            let bits = u64::from(i).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            // Half of them where the function is curved.
            let x = if i % 2 == 0 { f64::from_bits(bits) } else { -(bits as f64) / 1e18 };
            present(&i).then_some(x)
        })
        .collect();
    RecordBatch::try_from_iter_with_nullable([
        ("id", id, false),
        ("h", Arc::new(h) as _, true),
        ("s", Arc::new(s) as _, true),
        ("d", Arc::new(d) as _, true),
    ])
    .unwrap()
}

type Float64Array = PrimitiveArray<Float64Type>;

/// A session with a table `numbers` that is a Parquet file of [`values`]. Dropping the folder deletes
/// the file.
async fn session_with_parquet() -> (SessionContext, tempfile::TempDir) {
    let ctx = session();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.parquet");
    let path = path.to_str().unwrap();
    ctx.read_batch(values())
        .unwrap()
        .write_parquet(path, DataFrameWriteOptions::new().with_single_file_output(true), None)
        .await
        .unwrap();
    ctx.register_parquet("numbers", path, ParquetReadOptions::default()).await.unwrap();
    (ctx, folder)
}

/// Bit for bit, but that any NaN is as good as another.
fn assert_same<T: ArrowPrimitiveType<Native: selu::num_traits::Float>>(
    result: &dyn Array,
    expected: &[Option<T::Native>],
) {
    use selu::num_traits::Float;
    assert_eq!(result.data_type(), &T::DATA_TYPE);
    assert_eq!(result.len(), expected.len());
    for (row, (y, &expected)) in result.as_primitive::<T>().iter().zip(expected).enumerate() {
        let same = match (y, expected) {
            (Some(y), Some(expected)) => {
                y.is_nan() && expected.is_nan()
                    || y == expected && y.is_sign_negative() == expected.is_sign_negative()
            }
            (y, expected) => y.is_none() && expected.is_none(),
        };
        assert!(same, "row {row}: {y:?} instead of {expected:?}");
    }
}

fn expected_selu<T: ArrowPrimitiveType<Native: selu::num_traits::Float>>(
    x: &dyn Array,
) -> Vec<Option<T::Native>> {
    let x = x.as_primitive::<T>();
    let mut y = vec![T::Native::default(); x.len()];
    selu_into(x.values(), &mut y);
    y.iter().enumerate().map(|(row, &y)| x.is_valid(row).then_some(y)).collect()
}

#[tokio::test]
async fn a_parquet_file_gives_the_bits_of_selu_into() {
    let (ctx, _folder) = session_with_parquet().await;
    let y = query(&ctx, "SELECT selu(h), selu(s), selu(d) FROM numbers ORDER BY id").await.unwrap();
    let x = values();
    assert_same::<Float16Type>(y.column(0), &expected_selu::<Float16Type>(x.column(1)));
    assert_same::<Float32Type>(y.column(1), &expected_selu::<Float32Type>(x.column(2)));
    assert_same::<Float64Type>(y.column(2), &expected_selu::<Float64Type>(x.column(3)));
}

#[tokio::test]
async fn a_part_of_an_array_gives_its_part_of_the_result() {
    let ctx = session();
    ctx.register_batch("numbers", values()).unwrap();
    let y = query(&ctx, "SELECT selu(s) FROM (SELECT s FROM numbers LIMIT 1003 OFFSET 5)").await;
    let x = values().slice(5, 1003);
    assert_same::<Float32Type>(y.unwrap().column(0), &expected_selu::<Float32Type>(x.column(2)));
}

#[tokio::test]
async fn elu_takes_alpha_from_a_constant_or_from_a_column() {
    let (ctx, _folder) = session_with_parquet().await;
    let sql = "SELECT elu(h, 0.5), elu(s, 0.3), elu(d, 2), elu(d, id), elu(-1.0, s), elu(s, NULL),
                      elu(s, d)
               FROM numbers ORDER BY id";
    let y = query(&ctx, sql).await.unwrap();
    let x = values();
    let id = x.column(0).as_primitive::<Float64Type>();
    let h = x.column(1).as_primitive::<Float16Type>();
    let s = x.column(2).as_primitive::<Float32Type>();
    let d = x.column(3).as_primitive::<Float64Type>();
    let each = |function: &dyn Fn(usize) -> Option<f64>| -> Vec<_> {
        (0..x.num_rows()).map(function).collect()
    };

    let expected: Vec<_> = h.iter().map(|x| x.map(|x| elu(x, f16::from_f32(0.5)))).collect();
    assert_same::<Float16Type>(y.column(0), &expected);
    let expected: Vec<_> = s.iter().map(|x| x.map(|x| elu(x, 0.3))).collect();
    assert_same::<Float32Type>(y.column(1), &expected);
    let expected = each(&|i| d.is_valid(i).then(|| elu(d.value(i), 2.0)));
    assert_same::<Float64Type>(y.column(2), &expected);
    let expected = each(&|i| d.is_valid(i).then(|| elu(d.value(i), id.value(i))));
    assert_same::<Float64Type>(y.column(3), &expected);
    let expected = each(&|i| s.is_valid(i).then(|| elu(-1.0, f64::from(s.value(i)))));
    assert_same::<Float64Type>(y.column(4), &expected);
    assert_eq!(y.column(5).null_count(), x.num_rows());
    // `alpha` takes the type of `x`.
    let expected: Vec<_> = s.iter().zip(d).map(|(x, alpha)| Some(elu(x?, alpha? as f32))).collect();
    assert_same::<Float32Type>(y.column(6), &expected);
}

#[tokio::test]
async fn numbers_of_other_types_are_converted() {
    for number in [
        "-1",
        "arrow_cast(-1, 'Int8')",
        "arrow_cast(-1, 'Int32')",
        "arrow_cast(-1, 'Decimal128(10, 2)')",
        "arrow_cast(arrow_cast(-1, 'Int16'), 'Dictionary(Int32, Int16)')",
    ] {
        let ScalarValue::Float64(y) =
            value(&format!("SELECT arrow_cast(selu({number}), 'Float64')")).await.unwrap()
        else {
            panic!("{number}");
        };
        assert_eq!(y, Some(selu::selu(-1.0)), "{number}");
    }
    let three = value("SELECT selu(arrow_cast(3, 'UInt64'))").await.unwrap();
    assert_eq!(three, ScalarValue::Float64(Some(selu::selu(3.0))));
    assert_eq!(value("SELECT selu(NULL)").await.unwrap(), ScalarValue::Float64(None));
    assert_eq!(value("SELECT elu(NULL, 1)").await.unwrap(), ScalarValue::Float64(None));
    assert_eq!(value("SELECT elu(-1, NULL)").await.unwrap(), ScalarValue::Float64(None));
}

#[tokio::test]
async fn right_where_the_formula_in_the_engines_own_exp_is_not() {
    let x = "arrow_cast(-1e-8, 'Float32')";
    let formula = format!("SELECT arrow_cast(1.7580993408473768*(exp({x})-1), 'Float32')");
    assert_eq!(value(&formula).await.unwrap(), ScalarValue::Float32(Some(0.0)));
    let selu = value(&format!("SELECT selu({x})")).await.unwrap();
    assert_eq!(selu, ScalarValue::Float32(Some(-1.7580993e-8)));
}

#[tokio::test]
async fn a_dictionary_stays_one_under_selu() {
    let ctx = session();
    ctx.register_batch("numbers", values()).unwrap();
    let dictionary =
        "arrow_cast(arrow_cast(id % 100 - 50, 'Float32'), 'Dictionary(Int32, Float32)')";
    let sql = format!(
        "SELECT selu(x), elu(x, 0.5), selu(arrow_cast(x, 'Float32')),
                elu(arrow_cast(x, 'Float32'), 0.5)
         FROM (SELECT {dictionary} AS x FROM numbers)"
    );
    let y = query(&ctx, &sql).await.unwrap();
    let keys_and_values =
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Float32));
    assert_eq!(y.column(0).data_type(), &keys_and_values);
    let expanded = datafusion::arrow::compute::cast(y.column(0), &DataType::Float32).unwrap();
    assert_eq!(&expanded, y.column(2));
    assert_eq!(y.column(1), y.column(3));
    assert_eq!(expanded.as_primitive::<Float32Type>().value(0), selu::selu(-50.0_f32));
}

#[tokio::test]
async fn errors_name_the_argument_and_its_type() {
    for (sql, expected) in [
        ("SELECT selu('a')", "selu(x): x must be a number, but its type is Utf8"),
        ("SELECT selu(true)", "selu(x): x must be a number, but its type is Boolean"),
        ("SELECT selu(now())", "selu(x): x must be a number, but its type is Timestamp"),
        ("SELECT selu(DATE '2000-01-01')", "selu(x): x must be a number, but its type is Date32"),
        (
            "SELECT selu(arrow_cast('a', 'Dictionary(Int32, Utf8)'))",
            "selu(x): x must be a number, but its type is Utf8",
        ),
        ("SELECT elu('a', 1.0)", "elu(x, alpha): x must be a number, but its type is Utf8"),
        ("SELECT elu(1.0, 'a')", "elu(x, alpha): alpha must be a number, but its type is Utf8"),
        ("SELECT selu()", "selu(x) called with 0 arguments"),
        ("SELECT selu(1.0, 2.0)", "selu(x) called with 2 arguments"),
        ("SELECT elu(1.0)", "elu(x, alpha) called with 1 arguments"),
    ] {
        let message = error(sql).await;
        assert!(message.contains("Error during planning"), "{sql}: {message}");
        assert!(message.contains(expected), "{sql}: {message}");
    }
}

/// The function called as the engine does after planning.
fn invoke(name: &str, args: Vec<ColumnarValue>, rows: usize) -> ColumnarValue {
    let [selu, elu] = selu_datafusion::functions();
    let function = if name == "selu" { selu } else { elu };
    let field = |x: &ColumnarValue| Arc::new(Field::new("x", x.data_type(), true));
    let arg_fields: Vec<_> = args.iter().map(field).collect();
    let return_field = arg_fields[0].clone();
    let config_options = Arc::new(ConfigOptions::default());
    function
        .invoke_with_args(ScalarFunctionArgs {
            args,
            arg_fields,
            number_rows: rows,
            return_field,
            config_options,
        })
        .unwrap()
}

#[test]
fn constants_give_constants() {
    let constant = |x: f32| ColumnarValue::Scalar(ScalarValue::Float32(Some(x)));
    for (result, expected) in [
        (invoke("selu", vec![constant(-1.0)], 1000), selu::selu(-1.0)),
        (invoke("elu", vec![constant(-1.0), constant(0.5)], 1000), elu(-1.0, 0.5)),
    ] {
        match result {
            ColumnarValue::Scalar(ScalarValue::Float32(Some(y))) => assert_eq!(y, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn nulls_are_shared_with_the_argument() {
    let x = Float32Array::from(vec![Some(-1.0), None, Some(2.0)]);
    let nulls_at = |array: &dyn Array| array.nulls().unwrap().buffer().as_ptr();
    let x: ArrayRef = Arc::new(x);
    let half = ColumnarValue::Scalar(ScalarValue::Float32(Some(0.5)));
    for result in [
        invoke("selu", vec![ColumnarValue::Array(x.clone())], 3),
        invoke("elu", vec![ColumnarValue::Array(x.clone()), half], 3),
    ] {
        let ColumnarValue::Array(y) = result else { panic!("{result:?}") };
        assert_eq!(nulls_at(&y), nulls_at(&x));
    }
}

#[test]
fn a_number_under_a_null_is_harmless() {
    let under = vec![f32::NAN, f32::NEG_INFINITY, -1.0, f32::INFINITY];
    let nulls = vec![false, false, true, false].into();
    let x: ArrayRef = Arc::new(Float32Array::new(under.into(), Some(nulls)));
    let ColumnarValue::Array(y) = invoke("selu", vec![ColumnarValue::Array(x)], 4) else {
        panic!()
    };
    assert_same::<Float32Type>(&y, &[None, None, Some(selu::selu(-1.0)), None]);
}
