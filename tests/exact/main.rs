//! All that is compared with the exact functions, in arithmetic of any precision, and what only
//! this machine runs.
//!
//! | module | guards |
//! |---|---|
//! | `properties` | the mathematics of the functions, in short: the place to begin |
//! | `special_values` | zeros, infinities, NaN, extremes, by their bits |
//! | `accuracy` | correct rounding of every function and form, arguments of every kind |
//! | `hard_cases` | correct rounding of the results nearest to a midpoint |
//! | `half` | correct rounding of `f16` and `bf16`, all values |
//! | `exhaustive` | correct rounding of `f32`, all values (with `--ignored`) |
//! | `elu` | constants of one's own |
//! | `from_output` | back-propagation from the output |
//! | `fast` | the promises of `selu::fast` |
//! | `constants`, `fixed_point` | α and λ |
//! | `generic` | types without a kernel |
//! | `parallel` | the forms on all cores |
//! | `lecun_normal`, `alpha_dropout`, `seeds`, `network` | the companions |
//! | `references` | the references themselves |

#[path = "../common/mod.rs"]
mod common;
#[path = "../reference/mod.rs"]
mod reference;

mod check;
mod every_f32;

mod accuracy;
#[cfg(feature = "rand")]
mod alpha_dropout;
mod constants;
mod elu;
mod exhaustive;
mod fast;
mod fixed_point;
mod from_output;
mod generic;
#[cfg(feature = "half")]
mod half;
mod hard_cases;
#[cfg(feature = "rand")]
mod lecun_normal;
#[cfg(feature = "rand")]
mod network;
#[cfg(feature = "rayon")]
mod parallel;
mod properties;
mod references;
#[cfg(feature = "rand")]
mod seeds;
mod special_values;

#[allow(unused_imports, reason = "some are for some features")]
use common::*;
use reference::{format, random};
