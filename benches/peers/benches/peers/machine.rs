//! What the table was measured on, and the versions of what was measured.

use std::fs;
use std::process::Command;
use std::thread;

/// The CPU, its instruction sets and how many threads it runs.
pub fn description() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown CPU", |(_, model)| model.trim());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    format!("{model} ({}), {threads} threads; all rows on one thread", instruction_sets())
}

#[cfg(target_arch = "x86_64")]
fn instruction_sets() -> String {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw");
    match (avx512, avx2) {
        (true, _) => "x86-64 with AVX-512 F/VL/DQ/BW",
        (false, true) => "x86-64 with AVX2 and FMA",
        (false, false) => "x86-64",
    }
    .into()
}

#[cfg(not(target_arch = "x86_64"))]
fn instruction_sets() -> String {
    std::env::consts::ARCH.into()
}

/// The version of `package` in Cargo.lock, or that of the compiler for what comes with it.
pub fn version(package: Option<&str>) -> String {
    let Some(package) = package else {
        return compiler();
    };
    let name = format!("name = \"{package}\"");
    let mut lines = include_str!("../../Cargo.lock").lines();
    lines
        .find(|line| *line == name)
        .and_then(|_| lines.next()?.strip_prefix("version = "))
        .map_or("–".into(), |version| version.trim_matches('"').into())
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    // "rustc 1.95.0 (59807616e 2026-04-14)"
    let version = text.ok().and_then(|text| Some(text.split(' ').nth(1)?.to_owned()));
    version.map_or("–".into(), |version| format!("Rust {version}"))
}
