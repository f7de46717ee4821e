//! Tries the committed coefficients on every argument.

use crate::exact::Function;
use crate::format::Format;
use crate::kernel::lanes;

/// Prints the verdict on each claim, and returns whether all hold.
pub fn judge() -> bool {
    let mut all_hold = conversions_are_right();
    for format in Format::ALL {
        for function in Function::ALL {
            for fused in [false, true] {
                all_hold &= is_correctly_rounded(format, function, fused);
            }
        }
        for fused in [false, true] {
            all_hold &= the_bounds_enclose(format, fused);
        }
    }
    all_hold
}

fn verdict(claim: &str, wrong: usize, of: usize) -> bool {
    println!("{claim}: {wrong} wrong of {of}");
    wrong == 0
}

fn arithmetic(fused: bool) -> &'static str {
    if fused { "fused" } else { "unfused" }
}

fn kernel(format: Format, function: Function, fused: bool) -> fn(f32) -> f32 {
    match (format, function, fused) {
        (Format::F16, Function::Selu, false) => lanes::f16_selu::<false>,
        (Format::F16, Function::Selu, true) => lanes::f16_selu::<true>,
        (Format::F16, Function::Derivative, false) => lanes::f16_derivative::<false>,
        (Format::F16, Function::Derivative, true) => lanes::f16_derivative::<true>,
        (Format::Bf16, Function::Selu, false) => lanes::bf16_selu::<false>,
        (Format::Bf16, Function::Selu, true) => lanes::bf16_selu::<true>,
        (Format::Bf16, Function::Derivative, false) => lanes::bf16_derivative::<false>,
        (Format::Bf16, Function::Derivative, true) => lanes::bf16_derivative::<true>,
    }
}

fn is_correctly_rounded(format: Format, function: Function, fused: bool) -> bool {
    let kernel = kernel(format, function, fused);
    let expected = function.correctly_rounded(format);
    let wrong = (0..=u16::MAX).filter(|&bits| {
        let result = format.narrow(kernel(format.widen(bits)));
        let wrong = result != expected[usize::from(bits)];
        if wrong {
            println!(
                "  {bits:#06x} ({:e}) gives {result:#06x}, not {:#06x}",
                format.value(bits),
                expected[usize::from(bits)]
            );
        }
        wrong
    });
    let claim = format!("{format:?} {function:?} {}", arithmetic(fused));
    verdict(&claim, wrong.count(), 1 << 16)
}

/// The one inequality on which the product of gradient and derivative rests, for every argument:
/// with a gradient of 1 the bounds lie on both sides of the derivative, and so far from it that two
/// more roundings change nothing.
fn the_bounds_enclose(format: Format, fused: bool) -> bool {
    const ROUNDING: f64 = 1.0 / (1_u64 << 24) as f64;
    let bounds = match (format, fused) {
        (Format::F16, false) => lanes::f16_product_bounds::<false>,
        (Format::F16, true) => lanes::f16_product_bounds::<true>,
        (Format::Bf16, false) => lanes::bf16_product_bounds::<false>,
        (Format::Bf16, true) => lanes::bf16_product_bounds::<true>,
    };
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut wrong = 0;
    for bits in 0..=u16::MAX {
        let x = format.value(bits);
        let [lower, upper] = bounds(format.widen(bits), 1.0);
        if x.is_nan() {
            wrong += usize::from(!(lower.is_nan() && upper.is_nan()));
            continue;
        }
        let exact = Function::Derivative.value(x);
        let excess = f64::from(upper) / exact - 1.0;
        if lower == 0.0 || x < -30.0 && format == Format::F16 {
            // Too low for more than an upper bound.
            wrong += usize::from(excess <= ROUNDING);
            continue;
        }
        least = least.min(excess);
        most = most.max(excess);
        let to_lower = f64::from(lower) / f64::from(upper) - 1.0;
        let encloses = excess > ROUNDING * 1.001 && excess + to_lower < -2.0 * ROUNDING * 0.999;
        wrong += usize::from(!encloses);
    }
    let unit = (1_u64 << 24) as f64;
    println!("  {:.3} to {:.3} times 2^-24 above the derivative", least * unit, most * unit);
    verdict(&format!("{format:?} bounds {}", arithmetic(fused)), wrong, 1 << 16)
}

/// Every number of 16 bits widens to its value and comes back; every `f32` next to the middle
/// between two of them, and so every `f32`, narrows to the nearer one.
fn conversions_are_right() -> bool {
    let mut all_hold = true;
    for format in Format::ALL {
        let mut wrong = 0;
        for bits in 0..=u16::MAX {
            let (wide, value) = (format.widen(bits), format.value(bits));
            let same = wide.to_bits() == value.to_bits() || wide.is_nan() && value.is_nan();
            let back = if value.is_nan() { format.quiet_nan() } else { bits };
            wrong += usize::from(!same || format.narrow(value) != back);
            let sign = bits & 0x8000;
            let magnitude = bits ^ sign;
            if magnitude < format.infinity() {
                let middle = format.middle_above(bits) as f32;
                let signed = |x: f32| if sign == 0 { x } else { -x };
                wrong += usize::from(format.narrow(signed(middle.next_down())) != bits);
                wrong += usize::from(format.narrow(signed(middle.next_up())) != bits + 1);
                wrong += usize::from(format.narrow(signed(f32::MAX)) != sign | format.infinity());
            }
        }
        all_hold &= verdict(&format!("{format:?} conversions"), wrong, 1 << 16);
    }
    all_hold
}
