//! No library: only the tests that `Cargo.toml` names.
