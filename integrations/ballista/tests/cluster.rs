//! A scheduler and two executors, as processes of their own, beside DataFusion in this process.

use ballista_core::extension::SessionConfigExt;
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Float32Type, Float64Type};
use datafusion::prelude::{SessionConfig, SessionContext};
use selu_ballista::client;
use selu_ballista::local::{self, Cluster, Process};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, timeout};

const FILES: u64 = 24;
const ROWS: u64 = 50_000;

/// No query may take longer, whatever happens to the cluster.
const LIMIT: Duration = Duration::from_secs(240);

const IN_ORDER: &str = "SELECT id, selu(s), selu(d), elu(d, 0.5) FROM numbers ORDER BY id";

/// Both sides of a shuffle, and a filter. No sums and no NaN: the engine's `sum`, and its `max` of
/// numbers with a NaN among them, depend on the order of the rows, in one process as in many.
const GROUPED: &str = "
    SELECT id % 7 AS key, min(selu(d)), max(elu(s, 0.25)), selu(min(d)), count(DISTINCT selu(s))
    FROM numbers WHERE selu(d) < 1 AND NOT isnan(s) GROUP BY key ORDER BY key";

/// One cluster at a time: they would compete for the cores.
static CLUSTER: Mutex<()> = Mutex::const_new(());

struct Setting {
    _alone: MutexGuard<'static, ()>,
    folder: TempDir,
    here: SessionContext,
}

impl Setting {
    async fn new() -> Setting {
        let alone = CLUSTER.lock().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("numbers")).unwrap();
        local::write_numbers(&folder.path().join("numbers"), FILES, ROWS).await.unwrap();
        let here = SessionContext::new();
        for function in selu_datafusion::functions() {
            here.register_udf(function);
        }
        local::register_numbers(&here, &folder.path().join("numbers")).await.unwrap();
        Setting { _alone: alone, folder, here }
    }

    fn numbers(&self) -> PathBuf {
        self.folder.path().join("numbers")
    }

    async fn start(&self) -> (Cluster, SessionContext) {
        let program = Path::new(env!("CARGO_BIN_EXE_selu-ballista"));
        let cluster = Cluster::start(program, 2, self.folder.path()).unwrap();
        let config = SessionConfig::new_with_ballista().with_target_partitions(FILES as usize);
        let ctx = client(&cluster.url(), config).await.unwrap();
        local::register_numbers(&ctx, &self.numbers()).await.unwrap();
        (cluster, ctx)
    }
}

async fn query(ctx: &SessionContext, sql: &str) -> Vec<RecordBatch> {
    let result = timeout(LIMIT, async { ctx.sql(sql).await?.collect().await }).await;
    result.expect("in time").unwrap()
}

fn rows(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

fn report(when: &str, cluster: &Cluster) {
    for executor in &cluster.executors {
        let (begun, finished) = executor.tasks();
        println!("{when}: {} has begun {begun} tasks and finished {finished}", executor.name);
    }
}

/// The logs, if a test fails: whoever reads the failure has nothing else.
struct LogsOnPanic<'a>(Vec<&'a Process>);

impl Drop for LogsOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for process in &self.0 {
                let log = process.log();
                let lines: Vec<_> = log.lines().rev().take(40).collect();
                println!("== the end of the log of {}", process.name);
                lines.iter().rev().for_each(|line| println!("{line}"));
            }
        }
    }
}

fn watch(cluster: &Cluster) -> LogsOnPanic<'_> {
    LogsOnPanic(std::iter::once(&cluster.scheduler).chain(&cluster.executors).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_executors_give_the_bits_of_one_process() {
    let setting = Setting::new().await;
    let (cluster, ctx) = setting.start().await;
    let _watch = watch(&cluster);
    for sql in [IN_ORDER, GROUPED] {
        let here = query(&setting.here, sql).await;
        let tasks_before: Vec<_> = cluster.executors.iter().map(|e| e.tasks().1).collect();
        let there = query(&ctx, sql).await;
        report(sql, &cluster);
        assert!(rows(&here) > 0);
        assert_eq!(rows(&there), rows(&here));
        assert_eq!(local::digest(&there), local::digest(&here), "{sql}");
        for (executor, before) in cluster.executors.iter().zip(tasks_before) {
            assert!(executor.tasks().1 > before, "{} has done nothing", executor.name);
        }
    }
    let here = query(&setting.here, IN_ORDER).await;
    assert_eq!(rows(&here), (FILES * ROWS) as usize);
    assert_the_crates_own_results(&here);
}

/// What both compute is what the crate computes.
fn assert_the_crates_own_results(batches: &[RecordBatch]) {
    let numbers = local::numbers(0..FILES * ROWS).unwrap();
    let s = numbers.column(1).as_primitive::<Float32Type>();
    let d = numbers.column(2).as_primitive::<Float64Type>();
    let mut row = 0;
    for batch in batches {
        let y = batch.column(1).as_primitive::<Float32Type>();
        let z = batch.column(2).as_primitive::<Float64Type>();
        for (y, z) in y.iter().zip(z) {
            let expected = s.is_valid(row).then(|| selu::selu(s.value(row)));
            let nan = y.is_some_and(f32::is_nan) && expected.is_some_and(f32::is_nan);
            assert!(nan || y.map(f32::to_bits) == expected.map(f32::to_bits), "row {row}");
            let expected = d.is_valid(row).then(|| selu::selu(d.value(row)));
            assert_eq!(z.map(f64::to_bits), expected.map(f64::to_bits), "row {row}");
            row += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_executor_killed_in_the_middle_changes_nothing() {
    let setting = Setting::new().await;
    let here = query(&setting.here, IN_ORDER).await;
    let (mut cluster, ctx) = setting.start().await;

    let distributed = tokio::spawn(async move { query(&ctx, IN_ORDER).await });
    // In the middle: some of its work is done, some under way.
    loop {
        let (begun, finished) = cluster.executors[1].tasks();
        if finished >= 2 && begun > finished {
            break;
        }
        assert!(!distributed.is_finished(), "the query ended before the executor could be killed");
        sleep(Duration::from_millis(5)).await;
    }
    report("at the kill", &cluster);
    let survivor_at_kill = cluster.executors[0].tasks().1;
    cluster.executors[1].kill().unwrap();
    assert!(!distributed.is_finished(), "the query ended before the executor was killed");

    let _watch = watch(&cluster);
    let there = distributed.await.unwrap();
    report("at the end", &cluster);
    assert_eq!(rows(&there), rows(&here));
    assert_eq!(local::digest(&there), local::digest(&here));

    // What the killed one had finished is done again, too: its files went with it.
    let (_, lost) = cluster.executors[1].tasks();
    let (_, survivor) = cluster.executors[0].tasks();
    assert!(survivor > survivor_at_kill);
    assert!(survivor as u64 >= FILES, "{survivor} tasks of the survivor, {lost} lost");
    assert!(cluster.scheduler.log().contains("executor-2 heartbeat timed out"));
}

/// Without this the equality of digests would say little.
#[test]
fn the_digest_tells_a_bit() {
    let one = local::numbers(0..1000).unwrap();
    let parts = [one.slice(0, 300), one.slice(300, 700)];
    assert_eq!(local::digest(&parts), local::digest(std::slice::from_ref(&one)));
    let s: datafusion::arrow::array::Float32Array = one
        .column(1)
        .as_primitive::<Float32Type>()
        .iter()
        .enumerate()
        .map(|(row, x)| if row == 600 { x.map(|x| f32::from_bits(x.to_bits() ^ 1)) } else { x })
        .collect();
    let mut columns = one.columns().to_vec();
    columns[1] = std::sync::Arc::new(s);
    let other = RecordBatch::try_new(one.schema(), columns).unwrap();
    assert_ne!(local::digest(&[other]), local::digest(&[one]));
}
