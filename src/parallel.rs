//! The slice functions on all cores.

use crate::{lengths, selu_backward, selu_into, selu_slice};
use num_traits::Float;
use rayon::prelude::*;

/// Up to so many values one thread is done before another one has woken up.
const SERIAL: usize = 32 << 10;
/// Values per task: some microseconds of work, small beside the whole, large beside the hand-over.
const CHUNK: usize = 8 << 10;

/// [`selu_slice`] on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; a slice of at most 32,768
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
    if xs.len() <= SERIAL {
        selu_slice(xs);
    } else {
        xs.par_chunks_mut(CHUNK).for_each(selu_slice);
    }
}

/// [`selu_into`] on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; at most 32,768 values stay
/// on the calling thread. The results are those of [`selu`](crate::selu), bit for bit; accuracy and
/// special values are stated there.
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
    lengths::assert_equal("par_selu_into", ("src", src.len()), ("dst", dst.len()));
    zip_chunks(src, dst, selu_into);
}

/// [`selu_backward`] on all cores.
///
/// The values are divided among the threads of the current `rayon` pool; at most 32,768 values stay
/// on the calling thread. The results are those of [`selu_backward`], bit for bit; accuracy and
/// special values are stated there.
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
    lengths::assert_equal("par_selu_backward", ("x", x.len()), ("grad", grad.len()));
    zip_chunks(x, grad, selu_backward);
}

/// `function` over two slices of one length.
fn zip_chunks<T: Send + Sync>(src: &[T], dst: &mut [T], function: impl Fn(&[T], &mut [T]) + Sync) {
    if src.len() <= SERIAL {
        function(src, dst);
    } else {
        src.par_chunks(CHUNK)
            .zip(dst.par_chunks_mut(CHUNK))
            .for_each(|(src, dst)| function(src, dst));
    }
}
