//! What a panic says, and where.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// The message of the panic in `call`, and the line that it blames.
pub fn refusal(call: impl FnOnce()) -> (String, u32) {
    static LINE: Mutex<u32> = Mutex::new(0);
    // The hook is one for all threads.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());

    panic::set_hook(Box::new(|info| {
        *LINE.lock().unwrap() = info.location().map_or(0, |location| location.line());
    }));
    let outcome = catch_unwind(AssertUnwindSafe(call));
    drop(panic::take_hook());
    let payload = outcome.expect_err("this should panic");
    let message = match payload.downcast_ref::<String>() {
        Some(message) => message.clone(),
        None => payload.downcast_ref::<&str>().unwrap_or(&"").to_string(),
    };
    (message, *LINE.lock().unwrap())
}
