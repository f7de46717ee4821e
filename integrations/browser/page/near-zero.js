"use strict";

/** SELU close to 0 by this crate and by exp(x) − 1 in `f32`, and the errors of both. */
function showNearZero(exports) {
  const { selu } = exports;
  const SCALE_ALPHA = 1.7580993408473768;
  const CLOSEST = 12; // The smallest |x| is 10⁻¹².
  const zoom = element("zoom");

  const exact = (x) => SCALE_ALPHA * Math.expm1(x);
  const naive = (x) =>
    Math.fround(Math.fround(SCALE_ALPHA) * Math.fround(Math.fround(Math.exp(x)) - 1));
  const error = (y, x) => Math.abs(y / exact(x) - 1);
  const edge = () => Math.fround(-(10 ** -zoom.value));

  /** Of an array of inputs, the results. */
  const ofNaive = (xs) => xs.map(naive);
  const ofOurs = (xs) => {
    const ys = xs.slice();
    seluArray(exports, ys);
    return ys;
  };

  /** The logarithm of the largest error around each of some powers of 10. */
  function largestErrors(f) {
    const POINTS = 200;
    const NEIGHBOURS = 64;
    return Array.from({ length: POINTS + 1 }, (_, i) => {
      const power = (_, k) => -(10 ** ((-CLOSEST * (i + k / NEIGHBOURS)) / POINTS));
      const xs = Float32Array.from({ length: NEIGHBOURS }, power);
      const largest = f(xs).reduce((largest, y, k) => Math.max(largest, error(y, xs[k])), 1e-10);
      return [(CLOSEST * i) / POINTS, Math.log10(largest)];
    });
  }
  const errorsOfNaive = largestErrors(ofNaive);
  const errorsOfOurs = largestErrors(ofOurs);

  function draw() {
    drawValues();
    drawErrors();
    const x = edge();
    element("edge").textContent = formatF32(x);
    element("exact").textContent = typeset(String(Number(exact(x).toPrecision(12))));
    element("ours").textContent = formatF32(selu(x));
    element("naive").textContent = formatF32(naive(x));
    element("ours-error").textContent = ulps(selu(x), x);
    element("naive-error").textContent = ulps(naive(x), x);
    zoom.setAttribute("aria-valuetext", `from ${formatF32(x)} to 0`);
  }

  /** The error in units of the last place that an `f32` has at the exact value. */
  function ulps(y, x) {
    const lastPlace = 2 ** (Math.floor(Math.log2(Math.abs(exact(x)))) - 23);
    const count = Number((Math.abs(y - exact(x)) / lastPlace).toPrecision(2));
    return `${typeset(count < 1e4 ? count.toLocaleString("en") : count.toExponential())}\u00a0ULP`;
  }

  /** From the edge to 0, in units of the edge. */
  function drawValues() {
    const x = edge();
    const y = exact(x);
    const plot = new Plot(element("values"), {
      x: [-1, 0], y: [-1.35, 0.1], heightPerWidth: 0.5,
      margin: { left: 12, right: 12, top: 8, bottom: 24 },
    });
    plot.line("axis", [-1, 0], [0, 0]);
    plot.line("grid", [-1, -1], [0, -1]);
    plot.ticksOfX([[-1, ""], [-0.5, ""], [0, "0"]]);
    for (const [share, anchor] of [[-1, "start"], [-0.5, "middle"]]) {
      const label = typeset(String(Number((-share * x).toPrecision(2))));
      plot.add("text", { x: plot.left(share), y: plot.height - 6, "text-anchor": anchor }, label);
    }
    const label = typeset(String(Number(y.toPrecision(3))));
    plot.add("text", { x: plot.left(0) - 6, y: plot.top(-1) - 6, "text-anchor": "end" }, label);
    const points = (f) => Array.from({ length: plot.width + 1 }, (_, i) => {
      const share = i / plot.width - 1;
      return [share, -f(Math.fround(-share * x)) / y];
    });
    plot.path("naive", points(naive));
    plot.path("ours", points(selu));
  }

  /** Relative errors, on logarithmic axes. */
  function drawErrors() {
    const plot = new Plot(element("errors"), {
      x: [0, CLOSEST], y: [-10, 0.3], heightPerWidth: 0.55,
      margin: { left: 42, right: 20, top: 8, bottom: 24 },
    });
    const step = plot.width < 500 ? 3 : 2;
    const ticks = Array.from({ length: CLOSEST / step + 1 }, (_, i) => i * step);
    plot.ticksOfX(ticks.map((power) => [power, power === 0 ? "−1" : `−${powerOf10(-power)}`]));
    const powers = [-10, -8, -6, -4, -2, 0];
    plot.ticksOfY(powers.map((power) => [power, power === 0 ? "1" : powerOf10(power)]));
    const halfPlace = Math.log10(2 ** -24);
    plot.line("half-place", [0, halfPlace], [CLOSEST, halfPlace]);

    plot.path("naive", errorsOfNaive);
    plot.path("ours", errorsOfOurs);
    plot.line("tangent", [Number(zoom.value), plot.y[0]], [Number(zoom.value), plot.y[1]]);
  }

  function zoomTo(power) {
    zoom.value = power;
    draw();
  }

  zoom.addEventListener("input", draw);

  // The wheel, unless it is scrolling the page past this or has come to an end of the scale.
  const figures = element("near-zero");
  let scrolled = -Infinity;
  addEventListener("scroll", () => (scrolled = performance.now()), { passive: true });
  figures.addEventListener("wheel", (event) => {
    const before = Number(zoom.value);
    if (event.target.closest(".plot") === null || performance.now() - scrolled < 300) return;
    zoomTo(before - Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY) / 400, 0.5));
    if (Number(zoom.value) !== before) event.preventDefault();
  }, { passive: false });

  // Two fingers.
  const fingers = new Map();
  let start;
  const apart = () => {
    const [a, b] = fingers.values();
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  };
  for (const plot of [element("values"), element("errors")]) {
    plot.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, event);
      if (fingers.size === 2) start = { apart: apart(), power: Number(zoom.value) };
    });
    plot.addEventListener("pointermove", (event) => {
      if (!fingers.has(event.pointerId)) return;
      fingers.set(event.pointerId, event);
      if (fingers.size === 2) zoomTo(start.power + 2 * Math.log10(apart() / start.apart));
    });
  }
  for (const end of ["pointerup", "pointercancel"]) {
    addEventListener(end, (event) => fingers.delete(event.pointerId));
  }

  drawToFit(figures, draw);
}
