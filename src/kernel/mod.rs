//! The mathematics: how the functions are computed on a block of values.
//!
//! Where all inputs can be tried (SELU in `f32` and 16 bits) the result is rounded directly.
//! Anywhere else one principle holds, Ziv's rounding test: *two bounds, then decide*. A quick phase
//! computes a number below and one above the exact result, as far apart as its proved error. Where
//! both round to the same bits, those are the correctly rounded result. Where they do not, the
//! accurate phase ([`exact`]) decides, by arithmetic so wide ([`wide`]) that nothing is expected to
//! be left open. Since there is only one correctly rounded result, a kernel is free in how it finds
//! its bounds: an instruction set may fuse, look up, and take any order.
//!
//! The methods that the kernels name:
//!
//! - *Ziv's rounding test*: A. Ziv, Fast evaluation of elementary mathematical functions with
//!   correctly rounded last bit, ACM Transactions on Mathematical Software 17, 1991.
//! - *Cody–Waite reduction*, by a constant in two parts: W. J. Cody and W. Waite, Software Manual
//!   for the Elementary Functions, 1980.
//! - *Tang's table method*: P. T. P. Tang, Table-driven implementation of the exponential function
//!   in IEEE floating-point arithmetic, ACM Transactions on Mathematical Software 15, 1989.
//! - *Veltkamp's splitting and Dekker's product*: T. J. Dekker, A floating-point technique for
//!   extending the available precision, Numerische Mathematik 18, 1971.
//!
//! | file | |
//! |---|---|
//! | `functions` | what is computed: `Selu` and `ScaledElu` |
//! | `contract` | what a kernel is: the trait `Kernel`, and the results of a block |
//! | `f32/`, `f64/`, `half/` | the kernels |
//! | `fast` | `Fast`: a second way for `f32`, faithfully rounded |
//! | `integer` | those of `f32` and 16 bits where `f64` is software |
//! | `generic` | every other type |
//! | `exact`, `wide` | the accurate phase: the functions, and its 256-bit arithmetic |
//! | `element` | what a type must offer |
//! | `interval`, `arithmetic`, `tables` | what the kernels are made of |

pub(crate) mod arithmetic;
mod contract;
mod element;
mod exact;
mod f32;
mod f64;
mod fast;
mod functions;
pub(crate) mod generic;
#[cfg(feature = "half")]
mod half;
mod integer;
mod interval;
#[cfg(test)]
mod margins;
mod tables;
mod wide;

pub(crate) use contract::{Kernel, Results};
pub(crate) use element::Element;
pub(crate) use fast::Fast;
pub use functions::ScaledElu;
pub(crate) use functions::Selu;

/// Whether `f64` is software on this target, so that integers are faster. A CPU that has it, but
/// shares its target with others that have not, such as Cortex-M7, counts as one of them.
const SOFTWARE_F64: bool = cfg!(any(
    // Cortex-M, and what came before it: all other Arm cores have 64-bit atomics.
    all(
        target_arch = "arm",
        any(target_os = "none", target_os = "nuttx"),
        not(target_has_atomic = "64"),
    ),
    all(target_arch = "riscv32", not(any(target_os = "linux", target_os = "vxworks"))),
    target_arch = "xtensa",
));
