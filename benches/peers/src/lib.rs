//! The crate with a C interface, so that `frameworks.py` can measure it in the same run as the
//! frameworks.

use selu::par_selu_into;
use std::slice;

/// SELU of `len` values at `src`, written to `dst`, on all threads of rayon's pool
/// (`RAYON_NUM_THREADS`).
///
/// # Safety
///
/// `src` and `dst` point to `len` values each, aligned, initialised and not overlapping.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn selu_into_f32(src: *const f32, dst: *mut f32, len: usize) {
    // SAFETY: the contract of this function.
    let (src, dst) =
        unsafe { (slice::from_raw_parts(src, len), slice::from_raw_parts_mut(dst, len)) };
    par_selu_into(src, dst);
}

/// SELU of `len` values at `src`, written to `dst`, on all threads of rayon's pool
/// (`RAYON_NUM_THREADS`).
///
/// # Safety
///
/// `src` and `dst` point to `len` values each, aligned, initialised and not overlapping.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn selu_into_f64(src: *const f64, dst: *mut f64, len: usize) {
    // SAFETY: the contract of this function.
    let (src, dst) =
        unsafe { (slice::from_raw_parts(src, len), slice::from_raw_parts_mut(dst, len)) };
    par_selu_into(src, dst);
}
