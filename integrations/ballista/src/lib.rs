//! `selu(x)` and `elu(x, alpha)` on a Ballista cluster: the functions of `selu_datafusion`, made
//! known to the scheduler, the executors and the client. A plan carries only the names of
//! functions, and each of the three looks them up in its own registry.

use ballista::prelude::SessionContextExt;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::default_session_builder;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::error::Result;
use datafusion::execution::{FunctionRegistry, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use std::error::Error;
use std::sync::Arc;

pub mod local;

/// Runs an executor until it is told to stop.
pub async fn executor(mut config: ExecutorProcessConfig) -> Result<(), Box<dyn Error>> {
    let mut registry = BallistaFunctionRegistry::default();
    for function in selu_datafusion::functions() {
        registry.scalar_functions.insert(function.name().into(), Arc::new(function));
    }
    config.override_function_registry = Some(Arc::new(registry));
    Ok(start_executor_process(Arc::new(config)).await?)
}

/// Runs a scheduler until it is told to stop.
pub async fn scheduler(config: SchedulerConfig) -> Result<(), Box<dyn Error>> {
    let config = config.with_override_session_builder(Arc::new(|config| {
        let mut state = default_session_builder(config)?;
        for function in selu_datafusion::functions() {
            state.register_udf(Arc::new(function))?;
        }
        Ok(state)
    }));
    let address = format!("{}:{}", config.bind_host, config.bind_port).parse()?;
    let cluster = BallistaCluster::new_from_config(&config).await?;
    Ok(start_server(cluster, address, Arc::new(config)).await?)
}

/// A session whose queries the cluster of a scheduler executes. `url` is `df://host:port`.
pub async fn client(url: &str, config: SessionConfig) -> Result<SessionContext> {
    let state = SessionStateBuilder::new().with_default_features().with_config(config).build();
    let ctx = SessionContext::remote_with_state(url, state).await?;
    // Into the finished session: the upgrade to a remote one drops the functions of the state.
    for function in selu_datafusion::functions() {
        ctx.register_udf(function);
    }
    Ok(ctx)
}
