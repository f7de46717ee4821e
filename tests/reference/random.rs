//! Random numbers that are the same everywhere.

/// Marsaglia's xorshift64.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// An integer below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u64
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.bits() >> 32) as usize % choices.len()]
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The sum of twelve uniform numbers, less its mean: variance 1, all but normal.
    pub fn normal(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| self.bits() >> 12).sum();
        (sum as i64 - (6 << 52)) as f64 / (1_u64 << 52) as f64
    }
}
