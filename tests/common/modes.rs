//! The modes of the CPU: flushing subnormal numbers to zero, and the rounding modes.

#![allow(unsafe_code, reason = "reads and writes the register that holds the modes")]

pub use register::{DIRECTED, FLUSHING};
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub use register::{INVALID, OVERFLOW};
use std::hint::black_box;

/// The register that holds the modes, and the bits of each.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod register {
    use std::arch::asm;

    pub type Bits = u32;

    const DENORMALS_ARE_ZERO: Bits = 1 << 6;
    const FLUSH_TO_ZERO: Bits = 1 << 15;

    /// By the columns of the table.
    pub const FLUSHING: [(usize, Bits); 3] =
        [(0, FLUSH_TO_ZERO), (1, DENORMALS_ARE_ZERO), (2, FLUSH_TO_ZERO | DENORMALS_ARE_ZERO)];
    pub const INVALID: Bits = 1;
    pub const OVERFLOW: Bits = 1 << 3;
    pub const DIRECTED: [(&str, Bits); 3] =
        [("down", 1 << 13), ("up", 2 << 13), ("toward zero", 3 << 13)];

    pub fn read() -> Bits {
        let mut bits = 0;
        // SAFETY: writes MXCSR to `bits`.
        unsafe { asm!("stmxcsr [{}]", in(reg) &mut bits, options(nostack)) };
        bits
    }

    pub fn write(bits: Bits) {
        // SAFETY: reads MXCSR from `bits`. The modes are back before other code runs.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &bits, options(nostack)) };
    }
}

#[cfg(any(target_arch = "arm", target_arch = "aarch64"))]
mod register {
    use std::arch::asm;

    #[cfg(target_arch = "aarch64")]
    pub type Bits = u64;
    #[cfg(target_arch = "arm")]
    pub type Bits = u32;

    const FLUSH_TO_ZERO: Bits = 1 << 24;

    pub const FLUSHING: [(usize, Bits); 1] = [(2, FLUSH_TO_ZERO)];
    pub const DIRECTED: [(&str, Bits); 3] =
        [("up", 1 << 22), ("down", 2 << 22), ("toward zero", 3 << 22)];

    pub fn read() -> Bits {
        let bits;
        // SAFETY: reads the register.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            asm!("mrs {}, fpcr", out(reg) bits, options(nomem, nostack));
        }
        // SAFETY: as above.
        #[cfg(target_arch = "arm")]
        unsafe {
            asm!("vmrs {}, fpscr", out(reg) bits, options(nomem, nostack));
        }
        bits
    }

    pub fn write(bits: Bits) {
        // SAFETY: sets the register. The modes are back before other code runs.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            asm!("msr fpcr, {}", in(reg) bits, options(nostack));
        }
        // SAFETY: as above.
        #[cfg(target_arch = "arm")]
        unsafe {
            asm!("vmsr fpscr, {}", in(reg) bits, options(nostack));
        }
    }
}

/// The exceptions that `f` raises.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub fn exceptions(f: impl FnOnce()) -> register::Bits {
    const FLAGS: register::Bits = 0x3f;
    let before = register::read();
    register::write(before & !FLAGS);
    black_box(f)();
    let raised = register::read() & FLAGS;
    register::write(before);
    raised
}

/// Calls `f` with some bits of the register set.
#[inline(never)]
pub fn with_bits<R>(bits: register::Bits, f: impl FnOnce() -> R) -> R {
    struct Restore(register::Bits);
    impl Drop for Restore {
        fn drop(&mut self) {
            register::write(self.0);
        }
    }
    let _restore = Restore(register::read());
    register::write(register::read() | bits);
    // Opaque, so that no arithmetic moves out of the mode or into it.
    black_box(black_box(f)())
}
