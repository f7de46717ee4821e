//! The libraries, each behind one interface.

use crate::precision::Precision;
use candle_core::{Device, Tensor};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
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
    /// Its name among criterion's benchmarks.
    pub id: &'static str,
    pub name: &'static str,
    /// Its version is the one in Cargo.lock; `None` for what the compiler brings.
    pub package: Option<&'static str>,
    pub is_selu: bool,
    pub peer: Box<dyn Peer<T>>,
}

/// The rows for `f32`, this crate first.
pub fn f32_rows() -> Vec<Row<f32>> {
    vec![
        this_crate(),
        row("fast", "**selu::fast** (this crate)", Some("selu"), slices(selu::fast::selu_into)),
        row("rten", "rten `Elu` × λ", Some("rten-vecmath"), slices(rten)),
        row("std", "std `exp_m1`", None, slices(std_f32)),
        row("libm", "libm `expm1f`", Some("libm"), slices(libm_f32)),
        row("candle", "candle `selu`", Some("candle-nn"), Box::new(Candle::default())),
        limit(MULTIPLICATION, multiply(consts::f32::SCALE)),
    ]
}

/// The rows for `f64`, this crate first; candle's `selu` and rten's `Elu` have no `f64`.
pub fn f64_rows() -> Vec<Row<f64>> {
    vec![
        this_crate(),
        row("std", "std `exp_m1`", None, slices(std_f64)),
        row("libm", "libm `expm1`", Some("libm"), slices(libm_f64)),
        limit(MULTIPLICATION, multiply(consts::f64::SCALE)),
    ]
}

/// The rows for `f16`; candle's `selu` and rten's `Elu` have no 16-bit types.
pub fn f16_rows() -> Vec<Row<f16>> {
    vec![this_crate(), row("std", STD_16, None, slices(std_f16)), limit(BY_HALF, multiply_f16)]
}

/// The rows for `bf16`.
pub fn bf16_rows() -> Vec<Row<bf16>> {
    vec![this_crate(), row("std", STD_16, None, slices(std_bf16)), limit(BY_BITS, multiply_bf16)]
}

const MULTIPLICATION: &str = "a multiplication, no SELU";
/// By the slice conversions of the crate `half`.
const BY_HALF: &str = "crate `half`: to f32, a multiplication, and back";
/// By bits.
const BY_BITS: &str = "by bits: to f32, a multiplication, and back";
const STD_16: &str = "std `exp_m1` in f32";

fn row<T>(
    id: &'static str,
    name: &'static str,
    package: Option<&'static str>,
    peer: Box<dyn Peer<T>>,
) -> Row<T> {
    Row { id, name, package, is_selu: true, peer }
}

fn this_crate<T: Precision>() -> Row<T> {
    let selu_into = |src: &[T], dst: &mut [T]| selu::selu_into(src, dst);
    row("selu", "**selu** (this crate)", Some("selu"), slices(selu_into))
}

/// What reading, writing and converting take: a multiplication of each value.
fn limit<T: Precision>(name: &'static str, multiply: impl Fn(&[T], &mut [T]) + 'static) -> Row<T> {
    Row { id: "multiplication", name, package: None, is_selu: false, peer: slices(multiply) }
}

fn multiply<T: Precision>(factor: T) -> impl Fn(&[T], &mut [T]) {
    move |src, dst| {
        for (y, &x) in dst.iter_mut().zip(src) {
            *y = factor * x;
        }
    }
}

fn multiply_f16(src: &[f16], dst: &mut [f16]) {
    const PIECE: usize = 1024;
    let mut wide = [0.0; PIECE];
    for (src, dst) in src.chunks(PIECE).zip(dst.chunks_mut(PIECE)) {
        let wide = &mut wide[..src.len()];
        src.convert_to_f32_slice(wide);
        for x in wide.iter_mut() {
            *x *= consts::f32::SCALE;
        }
        dst.convert_from_f32_slice(wide);
    }
}

/// For numbers only, so that the compiler vectorises it.
fn multiply_bf16(src: &[bf16], dst: &mut [bf16]) {
    for (y, &x) in dst.iter_mut().zip(src) {
        let wide = f32::from_bits(u32::from(x.to_bits()) << 16) * consts::f32::SCALE;
        *y = bf16::from_bits(((wide.to_bits() + 0x8000) >> 16) as u16);
    }
}

/// A function from slice to slice of one length.
struct SliceFunction<T, F> {
    src: Vec<T>,
    dst: Vec<T>,
    function: F,
}

fn slices<T: Precision>(function: impl Fn(&[T], &mut [T]) + 'static) -> Box<dyn Peer<T>> {
    Box::new(SliceFunction { src: Vec::new(), dst: Vec::new(), function })
}

impl<T: Precision, F: Fn(&[T], &mut [T])> Peer<T> for SliceFunction<T, F> {
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
#[derive(Default)]
struct Candle {
    input: Option<Tensor>,
    output: Option<Tensor>,
}

impl Peer<f32> for Candle {
    fn load(&mut self, xs: &[f32]) {
        self.output = None;
        self.input = Tensor::from_slice(xs, xs.len(), &Device::Cpu).ok();
    }

    fn call(&mut self) {
        let input = self.input.as_ref().expect("values loaded before the call");
        let (alpha, scale) = (consts::f32::ALPHA, consts::f32::SCALE);
        let output = candle_nn::ops::selu(black_box(input), alpha, scale).expect("selu");
        self.output = Some(black_box(output));
    }

    fn results(&self) -> Vec<f32> {
        let output = self.output.as_ref().expect("a call before its results");
        output.to_vec1().expect("a tensor of one axis")
    }
}

/// λ·elu(x, α) in one pass.
struct ScaledElu;

impl SimdUnaryOp<f32> for ScaledElu {
    #[inline(always)]
    fn eval<I: Isa>(&self, isa: I, x: I::F32) -> I::F32 {
        let elu = Elu { alpha: consts::f32::ALPHA };
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
/// The formula over `src` in `f32`, each result rounded to the type.
macro_rules! formula_in_f32 {
    ($name:ident, $T:ident) => {
        fn $name(src: &[$T], dst: &mut [$T]) {
            for (y, &x) in dst.iter_mut().zip(src) {
                let x = x.to_f32();
                *y = $T::from_f32(if x > 0.0 {
                    consts::f32::SCALE * x
                } else {
                    consts::f32::SCALE_ALPHA * x.exp_m1()
                });
            }
        }
    };
}
formula_in_f32!(std_f16, f16);
formula_in_f32!(std_bf16, bf16);
formula!(std_f32, f32, f32::exp_m1);
formula!(std_f64, f64, f64::exp_m1);
formula!(libm_f32, f32, libm::expm1f);
formula!(libm_f64, f64, libm::expm1);
