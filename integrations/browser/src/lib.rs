//! The functions that the page calls. They take and give numbers only, so the page needs no glue; the
//! values of an array are written to the memory of the module, and read from there.

use std::cell::RefCell;

#[path = "../../../tests/common/digest.rs"]
#[allow(dead_code, reason = "the tests take the rest")]
mod digest;

#[unsafe(no_mangle)]
extern "C" fn selu(x: f32) -> f32 {
    selu::selu(x)
}

#[unsafe(no_mangle)]
extern "C" fn selu_grad(x: f32) -> f32 {
    selu::selu_grad(x)
}

thread_local! {
    /// The array that JavaScript sees.
    static VALUES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// The address of so many `f32` in the memory of the module, for JavaScript to write to and to read
/// from. The next call makes it invalid.
#[unsafe(no_mangle)]
extern "C" fn values(len: usize) -> *mut f32 {
    VALUES.with_borrow_mut(|values| {
        values.resize(len, 0.0);
        values.as_mut_ptr()
    })
}

/// `selu_slice` of those values.
#[unsafe(no_mangle)]
extern "C" fn selu_values() {
    VALUES.with_borrow_mut(|values| selu::selu_slice(values));
}

/// The digest of the results of `selu` at the 2¹⁶ `f32` whose upper 16 bits are `block`.
#[unsafe(no_mangle)]
extern "C" fn digest_selu(block: u32) -> u64 {
    digest::of_f32_block(block, selu::selu_slice)
}

/// The same of `selu_grad`.
#[unsafe(no_mangle)]
extern "C" fn digest_selu_grad(block: u32) -> u64 {
    digest::of_f32_block(block, |xs| {
        for x in xs {
            *x = selu::selu_grad(*x);
        }
    })
}

/// The digest of what `digest` stands for and one block more.
#[unsafe(no_mangle)]
extern "C" fn digest_take_in(digest: u64, block: u64) -> u64 {
    digest::take_in(digest, block)
}
