//! The three parties of a cluster in one program:
//!
//!     selu-ballista scheduler …    Ballista's scheduler, with its options (--help)
//!     selu-ballista executor …     Ballista's executor, with its options (--help)
//!     selu-ballista                starts both on this machine and queries some Parquet files

use ballista_core::extension::SessionConfigExt;
use clap::Parser;
use datafusion::error::Result;
use datafusion::prelude::{SessionConfig, SessionContext};
use selu_ballista::local::{self, Cluster, STOP_AT_END_OF_INPUT};
use selu_ballista::{client, executor, scheduler};
use std::error::Error;

const FILES: u64 = 16;
const ROWS: u64 = 100_000;
const QUERY: &str = "SELECT id, selu(s), selu(d), elu(d, 0.5) FROM numbers ORDER BY id";

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::var_os(STOP_AT_END_OF_INPUT).is_some() {
        std::thread::spawn(|| {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            std::process::exit(0);
        });
    }
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();

    // A plan is read by functions that call themselves: Ballista gives them the same room.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(32 * 1024 * 1024)
        .build()?;
    let arguments = std::env::args().skip(1);
    runtime.block_on(async {
        match std::env::args().nth(1).as_deref() {
            Some("scheduler") => {
                let config = ballista_scheduler::config::Config::parse_from(arguments);
                scheduler(config.try_into()?).await
            }
            Some("executor") => {
                let config = ballista_executor::config::Config::parse_from(arguments);
                executor(config.try_into()?).await
            }
            Some(other) => Err(format!("{other}? scheduler, executor, or nothing").into()),
            None => demonstrate().await,
        }
    })
}

async fn demonstrate() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let files = folder.path().join("numbers");
    std::fs::create_dir(&files)?;
    local::write_numbers(&files, FILES, ROWS).await?;
    println!("{FILES} Parquet files of {ROWS} rows each\n{QUERY}\n");

    let ctx = SessionContext::new();
    for function in selu_datafusion::functions() {
        ctx.register_udf(function);
    }
    local::register_numbers(&ctx, &files).await?;
    let here = local::digest(&ctx.sql(QUERY).await?.collect().await?);
    println!("this process   digest {here:016x}");

    let cluster = Cluster::start(&std::env::current_exe()?, 2, folder.path())?;
    let config = SessionConfig::new_with_ballista().with_target_partitions(FILES as usize);
    let ctx = client(&cluster.url(), config).await?;
    local::register_numbers(&ctx, &files).await?;
    let there = local::digest(&ctx.sql(QUERY).await?.collect().await?);
    println!("the cluster    digest {there:016x}");
    for executor in &cluster.executors {
        println!("    {}: {} tasks", executor.name, executor.tasks().1);
    }
    if here == there { Ok(()) } else { Err("the results differ".into()) }
}
