//! A cluster on this machine, of real processes that talk over the loopback interface, and
//! something for it to do.

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::array::{Float32Array, Float64Array, Int64Array};
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type};
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::error::Result;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Set for processes that end when whoever started them does, however that happens.
pub const STOP_AT_END_OF_INPUT: &str = "SELU_BALLISTA_STOP_AT_END_OF_INPUT";

/// A scheduler and executors, which end with this value.
pub struct Cluster {
    pub scheduler: Process,
    pub executors: Vec<Process>,
    port: u16,
}

/// One process of a cluster. Dropping it kills the process.
pub struct Process {
    pub name: String,
    child: Child,
    log: PathBuf,
    work_dir: PathBuf,
}

impl Cluster {
    /// Starts a scheduler and `executors` executors of one core each, with logs and shuffle files
    /// in `folder`, and waits until the scheduler knows them all. `program` is this package's
    /// binary.
    pub fn start(program: &Path, executors: usize, folder: &Path) -> io::Result<Cluster> {
        let mut ports = free_ports(1 + 3 * executors)?.into_iter();
        let mut port = || ports.next().expect("as many were asked for");

        let scheduler_port = port();
        let scheduler = Process::start(
            program,
            "scheduler",
            "scheduler",
            folder,
            &[
                "--bind-host=127.0.0.1",
                "--external-host=127.0.0.1",
                &format!("--bind-port={scheduler_port}"),
                "--task-distribution=round-robin",
                "--executor-timeout-seconds=10",
                "--expire-dead-executor-interval-seconds=1",
            ],
        )?;
        scheduler
            .wait_for("answer", || TcpStream::connect(("127.0.0.1", scheduler_port)).is_ok())?;

        let executors: Vec<_> = (1..=executors)
            .map(|number| {
                let name = format!("executor-{number}");
                Process::start(
                    program,
                    "executor",
                    &name,
                    folder,
                    &[
                        &format!("--id={name}"),
                        "--bind-host=127.0.0.1",
                        "--external-host=127.0.0.1",
                        "--scheduler-host=127.0.0.1",
                        &format!("--scheduler-port={scheduler_port}"),
                        &format!("--bind-port={}", port()),
                        &format!("--bind-grpc-port={}", port()),
                        &format!("--bind-health-port={}", port()),
                        "--vcores=1",
                        "--executor-heartbeat-interval-seconds=1",
                        &format!("--work-dir={}", folder.join(&name).display()),
                    ],
                )
            })
            .collect::<io::Result<_>>()?;
        for executor in &executors {
            executor.wait_for("be registered", || {
                executor.log().contains("Executor registration succeed")
            })?;
        }
        Ok(Cluster { scheduler, executors, port: scheduler_port })
    }

    pub fn url(&self) -> String {
        format!("df://127.0.0.1:{}", self.port)
    }
}

impl Process {
    fn start(
        program: &Path,
        role: &str,
        name: &str,
        folder: &Path,
        options: &[&str],
    ) -> io::Result<Process> {
        let log = folder.join(format!("{name}.log"));
        let work_dir = folder.join(name);
        fs::create_dir_all(&work_dir)?;
        let output = File::create(&log)?;
        let child = Command::new(program)
            .arg(role)
            .args(options)
            .env("RUST_LOG", "info")
            .env(STOP_AT_END_OF_INPUT, "1")
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        Ok(Process { name: name.into(), child, log, work_dir })
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// How many tasks an executor has begun, and how many of them it has finished.
    pub fn tasks(&self) -> (usize, usize) {
        let log = self.log();
        (log.matches("Execute task").count(), log.matches("Finished task").count())
    }

    /// Ends the process without a warning (SIGKILL) and takes its disk away, as when a machine is
    /// lost.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        fs::remove_dir_all(&self.work_dir)
    }

    fn wait_for(&self, what: &str, condition: impl Fn() -> bool) -> io::Result<()> {
        let start = Instant::now();
        while !condition() {
            if start.elapsed() > Duration::from_secs(60) {
                let message = format!("{} does not {what}:\n{}", self.name, self.log());
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All bound at once, so that they are different.
fn free_ports(count: usize) -> io::Result<Vec<u16>> {
    let listeners: Vec<_> =
        (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<io::Result<_>>()?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

/// Registers the Parquet files of a folder as the table `numbers`.
pub async fn register_numbers(ctx: &SessionContext, folder: &Path) -> Result<()> {
    let folder = format!("{}/", folder.display());
    ctx.register_parquet("numbers", folder, ParquetReadOptions::default()).await
}

/// Writes Parquet files, each with the next so many rows of [`numbers`].
pub async fn write_numbers(folder: &Path, files: u64, rows: u64) -> Result<()> {
    let ctx = SessionContext::new();
    for file in 0..files {
        let path = folder.join(format!("{file:03}.parquet"));
        ctx.read_batch(numbers(file * rows..(file + 1) * rows)?)?
            .write_parquet(
                &path.to_string_lossy(),
                DataFrameWriteOptions::new().with_single_file_output(true),
                None,
            )
            .await?;
    }
    Ok(())
}

/// Rows whose contents follow from their `id`: `s` (REAL) has any bit pattern, `d` (DOUBLE) is
/// between −16 and 16; every tenth is null.
pub fn numbers(ids: Range<u64>) -> Result<RecordBatch> {
    let scramble = |id: u64| {
        let bits = (id + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (bits ^ bits >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    };
    let id: Int64Array = ids.clone().map(|id| Some(id as i64)).collect();
    let s: Float32Array = ids
        .clone()
        .map(|id| (id % 10 != 7).then(|| f32::from_bits((scramble(id) >> 32) as u32)))
        .collect();
    let d: Float64Array = ids
        .map(|id| (id % 10 != 8).then(|| (scramble(id) >> 11) as f64 / (1_u64 << 48) as f64 - 16.0))
        .collect();
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(id) as ArrayRef, false),
        ("s", Arc::new(s) as _, true),
        ("d", Arc::new(d) as _, true),
    ])?)
}

/// A digest of all bits of a result, column by column. However the rows are divided into batches,
/// the same rows in the same order have the same digest. All NaN count as one.
pub fn digest(batches: &[RecordBatch]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for column in 0..batches.first().map_or(0, RecordBatch::num_columns) {
        for batch in batches {
            let array = batch.column(column);
            match array.data_type() {
                DataType::Int64 => array.as_primitive::<Int64Type>().iter().for_each(|x| {
                    x.hash(&mut hasher);
                }),
                DataType::Float32 => array.as_primitive::<Float32Type>().iter().for_each(|x| {
                    let x = x.map(|x| if x.is_nan() { f32::NAN } else { x });
                    x.map(f32::to_bits).hash(&mut hasher);
                }),
                DataType::Float64 => array.as_primitive::<Float64Type>().iter().for_each(|x| {
                    let x = x.map(|x| if x.is_nan() { f64::NAN } else { x });
                    x.map(f64::to_bits).hash(&mut hasher);
                }),
                other => panic!("no digest of {other}"),
            }
        }
    }
    hasher.finish()
}
