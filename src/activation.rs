//! SELU: one value, in place, out of place.

use crate::compiled::{Compiled, Cpu};
use crate::kernel::generic::Generic;
use crate::kernel::{Activation, Selu};
use crate::lengths;
use crate::specialize::{apply, cast, cast_mut, specialize};
use num_traits::Float;

/// The scaled exponential linear unit.
///
/// ```text
/// selu(x) = λ·x             for x > 0
/// selu(x) = λ·α·(eˣ − 1)    for x < 0
/// ```
///
/// with λ and α of [`consts`](crate::consts).
///
/// # Accuracy
///
/// - `f32`, `f64`, `f16` and `bf16`: correctly rounded, that is, the representable number nearest
///   to the exact value. The front page says [what is proved](crate#accuracy), and what is not.
/// - Any other `T` narrower than `f32`: computed in `f64` and rounded to `T` once.
/// - Any other `T`: the formula in `T`'s own arithmetic, with `T`'s `exp_m1` and constants good to
///   106 bits.
///
/// A value has the same result, bit for bit, here and in a slice and, except for the last kind of
/// type, on every CPU. (NaN gives NaN; its payload is unspecified.)
///
/// # Special values
///
/// | x | selu(x) |
/// |---|---|
/// | NaN | NaN |
/// | +0, −0 | +0, −0 |
/// | +∞ | +∞ |
/// | −∞ | −λα |
///
/// # Examples
///
/// ```
/// use selu::selu;
///
/// assert_eq!(selu(1.0_f32), 1.050701);
/// assert_eq!(selu(-1e-8_f32), -1.7580993e-8); // exp(x) − 1 would give 0
/// assert_eq!(selu(f64::NEG_INFINITY), -selu::consts::f64::SCALE_ALPHA);
/// ```
///
/// # Reference
///
/// Klambauer, Unterthiner, Mayr, Hochreiter: *Self-Normalizing Neural Networks*, 2017,
/// [arXiv:1706.02515](https://arxiv.org/abs/1706.02515).
#[inline]
#[must_use]
pub fn selu<T: Float>(x: T) -> T {
    specialize!(T => E:
        apply(|x: E| Activation::value(Selu, x), x),
        otherwise: Generic::value(Selu, x))
}

/// [`selu`] of every value of a slice, in place.
///
/// The fastest instruction set that the CPU has is chosen at run time. The results are those of
/// [`selu`], bit for bit, for every length and alignment; accuracy and special values are stated
/// there.
///
/// # Examples
///
/// ```
/// let mut xs = [-1.0_f32, 0.0, 1.0];
/// selu::selu_slice(&mut xs);
/// assert_eq!(xs, [-1.1113307, 0.0, 1.050701]);
/// ```
#[inline]
pub fn selu_slice<T: Float>(xs: &mut [T]) {
    specialize!(T => E:
        Selu.in_place(Cpu::Fastest, cast_mut::<T, E>(xs)),
        otherwise: for x in xs { *x = Generic::value(Selu, *x) })
}

/// [`selu`] of every value of `src`, written to `dst`.
///
/// Reads each value of `src` and writes each value of `dst` once. The results are those of
/// [`selu`], bit for bit, for every length and alignment; accuracy and special values are stated
/// there.
///
/// # Panics
///
/// If the lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let mut activations = [0.0; 3];
/// selu::selu_into(&[-1.0, 0.0, 1.0], &mut activations);
/// assert_eq!(activations, [-1.1113307378125628, 0.0, 1.0507009873554805]);
/// ```
#[inline]
#[track_caller]
pub fn selu_into<T: Float>(src: &[T], dst: &mut [T]) {
    lengths::assert_equal("selu_into", ("src", src.len()), ("dst", dst.len()));
    specialize!(T => E:
        Selu.out_of_place(Cpu::Fastest, cast::<T, E>(src), cast_mut(dst)),
        otherwise: for (y, &x) in dst.iter_mut().zip(src) { *y = Generic::value(Selu, x) })
}
