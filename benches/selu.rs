//! The slice functions, a loop over the standard library's `exp_m1`, and a multiplication, which
//! takes as long as reading and writing memory (for the 16-bit types, as long as converting to
//! `f32` and back).
//!
//! Out of place, over N(0, 1) values that no two calls in a row share: a loop in place would drift
//! to the fixed point of SELU, and a short input that is used again would teach the branch
//! predictor of the standard library's loop.
//!
//! ```text
//! cargo bench                                  f32 and f64
//! cargo bench --features half,rayon,rand       everything
//! cargo bench -- 'f32/16384'                   some of it
//! cargo bench --features half -- single        values one at a time
//! cargo bench --features half -- short         slices of 1 to 40 values on every instruction set
//! cargo bench --features half -- conditions    other constants, and other data than N(0, 1)
//! cargo bench --features rand -- companions    weights and dropout, beside a word of the generator
//! ```
//!
//! `benches/conditions` has more of such data, and a build without optimisation.

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use num_traits::Float;
use rand::{SeedableRng, rngs::SmallRng};
use rand_distr::{Distribution, StandardNormal};
use selu::on_instruction_set::{self, InstructionSet};
use selu::{
    ScaledElu, consts, elu, elu_grad, elu_into, fast, selu, selu_backward, selu_grad, selu_into,
};
use std::hint::black_box;
use std::time::{Duration, Instant};

const SIZES: [usize; 6] = [8, 64, 1 << 10, 16 << 10, 256 << 10, 8 << 20];
const LARGEST: usize = 8 << 20;

/// Lengths of short slices: around those at which a slice is taken in another way.
const SHORT: [usize; 14] = [1, 2, 3, 4, 8, 10, 15, 16, 17, 24, 31, 32, 33, 40];
/// Values of a slice that are taken one at a time.
const SINGLE: usize = 16 << 10;

fn normal_values<T: Float>() -> Vec<T> {
    StandardNormal
        .sample_iter(SmallRng::seed_from_u64(42))
        .take(LARGEST)
        .map(|x: f32| T::from(x).unwrap())
        .collect()
}

/// Values in the smallest batch of calls that the clock can time.
const SMALLEST_BATCH: usize = 8 << 10;

/// Times `function` from one window of the values after another to the same destination. The time
/// is the median of batches of calls, so that those in which the system ran something else do not
/// count.
fn bench<T: Float>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    values: &[T],
    size: usize,
    mut function: impl FnMut(&[T], &mut [T]),
) {
    group.throughput(Throughput::Elements(size as u64));
    group.bench_function(BenchmarkId::new(name, size), |bencher| {
        let mut windows = values.chunks_exact(size).cycle();
        let mut dst = vec![T::one(); size];
        bencher.iter_custom(|calls| {
            let mut times = Vec::new();
            let mut left = calls;
            while left > 0 {
                let batch = left.min(SMALLEST_BATCH.div_ceil(size) as u64);
                let start = Instant::now();
                for _ in 0..batch {
                    function(black_box(windows.next().unwrap()), black_box(&mut dst));
                }
                times.push(start.elapsed().as_secs_f64() / batch as f64);
                left -= batch;
            }
            times.sort_unstable_by(f64::total_cmp);
            Duration::from_secs_f64(times[times.len() / 2] * calls as f64)
        });
    });
}

/// A function of one value, over slices.
fn map<T: Copy>(function: impl Fn(T) -> T) -> impl Fn(&[T], &mut [T]) {
    move |src, dst| {
        for (y, &x) in dst.iter_mut().zip(src) {
            *y = function(x);
        }
    }
}

/// The same, one value at a time, as in code that does not work on slices.
fn one_by_one<T: Copy>(function: impl Fn(T) -> T) -> impl Fn(&[T], &mut [T]) {
    map(move |x| black_box(function(black_box(x))))
}

/// The same, each value after the result of the one before.
fn in_a_row<T: Float>(function: impl Fn(T) -> T) -> impl Fn(&[T], &mut [T]) {
    move |src, _| {
        let zero = black_box(T::zero());
        black_box(src.iter().fold(T::zero(), |last, &x| function(x + zero * last)));
    }
}

fn new_group<'a>(
    criterion: &'a mut Criterion,
    name: &str,
    time: Duration,
) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.warm_up_time(time / 5).measurement_time(time).sample_size(20);
    group
}

/// What all types have in common.
fn bench_type<T: Float + Send + Sync>(
    criterion: &mut Criterion,
    name: &str,
    std: impl Fn(T) -> T + Copy,
    multiply: impl Fn(&[T], &mut [T]),
) {
    let values = normal_values::<T>();
    let mut group = new_group(criterion, name, Duration::from_secs(1));
    for size in SIZES {
        bench(&mut group, "selu_into", &values, size, selu_into);
        bench(&mut group, "selu_backward", &values, size, selu_backward);
        bench(&mut group, "elu_into", &values, size, |x, y| elu_into(x, y, T::one()));
        bench(&mut group, "std exp_m1", &values, size, map(std));
        bench(&mut group, "multiplication", &values, size, &multiply);
        if name == "f32" {
            bench(&mut group, "fast::selu_into", &values, size, fast::selu_into);
            bench(&mut group, "fast::selu_backward", &values, size, fast::selu_backward);
            bench(&mut group, "fast::elu_into", &values, size, |x, y| {
                fast::elu_into(x, y, T::one());
            });
        }
        #[cfg(feature = "rayon")]
        bench(&mut group, "par_selu_into", &values, size, selu::par_selu_into);
    }
    for set in InstructionSet::available() {
        let size = 16 << 10;
        bench(&mut group, &format!("selu_into {set:?}"), &values, size, |x, y| {
            on_instruction_set::selu_into(set, x, y);
        });
    }
    group.finish();

    let second = Duration::from_secs(1);
    bench_single(&mut new_group(criterion, &format!("single {name}"), second), &values, std);
    bench_short(&mut new_group(criterion, &format!("short {name}"), second / 5), &values);
    bench_conditions(&mut new_group(criterion, &format!("conditions {name}"), second / 2), &values);
}

/// Single values, of which each waits for the one before (latency), or none (throughput), and a
/// loop that the compiler may vectorise.
fn bench_single<T: Float>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    values: &[T],
    std: impl Fn(T) -> T + Copy,
) {
    let alpha = T::from(0.7).unwrap();
    let functions: [(&str, &dyn Fn(T) -> T); 5] = [
        ("selu", &selu),
        ("selu_grad", &selu_grad),
        ("elu", &move |x| elu(x, alpha)),
        ("elu_grad", &move |x| elu_grad(x, alpha)),
        ("std exp_m1", &std),
    ];
    for (name, function) in functions {
        bench(group, &format!("{name} throughput"), values, SINGLE, one_by_one(function));
        bench(group, &format!("{name} latency"), values, SINGLE, in_a_row(function));
    }
    bench(group, "selu loop", values, SINGLE, map(selu));
    bench(group, "std exp_m1 loop", values, SINGLE, map(std));
}

/// Short slices, on every instruction set.
fn bench_short<T: Float>(group: &mut BenchmarkGroup<'_, WallTime>, values: &[T]) {
    for set in InstructionSet::available() {
        for size in SHORT {
            bench(group, &format!("selu_into {set:?}"), values, size, |x, y| {
                on_instruction_set::selu_into(set, x, y);
            });
            bench(group, &format!("selu_backward {set:?}"), values, size, |x, y| {
                on_instruction_set::selu_backward(set, x, y);
            });
        }
    }
}

/// Constants with few and with many digits over N(0, 1), and SELU over other data.
fn bench_conditions<T: Float>(group: &mut BenchmarkGroup<'_, WallTime>, values: &[T]) {
    let number = |x: f64| T::from(x).unwrap();
    for (alpha, scale) in [(1.0, 1.0), (1.3, 0.9), (1.5, 1.5), (0.75, 3.0), (0.0, 1.0)] {
        let elu = ScaledElu { alpha: number(alpha), scale: number(scale) };
        let name = format!("constants {alpha} and {scale}");
        bench(group, &name, values, SINGLE, |x, y| elu.apply_into(x, y));
        bench(group, &format!("{name}, backward"), values, SINGLE, |x, y| elu.backward(x, y));
    }
    let data: [(&str, &dyn Fn(T) -> T); 5] = [
        ("N(0, 1)", &|x| x),
        ("zeros", &|_| T::zero()),
        ("near 0", &|x| number(-0.01) * x.abs()),
        ("saturated", &|x| number(-50.0) - x.abs()),
        ("subnormal", &|x| T::min_positive_value() * x / number(8.0)),
    ];
    for (name, of_normal) in data {
        let values: Vec<T> = values.iter().take(LARGEST / 8).map(|&x| of_normal(x)).collect();
        bench(group, name, &values, SINGLE, selu_into);
        bench(group, &format!("{name}, backward"), &values, SINGLE, selu_backward);
    }
}

/// Weights beside another normal distribution, and dropout beside bare words of the generator.
#[cfg(feature = "rand")]
fn bench_companions<T: Float>(criterion: &mut Criterion, type_name: &str)
where
    selu::LecunNormal: Distribution<T>,
{
    use rand::{Rng, rngs::Xoshiro256PlusPlus};
    use selu::{AlphaDropout, LecunNormal};

    const SIZE: usize = 4 << 10;
    let values = normal_values::<T>();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let name = format!("companions {type_name}");
    let mut group = new_group(criterion, &name, Duration::from_secs(1));
    bench(&mut group, "word", &values, SIZE, |src, _| {
        black_box(src.iter().fold(0, |sum, _| sum ^ rng.next_u64()));
    });
    bench(&mut group, "StandardNormal", &values, SIZE, |_, dst| {
        for y in dst {
            let normal: f64 = StandardNormal.sample(&mut rng);
            *y = T::from(normal).unwrap();
        }
    });
    let distribution = LecunNormal::new(64).unwrap();
    bench(&mut group, "LecunNormal", &values, SIZE, |_, dst| {
        dst.iter_mut().for_each(|y| *y = distribution.sample(&mut rng));
    });
    let mut kept = vec![true; SIZE];
    for rate in [0.05, 0.5, 0.9] {
        let dropout = AlphaDropout::new(rate).unwrap();
        let mut bench = |name: &str, function: &mut dyn FnMut(&mut [T])| {
            let name = format!("dropout {rate}{name}");
            bench(&mut group, &name, &values, SIZE, |_, dst| function(dst));
        };
        bench("", &mut |xs| dropout.apply_slice(&mut rng, xs));
        bench(" recording", &mut |xs| dropout.apply_slice_recording(&mut rng, xs, &mut kept));
        bench(" backward", &mut |grad| dropout.backward(&kept, grad));
        bench(" groups of 64", &mut |xs| dropout.apply_groups(&mut rng, xs, 64));
    }
    group.finish();
}

fn std_f32(x: f32) -> f32 {
    use consts::f32::{SCALE, SCALE_ALPHA};
    if x > 0.0 { SCALE * x } else { SCALE_ALPHA * x.exp_m1() }
}

fn std_f64(x: f64) -> f64 {
    use consts::f64::{SCALE, SCALE_ALPHA};
    if x > 0.0 { SCALE * x } else { SCALE_ALPHA * x.exp_m1() }
}

/// With the conversions of the crate `half`.
#[cfg(feature = "half")]
fn multiply_f16(src: &[half::f16], dst: &mut [half::f16]) {
    use half::slice::HalfFloatSliceExt;
    let mut wide = [0.0; 1024];
    for (src, dst) in src.chunks(1024).zip(dst.chunks_mut(1024)) {
        let wide = &mut wide[..src.len()];
        src.convert_to_f32_slice(wide);
        wide.iter_mut().for_each(|x| *x *= consts::f32::SCALE);
        dst.convert_from_f32_slice(wide);
    }
}

/// With conversions by bits, for numbers only, which the compiler vectorises.
#[cfg(feature = "half")]
fn multiply_bf16(x: half::bf16) -> half::bf16 {
    let wide = f32::from_bits(u32::from(x.to_bits()) << 16) * consts::f32::SCALE;
    half::bf16::from_bits(((wide.to_bits() + 0x8000) >> 16) as u16)
}

fn benches(criterion: &mut Criterion) {
    bench_type::<f32>(criterion, "f32", std_f32, map(|x| consts::f32::SCALE * x));
    bench_type::<f64>(criterion, "f64", std_f64, map(|x| consts::f64::SCALE * x));
    #[cfg(feature = "half")]
    {
        use half::{bf16, f16};
        let std = |x: f16| f16::from_f32(std_f32(x.to_f32()));
        bench_type::<f16>(criterion, "f16", std, multiply_f16);
        let std = |x: bf16| bf16::from_f32(std_f32(x.to_f32()));
        bench_type::<bf16>(criterion, "bf16", std, map(multiply_bf16));
    }
    #[cfg(feature = "rand")]
    {
        bench_companions::<f32>(criterion, "f32");
        bench_companions::<f64>(criterion, "f64");
        #[cfg(feature = "half")]
        bench_companions::<half::f16>(criterion, "f16");
        #[cfg(feature = "half")]
        bench_companions::<half::bf16>(criterion, "bf16");
    }
}

criterion_group!(all, benches);
criterion_main!(all);
