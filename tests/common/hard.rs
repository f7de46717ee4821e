//! Arguments with results close to the middle between two numbers, found by `exact/hard_cases.rs`:
//! 15 to 40 bits beyond the last place do not tell to which side they round.

/// For each function x and a factor: of `elu` alpha, of a derivative the gradient, of `selu` just
/// 1.
pub struct HardCases {
    pub selu: &'static [u8],
    pub elu: &'static [u8],
    pub selu_backward: &'static [u8],
    pub elu_backward: &'static [u8],
}

pub const F32: HardCases = HardCases {
    // All f32 can be tried.
    selu: &[],
    elu: include_bytes!("../data/hard-f32-elu.bin"),
    selu_backward: include_bytes!("../data/hard-f32-selu-backward.bin"),
    elu_backward: include_bytes!("../data/hard-f32-elu-backward.bin"),
};

pub const F64: HardCases = HardCases {
    selu: include_bytes!("../data/hard-f64-selu.bin"),
    elu: include_bytes!("../data/hard-f64-elu.bin"),
    selu_backward: include_bytes!("../data/hard-f64-selu-backward.bin"),
    elu_backward: include_bytes!("../data/hard-f64-elu-backward.bin"),
};

/// The pairs of numbers that these little-endian bits are.
pub fn pairs<T>(bytes: &[u8], size: usize, of_bits: impl Fn(u64) -> T) -> Vec<(T, T)> {
    let number = |bytes: &[u8]| {
        let mut bits = [0; 8];
        bits[..size].copy_from_slice(bytes);
        of_bits(u64::from_le_bytes(bits))
    };
    bytes
        .chunks_exact(2 * size)
        .map(|pair| (number(&pair[..size]), number(&pair[size..])))
        .collect()
}
