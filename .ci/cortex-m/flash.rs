//! A program that calls one function, or none: the difference is what the function takes in flash.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("flash: only for a microcontroller");
}

#[cfg(target_os = "none")]
mod device {
    use core::hint::black_box;
    use panic_semihosting as _;

    #[cortex_m_rt::entry]
    fn main() -> ! {
        loop {
            let x = black_box([-1.0_f32; 40]);
            black_box(call(x));
        }
    }

    #[allow(unused_mut, reason = "some functions change it")]
    fn call(mut x: [f32; 40]) -> [f32; 40] {
        #[cfg(feature = "formula")]
        {
            x[0] = if x[0] > 0.0 { 1.050_701 * x[0] } else { 1.758_099_3 * libm::expm1f(x[0]) };
        }
        #[cfg(feature = "selu")]
        {
            x[0] = selu::selu(x[0]);
        }
        #[cfg(feature = "selu_slice")]
        selu::selu_slice(&mut x);
        #[cfg(feature = "selu_grad")]
        {
            x[0] = selu::selu_grad(x[0]);
        }
        #[cfg(feature = "selu_backward")]
        selu::selu_backward(&[-1.0; 40], &mut x);
        #[cfg(feature = "elu")]
        {
            x[0] = selu::elu(x[0], x[1]);
        }
        x
    }
}
