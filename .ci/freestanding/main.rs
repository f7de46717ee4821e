//! Calls every function with no standard library and no allocator. The exit code is the number of the
//! first check that fails, 0 if none does.
//!
//! Only the C runtime's start-up code is linked, which calls `main`.

#![no_std]
#![no_main]

use core::ffi::{c_char, c_int};
use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {}
}

/// core as it is shipped refers to this from code that could unwind. Nothing does here.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

const LENGTH: usize = 21; // more than a block, and not a multiple of one

// The exact results at −½, rounded once (with Python's `decimal`, to 60 digits).
const SELU_SINGLE: u32 = 0xbf31_1711;
const SELU_DOUBLE: u64 = 0xbfe6_22e2_112b_505a;
const GRAD_SINGLE: u32 = 0x3f88_7dde;
const GRAD_DOUBLE: u64 = 0x3ff1_0fbb_bdab_4804;
const ELU_SINGLE: u32 = 0xbec9_74d0;
const ELU_DOUBLE: u64 = 0xbfd9_2e9a_0720_d3ec;

#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    first_failure(0.0).unwrap_or(0)
}

/// `zero` is 0, but not for the compiler to know.
#[inline(never)]
fn first_failure(zero: f32) -> Option<c_int> {
    let zero = core::hint::black_box(zero);
    let single = zero - 0.5;
    let double = f64::from(single);

    let mut in_place = [single; LENGTH];
    selu::selu_slice(&mut in_place);
    let mut out_of_place = [0.0; LENGTH];
    selu::selu_into(&[double; LENGTH], &mut out_of_place);
    let mut grads = [1.0 + zero; LENGTH];
    selu::selu_backward(&[single; LENGTH], &mut grads);

    let checks = [
        selu::selu(single).to_bits() == SELU_SINGLE,
        in_place.iter().all(|y| y.to_bits() == SELU_SINGLE),
        selu::selu(double).to_bits() == SELU_DOUBLE,
        out_of_place.iter().all(|y| y.to_bits() == SELU_DOUBLE),
        selu::selu_grad(single).to_bits() == GRAD_SINGLE,
        grads.iter().all(|y| y.to_bits() == GRAD_SINGLE),
        selu::selu_grad(double).to_bits() == GRAD_DOUBLE,
        selu::elu(single, 1.0).to_bits() == ELU_SINGLE,
        selu::elu(double, 1.0).to_bits() == ELU_DOUBLE,
        selu::selu(-zero).to_bits() == 1 << 31,
    ];
    let failed = checks.iter().position(|&right| !right)?;
    Some(failed as c_int + 1)
}
