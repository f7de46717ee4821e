//! The mathematics: one value in, one value out, no branch on data, no table, no `unsafe`.
//!
//! A kernel is plain arithmetic, so that the compiler can run it on as many values at once as an
//! instruction set holds. `FUSED` says whether that instruction set multiplies and adds in one
//! rounding. A kernel gives the same bits either way; each file says why.

mod f32;
mod f64;
pub(crate) mod generic;
#[cfg(feature = "half")]
mod half;
mod reduction;
#[allow(dead_code)]
mod tables;

/// A type that has kernels of its own.
pub(crate) trait Element: Copy + Default + 'static {
    /// One of many values: without branches, so that vectors can be made of them.
    fn selu<const FUSED: bool>(self) -> Self;
    /// One value by itself: the same bits, with branches where they pay.
    #[inline(always)]
    fn selu_alone<const FUSED: bool>(self) -> Self {
        self.selu::<FUSED>()
    }
    fn elu(self, alpha: Self) -> Self;
    fn selu_grad(self) -> Self;
    /// `grad[i] *= selu'(x[i])`.
    fn selu_backward<const FUSED: bool, const N: usize>(x: &[Self; N], grad: &mut [Self; N]);
}
