//! The crate with a C interface, so that `frameworks.py` can measure it in the same run as the
//! frameworks.

use rayon::prelude::*;
use selu::selu_into;
use std::slice;

/// Values that are worth the hand-over to another thread.
const PIECE: usize = 1 << 15;

/// `selu_into` on all threads of rayon's pool (`RAYON_NUM_THREADS`).
fn on_all_threads<T: num_traits::Float + Send + Sync>(src: &[T], dst: &mut [T]) {
    if src.len() <= PIECE || rayon::current_num_threads() == 1 {
        return selu_into(src, dst);
    }
    src.par_chunks(PIECE)
        .zip(dst.par_chunks_mut(PIECE))
        .for_each(|(src, dst)| selu_into(src, dst));
}

/// SELU of `len` values at `src`, written to `dst`.
///
/// # Safety
///
/// `src` and `dst` point to `len` values each, aligned, initialised and not overlapping.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn selu_into_f32(src: *const f32, dst: *mut f32, len: usize) {
    // SAFETY: the contract of this function.
    let (src, dst) = unsafe {
        (
            slice::from_raw_parts(src, len),
            slice::from_raw_parts_mut(dst, len),
        )
    };
    on_all_threads(src, dst);
}

/// SELU of `len` values at `src`, written to `dst`.
///
/// # Safety
///
/// `src` and `dst` point to `len` values each, aligned, initialised and not overlapping.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn selu_into_f64(src: *const f64, dst: *mut f64, len: usize) {
    // SAFETY: the contract of this function.
    let (src, dst) = unsafe {
        (
            slice::from_raw_parts(src, len),
            slice::from_raw_parts_mut(dst, len),
        )
    };
    on_all_threads(src, dst);
}
