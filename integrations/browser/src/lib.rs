//! The functions that the page calls. They take and give numbers only, so the page needs no glue.

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
