//! Generators for the tests of feature `rand`, and what they measure.

use rand::distr::Distribution;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{SeedableRng, TryRng};
use selu::LecunNormal;
use std::convert::Infallible;

pub fn seeded(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// A generator that gives the words it was made of, over and over.
pub struct Words {
    words: Vec<u64>,
    pub drawn: usize,
}

impl Words {
    pub fn new(words: impl Into<Vec<u64>>) -> Self {
        Self { words: words.into(), drawn: 0 }
    }
}

impl TryRng for Words {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unimplemented!("the samplers ask for 64 bits")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.drawn += 1;
        Ok(self.words[(self.drawn - 1) % self.words.len()])
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        unimplemented!("the samplers ask for 64 bits")
    }
}

/// A word of which `LecunNormal` makes a weight whatever comes next: its layer is the lowest.
const ACCEPTED_AT_ONCE: u64 = 1 << 63;

/// Whether a weight is made of the word `candidate`: at once, or because `word` comes next.
pub fn is_accepted(candidate: u64, word: u64) -> bool {
    let mut rng = Words::new([candidate, word, ACCEPTED_AT_ONCE]);
    let _: f64 = LecunNormal::new(1).unwrap().sample(&mut rng);
    rng.drawn < 3
}

/// The first of 2⁵³ words with which the candidate is rejected; they differ in their high bits.
pub fn first_rejecting_word(candidate: u64) -> u64 {
    let (mut accepting, mut rejecting) = (0, 1 << 53);
    if !is_accepted(candidate, 0) {
        return 0;
    }
    while rejecting - accepting > 1 {
        let middle = (accepting + rejecting) / 2;
        if is_accepted(candidate, middle << 11) {
            accepting = middle;
        } else {
            rejecting = middle;
        }
    }
    rejecting
}

/// |computed − exact| in units of the last place.
pub fn ulps(computed: f64, exact: f64) -> f64 {
    (computed - exact).abs() / (exact.abs().next_up() - exact.abs())
}

pub fn mean_and_variance(xs: impl ExactSizeIterator<Item = f64> + Clone) -> (f64, f64) {
    let n = xs.len() as f64;
    let mean = xs.clone().sum::<f64>() / n;
    let variance = xs.map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    (mean, variance)
}
