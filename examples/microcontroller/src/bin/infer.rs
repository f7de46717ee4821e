//! Prints what the network computes, with all bits: on a microcontroller, and on the host.

#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt::{self, Write};
use microcontroller::{INPUTS, TRAINED};

fn write_outputs(out: &mut impl Write) -> fmt::Result {
    for x in INPUTS {
        let (y, _) = TRAINED.forward(x);
        writeln!(out, "{x:>4} -> {y:>10.7}  {:#010x}", y.to_bits())?;
    }
    Ok(())
}

#[cfg(not(target_os = "none"))]
fn main() {
    let mut text = String::new();
    write_outputs(&mut text).expect("a string has room");
    print!("{text}");
}

#[cfg(target_os = "none")]
mod device {
    use cortex_m_semihosting::{debug, hio};
    use panic_semihosting as _;

    #[cortex_m_rt::entry]
    fn main() -> ! {
        let mut host = hio::hstdout().expect("a host");
        super::write_outputs(&mut host).expect("a host that listens");
        debug::exit(debug::EXIT_SUCCESS);
        unreachable!("the emulator has ended");
    }
}
