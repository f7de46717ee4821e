//! Finding out that `T` is `f32`: a generic function hands its arguments to those for that very
//! type.
//!
//! [`typeid::of`] needs no `'static` bound, and a comparison of two type ids folds away when the
//! generic function is compiled for a type.

#![allow(unsafe_code, reason = "casts of one type to itself, which the type system cannot express")]

use core::any::TypeId;
use core::slice;

/// Whether `A` and `B` are one type.
#[inline(always)]
pub(crate) fn is_same<A, B: 'static>() -> bool {
    typeid::of::<A>() == TypeId::of::<B>()
}

/// `$compiled` with `$E` naming the type that `$T` is, if functions are compiled for that type,
/// `$otherwise` if not.
macro_rules! specialize {
    ($T:ty => $E:ident: $compiled:expr, otherwise: $otherwise:expr) => {{
        use $crate::specialize::is_same;
        #[cfg(feature = "half")]
        use ::half::{bf16, f16};

        $crate::specialize::specialize!(
            @ $T => $E: $compiled, otherwise: $otherwise;
            #[cfg(all())] f32, #[cfg(all())] f64,
            #[cfg(feature = "half")] f16, #[cfg(feature = "half")] bf16
        )
    }};
    (@ $T:ty => $E:ident: $compiled:expr, otherwise: $otherwise:expr;
        $(#[cfg($cfg:meta)] $Type:ty),*) => {
        'specialized: {
            $(
                #[cfg($cfg)]
                if is_same::<$T, $Type>() {
                    type $E = $Type;
                    break 'specialized $compiled;
                }
            )*
            $otherwise
        }
    };
}
pub(crate) use specialize;

/// `xs`, of its own type.
#[inline(always)]
pub(crate) fn cast<A, B: 'static>(xs: &[A]) -> &[B] {
    assert!(is_same::<A, B>());
    // SAFETY: A and B are the same type (but for lifetimes, of which a 'static B has none), so this
    // is the very slice that `xs` is, borrowed for as long.
    unsafe { slice::from_raw_parts(xs.as_ptr().cast(), xs.len()) }
}

/// `xs`, of its own type.
#[inline(always)]
pub(crate) fn cast_mut<A, B: 'static>(xs: &mut [A]) -> &mut [B] {
    assert!(is_same::<A, B>());
    // SAFETY: as in `cast`; the exclusive borrow of `xs` lasts as long as the result.
    unsafe { slice::from_raw_parts_mut(xs.as_mut_ptr().cast(), xs.len()) }
}

/// `x`, of its own type.
#[inline(always)]
pub(crate) fn cast_value<A: Copy, B: Copy + 'static>(x: A) -> B {
    cast(slice::from_ref(&x))[0]
}

/// `f(x)`, where `f` takes the type that `x` has.
#[inline(always)]
pub(crate) fn apply<A, B: Copy + 'static>(f: impl FnOnce(B) -> B, mut x: A) -> A {
    let [value] = cast_mut(slice::from_mut(&mut x)) else {
        unreachable!("a slice of one value has one value")
    };
    *value = f(*value);
    x
}
