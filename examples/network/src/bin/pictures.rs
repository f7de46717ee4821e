//! Draws the pictures of the documentation, except the one of the benchmark.
//!
//! ```text
//! cargo run --release --manifest-path examples/network/Cargo.toml --bin pictures
//! ```
//!
//! writes `selu.svg`, `relative-error.svg` and `hundred-layers.svg` to `docs/pictures/`, the same
//! files on every run.

use ndarray::Array2;
use plotters::chart::{ChartContext, SeriesLabelPosition};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use rand_distr::StandardNormal;
use selu::rand::SeedableRng;
use selu::rand::distr::Distribution;
use selu::rand::rngs::Xoshiro256PlusPlus;
use selu::{LecunNormal, consts, selu, selu_grad, selu_slice};
use std::error::Error;
use std::ops::Range;
use std::path::Path;

const BLUE: RGBColor = RGBColor(0, 114, 178);
const VERMILION: RGBColor = RGBColor(213, 94, 0);
const GREEN: RGBColor = RGBColor(0, 140, 100);
const GREY: RGBColor = RGBColor(128, 128, 128);
const FAINT: RGBColor = RGBColor(228, 228, 228);
const FONT: &str = "sans-serif";

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn Error>>;

/// Canvas units per unit of the picture: the backend draws at whole coordinates.
const FINE: u32 = 4;

fn main() -> Drawn {
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pictures"));
    std::fs::create_dir_all(directory)?;
    for (name, width, height, draw) in [
        ("selu.svg", 720, 480, selu_and_derivative as fn(&Area) -> Drawn),
        ("relative-error.svg", 720, 440, relative_error),
        ("hundred-layers.svg", 720, 720, hundred_layers),
    ] {
        let mut svg = String::new();
        {
            let canvas = (FINE * width, FINE * height);
            let area = SVGBackend::with_string(&mut svg, canvas).into_drawing_area();
            area.fill(&WHITE)?;
            draw(&area)?;
            area.present()?;
        }
        let drawn_size = format!(r#"<svg width="{}" height="{}""#, FINE * width, FINE * height);
        let shown_size = format!(r#"<svg width="{width}" height="{height}""#);
        let path = directory.join(name);
        std::fs::write(&path, svg.replacen(&drawn_size, &shown_size, 1))?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Writes the title at the top of `area`; returns the rest.
fn titled<'a>(area: &Area<'a>, title: &str) -> Result<Area<'a>, Box<dyn Error>> {
    Ok(area.margin(12 * FINE, 0, 0, 0).titled(title, (FONT, 20 * FINE))?)
}

struct Axis {
    name: &'static str,
    range: Range<f64>,
    /// About how many labels it has.
    labels: usize,
    format: fn(f64) -> String,
}

fn axes<'a, 'b>(area: &Area<'b>, x: Axis, y: Axis) -> Result<Chart<'a, 'b>, Box<dyn Error>> {
    let mut chart = ChartBuilder::on(area)
        .margin(16 * FINE)
        .margin_right(32 * FINE)
        .x_label_area_size(48 * FINE)
        .y_label_area_size(72 * FINE)
        .build_cartesian_2d(x.range, y.range)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(FAINT.stroke_width(FINE))
        .axis_style(BLACK.stroke_width(FINE))
        .set_all_tick_mark_size(4 * FINE)
        .x_desc(x.name)
        .x_labels(x.labels)
        .x_label_formatter(&|value| (x.format)(*value).replace('-', "−"))
        .y_desc(y.name)
        .y_labels(y.labels)
        .y_label_formatter(&|value| (y.format)(*value).replace('-', "−"))
        .label_style((FONT, 14 * FINE))
        .axis_desc_style((FONT, 16 * FINE))
        .draw()?;
    Ok(chart)
}

fn line<'a, 'b>(
    chart: &mut Chart<'a, 'b>,
    points: impl IntoIterator<Item = (f64, f64)>,
    color: RGBColor,
    label: Option<&str>,
) -> Drawn {
    let style = color.stroke_width(2 * FINE);
    let series = chart.draw_series(LineSeries::new(points, style))?;
    if let Some(label) = label {
        series
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24 * FINE as i32, y)], style));
    }
    Ok(())
}

fn legend<'a, 'b: 'a>(chart: &mut Chart<'a, 'b>, position: SeriesLabelPosition) -> Drawn {
    chart
        .configure_series_labels()
        .position(position)
        .legend_area_size(32 * FINE)
        .margin(12 * FINE)
        .background_style(WHITE)
        .border_style(FAINT.stroke_width(FINE))
        .label_font((FONT, 16 * FINE))
        .draw()?;
    Ok(())
}

/// A power of ten for an axis that carries exponents.
fn power_of_ten(exponent: f64) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let exponent = exponent.round() as i32;
    let sign = if exponent < 0 { "⁻" } else { "" };
    let digits = exponent.unsigned_abs().to_string();
    let raised: String = digits.bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect();
    if exponent == 0 { "1".into() } else { format!("10{sign}{raised}") }
}

fn selu_and_derivative(area: &Area) -> Drawn {
    const LEFT: f64 = -4.0;
    const RIGHT: f64 = 3.0;
    let mut chart = axes(
        &titled(area, "SELU and its derivative")?,
        Axis { name: "x", range: LEFT..RIGHT, labels: 8, format: |x| format!("{x:.0}") },
        Axis { name: "value", range: -2.0..3.5, labels: 12, format: |y| format!("{y:.1}") },
    )?;

    let between =
        |from: f64, to: f64| (0..=200).map(move |i| from + (to - from) * f64::from(i) / 200.0);
    line(&mut chart, [(LEFT, 0.0), (RIGHT, 0.0)], GREY, None)?;
    line(&mut chart, between(LEFT, RIGHT).map(|x| (x, selu(x))), BLUE, Some("selu(x)"))?;
    // The derivative jumps at 0: the left piece ends before it, the right piece starts on it.
    let left = between(LEFT, 0.0).map(|x| (x, selu_grad(x.min(-f64::MIN_POSITIVE))));
    line(&mut chart, left, VERMILION, Some("selu′(x)"))?;
    line(&mut chart, between(0.0, RIGHT).map(|x| (x, selu_grad(x))), VERMILION, None)?;
    let dot = |y, style: ShapeStyle| Circle::new((0.0, y), 4 * FINE, style);
    chart.draw_series([
        dot(consts::f64::SCALE_ALPHA, WHITE.filled()),
        dot(consts::f64::SCALE_ALPHA, VERMILION.stroke_width(2 * FINE)),
        dot(consts::f64::SCALE, VERMILION.filled()),
    ])?;
    let note = |x, y, text: &'static str| {
        let font = (FONT, 14 * FINE).into_font().color(&BLACK);
        Text::new(text, (x, y), font.pos(Pos::new(HPos::Left, VPos::Center)))
    };
    chart.draw_series([
        note(0.12, consts::f64::SCALE_ALPHA, "λα = 1.758"),
        note(1.1, 0.85, "selu′(0) = λ = 1.051"),
    ])?;
    legend(&mut chart, SeriesLabelPosition::UpperLeft)
}

/// The largest relative error of `function` in each of 180 stretches of −1 … −10⁻⁹: where x lies,
/// and how large the error is, both as exponents of ten.
fn largest_errors(function: impl Fn(f32) -> f32) -> Vec<(f64, f64)> {
    const DECADES: f64 = 9.0;
    const STRETCHES: u32 = 180;
    const POINTS: u32 = 200;
    let all = f64::from(STRETCHES * POINTS);
    (0..STRETCHES)
        .map(|stretch| {
            let largest = (0..POINTS)
                .map(|point| {
                    let position = DECADES * f64::from(stretch * POINTS + point) / all;
                    let x = -(10_f64.powf(-position)) as f32;
                    let exact = consts::f64::SCALE_ALPHA * f64::from(x).exp_m1();
                    (f64::from(function(x)) / exact - 1.0).abs()
                })
                .fold(0.0, f64::max);
            (DECADES * (f64::from(stretch) + 0.5) / f64::from(STRETCHES), largest.log10())
        })
        .collect()
}

fn relative_error(area: &Area) -> Drawn {
    let mut chart = axes(
        &titled(area, "Relative error of SELU in f32")?,
        Axis {
            name: "x",
            range: 0.0..9.0,
            labels: 10,
            format: |exponent| format!("−{}", power_of_ten(-exponent)),
        },
        Axis { name: "largest relative error", range: -9.0..1.0, labels: 11, format: power_of_ten },
    )?;
    let naive = largest_errors(|x| consts::f32::SCALE_ALPHA * (x.exp() - 1.0));
    line(&mut chart, naive, VERMILION, Some("λα·(exp(x) − 1)"))?;
    line(&mut chart, largest_errors(selu), BLUE, Some("this crate"))?;
    legend(&mut chart, SeriesLabelPosition::UpperLeft)
}

/// Mean and variance of the input and after each of 100 layers of 256 neurons, for 256 samples,
/// with LeCun-normal weights that are the same for every activation.
fn moments(activation: impl Fn(&mut [f32])) -> Vec<(f64, f64)> {
    const SHAPE: (usize, usize) = (256, 256);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let distribution = LecunNormal::new(SHAPE.0).expect("there are inputs");
    let mut x = Array2::from_shape_simple_fn(SHAPE, || {
        let z: f32 = StandardNormal.sample(&mut rng);
        0.08 + 1.2 * z
    });
    let measure = |x: &Array2<f32>| {
        let x = x.mapv(f64::from);
        (x.sum() / x.len() as f64, x.var(0.0))
    };
    let mut moments = vec![measure(&x)];
    for _ in 0..100 {
        x = x.dot(&Array2::from_shape_simple_fn(SHAPE, || distribution.sample(&mut rng)));
        activation(x.as_slice_mut().expect("the product of two matrices is contiguous"));
        moments.push(measure(&x));
    }
    moments
}

fn hundred_layers(area: &Area) -> Drawn {
    let networks = [
        ("SELU", BLUE, moments(selu_slice)),
        ("ReLU", VERMILION, moments(|xs| xs.iter_mut().for_each(|x| *x = x.max(0.0)))),
        ("tanh", GREEN, moments(|xs| xs.iter_mut().for_each(|x| *x = x.tanh()))),
    ];
    for (name, _, moments) in &networks {
        let (mean, variance) = moments[moments.len() - 1];
        println!("{name} after 100 layers: mean {mean:.3e}, variance {variance:.3e}");
    }
    let area = titled(area, "Activations through 100 layers with LeCun-normal weights")?;
    let (upper, lower) = area.split_vertically(340 * FINE);

    let mut chart = axes(
        &upper,
        Axis {
            name: "layer",
            range: 0.0..100.0,
            labels: 11,
            format: |layer| format!("{layer:.0}"),
        },
        Axis { name: "mean", range: -0.2..0.6, labels: 9, format: |mean| format!("{mean:.1}") },
    )?;
    for (name, color, moments) in &networks {
        let means = moments.iter().zip(0..).map(|(&(mean, _), layer)| (f64::from(layer), mean));
        line(&mut chart, means, *color, Some(name))?;
    }
    legend(&mut chart, SeriesLabelPosition::UpperRight)?;

    let mut chart = axes(
        &lower,
        Axis {
            name: "layer",
            range: 0.0..100.0,
            labels: 11,
            format: |layer| format!("{layer:.0}"),
        },
        Axis { name: "variance", range: -32.0..2.0, labels: 10, format: power_of_ten },
    )?;
    for (name, color, moments) in &networks {
        let variances = moments.iter().zip(0..);
        let points = variances.map(|(&(_, variance), layer)| (f64::from(layer), variance.log10()));
        line(&mut chart, points, *color, Some(name))?;
    }
    legend(&mut chart, SeriesLabelPosition::LowerLeft)
}
