//! The functions that the kernels compute.

/// λx for x > 0, λα(eˣ − 1) for x < 0, with the exact λ and α.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selu;

/// scale·x for x > 0, scale·alpha·(eˣ − 1) for x < 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScaledElu<T> {
    pub(crate) alpha: T,
    pub(crate) scale: T,
}
