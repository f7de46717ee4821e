//! One number for very many results, to compare them where they cannot all be kept.
//!
//! The results are taken in blocks of 2¹⁶: one block is all of a 16-bit type, and 2¹⁶ blocks are
//! all of `f32`. Blocks are digested independently of each other, on any number of cores, and their
//! digests are put together in order:
//!
//! 1. A result is the bits of an `f32`, which for 16-bit types is exact, with one pattern for all
//!    NaN.
//! 2. The results of a block go round robin to 32 lanes of 32 bits. A lane takes a result in by
//!    h ← (h ⊕ bits)·P mod 2³², then h ← h ⊕ (h >> 15), with odd P. The lanes are vectors, so this
//!    costs less than `selu` itself.
//! 3. The digest of a block takes the 32 lanes in, in order, by the same step on 64 bits with
//!    another odd P and a shift by 32.
//! 4. The digest of many blocks takes the digests of the blocks in, in order, by the step of 3.
//!
//! Every step is one-to-one in what it takes in and in what was there before, so one wrong result
//! always shows, and so does anything that differs in one lane of one block only. Beyond that two
//! different sets of results have the same digest by a chance of about 2⁻³² if they differ in as
//! little as one lane, and 2⁻⁶⁴ otherwise. It is no defence against anyone who wants them to.
//!
//! Results too few for blocks, or wider than an `f32`, are taken in one by one, by the step of 3.

/// Results in a block.
pub const BLOCK: u32 = 1 << 16;

/// Results that are computed at a time, few enough to stay in the first-level cache.
const PIECE: usize = 1024;

const LANES: usize = 32;

/// 2³²/φ and 2⁶⁴/φ, rounded to odd integers.
const MULTIPLIER_32: u32 = 0x9e37_79b9;
const MULTIPLIER_64: u64 = 0x9e37_79b9_7f4a_7c15;

const NAN: u32 = 0x7fc0_0000;

/// The digest of a block, whose results `compute` writes: those that start at the given position.
pub fn of_block(mut compute: impl FnMut(u32, &mut [f32])) -> u64 {
    let mut lanes = [0; LANES];
    let mut results = [0.0; PIECE];
    for first in (0..BLOCK).step_by(PIECE) {
        compute(first, &mut results);
        let (rounds, _) = results.as_chunks::<LANES>();
        for round in rounds {
            for (lane, &result) in lanes.iter_mut().zip(round) {
                *lane = take_result_in(*lane, result);
            }
        }
    }
    lanes.into_iter().fold(0, |digest, lane| take_in(digest, lane.into()))
}

/// The digest of block number `block` of all `f32`, in the order of their bits. `function` is
/// applied in place.
pub fn of_f32_block(block: u32, function: impl Fn(&mut [f32])) -> u64 {
    of_block(|first, xs| {
        for (i, x) in (0..).zip(xs.iter_mut()) {
            *x = f32::from_bits(block * BLOCK + first + i);
        }
        function(xs);
    })
}

/// The digest of these words.
pub fn of_words(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0, take_in)
}

/// The digest of what `digest` stands for, which is 0 for nothing, and one thing more.
pub fn take_in(digest: u64, next: u64) -> u64 {
    let product = (digest ^ next).wrapping_mul(MULTIPLIER_64);
    product ^ product >> 32
}

#[inline(always)]
fn take_result_in(lane: u32, result: f32) -> u32 {
    let bits = if result.is_nan() { NAN } else { result.to_bits() };
    let product = (lane ^ bits).wrapping_mul(MULTIPLIER_32);
    product ^ product >> 15
}
