//! The activation function SELU and its parent ELU in pure Rust: every result correctly rounded, at
//! SIMD speed, with the same bits on every CPU.
//!
//! ```text
//! selu(x) = λ·x             for x > 0          λ = 1.0507009873554804934…
//! selu(x) = λ·α·(eˣ − 1)    for x < 0          α = 1.6732632423543772848…
//! ```
//!
//! A deep network with SELU keeps its activations near mean 0 and variance 1 (Klambauer et al.
//! 2017, [arXiv:1706.02515](https://arxiv.org/abs/1706.02515)). Computed as written, with
//! `exp(x) - 1`, the formula loses all digits near 0.
//!
//! ```
//! use selu::{selu, selu_backward, selu_slice};
//!
//! assert_eq!(selu(-1e-8_f32), -1.7580993e-8); // with exp(x) − 1 it would be 0
//!
//! let x = [0.3_f32, -1.2, 2.0];
//! let mut layer = x;
//! selu_slice(&mut layer);
//! assert_eq!(layer, [0.3152103, -1.22857, 2.101402]);
//!
//! let mut grad = [1.0; 3];
//! selu_backward(&x, &mut grad); // grad[i] *= selu'(x[i])
//! ```
//!
//! # Functions
//!
//! | | SELU | ELU | SELU with other constants |
//! |---|---|---|---|
//! | one value | [`selu`] | [`elu`] | [`ScaledElu::apply`] |
//! | in place | [`selu_slice`] | [`elu_slice`] | [`ScaledElu::apply_slice`] |
//! | out of place | [`selu_into`] | [`elu_into`] | [`ScaledElu::apply_into`] |
//! | derivative of one value | [`selu_grad`] | [`elu_grad`] | [`ScaledElu::grad`] |
//! | back-propagation in place | [`selu_backward`] | [`elu_backward`] | [`ScaledElu::backward`] |
//! | back-propagation out of place | [`selu_backward_into`] | [`elu_backward_into`] | [`ScaledElu::backward_into`] |
//! | back-propagation from the output | [`selu_backward_from_output`] | [`elu_backward_from_output`] | [`ScaledElu::backward_from_output`] |
//!
//! The constants α, λ and λα are in [`consts`]; those that ONNX prescribes are
//! [`ScaledElu::onnx`].
//!
//! **Which form?** Use a slice form wherever there is a slice: a loop over the scalar form takes
//! several times as long, how many depends on the type and the CPU. The slice forms of the [types
//! with kernels](#types) are compiled in this crate, for several instruction sets, at this crate's
//! optimisation level: in a dev build they are hundreds of times slower, unless your `Cargo.toml`
//! has `opt-level = 3` under `[profile.dev.package.selu]`. The parallel forms (feature `rayon`) are
//! for slices of hundreds of thousands of values and cores that are idle; up to 131,072 values they
//! stay on one thread. The bits are the same in all of them.
//!
//! | feature `rayon` | SELU | ELU |
//! |---|---|---|
//! | in place | [`par_selu_slice`] | [`par_elu_slice`] |
//! | out of place | [`par_selu_into`] | [`par_elu_into`] |
//! | back-propagation in place | [`par_selu_backward`] | [`par_elu_backward`] |
//! | back-propagation out of place | [`par_selu_backward_into`] | [`par_elu_backward_into`] |
//!
//! The methods of [`ScaledElu`] have the same parallel forms: `par_apply_slice`, `par_apply_into`,
//! `par_backward` and `par_backward_into`.
//!
//! **Exact or fast?** For `f32` there is a second tier, the module [`fast`]:
//!
//! | you want | take |
//! |---|---|
//! | the nearest number, the same bits on every CPU | the functions above |
//! | to train or run a network in `f32` | [`fast`]: one of the two numbers next to the exact value, in half of the time |
//! | any other type | the functions above; [`fast`] has the same ones |
//!
//! **Arrays of `ndarray`:** `as_slice_memory_order_mut` shows an array whose values lie side by
//! side as one slice, whatever the order of its axes. Do not pair two arrays that way unless their
//! strides are equal: each gradient would meet the wrong input. `integrations/ndarray` in the
//! repository has about 80 lines to copy for every layout, forward and backward. Beside it are
//! packages for candle, Polars, DataFusion and Ballista.
//!
//! Feature `rand` adds what else a self-normalising network needs: [`LecunNormal`] draws its
//! weights, and [`AlphaDropout`] replaces dropout. Their errors are [`InvalidFanIn`] and
//! [`InvalidRate`].
//!
//! # Types
//!
//! Every function takes any `T:` [`Float`](num_traits::Float); the parallel forms also need
//! `Send + Sync` (`par_selu_slice` only `Send`), and that a type with a tape is not tied to its
//! thread. How a type is computed depends on what it is (times for slices of N(0, 1) values in the
//! cache, with AVX-512):
//!
//! | type | computed | results | ns per value |
//! |---|---|---|---|
//! | `f32`, `f64` | by a kernel, even when called from generic code | correctly rounded | 0.45, 1.1 |
//! | `half::f16`, `half::bf16` with feature `half` | by a kernel | correctly rounded | 0.2 |
//! | any other type of at most two bytes: these two without the feature (`half` then needs its own feature `num-traits`), 8-bit floats, posits | in `f64` | rounded once, by the type's own conversion | 14 to 30 |
//! | wrappers of a float, such as `OrderedFloat` and `N64` | by the formula | 26 % of `f64` and 35 % of `f32` are not the nearest, by up to 2 places | 9 |
//! | dual numbers and tapes | by the formula, so that derivatives come with the results | as the type's `exp_m1` | 12 (`autodiff`) |
//! | double-double, arbitrary precision, and so on | by the formula, with constants good to 106 bits | as the type's `exp_m1` | 190 (`TwoFloat`) |
//!
//! "By the formula" means in the type's own arithmetic. For a type larger than two bytes it must
//! be: nothing tells a wrapper from a number that carries a derivative. (A dual number of two 8-bit
//! floats is taken for a plain number, and loses its derivative.) One line gives a wrapper the
//! kernel: unwrap the value, or show the slice as what it wraps, if the wrapper is transparent.
//!
//! ```
//! use bytemuck::TransparentWrapper;
//! use ordered_float::OrderedFloat;
//!
//! let x = OrderedFloat(-1.0_f32);
//! assert_eq!(OrderedFloat(selu::selu(x.0)), OrderedFloat(-1.1113307));
//!
//! let mut xs = [OrderedFloat(-1.0_f32), OrderedFloat(1.0)];
//! selu::selu_slice(OrderedFloat::peel_slice_mut(&mut xs));
//! assert_eq!(xs, [OrderedFloat(-1.1113307), OrderedFloat(1.050701)]);
//! ```
//!
//! # Accuracy
//!
//! For `f32`, `f64`, `f16` and `bf16`, every result of every function is the representable number
//! nearest to the exact value ("correctly rounded").
//!
//! - Functions of one argument in `f32` and the 16-bit types: all inputs have been tried.
//! - `f64`: the fast path has an error bound that is proved by machine (Gappa, Sollya). Whatever
//!   that bound leaves undecided is computed with 256-bit integers, to a relative error below
//!   2⁻²⁴⁰. A result could be wrong only if the exact value lay within about 2⁻¹⁸⁷ ULP (units in
//!   the last place) of the midpoint of two numbers, and it would then be off by at most
//!   0.5 + 2⁻¹⁸⁷ ULP. For a function of one argument about 2⁵⁹ inputs matter, so the odds that any
//!   of them is such a case are about 2⁻¹²⁷. For functions of two arguments, the odds are 2⁻¹⁸⁶ for
//!   each pair.
//! - Functions of two or more arguments in the other types: the same method, with a bound that a
//!   script checks.
//!
//! A value therefore has the same result in every form, at every position, length and alignment, on
//! one thread or many, with `std` or without, on every CPU. (NaN gives NaN, whose sign and payload
//! are unspecified.)
//!
//! # Environment
//!
//! The accuracy above assumes the default floating-point environment:
//!
//! - **Round to nearest.** In any other rounding mode a debug assertion fails; in a release build
//!   the results are then unspecified.
//! - **Exceptions masked,** as they are unless a program asks for traps: which floating-point
//!   exceptions a function raises is unspecified.
//! - **Subnormals enabled.** Where the thread flushes them to zero (FTZ, DAZ), as some frameworks
//!   do, `f64` and `f16` are not affected; in `f32` and `bf16` a result that is subnormal before it
//!   is rounded, or has a subnormal argument, may become a zero of its sign (NaN if the other
//!   factor is infinite).
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `std` (default) | the slice forms choose the instruction set at run time; without it the crate is `no_std`, needs no allocator, and uses what the compile-time target has, but no fused multiply-add |
//! | `half` | kernels for `half::f16` and `half::bf16` |
//! | `rayon` | the parallel forms |
//! | `rand` | [`LecunNormal`] and [`AlphaDropout`] |
//!
//! The crate re-exports [`num_traits`] and (with feature `rand`) `rand`, in the versions that its
//! interface uses. The minimum supported Rust version is 1.89.
//!
#![cfg_attr(
    not(feature = "rayon"),
    doc = r"
[`par_selu_slice`]: #features
[`par_selu_into`]: #features
[`par_selu_backward`]: #features
[`par_selu_backward_into`]: #features
[`par_elu_slice`]: #features
[`par_elu_into`]: #features
[`par_elu_backward`]: #features
[`par_elu_backward_into`]: #features

"
)]
#![cfg_attr(
    not(feature = "rand"),
    doc = r"
[`LecunNormal`]: #features
[`AlphaDropout`]: #features
[`InvalidFanIn`]: #features
[`InvalidRate`]: #features

"
)]
#![cfg_attr(not(test), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!(
    // mutants: a text.
    "selu needs SSE2 on 32-bit x86: the x87 unit rounds to 64 bits first, and rounding twice can \
     give a wrong result (use an i686 target, or -Ctarget-feature=+sse2)"
);

#[cfg(all(feature = "std", not(test)))]
extern crate std;

mod blocks;
pub mod consts;
mod elu;
pub mod fast;
mod forms;
mod kernel;
mod lengths;
#[doc(hidden)]
pub mod on_instruction_set;
#[cfg(test)]
#[path = "../tests/reference/mod.rs"]
mod reference;
mod scaled_elu;
mod selu;
mod simd;
#[cfg(feature = "rand")]
mod snn;

// Last, so that the methods of `ScaledElu` are documented in the order in which one needs them.
#[cfg(feature = "rayon")]
mod parallel;

pub use num_traits;
#[cfg(feature = "rand")]
pub use rand;

pub use elu::{
    elu, elu_backward, elu_backward_from_output, elu_backward_into, elu_grad, elu_into, elu_slice,
};
#[cfg(feature = "rayon")]
pub use parallel::{
    par_elu_backward, par_elu_backward_into, par_elu_into, par_elu_slice, par_selu_backward,
    par_selu_backward_into, par_selu_into, par_selu_slice,
};
pub use scaled_elu::ScaledElu;
pub use selu::{
    selu, selu_backward, selu_backward_from_output, selu_backward_into, selu_grad, selu_into,
    selu_slice,
};
#[cfg(feature = "rand")]
pub use snn::{AlphaDropout, InvalidFanIn, InvalidRate, LecunNormal};

/// The Rust code of README.md and docs/, compiled and run.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../docs/coming-from.md")]
    mod coming_from {}
    #[doc = include_str!("../docs/microcontrollers.md")]
    mod microcontrollers {}
    #[cfg(feature = "rand")]
    #[doc = include_str!("../docs/self-normalising.md")]
    mod self_normalising {}
}
