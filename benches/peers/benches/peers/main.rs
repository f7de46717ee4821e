//! This crate and the other Rust implementations: speed and largest error, in one run.
//!
//! What is timed is a call on values that no earlier call has seen, which a copy before the clock
//! starts has brought into the cache, as the layer before would have: a branch predictor can learn
//! nothing, and nothing drifts to a fixed point.

mod machine;
mod peer;
mod precision;

use criterion::{Criterion, SamplingMode};
use peer::{Peer, Row};
use precision::{Exact, Precision};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Values per call: in the second-level cache, at its edge, in memory.
const LENGTHS: [usize; 3] = [16_384, 262_144, 8 << 20];
/// The values from which each call takes its own.
const SOURCE: usize = 16 << 20;
/// How far beyond ½ ULP a result may be off and still count as correctly rounded, in ULP: more than
/// the error of the references.
const TIE: f64 = 1e-6;

fn main() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion");
    // The table of one run must not contain estimates of an earlier one.
    if let Err(error) = fs::remove_dir_all(&directory) {
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}");
    }
    let mut criterion = Criterion::default()
        .configure_from_args()
        .output_directory(&directory)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .nresamples(10_000);

    let mut rows = measure(&mut criterion, &directory, peer::f32_rows());
    rows.extend(measure(&mut criterion, &directory, peer::f64_rows()));
    rows.extend(measure(&mut criterion, &directory, peer::f16_rows()));
    rows.extend(measure(&mut criterion, &directory, peer::bf16_rows()));

    let header = "type;library;version;error;wrong;16384;262144;8388608";
    let csv = format!("# {}\n{header}\n{}\n", machine::description(), rows.join("\n"));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/results/rust.csv");
    fs::write(file, csv).expect("the results can be written");
    println!("\nThe results are in {file}; docs/tables.py makes the tables of them.");
}

/// Times and judges all `rows`; they come back as lines of the file of results. What does not
/// apply, or was not measured, is left empty there.
fn measure<T: Precision>(
    criterion: &mut Criterion,
    directory: &Path,
    mut rows: Vec<Row<T>>,
) -> Vec<String> {
    let source = precision::standard_normals::<T>(1, SOURCE);
    for length in LENGTHS {
        let mut group = criterion.benchmark_group(group_name::<T>(length));
        group.sampling_mode(SamplingMode::Flat);
        for row in &mut rows {
            let mut windows = source.chunks_exact(length).cycle();
            group.bench_function(row.id, |bencher| {
                bencher.iter_custom(|calls| {
                    let windows = windows.by_ref().take(calls as usize);
                    let times = windows.map(|xs| time(row.peer.as_mut(), xs)).collect();
                    median(times) * calls as u32
                });
            });
        }
        group.finish();
    }

    let normals = Judged::new(precision::standard_normals::<T>(2, T::NORMALS));
    let sweep = Judged::new(precision::sweep::<T>());
    rows.iter_mut()
        .map(|row| {
            let mut judgement = [String::new(), String::new()];
            if row.is_selu {
                let (normal_error, share) = normals.judge(row.peer.as_mut());
                let (sweep_error, _) = sweep.judge(row.peer.as_mut());
                judgement = [normal_error.max(sweep_error), share].map(|x| x.to_string());
            }
            let times = LENGTHS.map(|length| {
                let time = nanoseconds::<T>(directory, length, row.id);
                time.map_or_else(String::new, |time| format!("{time:.4}"))
            });
            let names = [T::NAME.into(), row.name.into(), machine::version(row.package)];
            let cells: Vec<String> = names.into_iter().chain(judgement).chain(times).collect();
            cells.join(";")
        })
        .collect()
}

/// The time of one call on `xs`.
fn time<T>(peer: &mut dyn Peer<T>, xs: &[T]) -> Duration {
    peer.load(xs);
    let start = Instant::now();
    peer.call();
    start.elapsed()
}

/// The middle one, so that calls in which the system ran something else do not count.
fn median(mut times: Vec<Duration>) -> Duration {
    let middle = times.len() / 2;
    *times.select_nth_unstable(middle).1
}

fn group_name<T: Precision>(length: usize) -> String {
    format!("{}-{length}", T::NAME)
}

/// Criterion's median estimate per value, if this run has one.
fn nanoseconds<T: Precision>(directory: &Path, length: usize, id: &str) -> Option<f64> {
    let file: PathBuf =
        [group_name::<T>(length).as_str(), id, "new", "estimates.json"].iter().collect();
    let text = fs::read_to_string(directory.join(file)).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).expect("estimates of criterion");
    let per_call = estimates["median"]["point_estimate"].as_f64();
    Some(per_call.expect("a median") / length as f64)
}

/// Values with their exact results.
struct Judged<T> {
    xs: Vec<T>,
    exact: Vec<Exact>,
}

impl<T: Precision> Judged<T> {
    fn new(xs: Vec<T>) -> Self {
        let exact = xs.iter().map(|x| x.exact()).collect();
        Self { xs, exact }
    }

    /// The largest error of `peer` in ULP, and the share of its results not correctly rounded.
    fn judge(&self, peer: &mut dyn Peer<T>) -> (f64, f64) {
        peer.load(&self.xs);
        peer.call();
        let results = peer.results();
        assert_eq!(results.len(), self.xs.len());
        let errors = || {
            let pairs = results.iter().zip(&self.exact);
            pairs.map(|(&result, &exact)| precision::error_ulp(result, exact))
        };
        let wrong = errors().filter(|&error| error > 0.5 + TIE).count();
        (errors().fold(0.0, f64::max), wrong as f64 / results.len() as f64)
    }
}
