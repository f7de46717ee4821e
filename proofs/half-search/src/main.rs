//! Finds and judges the coefficients of the 16-bit kernels. `README.md` says how.

#[path = "../../../src/consts.rs"]
#[allow(dead_code, reason = "the kernels take some of them")]
mod consts;
mod exact;
mod format;
mod judge;
mod kernel;
mod search;
mod simd;

use std::process::ExitCode;

fn main() -> ExitCode {
    let succeeded = match std::env::args().nth(1).as_deref() {
        None => search::search(),
        Some("--judge") => judge::judge(),
        Some(_) => {
            eprintln!("usage: half-search [--judge]");
            false
        }
    };
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
