//! One value gives one result in every form, and nothing is written outside a slice.

use crate::format::Format;
use crate::function::Function;
use std::ops::Range;

/// What stands around a slice. No function and no factor leaves it as it is.
const GUARD: f64 = -0.625;

/// A function, arguments, and its results for them one at a time.
pub struct Case<T> {
    function: Function<T>,
    xs: Vec<T>,
    grads: Vec<T>,
    values: Vec<T>,
    products: Vec<T>,
}

impl<T: Format> Case<T> {
    pub fn new(function: Function<T>, xs: Vec<T>, grads: Vec<T>) -> Self {
        let values = xs.iter().map(|&x| function.value(x)).collect();
        let pairs = xs.iter().zip(&grads);
        let products = pairs.map(|(&x, &grad)| function.gradient(x, grad)).collect();
        Self { function, xs, grads, values, products }
    }

    /// Runs `form`, which finds `before` in its slice and must leave `after` there.
    fn try_form(
        &self,
        name: &str,
        window: &Range<usize>,
        before: &[T],
        after: &[T],
        form: impl Fn(&mut [T]),
    ) {
        let guarded = |values: &[T]| {
            let mut all = vec![T::from(GUARD).unwrap(); self.xs.len() + 2];
            all[window.start + 1..window.end + 1].copy_from_slice(&values[window.clone()]);
            all
        };
        let mut actual = guarded(before);
        form(&mut actual[window.start + 1..window.end + 1]);
        for (i, (actual, expected)) in actual.iter().zip(guarded(after)).enumerate() {
            assert!(
                actual.pattern() == expected.pattern(),
                "{name} of {} values from {}, {:?}: at {} is\n  {}\nnot\n  {}\nof {:x?}",
                window.len(),
                window.start,
                self.function,
                i as isize - 1 - window.start as isize,
                actual.show(),
                expected.show(),
                self.xs[window.clone()].iter().map(|x| x.pattern()).collect::<Vec<_>>(),
            );
        }
    }

    /// Tries all forms on some of the arguments.
    pub fn try_window(&self, window: Range<usize>) {
        let Self { xs, grads, values, products, .. } = self;
        let (function, window) = (self.function, &window);
        // Ends where its allocation ends, for the tools that see a read beyond it; and it starts at
        // another alignment than what is written.
        let x = xs[..window.end].to_vec();
        let x = &x[window.start..];
        let grad_out = &grads[window.clone()];

        self.try_form("slice", window, xs, values, |ys| function.slice(ys));
        self.try_form("into", window, grads, values, |ys| function.into(x, ys));
        self.try_form("backward", window, grads, products, |ys| function.backward(x, ys));
        self.try_form("backward_into", window, xs, products, |ys| {
            function.backward_into(x, grad_out, ys);
        });
        for set in function.sets() {
            let name = |form| format!("{form} on {set:?}");
            self.try_form(&name("slice"), window, xs, values, |ys| function.slice_on(set, ys));
            self.try_form(&name("into"), window, grads, values, |ys| function.into_on(set, x, ys));
            self.try_form(&name("backward"), window, grads, products, |ys| {
                function.backward_on(set, x, ys);
            });
        }
    }
}
