//! Finds and judges the coefficients of the 16-bit kernels.

#[path = "../../../src/consts.rs"]
#[allow(dead_code, reason = "this program takes some of them")]
mod consts;
mod exact;
mod format;
mod judge;
mod kernel;

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("--judge") => {
            if judge::judge() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        _ => {
            eprintln!("usage: half-search [--judge]");
            ExitCode::FAILURE
        }
    }
}
