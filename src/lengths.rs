//! Panics for slices whose lengths differ.

/// Panics if the lengths of two arguments, each given with its name, differ.
#[inline]
#[track_caller]
pub(crate) fn assert_equal(function: &str, first: (&str, usize), second: (&str, usize)) {
    let ((first, first_length), (second, second_length)) = (first, second);
    assert!(
        first_length == second_length,
        "{function}: {first} has {first_length} values and {second} has {second_length}; \
         the lengths must be equal"
    );
}

/// Panics if the lengths of three arguments, each given with its name, differ.
#[inline]
#[track_caller]
pub(crate) fn assert_three_equal(
    function: &str,
    first: (&str, usize),
    second: (&str, usize),
    third: (&str, usize),
) {
    assert_equal(function, first, second);
    assert_equal(function, first, third);
}
