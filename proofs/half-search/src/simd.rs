//! What the kernels ask of an instruction set.

/// Stands for the trait of the same name in the library.
pub trait Isa: Copy {
    /// Whether multiplication and addition come in one rounding.
    const FUSED: bool;
}
