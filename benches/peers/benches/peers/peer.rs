//! The libraries, each behind one interface.

use crate::precision::Precision;
use candle_core::{Device, Tensor, WithDType};
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdUnaryOp};
use rten_vecmath::Elu;
use selu::consts;
use std::hint::black_box;
use std::mem::MaybeUninit;

/// A library with a slice of values before it.
pub trait Peer<T> {
    /// Takes the values of the next call; not timed.
    fn load(&mut self, xs: &[T]);
    /// The function of the values loaded; timed.
    fn call(&mut self);
    /// What the last call computed.
    fn results(&self) -> Vec<T>;
}

/// A row of the table.
pub struct Row<T> {
    pub name: &'static str,
    /// Its version is the one in Cargo.lock; `None` for the standard library.
    pub package: Option<&'static str>,
    pub is_selu: bool,
    pub peer: Box<dyn Peer<T>>,
}

/// The rows for `f32`, this crate first.
pub fn f32_rows() -> Vec<Row<f32>> {
    vec![
        row("**selu** (this crate)", Some("selu"), into(selu::selu_into)),
        row("rten `Elu` × λ", Some("rten-vecmath"), into(rten)),
        row("std `exp_m1`", None, into(std_f32)),
        row("libm `expm1f`", Some("libm"), into(libm_f32)),
        row(
            "candle `selu`",
            Some("candle-nn"),
            Box::<Candle<_>>::default(),
        ),
        multiplication(consts::f32::SCALE),
    ]
}

/// The rows for `f64`, this crate first; candle's `selu` and rten's `Elu` have no `f64`.
pub fn f64_rows() -> Vec<Row<f64>> {
    vec![
        row("**selu** (this crate)", Some("selu"), into(selu::selu_into)),
        row("std `exp_m1`", None, into(std_f64)),
        row("libm `expm1`", Some("libm"), into(libm_f64)),
        multiplication(consts::f64::SCALE),
    ]
}

fn row<T>(name: &'static str, package: Option<&'static str>, peer: Box<dyn Peer<T>>) -> Row<T> {
    Row {
        name,
        package,
        is_selu: true,
        peer,
    }
}

/// The limit that memory sets: each value read once, multiplied and written once.
fn multiplication<T: Precision>(factor: T) -> Row<T> {
    let multiply = move |src: &[T], dst: &mut [T]| {
        for (y, &x) in dst.iter_mut().zip(src) {
            *y = factor * x;
        }
    };
    Row {
        name: "a multiplication, no SELU",
        package: None,
        is_selu: false,
        peer: into(multiply),
    }
}

/// A function from slice to slice of one length.
struct Into<T, F> {
    src: Vec<T>,
    dst: Vec<T>,
    function: F,
}

fn into<T: Precision>(function: impl Fn(&[T], &mut [T]) + 'static) -> Box<dyn Peer<T>> {
    Box::new(Into {
        src: Vec::new(),
        dst: Vec::new(),
        function,
    })
}

impl<T: Precision, F: Fn(&[T], &mut [T])> Peer<T> for Into<T, F> {
    fn load(&mut self, xs: &[T]) {
        self.src.clear();
        self.src.extend_from_slice(xs);
        self.dst.resize(xs.len(), T::zero());
    }

    fn call(&mut self) {
        (self.function)(black_box(&self.src), black_box(&mut self.dst));
        black_box(&self.dst);
    }

    fn results(&self) -> Vec<T> {
        self.dst.clone()
    }
}

/// candle takes and returns tensors: the allocation of the result, and of those between, is a cost
/// of its interface and is timed; freeing the result is not.
struct Candle<T> {
    input: Tensor,
    output: Option<Tensor>,
    element: std::marker::PhantomData<T>,
}

impl<T: WithDType> Default for Candle<T> {
    fn default() -> Self {
        Self {
            input: Tensor::zeros(0, T::DTYPE, &Device::Cpu).expect("an empty tensor"),
            output: None,
            element: std::marker::PhantomData,
        }
    }
}

impl<T: WithDType> Peer<T> for Candle<T> {
    fn load(&mut self, xs: &[T]) {
        self.output = None;
        self.input = Tensor::from_slice(xs, xs.len(), &Device::Cpu).expect("a tensor of one axis");
    }

    fn call(&mut self) {
        let (alpha, scale) = (consts::f32::ALPHA, consts::f32::SCALE);
        let output = candle_nn::ops::selu(black_box(&self.input), alpha, scale).expect("selu");
        self.output = Some(black_box(output));
    }

    fn results(&self) -> Vec<T> {
        let output = self.output.as_ref().expect("a call before its results");
        output.to_vec1().expect("a tensor of one axis")
    }
}

/// λ·elu(x, α) in one pass.
struct ScaledElu;

impl SimdUnaryOp<f32> for ScaledElu {
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let elu = Elu {
            alpha: consts::f32::ALPHA,
        };
        let ops = isa.f32();
        ops.mul(elu.eval(isa, x), ops.splat(consts::f32::SCALE))
    }
}

fn rten(src: &[f32], dst: &mut [f32]) {
    // SAFETY: `MaybeUninit<f32>` has the layout of `f32`, and `map` writes initialised values only.
    let dst = unsafe { &mut *(std::ptr::from_mut(dst) as *mut [MaybeUninit<f32>]) };
    ScaledElu.map(src, dst);
}

/// The formula over `src` with an `expm1` of the type; each is a function of its own, so that the
/// `expm1` is called directly.
macro_rules! formula {
    ($name:ident, $T:ident, $exp_m1:expr) => {
        fn $name(src: &[$T], dst: &mut [$T]) {
            for (y, &x) in dst.iter_mut().zip(src) {
                *y = if x > 0.0 {
                    consts::$T::SCALE * x
                } else {
                    consts::$T::SCALE_ALPHA * $exp_m1(x)
                };
            }
        }
    };
}
formula!(std_f32, f32, f32::exp_m1);
formula!(std_f64, f64, f64::exp_m1);
formula!(libm_f32, f32, libm::expm1f);
formula!(libm_f64, f64, libm::expm1);
