//! A self-normalising network learns to read handwritten digits.
//!
//! ```text
//! cargo run --release --manifest-path examples/network/Cargo.toml --bin digits [digits.csv.gz]
//! ```
//!
//! The network of Keras's page on SELU: dense layers of 64, 32 and 16 neurons with SELU and
//! LeCun-normal weights, alpha dropout after each of them in training, then 10 neurons with
//! softmax. Stochastic gradient descent with momentum on the cross-entropy, from a fixed seed. A
//! fifth of the 1,797 images is held out.

use flate2::read::MultiGzDecoder;
use ndarray::{Array1, Array2, ArrayView2, Axis, Zip};
use selu::rand::distr::Distribution;
use selu::rand::rngs::Xoshiro256PlusPlus;
use selu::rand::seq::SliceRandom;
use selu::rand::{Rng, SeedableRng};
use selu::{AlphaDropout, LecunNormal, selu_backward, selu_into};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const IMAGES: usize = 1797;
const PIXELS: usize = 64;
const CLASSES: usize = 10;
const HIDDEN: [usize; 3] = [64, 32, 16];

const SEED: u64 = 2017;
const EPOCHS: usize = 30;
const BATCH: usize = 32;
const LEARNING_RATE: f32 = 0.01;
const MOMENTUM: f32 = 0.9;
const DROPOUT_RATE: f64 = 0.05;

fn main() -> ExitCode {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits.csv.gz");
    let path = std::env::args_os().nth(1).map_or_else(|| shipped.into(), PathBuf::from);
    match read_digits(&path) {
        Ok(digits) => {
            train(&digits);
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("digits: {}: {reason}", path.display());
            ExitCode::from(2)
        }
    }
}

struct Digits {
    /// One row per image.
    images: Array2<f32>,
    labels: Vec<usize>,
}

/// Reads gzip-compressed lines of 64 pixels and the digit, separated by commas.
fn read_digits(path: &Path) -> Result<Digits, String> {
    let file = File::open(path).map_err(|error| format!("cannot be opened: {error}"))?;
    let mut pixels = Vec::with_capacity(IMAGES * PIXELS);
    let mut labels = Vec::with_capacity(IMAGES);
    for (line, number) in BufReader::new(MultiGzDecoder::new(file)).lines().zip(1..) {
        let line = line.map_err(|error| format!("line {number} cannot be read: {error}"))?;
        let values: Vec<u8> = line
            .split(',')
            .map(|field| field.trim().parse())
            .collect::<Result<_, _>>()
            .map_err(|error| format!("line {number} is not all small integers: {error}"))?;
        let Some((&label, image)) = values.split_last().filter(|_| values.len() == PIXELS + 1)
        else {
            return Err(format!(
                "line {number} has {} values, expected {PIXELS} pixels and a digit",
                values.len()
            ));
        };
        if let Some(pixel) = image.iter().find(|&&pixel| pixel > 16) {
            return Err(format!("line {number} has a pixel of {pixel}, expected 0 to 16"));
        }
        if usize::from(label) >= CLASSES {
            return Err(format!("line {number} has the digit {label}, expected 0 to 9"));
        }
        pixels.extend(image.iter().map(|&pixel| f32::from(pixel)));
        labels.push(usize::from(label));
    }
    if labels.len() != IMAGES {
        return Err(format!("has {} images, expected {IMAGES}", labels.len()));
    }
    let images = Array2::from_shape_vec((IMAGES, PIXELS), pixels)
        .map_err(|error| format!("has the wrong shape: {error}"))?;
    Ok(Digits { images, labels })
}

impl Digits {
    fn rows(&self, rows: &[usize]) -> Self {
        Self {
            images: self.images.select(Axis(0), rows),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
        }
    }

    /// Gives every pixel the mean 0 and the variance 1 that a self-normalising network starts from.
    fn standardize(&mut self, mean: &Array1<f32>, std_dev: &Array1<f32>) {
        self.images -= mean;
        // A pixel that never varies in training stays at 0.
        self.images /= &std_dev.mapv(|std_dev| if std_dev > 0.0 { std_dev } else { 1.0 });
    }
}

/// A dense layer: x·weights + bias.
struct Dense {
    weights: Array2<f32>,
    bias: Array1<f32>,
    weights_velocity: Array2<f32>,
    bias_velocity: Array1<f32>,
}

impl Dense {
    fn new(fan_in: usize, fan_out: usize, rng: &mut impl Rng) -> Self {
        let distribution = LecunNormal::new(fan_in).expect("a layer has inputs");
        let shape = (fan_in, fan_out);
        Self {
            weights: Array2::from_shape_simple_fn(shape, || distribution.sample(rng)),
            bias: Array1::zeros(fan_out),
            weights_velocity: Array2::zeros(shape),
            bias_velocity: Array1::zeros(fan_out),
        }
    }

    fn forward(&self, x: ArrayView2<f32>) -> Array2<f32> {
        x.dot(&self.weights) + &self.bias
    }

    /// Learns from the gradient with respect to the output; returns that with respect to `x`.
    fn backward(&mut self, x: ArrayView2<f32>, grad: &Array2<f32>) -> Array2<f32> {
        let grad_x = grad.dot(&self.weights.t());
        let step = |velocity: &mut f32, weight: &mut f32, &grad: &f32| {
            *velocity = MOMENTUM * *velocity - LEARNING_RATE * grad;
            *weight += *velocity;
        };
        Zip::from(&mut self.weights_velocity)
            .and(&mut self.weights)
            .and(&x.t().dot(grad))
            .for_each(step);
        Zip::from(&mut self.bias_velocity)
            .and(&mut self.bias)
            .and(&grad.sum_axis(Axis(0)))
            .for_each(step);
        grad_x
    }
}

/// SELU of a whole matrix.
fn activate(x: &Array2<f32>) -> Array2<f32> {
    let mut y = Array2::zeros(x.raw_dim());
    selu_into(flat(x), y.as_slice_mut().expect("a new matrix is contiguous"));
    y
}

fn flat(x: &Array2<f32>) -> &[f32] {
    x.as_slice().expect("the product of two matrices is contiguous")
}

fn flat_mut(x: &mut Array2<f32>) -> &mut [f32] {
    x.as_slice_mut().expect("the product of two matrices is contiguous")
}

struct Network {
    hidden: Vec<Dense>,
    output: Dense,
}

/// What one hidden layer keeps for back-propagation.
struct Trace {
    input: Array2<f32>,
    pre_activation: Array2<f32>,
    kept: Vec<bool>,
}

impl Network {
    fn new(rng: &mut impl Rng) -> Self {
        let mut fan_in = PIXELS;
        let hidden = HIDDEN
            .map(|width| {
                let layer = Dense::new(fan_in, width, rng);
                fan_in = width;
                layer
            })
            .into();
        Self { hidden, output: Dense::new(fan_in, CLASSES, rng) }
    }

    /// The activations of every hidden layer, without dropout, and the logits.
    fn forward(&self, images: ArrayView2<f32>) -> (Vec<Array2<f32>>, Array2<f32>) {
        let mut activations: Vec<Array2<f32>> = Vec::with_capacity(self.hidden.len());
        for layer in &self.hidden {
            let input = activations.last().map_or(images, |y| y.view());
            activations.push(activate(&layer.forward(input)));
        }
        let last = activations.last().map_or(images, |y| y.view());
        let logits = self.output.forward(last);
        (activations, logits)
    }

    /// One step of gradient descent.
    fn learn(
        &mut self,
        images: Array2<f32>,
        labels: &[usize],
        dropout: &AlphaDropout,
        rng: &mut impl Rng,
    ) {
        let mut traces = Vec::with_capacity(self.hidden.len());
        let mut x = images;
        for layer in &self.hidden {
            let pre_activation = layer.forward(x.view());
            let mut y = activate(&pre_activation);
            let mut kept = vec![false; y.len()];
            dropout.apply_slice_recording(rng, flat_mut(&mut y), &mut kept);
            traces.push(Trace { input: std::mem::replace(&mut x, y), pre_activation, kept });
        }
        let (_, grad) = cross_entropy(&self.output.forward(x.view()), labels);
        let mut grad = self.output.backward(x.view(), &grad);
        for (layer, trace) in self.hidden.iter_mut().zip(traces).rev() {
            dropout.backward(&trace.kept, flat_mut(&mut grad));
            selu_backward(flat(&trace.pre_activation), flat_mut(&mut grad));
            grad = layer.backward(trace.input.view(), &grad);
        }
    }

    /// Cross-entropy and the fraction read correctly.
    fn evaluate(&self, digits: &Digits) -> (f32, f32) {
        let (_, logits) = self.forward(digits.images.view());
        let (loss, _) = cross_entropy(&logits, &digits.labels);
        let right = logits
            .outer_iter()
            .zip(&digits.labels)
            .filter(|(row, label)| (0..CLASSES).all(|class| row[class] <= row[**label]))
            .count();
        (loss, right as f32 / digits.labels.len() as f32)
    }

    fn print_moments(&self, when: &str, images: ArrayView2<f32>) {
        println!("\nActivations {when} training   mean  variance");
        let (activations, _) = self.forward(images);
        for (y, layer) in activations.iter().zip(1..) {
            let (mean, variance) = (y.sum() / y.len() as f32, y.var(0.0));
            println!("  layer {layer}, {:2} neurons {mean:12.3} {variance:9.3}", y.ncols());
        }
    }
}

/// Mean cross-entropy of softmax, and its gradient with respect to the logits.
fn cross_entropy(logits: &Array2<f32>, labels: &[usize]) -> (f32, Array2<f32>) {
    let n = labels.len() as f32;
    let mut loss = 0.0;
    let mut grad = logits.clone();
    for (mut row, &label) in grad.outer_iter_mut().zip(labels) {
        let largest = row.fold(f32::NEG_INFINITY, |largest, &logit| largest.max(logit));
        let log_sum = row.mapv(|logit| (logit - largest).exp()).sum().ln() + largest;
        loss += log_sum - row[label];
        row.mapv_inplace(|logit| (logit - log_sum).exp() / n);
        row[label] -= 1.0 / n;
    }
    (loss / n, grad)
}

fn train(digits: &Digits) {
    let start = Instant::now();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(SEED);

    let mut rows: Vec<usize> = (0..IMAGES).collect();
    rows.shuffle(&mut rng);
    let (held_out_rows, training_rows) = rows.split_at(IMAGES / 5);
    let mut held_out = digits.rows(held_out_rows);
    let mut training = digits.rows(training_rows);
    let mean = training.images.mean_axis(Axis(0)).expect("there are training images");
    let std_dev = training.images.std_axis(Axis(0), 0.0);
    training.standardize(&mean, &std_dev);
    held_out.standardize(&mean, &std_dev);

    let mut network = Network::new(&mut rng);
    let dropout = AlphaDropout::new(DROPOUT_RATE).expect("the rate is between 0 and 1");
    network.print_moments("before", training.images.view());

    println!("\nepoch    loss  accuracy   (training images, without dropout)");
    let mut order: Vec<usize> = (0..training.labels.len()).collect();
    for epoch in 1..=EPOCHS {
        order.shuffle(&mut rng);
        for rows in order.chunks(BATCH) {
            let batch = training.rows(rows);
            network.learn(batch.images, &batch.labels, &dropout, &mut rng);
        }
        let (loss, accuracy) = network.evaluate(&training);
        println!("{epoch:5} {loss:7.4} {:7.1} %", 100.0 * accuracy);
    }

    network.print_moments("after", training.images.view());
    let (loss, accuracy) = network.evaluate(&held_out);
    println!(
        "\nHeld-out fifth, {} images: loss {loss:.4}, accuracy {:.1} %, after {:.1} s",
        held_out.labels.len(),
        100.0 * accuracy,
        start.elapsed().as_secs_f32()
    );
}
