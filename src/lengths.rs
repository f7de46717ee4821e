//! Panics for slices whose lengths differ.

/// Panics, at the place of the caller, if the lengths of two arguments, each given with its name,
/// differ.
#[inline]
#[track_caller]
pub(crate) fn assert_equal((a, a_len): (&str, usize), (b, b_len): (&str, usize)) {
    assert!(
        a_len == b_len,
        "{a} has {a_len} values and {b} has {b_len}; the lengths must be equal"
    );
}
