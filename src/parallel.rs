//! The slice functions on all cores.
//!
//! The values are divided among the threads of the current `rayon` pool; a slice of at most 131,072
//! values stays on the calling thread. The results are those of the serial functions, bit for bit.

use crate::{ScaledElu, lengths, selu_backward, selu_backward_into, selu_into, selu_slice};
use num_traits::Float;
use rayon::prelude::*;

/// With at most this many values, waking another thread takes longer than it saves.
// mutants: for speed only.
// mutants << -> >>: for speed only.
const SERIAL: usize = 128 << 10;
/// Values per task: a few microseconds of work, little compared with the whole, but much compared
/// with handing it over.
// mutants: for speed only.
const CHUNK: usize = 8 << 10;

/// [`selu_slice`] on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; a slice of at most 131,072
/// values stays on the calling thread. The results are those of [`selu`](crate::selu), bit for bit;
/// accuracy and special values are stated there.
///
/// # Examples
///
/// ```
/// let mut xs = vec![-1.0_f32; 100_000];
/// selu::par_selu_slice(&mut xs);
/// assert!(xs.iter().all(|&y| y == -1.1113307));
/// ```
pub fn par_selu_slice<T: Float + Send>(xs: &mut [T]) {
    in_chunks(xs, selu_slice);
}

/// [`selu_into`] on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; a slice of at most 131,072
/// values stays on the calling thread. The results are those of [`selu`](crate::selu), bit for bit;
/// accuracy and special values are stated there.
///
/// # Panics
///
/// If the lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let x = vec![-1.0_f32; 100_000];
/// let mut y = vec![0.0; 100_000];
/// selu::par_selu_into(&x, &mut y);
/// assert!(y.iter().all(|&y| y == -1.1113307));
/// ```
#[track_caller]
pub fn par_selu_into<T: Float + Send + Sync>(src: &[T], dst: &mut [T]) {
    lengths::assert_equal(("src", src.len()), ("dst", dst.len()));
    in_pairs_of_chunks(src, dst, selu_into);
}

/// [`selu_backward`] on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; a slice of at most 131,072
/// values stays on the calling thread. The results are those of [`selu_backward`], bit for bit;
/// accuracy and special values are stated there.
///
/// # Panics
///
/// If the lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let x = vec![2.0_f32; 100_000];
/// let mut grad = vec![1.0; 100_000];
/// selu::par_selu_backward(&x, &mut grad);
/// assert!(grad.iter().all(|&grad| grad == 1.050701));
/// ```
#[track_caller]
pub fn par_selu_backward<T: Float + Send + Sync>(x: &[T], grad: &mut [T]) {
    lengths::assert_equal(("x", x.len()), ("grad", grad.len()));
    in_pairs_of_chunks(x, grad, selu_backward);
}

/// [`selu_backward_into`] on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; a slice of at most 131,072
/// values stays on the calling thread. The results are those of [`selu_backward`], bit for bit;
/// accuracy and special values are stated there.
///
/// # Panics
///
/// If the three lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let x = vec![2.0_f32; 100_000];
/// let mut grad_in = vec![0.0; 100_000];
/// selu::par_selu_backward_into(&x, &vec![1.0; 100_000], &mut grad_in);
/// assert!(grad_in.iter().all(|&grad| grad == 1.050701));
/// ```
#[track_caller]
pub fn par_selu_backward_into<T: Float + Send + Sync>(x: &[T], grad_out: &[T], grad_in: &mut [T]) {
    lengths::assert_equal(("x", x.len()), ("grad_out", grad_out.len()));
    lengths::assert_equal(("x", x.len()), ("grad_in", grad_in.len()));
    in_triples_of_chunks(x, grad_out, grad_in, selu_backward_into);
}

/// [`elu_slice`](crate::elu_slice) on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; a slice of at most 131,072
/// values stays on the calling thread. The results are those of [`elu`](crate::elu), bit for bit.
///
/// # Examples
///
/// ```
/// let mut xs = vec![-1.0_f32; 100_000];
/// selu::par_elu_slice(&mut xs, 1.0);
/// assert!(xs.iter().all(|&y| y == -0.63212055));
/// ```
pub fn par_elu_slice<T: Float + Send + Sync>(xs: &mut [T], alpha: T) {
    ScaledElu::elu(alpha).par_apply_slice(xs);
}

/// [`elu_into`](crate::elu_into) on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; a slice of at most 131,072
/// values stays on the calling thread. The results are those of [`elu`](crate::elu), bit for bit.
///
/// # Panics
///
/// If the lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let x = vec![-1.0_f32; 100_000];
/// let mut y = vec![0.0; 100_000];
/// selu::par_elu_into(&x, &mut y, 1.0);
/// assert!(y.iter().all(|&y| y == -0.63212055));
/// ```
#[track_caller]
pub fn par_elu_into<T: Float + Send + Sync>(src: &[T], dst: &mut [T], alpha: T) {
    ScaledElu::elu(alpha).par_apply_into(src, dst);
}

/// [`elu_backward`](crate::elu_backward) on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; a slice of at most 131,072
/// values stays on the calling thread. The results are those of
/// [`elu_backward`](crate::elu_backward), bit for bit.
///
/// # Panics
///
/// If the lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let x = vec![-1.0_f32; 100_000];
/// let mut grad = vec![1.0; 100_000];
/// selu::par_elu_backward(&x, &mut grad, 1.0);
/// assert!(grad.iter().all(|&grad| grad == 0.36787945));
/// ```
#[track_caller]
pub fn par_elu_backward<T: Float + Send + Sync>(x: &[T], grad: &mut [T], alpha: T) {
    ScaledElu::elu(alpha).par_backward(x, grad);
}

/// [`elu_backward_into`](crate::elu_backward_into) on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; a slice of at most 131,072
/// values stays on the calling thread. The results are those of
/// [`elu_backward`](crate::elu_backward), bit for bit.
///
/// # Panics
///
/// If the three lengths differ, before anything is written.
///
/// # Examples
///
/// ```
/// let x = vec![-1.0_f32; 100_000];
/// let mut grad_in = vec![0.0; 100_000];
/// selu::par_elu_backward_into(&x, &vec![1.0; 100_000], &mut grad_in, 1.0);
/// assert!(grad_in.iter().all(|&grad| grad == 0.36787945));
/// ```
#[track_caller]
pub fn par_elu_backward_into<T: Float + Send + Sync>(
    x: &[T],
    grad_out: &[T],
    grad_in: &mut [T],
    alpha: T,
) {
    ScaledElu::elu(alpha).par_backward_into(x, grad_out, grad_in);
}

/// With feature `rayon`.
impl<T: Float + Send + Sync> ScaledElu<T> {
    /// [`apply_slice`](Self::apply_slice) on all cores.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut xs = vec![-1.0_f32; 100_000];
    /// selu::ScaledElu { alpha: 1.5, scale: 2.0 }.par_apply_slice(&mut xs);
    /// assert!(xs.iter().all(|&y| y == -1.8963617));
    /// ```
    pub fn par_apply_slice(self, xs: &mut [T]) {
        in_chunks(xs, |xs| self.apply_slice(xs));
    }

    /// [`apply_into`](Self::apply_into) on all cores.
    ///
    /// # Panics
    ///
    /// If the lengths differ, before anything is written.
    ///
    /// # Examples
    ///
    /// ```
    /// let x = vec![-1.0_f32; 100_000];
    /// let mut y = vec![0.0; 100_000];
    /// selu::ScaledElu { alpha: 1.5, scale: 2.0 }.par_apply_into(&x, &mut y);
    /// assert!(y.iter().all(|&y| y == -1.8963617));
    /// ```
    #[track_caller]
    pub fn par_apply_into(self, src: &[T], dst: &mut [T]) {
        lengths::assert_equal(("src", src.len()), ("dst", dst.len()));
        in_pairs_of_chunks(src, dst, |src, dst| self.apply_into(src, dst));
    }

    /// [`backward`](Self::backward) on all cores.
    ///
    /// # Panics
    ///
    /// If the lengths differ, before anything is written.
    ///
    /// # Examples
    ///
    /// ```
    /// let x = vec![2.0_f32; 100_000];
    /// let mut grad = vec![1.0; 100_000];
    /// selu::ScaledElu { alpha: 1.5, scale: 2.0 }.par_backward(&x, &mut grad);
    /// assert!(grad.iter().all(|&grad| grad == 2.0));
    /// ```
    #[track_caller]
    pub fn par_backward(self, x: &[T], grad: &mut [T]) {
        lengths::assert_equal(("x", x.len()), ("grad", grad.len()));
        in_pairs_of_chunks(x, grad, |x, grad| self.backward(x, grad));
    }

    /// [`backward_into`](Self::backward_into) on all cores.
    ///
    /// # Panics
    ///
    /// If the three lengths differ, before anything is written.
    ///
    /// # Examples
    ///
    /// ```
    /// let x = vec![2.0_f32; 100_000];
    /// let mut grad_in = vec![0.0; 100_000];
    /// let function = selu::ScaledElu { alpha: 1.5, scale: 2.0 };
    /// function.par_backward_into(&x, &vec![1.0; 100_000], &mut grad_in);
    /// assert!(grad_in.iter().all(|&grad| grad == 2.0));
    /// ```
    #[track_caller]
    pub fn par_backward_into(self, x: &[T], grad_out: &[T], grad_in: &mut [T]) {
        lengths::assert_equal(("x", x.len()), ("grad_out", grad_out.len()));
        lengths::assert_equal(("x", x.len()), ("grad_in", grad_in.len()));
        in_triples_of_chunks(x, grad_out, grad_in, |x, grad_out, grad_in| {
            self.backward_into(x, grad_out, grad_in);
        });
    }
}

/// `function` over a slice.
fn in_chunks<T: Send>(xs: &mut [T], function: impl Fn(&mut [T]) + Sync + Send) {
    // mutants <= -> >: one thread finds what many find.
    if xs.len() <= SERIAL {
        function(xs);
    } else {
        xs.par_chunks_mut(CHUNK).for_each(function);
    }
}

/// `function` over two slices of equal length.
fn in_pairs_of_chunks<T: Send + Sync>(
    src: &[T],
    dst: &mut [T],
    function: impl Fn(&[T], &mut [T]) + Sync + Send,
) {
    // mutants <= -> >: one thread finds what many find.
    if src.len() <= SERIAL {
        function(src, dst);
    } else {
        src.par_chunks(CHUNK)
            .zip(dst.par_chunks_mut(CHUNK))
            .for_each(|(src, dst)| function(src, dst));
    }
}

/// `function` over three slices of equal length.
fn in_triples_of_chunks<T: Send + Sync>(
    a: &[T],
    b: &[T],
    dst: &mut [T],
    function: impl Fn(&[T], &[T], &mut [T]) + Sync + Send,
) {
    // mutants <= -> >: one thread finds what many find.
    if a.len() <= SERIAL {
        function(a, b, dst);
    } else {
        a.par_chunks(CHUNK)
            .zip(b.par_chunks(CHUNK))
            .zip(dst.par_chunks_mut(CHUNK))
            .for_each(|((a, b), dst)| function(a, b, dst));
    }
}
