//! Any bits, in slices of any length at any offset, with any constants: no form of a function panics,
//! none writes outside its slice, and each gives what one value alone gives.

#![no_main]

use half::{bf16, f16};
use libfuzzer_sys::fuzz_target;
use num_traits::Float;
use selu::ScaledElu;
use selu::on_instruction_set::{self, InstructionSet};
use std::fmt::Debug;

trait Number: Float + Debug {
    fn take(bytes: &mut impl Iterator<Item = u8>) -> Option<Self>;
    fn bits(self) -> u64;
}

macro_rules! number {
    ($($T:ident)*) => {$(
        impl Number for $T {
            fn take(bytes: &mut impl Iterator<Item = u8>) -> Option<Self> {
                let mut bits = [0; size_of::<Self>()];
                for byte in &mut bits {
                    *byte = bytes.next()?;
                }
                Some(Self::from_ne_bytes(bits))
            }

            /// With one pattern for all NaN.
            fn bits(self) -> u64 {
                if self.is_nan() { u64::MAX } else { self.to_bits().into() }
            }
        }
    )*};
}
number!(f32 f64 f16 bf16);

/// Calls `form` on a copy of `before[offset..]`, and compares all of it with `expected`.
fn assert_form<T: Number>(
    name: &str,
    before: &[T],
    offset: usize,
    expected: impl Fn(usize) -> T,
    form: impl FnOnce(&mut [T]),
) {
    // Ends where its allocation ends, for AddressSanitizer to see a step beyond.
    let mut after: Box<[T]> = before.into();
    form(&mut after[offset..]);
    for (i, (&after, &before)) in after.iter().zip(before).enumerate() {
        let expected = if i < offset { before } else { expected(i) };
        assert_eq!(after.bits(), expected.bits(), "{name} at {i}: {after:?}, not {expected:?}");
    }
}

fn assert_forms<T: Number>(bytes: &mut impl Iterator<Item = u8>) -> Option<()> {
    let offset = usize::from(bytes.next()? % 32);
    let function = ScaledElu { alpha: T::take(bytes)?, scale: T::take(bytes)? };
    let mut xs = Vec::new();
    let mut grads = Vec::new();
    while let (Some(x), Some(grad)) = (T::take(bytes), T::take(bytes)) {
        xs.push(x);
        grads.push(grad);
    }
    let offset = offset.min(xs.len());
    let source: Box<[T]> = xs[offset..].into();

    let selu = |i: usize| selu::selu(xs[i]);
    assert_form("selu_slice", &xs, offset, selu, selu::selu_slice);
    assert_form("selu_into", &grads, offset, selu, |ys| selu::selu_into(&source, ys));
    let elu = |i: usize| selu::elu(xs[i], function.alpha);
    assert_form("elu_slice", &xs, offset, elu, |xs| selu::elu_slice(xs, function.alpha));

    let gradient = |backward: fn(ScaledElu<T>, &[T], &mut [T])| {
        let (xs, grads) = (&xs, &grads);
        move |i: usize| {
            let mut grad = [grads[i]];
            backward(function, &xs[i..=i], &mut grad);
            grad[0]
        }
    };
    let selu_gradient = gradient(|_, x, grad| selu::selu_backward(x, grad));
    assert_form("selu_backward", &grads, offset, &selu_gradient, |grads| {
        selu::selu_backward(&source, grads);
    });
    let gradients = grads[offset..].to_vec();
    assert_form("selu_backward_into", &xs, offset, &selu_gradient, |out| {
        selu::selu_backward_into(&source, &gradients, out);
    });

    let scaled = |i: usize| function.apply(xs[i]);
    let scaled_gradient = gradient(|function, x, grad| function.backward(x, grad));
    for set in InstructionSet::available() {
        assert_form(&format!("selu on {set:?}"), &xs, offset, selu, |xs| {
            on_instruction_set::selu_slice(set, xs);
        });
        assert_form(&format!("selu' on {set:?}"), &grads, offset, &selu_gradient, |grads| {
            on_instruction_set::selu_backward(set, &source, grads);
        });
        assert_form(&format!("{function:?} on {set:?}"), &xs, offset, scaled, |xs| {
            on_instruction_set::scaled_elu_slice(set, function, xs);
        });
        assert_form(&format!("{function:?}' on {set:?}"), &grads, offset, &scaled_gradient, |g| {
            on_instruction_set::scaled_elu_backward(set, function, &source, g);
        });
    }

    // What holds whatever the bits.
    for &x in &xs {
        let y = selu::selu(x);
        assert_eq!(y.is_nan(), x.is_nan(), "selu({x:?}) = {y:?}");
        if !x.is_nan() {
            assert_eq!(y.is_sign_negative(), x.is_sign_negative(), "selu({x:?}) = {y:?}");
            let slope = selu::selu_grad(x);
            assert!(slope >= T::zero(), "selu_grad({x:?}) = {slope:?}");
        }
    }
    Some(())
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    let bytes = &mut bytes.iter().copied();
    // Too short an input is none.
    let _ = match kind % 4 {
        0 => assert_forms::<f32>(bytes),
        1 => assert_forms::<f64>(bytes),
        2 => assert_forms::<f16>(bytes),
        _ => assert_forms::<bf16>(bytes),
    };
});
