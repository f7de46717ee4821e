//! The crate with a C interface, so that `frameworks.py` can measure it in the same run as the
//! frameworks.

use half::{bf16, f16};
use selu::par_selu_into;
use std::slice;

macro_rules! c_functions {
    ($($name:ident: $T:ty),*) => {$(
        /// SELU of `len` values at `src`, written to `dst`, on all threads of rayon's pool
        /// (`RAYON_NUM_THREADS`).
        ///
        /// # Safety
        ///
        /// `src` and `dst` point to `len` values each, aligned, initialised and not overlapping.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(src: *const $T, dst: *mut $T, len: usize) {
            // SAFETY: the contract of this function.
            let src = unsafe { slice::from_raw_parts(src, len) };
            // SAFETY: as above.
            let dst = unsafe { slice::from_raw_parts_mut(dst, len) };
            par_selu_into(src, dst);
        }
    )*};
}
c_functions!(selu_into_f32: f32, selu_into_f64: f64, selu_into_f16: f16, selu_into_bf16: bf16);
