//! Has the programs for a microcontroller linked as `cortex-m-rt` says, with `memory.x`.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=memory.x");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none") {
        let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo:rustc-link-search={here}");
        println!("cargo:rustc-link-arg-bins=-Tlink.x");
    }
}
