//! Prints how many instructions a call takes, as a table. QEMU with `-icount shift=0` takes one
//! nanosecond for each.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("instructions: only for a microcontroller");
}

#[cfg(target_os = "none")]
mod device {
    use core::hint::black_box;
    use cortex_m::Peripherals;
    use cortex_m::peripheral::SYST;
    use cortex_m::peripheral::syst::SystClkSource;
    use cortex_m_semihosting::{debug, hprint, hprintln};
    use half::{bf16, f16};
    use panic_semihosting as _;
    use selu::num_traits::Float;
    use selu::{elu, elu_backward};
    use selu::{selu, selu_backward, selu_backward_from_output, selu_grad};

    /// Nanoseconds of the emulated machine's clock, 25 MHz.
    const NANOSECONDS_PER_TICK: u32 = 40;

    const CALLS: u32 = 1000;

    /// Where the functions are called: linear, next to 0, in the middle, saturated, and where the
    /// derivative is subnormal in `f32` and `bf16`.
    const ARGUMENTS: [f32; 5] = [1.5, -0.01, -1.2, -12.0, -90.0];

    #[cortex_m_rt::entry]
    fn main() -> ! {
        let mut timer = Peripherals::take().expect("the first use").SYST;
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(0xff_ffff);
        timer.clear_current();
        timer.enable_counter();

        hprintln!("| function | type | x = 1.5 | −0.01 | −1.2 | −12 | −90 |");
        hprintln!("|---|---|--:|--:|--:|--:|--:|");
        row("1.758·libm::expm1f(x)", "f32", formula);
        functions("f32", |x| x);
        functions("f64", f64::from);
        functions("f16", f16::from_f32);
        functions("bf16", bf16::from_f32);
        debug::exit(debug::EXIT_SUCCESS);
        unreachable!("the emulator has ended");
    }

    fn formula(x: f32) -> f32 {
        if x > 0.0 { 1.050_701 * x } else { 1.758_099_3 * libm::expm1f(x) }
    }

    fn functions<T: Float>(name: &str, of: fn(f32) -> T) {
        let x = of;
        let grad = of(0.7);
        row_of("selu", name, x, selu);
        row_of("selu_grad", name, x, selu_grad);
        row_of("selu_backward, a slice of one", name, x, |x| {
            let mut grads = [black_box(grad)];
            selu_backward(&[x], &mut grads);
            grads[0]
        });
        row_of("selu_backward_from_output, a slice of one", name, x, |y| {
            let mut grads = [black_box(grad)];
            selu_backward_from_output(&[y], &mut grads);
            grads[0]
        });
        row_of("elu", name, x, |x| elu(x, black_box(grad)));
        row_of("elu_backward, a slice of one", name, x, |x| {
            let mut grads = [black_box(grad)];
            elu_backward(&[x], &mut grads, black_box(grad));
            grads[0]
        });
    }

    fn row(function: &str, name: &str, f: fn(f32) -> f32) {
        row_of(function, name, |x| x, f);
    }

    fn row_of<T: Copy>(function: &str, name: &str, of: fn(f32) -> T, f: impl Fn(T) -> T) {
        hprint!("| `{function}` | `{name}` |");
        for x in ARGUMENTS.map(of) {
            hprint!(" {} |", count(x, &f) - count(x, |x| x));
        }
        hprintln!();
    }

    /// Instructions of a call in a loop.
    fn count<T: Copy>(x: T, f: impl Fn(T) -> T) -> u32 {
        let start = SYST::get_current();
        for _ in 0..CALLS {
            black_box(f(black_box(x)));
        }
        // It counts down, with 24 bits.
        let ticks = start.wrapping_sub(SYST::get_current()) & 0xff_ffff;
        (ticks * NANOSECONDS_PER_TICK).div_ceil(CALLS)
    }
}
