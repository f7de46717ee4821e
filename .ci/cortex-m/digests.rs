//! Prints the digests of `lib.rs`, on a microcontroller and on the host.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(not(target_os = "none"))]
fn main() {
    let mut text = String::new();
    cortex_m_check::write_all(&mut text).expect("a string has room");
    print!("{text}");
}

#[cfg(target_os = "none")]
mod device {
    use cortex_m_semihosting::{debug, hio};
    use panic_semihosting as _;

    #[cortex_m_rt::entry]
    fn main() -> ! {
        let mut host = hio::hstdout().expect("a host");
        cortex_m_check::write_all(&mut host).expect("a host that listens");
        debug::exit(debug::EXIT_SUCCESS);
        unreachable!("the emulator has ended");
    }
}
