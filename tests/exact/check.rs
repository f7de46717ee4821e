//! Whether the forms of a function are correctly rounded.

use crate::function::{Function, supported};
use crate::reference::Format;
use crate::reference::rounded::Formula;

pub fn formula<T: Format>(function: Function<T>) -> Formula {
    match function {
        Function::Selu | Function::FastSelu => Formula::Selu,
        Function::Elu(alpha) | Function::FastElu(alpha) => {
            Formula::ScaledElu { alpha: alpha.into(), scale: 1.0 }
        }
        Function::ScaledElu(function) => {
            Formula::ScaledElu { alpha: function.alpha.into(), scale: function.scale.into() }
        }
    }
}

/// What came of trying results.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub tried: u64,
    pub wrong: u64,
    /// One of the wrong results.
    pub example: Option<String>,
}

impl Tally {
    fn add<T: Format>(
        &mut self,
        form: &str,
        function: Function<T>,
        arguments: &[T],
        actual: T,
        expected: T,
    ) {
        self.tried += 1;
        if actual.pattern() == expected.pattern() {
            return;
        }
        self.wrong += 1;
        self.example.get_or_insert_with(|| {
            let mut message = format!("{form} of {function:?} in {}:", T::NAME);
            for (name, x) in ["x", "grad"].iter().zip(arguments) {
                message += &format!("\n  {name:8} {}", x.show());
            }
            let parameters = match function {
                Function::Selu | Function::FastSelu => Vec::new(),
                Function::Elu(alpha) | Function::FastElu(alpha) => vec![("alpha", alpha)],
                Function::ScaledElu(f) => vec![("alpha", f.alpha), ("scale", f.scale)],
            };
            for (name, x) in
                parameters.into_iter().chain([("expected", expected), ("actual", actual)])
            {
                message += &format!("\n  {name:8} {}", x.show());
            }
            message
        });
    }

    pub fn and(mut self, other: Self) -> Self {
        self.tried += other.tried;
        self.wrong += other.wrong;
        self.example = self.example.or(other.example);
        self
    }

    /// Panics if any was wrong.
    pub fn report(self, name: &str) {
        println!("{name}: {} wrong of {}", self.wrong, self.tried);
        if let Some(example) = self.example {
            panic!("{name}: {} wrong of {}, as {example}", self.wrong, self.tried);
        }
    }
}

/// Tries the values of a function: one at a time, in place and out of place on every instruction
/// set.
pub fn try_values<T: Format>(function: Function<T>, xs: &[T]) -> Tally {
    let formula = formula(function);
    let expected: Vec<T> = xs.iter().map(|&x| formula.value(x)).collect();
    let mut tally = Tally::default();
    let mut try_form = |form: &str, actual: &[T]| {
        for ((&x, &actual), &expected) in xs.iter().zip(actual).zip(&expected) {
            tally.add(form, function, &[x], actual, expected);
        }
    };
    try_form("one value", &xs.iter().map(|&x| function.value(x)).collect::<Vec<_>>());
    for set in supported() {
        let mut ys = xs.to_vec();
        function.slice_on(set, &mut ys);
        try_form(&format!("slice on {set:?}"), &ys);
        let mut ys = vec![T::nan(); xs.len()];
        function.into_on(set, xs, &mut ys);
        try_form(&format!("into on {set:?}"), &ys);
    }
    tally
}

/// Tries the derivative and its products with `grads`, as `try_values` does.
pub fn try_gradients<T: Format>(function: Function<T>, xs: &[T], grads: &[T]) -> Tally {
    let formula = formula(function);
    let gradients = |grads: &[T]| -> Vec<T> {
        xs.iter().zip(grads).map(|(&x, &grad)| formula.gradient(x, grad)).collect()
    };
    let ones = vec![T::one(); xs.len()];
    let (derivatives, products) = (gradients(&ones), gradients(grads));
    let mut tally = Tally::default();
    let mut try_form = |form: &str, grads: &[T], actual: &[T], expected: &[T]| {
        let arguments = xs.iter().zip(grads);
        for (((&x, &grad), &actual), &expected) in arguments.zip(actual).zip(expected) {
            tally.add(form, function, &[x, grad], actual, expected);
        }
    };
    let alone: Vec<T> = xs.iter().map(|&x| function.grad(x)).collect();
    try_form("grad", &ones, &alone, &derivatives);
    let alone: Vec<T> =
        xs.iter().zip(grads).map(|(&x, &grad)| function.gradient(x, grad)).collect();
    try_form("backward of one value", grads, &alone, &products);
    for set in supported() {
        for (grads, expected) in [(ones.as_slice(), &derivatives), (grads, &products)] {
            let mut actual = grads.to_vec();
            function.backward_on(set, xs, &mut actual);
            try_form(&format!("backward on {set:?}"), grads, &actual, expected);
        }
    }
    tally
}
