"use strict";

/** The curve, its derivative, and the tangent at the pointer. */
function showCurve({ selu, selu_grad }) {
  const svg = element("curve");
  const slider = element("x");
  let plot;
  let moving = [];

  function draw() {
    plot = new Plot(svg, {
      x: [-6, 3], y: [-2.2, 3.2], heightPerWidth: 0.6,
      margin: { left: 28, right: 12, top: 8, bottom: 24 },
    });
    const integers = (from, to) =>
      Array.from({ length: to - from + 1 }, (_, i) => [from + i, typeset(String(from + i))]);
    plot.ticksOfX(integers(-6, 3));
    plot.ticksOfY(integers(-2, 3));
    const sample = (from, to, f) =>
      Array.from({ length: 201 }, (_, i) => from + ((to - from) * i) / 200).map((x) => [x, f(x)]);
    plot.path("derivative", sample(-6, -1e-6, selu_grad));
    plot.path("derivative", sample(0, 3, selu_grad));
    plot.path("ours", sample(-6, 3, selu));
    moving = [];
    move();
  }

  function move() {
    const x = Math.fround(slider.value);
    const y = selu(x);
    const slope = selu_grad(x);
    const [atX, seluX, gradX] = [x, y, slope].map(formatF32);
    element("at-x").textContent = atX;
    element("selu-x").textContent = seluX;
    element("grad-x").textContent = gradX;
    slider.setAttribute("aria-valuetext", `x ${atX}, selu ${seluX}, slope ${gradX}`);

    const reach = 1.4 / Math.hypot(1, slope);
    for (const shape of moving) shape.remove();
    moving = [
      plot.line("tangent", [x - reach, y - slope * reach], [x + reach, y + slope * reach]),
      plot.add("circle", { class: "derivative", cx: plot.left(x), cy: plot.top(slope), r: 4 }),
      plot.add("circle", { cx: plot.left(x), cy: plot.top(y), r: 5 }),
    ];
  }

  function follow(event) {
    slider.value = plot.under(event);
    move();
  }

  slider.addEventListener("input", move);
  svg.addEventListener("pointerdown", follow);
  svg.addEventListener("pointermove", follow);
  drawToFit(svg, draw);
}
