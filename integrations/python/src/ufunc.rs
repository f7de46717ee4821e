//! NumPy ufuncs of functions on slices.
//!
//! NumPy calls a loop with the address of the first value of every operand, the bytes from one
//! value to the next (0 for one that is broadcast, negative for a reversed one), and their number.
//! Byte order, alignment, casts and `where` are dealt with before, and inputs that the output would
//! overwrite too early are copied. What may still overlap: an input may be the output, value for
//! value, or lie where writing in order reaches only what has been read.
//!
//! 1. An operand whose values lie side by side, apart from the output's, is a slice as it is.
//! 2. Any other is gathered, a piece at a time, into a buffer in the first-level cache. A piece of
//!    every input is read before a piece of the output is written, so reading is never later than
//!    value by value.
//! 3. The output is a slice, or a buffer that is scattered afterwards.
//!
//! Parameters (alpha, scale) are numbers for a slice.

#![allow(unsafe_code, reason = "NumPy's interface is one of pointers")]

use half::{bf16, f16};
use numpy::npyffi::{NPY_TYPES, PY_UFUNC_API, npy_intp};
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use reference::num_traits::Float;
use std::array::from_fn;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::slice;

/// A function of arrays, taken value by value, and of parameters.
pub trait Function<const ARRAYS: usize, const PARAMETERS: usize> {
    const NAME: &'static CStr;
    const DOC: &'static CStr;

    /// Writes the results for `arrays`, which are as long as `out`.
    fn compute<T: Float>(arrays: [&[T]; ARRAYS], parameters: [T; PARAMETERS], out: &mut [T]);
}

/// Bytes of a piece: three of them fit into a first-level cache of 32 KiB.
const PIECE: usize = 8192;

#[repr(align(64))]
struct Buffer([MaybeUninit<u8>; PIECE]);

impl Buffer {
    const fn new() -> Self {
        Self([MaybeUninit::uninit(); PIECE])
    }

    /// The place for values of `T`, which has no stricter alignment than the buffer.
    fn place<T>(&mut self) -> *mut T {
        const { assert!(align_of::<T>() <= 64) };
        self.0.as_mut_ptr().cast()
    }
}

/// Some values of an operand: where they start, and the bytes from one to the next.
#[derive(Clone, Copy)]
struct Operand {
    start: *mut u8,
    stride: isize,
}

impl Operand {
    /// The same from value number `first` on.
    fn skip(self, first: usize) -> Self {
        Self { start: self.at(first), ..self }
    }

    fn at(self, position: usize) -> *mut u8 {
        self.start.wrapping_offset(self.stride * position as isize)
    }

    fn is_slice<T>(self, count: usize) -> bool {
        (count == 1 || self.stride == size_of::<T>() as isize)
            && self.start.cast::<T>().is_aligned()
    }

    /// Whether no byte belongs to `count` values of both operands.
    fn is_apart_from<T>(self, other: Self, count: usize) -> bool {
        let range = |operand: Self| {
            let ends = [operand.start as usize, operand.at(count - 1) as usize];
            (ends[0].min(ends[1]), ends[0].max(ends[1]) + size_of::<T>())
        };
        let ((start, end), (other_start, other_end)) = (range(self), range(other));
        end <= other_start || other_end <= start
    }

    /// Copies `count` values to `place`.
    ///
    /// # Safety
    ///
    /// They must be readable, and `place` writable for as many, aligned, and apart from them.
    unsafe fn gather<T: Copy>(self, place: *mut T, count: usize) {
        if self.is_slice::<T>(count) {
            // SAFETY: both are valid for `count` values and apart, as the caller guarantees, and
            // aligned, which `is_slice` has asked for this one.
            unsafe { self.start.cast::<T>().copy_to_nonoverlapping(place, count) };
            return;
        }
        for i in 0..count {
            // SAFETY: value `i` of `count` is readable, and so many can be written to `place`.
            unsafe { place.add(i).write(self.at(i).cast::<T>().read_unaligned()) };
        }
    }

    /// Copies `count` values from `place` to here.
    ///
    /// # Safety
    ///
    /// They must be writable here, and readable, aligned, at `place`.
    unsafe fn scatter<T: Copy>(self, place: *const T, count: usize) {
        for i in 0..count {
            // SAFETY: value `i` of `count` is readable at `place` and writable here.
            unsafe { self.at(i).cast::<T>().write_unaligned(place.add(i).read()) };
        }
    }
}

/// Computes `count` values with the same parameters.
///
/// # Safety
///
/// `count` values of every operand must be readable, those of `out` writable, and no other thread
/// may write to any of them. Where an input overlaps the output, writing results in order must
/// reach only what has been read.
unsafe fn run<F, T, const ARRAYS: usize, const PARAMETERS: usize>(
    arrays: [Operand; ARRAYS],
    parameters: [T; PARAMETERS],
    out: Operand,
    count: usize,
) where
    F: Function<ARRAYS, PARAMETERS>,
    T: Float,
{
    let direct = |operand: Operand, out: Operand, count| {
        operand.is_slice::<T>(count) && operand.is_apart_from::<T>(out, count)
    };
    let all_direct = out.is_slice::<T>(count) && arrays.iter().all(|&x| direct(x, out, count));
    let piece = if all_direct { count } else { PIECE / size_of::<T>() };
    let mut buffers = [const { Buffer::new() }; ARRAYS];
    let mut results = Buffer::new();
    if !out.is_slice::<T>(count) {
        // SAFETY: the buffer holds a piece. Its values are zeros from now on.
        unsafe { results.place::<T>().write_bytes(0, piece.min(count)) };
    }
    for first in (0..count).step_by(piece) {
        let count = piece.min(count - first);
        let out = out.skip(first);
        let mut places = buffers.each_mut().map(|buffer| buffer.place::<T>());
        for (place, array) in places.iter_mut().zip(arrays) {
            let array = array.skip(first);
            if direct(array, out, count) {
                *place = array.start.cast();
            } else {
                // SAFETY: the array is readable, as the caller guarantees, and a buffer holds a
                // piece, is aligned, and apart from all arrays.
                unsafe { array.gather(*place, count) };
            }
        }
        let is_slice = out.is_slice::<T>(count);
        let target = if is_slice { out.start.cast() } else { results.place::<T>() };
        // SAFETY: each place has `count` aligned values: `direct` has asked that of an array, and
        // a buffer has just been filled with them. Any bits are a value of a floating-point type.
        // Nothing writes to them while the slices live: `direct` arrays are apart from `out`, and
        // buffers from everything.
        let slices = places.map(|place| unsafe { slice::from_raw_parts(place, count) });
        // SAFETY: the target is aligned and has room for `count` values, of which no slice above
        // has any. They are initialised: the buffer has been above, as a part of what is a slice
        // is one; and what NumPy hands out, though perhaps nobody has written to it, is foreign
        // memory, whose bytes have some value.
        let target = unsafe { slice::from_raw_parts_mut(target, count) };
        F::compute(slices, parameters, target);
        if !is_slice {
            // SAFETY: `out` is writable, as the caller guarantees, and the buffer has the results.
            unsafe { out.scatter(target.as_ptr(), count) };
        }
    }
}

// SAFETY: these are functions of C's <fenv.h>, which ignore the bits that are no exception.
unsafe extern "C" {
    safe fn fetestexcept(exceptions: c_int) -> c_int;
    safe fn feclearexcept(exceptions: c_int) -> c_int;
}

/// The exception that nearly all computation raises and NumPy never looks at, where its number is
/// known: clearing it would take longer than computing a few values.
const INEXACT: c_int = if cfg!(all(unix, any(target_arch = "x86", target_arch = "x86_64"))) {
    0x20
} else if cfg!(all(unix, target_arch = "aarch64")) {
    0x10
} else {
    0
};

/// The loop that NumPy calls. The arrays come first, then the parameters, then the output.
///
/// # Safety
///
/// As NumPy calls it: `dimensions` has the number of values, `operands` and `strides` have an entry
/// for each operand, which describes memory as `run` needs it.
unsafe extern "C" fn strided<F, T, const ARRAYS: usize, const PARAMETERS: usize>(
    operands: *mut *mut c_char,
    dimensions: *mut npy_intp,
    strides: *mut npy_intp,
    _: *mut c_void,
) where
    F: Function<ARRAYS, PARAMETERS>,
    T: Float,
{
    // SAFETY: there is one number, and it is not negative.
    let count = unsafe { *dimensions } as usize;
    if count == 0 {
        return;
    }
    let operand = |i| {
        // SAFETY: there are ARRAYS + PARAMETERS + 1 entries, and `i` is below that.
        unsafe { Operand { start: (*operands.add(i)).cast(), stride: *strides.add(i) } }
    };
    let arrays: [_; ARRAYS] = from_fn(operand);
    let parameters: [_; PARAMETERS] = from_fn(|i| operand(ARRAYS + i));
    let out = operand(ARRAYS + PARAMETERS);
    // NumPy warns of the exceptions that a loop leaves behind. Those of the kernels' steps (an
    // exponential that underflows) are none of the results; those that were there before, as from a
    // cast, stay.
    let before = fetestexcept(!INEXACT);
    // Every value is a slice where parameters vary, and where it is the result before it, as in
    // `reduce` and `accumulate`.
    let is_fold = arrays.iter().any(|array| array.at(1) == out.start);
    let run_length = if is_fold || parameters.iter().any(|p| p.stride != 0) { 1 } else { count };
    for first in (0..count).step_by(run_length) {
        let values = parameters.map(|parameter| {
            // SAFETY: value `first` of the parameter is readable.
            unsafe { parameter.at(first).cast::<T>().read_unaligned() }
        });
        let arrays = arrays.map(|array| array.skip(first));
        // SAFETY: NumPy guarantees what `run` asks, except that no other thread writes meanwhile,
        // which is up to the caller of any ufunc; a fold has slices of one value, in order.
        unsafe { run::<F, T, ARRAYS, PARAMETERS>(arrays, values, out.skip(first), run_length) };
    }
    let raised = fetestexcept(!INEXACT) & !before;
    if raised != 0 {
        feclearexcept(raised);
    }
}

/// The number that NumPy has given to the type `bfloat16`, if `ml_dtypes` is installed.
pub fn bfloat16(py: Python<'_>) -> PyResult<Option<c_int>> {
    match py.import("ml_dtypes") {
        Ok(module) => {
            let dtype =
                py.import("numpy")?.call_method1("dtype", (module.getattr("bfloat16")?,))?;
            dtype.getattr("num")?.extract().map(Some)
        }
        Err(error) if error.is_instance_of::<PyImportError>(py) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Adds the ufunc of `F` to a module, with a loop for each type.
pub fn add<F, const ARRAYS: usize, const PARAMETERS: usize>(
    module: &Bound<'_, PyModule>,
    bfloat16: Option<c_int>,
) -> PyResult<()>
where
    F: Function<ARRAYS, PARAMETERS>,
{
    let py = module.py();
    let inputs = ARRAYS + PARAMETERS;
    // NumPy takes the first type that the arguments can be cast to safely.
    let loops = [
        (NPY_TYPES::NPY_HALF, Some(strided::<F, f16, ARRAYS, PARAMETERS> as _)),
        (NPY_TYPES::NPY_FLOAT, Some(strided::<F, f32, ARRAYS, PARAMETERS> as _)),
        (NPY_TYPES::NPY_DOUBLE, Some(strided::<F, f64, ARRAYS, PARAMETERS> as _)),
    ];
    let types = loops.iter().flat_map(|&(kind, _)| vec![kind as c_char; inputs + 1]);
    // A ufunc keeps these, and lives as long as the process.
    let functions = Vec::leak(loops.iter().map(|&(_, function)| function).collect());
    let types = Vec::leak(types.collect());
    let data = Vec::leak(vec![null_mut(); loops.len()]);
    // SAFETY: functions, data and types have as many entries as the numbers say, name and docs end
    // in NUL, and all of them live for ever. The functions take what NumPy passes for such types.
    let ufunc = unsafe {
        PY_UFUNC_API.PyUFunc_FromFuncAndData(
            py,
            functions.as_mut_ptr(),
            data.as_mut_ptr(),
            types.as_mut_ptr(),
            loops.len() as c_int,
            inputs as c_int,
            1,
            -1, // no identity: the functions are no operations
            F::NAME.as_ptr(),
            F::DOC.as_ptr(),
            0,
        )
    };
    // SAFETY: the result is null with an exception set, or a new object that is ours.
    let ufunc = unsafe { Bound::from_owned_ptr_or_err(py, ufunc) }?;
    if let Some(kind) = bfloat16 {
        let mut kinds = vec![kind; inputs + 1];
        // SAFETY: the object is a ufunc, `kinds` (which NumPy copies) has an entry for each of its
        // operands, and the function takes what NumPy passes for such a type.
        let code = unsafe {
            PY_UFUNC_API.PyUFunc_RegisterLoopForType(
                py,
                ufunc.as_ptr().cast(),
                kind,
                Some(strided::<F, bf16, ARRAYS, PARAMETERS>),
                kinds.as_mut_ptr(),
                null_mut(),
            )
        };
        if code < 0 {
            return Err(PyErr::fetch(py));
        }
    }
    module.add(F::NAME, ufunc)
}
