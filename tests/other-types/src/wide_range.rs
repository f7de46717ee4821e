//! Types of few digits with the exponents of `f64`, which `f32` does not have.

use crate::small::assert_rounded_once;
use crate::{derivatives, functions, values};
use num_traits::{Float, Num, NumCast, One, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::num::FpCategory;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

/// The leading bits of an `f64`, in two bytes or eight.
trait Bits: Copy + std::fmt::Debug + Send + Sync {
    const COUNT: u32;
    const EPSILON: f64;
    fn of(leading: u64) -> Self;
    fn leading(self) -> u64;
}

impl Bits for u16 {
    const COUNT: u32 = 16;
    /// num-traits' default, which says nothing about the type.
    const EPSILON: f64 = f32::EPSILON as f64;

    fn of(leading: u64) -> Self {
        leading as Self
    }

    fn leading(self) -> u64 {
        self.into()
    }
}

/// Eight bytes of which the first 22 bits are used: 11 digits.
impl Bits for u64 {
    const COUNT: u32 = 22;
    const EPSILON: f64 = 1.0 / (1 << 10) as f64;

    fn of(leading: u64) -> Self {
        leading
    }

    fn leading(self) -> u64 {
        self
    }
}

#[derive(Clone, Copy, Debug)]
struct Short<B>(B);

impl<B: Bits> Short<B> {
    /// The nearest number, ties to even.
    fn nearest(x: f64) -> Self {
        let cut = 64 - B::COUNT;
        let bits = x.to_bits();
        let half = (1 << (cut - 1)) - 1 + (bits >> cut & 1);
        Self(B::of(if x.is_nan() { bits >> cut | 1 } else { (bits + half) >> cut }))
    }

    fn wide(self) -> f64 {
        f64::from_bits(self.0.leading() << (64 - B::COUNT))
    }
}

impl<B: Bits> PartialEq for Short<B> {
    fn eq(&self, other: &Self) -> bool {
        self.wide() == other.wide()
    }
}

impl<B: Bits> PartialOrd for Short<B> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.wide().partial_cmp(&other.wide())
    }
}

macro_rules! operators {
    ($($Operator:ident $operator:ident)*) => {$(
        impl<B: Bits> $Operator for Short<B> {
            type Output = Self;

            fn $operator(self, other: Self) -> Self {
                Self::nearest(self.wide().$operator(other.wide()))
            }
        }
    )*};
}
operators!(Add add Sub sub Mul mul Div div Rem rem);

impl<B: Bits> Neg for Short<B> {
    type Output = Self;

    fn neg(self) -> Self {
        Self::nearest(-self.wide())
    }
}

impl<B: Bits> Zero for Short<B> {
    fn zero() -> Self {
        Self::nearest(0.0)
    }

    fn is_zero(&self) -> bool {
        self.wide() == 0.0
    }
}

impl<B: Bits> One for Short<B> {
    fn one() -> Self {
        Self::nearest(1.0)
    }
}

impl<B: Bits> Num for Short<B> {
    type FromStrRadixErr = num_traits::ParseFloatError;

    fn from_str_radix(number: &str, radix: u32) -> Result<Self, Self::FromStrRadixErr> {
        f64::from_str_radix(number, radix).map(Self::nearest)
    }
}

impl<B: Bits> ToPrimitive for Short<B> {
    fn to_i64(&self) -> Option<i64> {
        self.wide().to_i64()
    }

    fn to_u64(&self) -> Option<u64> {
        self.wide().to_u64()
    }

    fn to_f64(&self) -> Option<f64> {
        Some(self.wide())
    }
}

impl<B: Bits> NumCast for Short<B> {
    fn from<N: ToPrimitive>(number: N) -> Option<Self> {
        number.to_f64().map(Self::nearest)
    }
}

macro_rules! float {
    ($($constant:ident)*; $($function:ident)*; $($function_of_two:ident)*; $($test:ident)*) => {
        impl<B: Bits> Float for Short<B> {
            $(fn $constant() -> Self { Self::nearest(f64::$constant()) })*
            $(fn $function(self) -> Self { Self::nearest(Float::$function(self.wide())) })*
            $(fn $function_of_two(self, other: Self) -> Self {
                Self::nearest(Float::$function_of_two(self.wide(), other.wide()))
            })*
            $(fn $test(self) -> bool { self.wide().$test() })*

            fn max_value() -> Self {
                Self(B::of((f64::INFINITY.to_bits() >> (64 - B::COUNT)) - 1))
            }

            fn epsilon() -> Self {
                Self::nearest(B::EPSILON)
            }

            fn min_value() -> Self {
                -Self::max_value()
            }

            fn classify(self) -> FpCategory {
                self.wide().classify()
            }

            fn mul_add(self, a: Self, b: Self) -> Self {
                Self::nearest(self.wide().mul_add(a.wide(), b.wide()))
            }

            fn powi(self, n: i32) -> Self {
                Self::nearest(self.wide().powi(n))
            }

            fn sin_cos(self) -> (Self, Self) {
                (self.sin(), self.cos())
            }

            fn integer_decode(self) -> (u64, i16, i8) {
                Float::integer_decode(self.wide())
            }
        }
    };
}
float!(
    nan infinity neg_infinity neg_zero min_positive_value;
    floor ceil round trunc fract abs signum recip sqrt exp exp2 ln log2 log10 cbrt sin cos tan asin
    acos atan exp_m1 ln_1p sinh cosh tanh asinh acosh atanh;
    powf log max min abs_sub hypot atan2;
    is_nan is_infinite is_finite is_normal is_sign_positive is_sign_negative
);

/// As far from the exact value as a few roundings take it.
fn assert_in_range<B: Bits>() {
    let xs = [1e200, 1e-200, 9.33e-302, -1e-200, -1e-302, 3.0, -3.0, 1e39, -200.0, -100.0, -1e300];
    for short in functions::<Short<B>>() {
        let wide = short.map(Short::wide);
        for x in xs.map(Short::<B>::nearest) {
            let assert_near = |actual: Short<B>, exact: f64| {
                let error = (actual.wide() - exact).abs() / exact.abs();
                // The exponential of a type's own arithmetic is rounded before it is multiplied.
                let at = x.wide();
                assert!(
                    error < 5.0 * B::EPSILON,
                    "{actual:e} for {exact:e} at {at:e}",
                    actual = actual.wide()
                );
            };
            for y in values(short, x) {
                assert_near(y, wide.value(x.wide()));
            }
            if x.wide() > -700.0 {
                for derivative in derivatives(short, x) {
                    assert_near(derivative, wide.grad(x.wide()));
                }
            }
        }
    }
}

#[test]
fn a_type_of_few_digits_keeps_its_range() {
    assert_in_range::<u64>();
}

#[test]
fn two_bytes_with_the_range_of_f64_are_rounded_once() {
    assert_rounded_once((0..=u16::MAX).map(Short), Short::nearest);
}
