//! "`T` is `f32`": a generic function hands its arguments to the kernel of the very same type.
//!
//! [`typeid::of`] needs no `'static` bound, and a comparison of two type ids folds away when the
//! generic function is compiled for a type.

#![allow(unsafe_code, reason = "views of one type as itself, which the type system cannot express")]

use core::any::TypeId;
use core::slice;

/// Whether `A` and `B` are one type.
#[inline(always)]
pub(crate) fn is_same<A, B: 'static>() -> bool {
    typeid::of::<A>() == TypeId::of::<B>()
}

/// `$kernel` with `$E` naming the type that `$T` is, if that type has kernels, `$otherwise` if not.
macro_rules! specialize {
    ($T:ty => $E:ident: $kernel:expr, otherwise: $otherwise:expr) => {
        $crate::specialize::specialize!(
            @ $T => $E in f32, f64: $kernel,
            otherwise: $crate::specialize::specialize_half!($T => $E: $kernel, otherwise: $otherwise)
        )
    };
    (@ $T:ty => $E:ident in $first:ty, $second:ty: $kernel:expr, otherwise: $otherwise:expr) => {
        if $crate::specialize::is_same::<$T, $first>() {
            type $E = $first;
            $kernel
        } else if $crate::specialize::is_same::<$T, $second>() {
            type $E = $second;
            $kernel
        } else {
            $otherwise
        }
    };
}

/// The same for the types of feature `half`.
#[cfg(feature = "half")]
macro_rules! specialize_half {
    ($T:ty => $E:ident: $kernel:expr, otherwise: $otherwise:expr) => {
        $crate::specialize::specialize!(
            @ $T => $E in half::f16, half::bf16: $kernel, otherwise: $otherwise
        )
    };
}
#[cfg(not(feature = "half"))]
macro_rules! specialize_half {
    ($T:ty => $E:ident: $kernel:expr, otherwise: $otherwise:expr) => {
        $otherwise
    };
}
pub(crate) use {specialize, specialize_half};

/// `xs` as what it is.
#[inline(always)]
pub(crate) fn view<A, B: 'static>(xs: &[A]) -> &[B] {
    assert!(is_same::<A, B>());
    // SAFETY: A and B are the same type (but for lifetimes, of which a 'static B has none), so this
    // is the very slice that `xs` is, borrowed for as long.
    unsafe { slice::from_raw_parts(xs.as_ptr().cast(), xs.len()) }
}

/// `xs` as what it is.
#[inline(always)]
pub(crate) fn view_mut<A, B: 'static>(xs: &mut [A]) -> &mut [B] {
    assert!(is_same::<A, B>());
    // SAFETY: as in `view`; the exclusive borrow of `xs` lasts as long as the result.
    unsafe { slice::from_raw_parts_mut(xs.as_mut_ptr().cast(), xs.len()) }
}

/// `f(x)`, with `x` as what it is.
#[inline(always)]
pub(crate) fn apply<A, B: Copy + 'static>(f: impl FnOnce(B) -> B, mut x: A) -> A {
    let [value] = view_mut(slice::from_mut(&mut x)) else {
        unreachable!("a slice of one value has one value")
    };
    *value = f(*value);
    x
}

/// `x` as what it is.
#[inline(always)]
pub(crate) fn as_is<A, B: Copy + 'static>(x: A) -> B {
    view(slice::from_ref(&x))[0]
}
