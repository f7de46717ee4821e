"use strict";

/** The shortest decimal that is this `f32`, with typographic signs. */
function formatF32(x) {
  let shortest = String(x);
  for (let digits = 1; digits <= 9 && Number.isFinite(x); digits++) {
    shortest = String(Number(x.toPrecision(digits)));
    if (Math.fround(Number(shortest)) === x) break;
  }
  return typeset(shortest);
}

/** 1e-7 as 10⁻⁷, and − for the hyphen. */
function typeset(decimal) {
  const [, mantissa, exponent] = /^([^e]*)(?:e\+?(.*))?$/.exec(decimal);
  const minus = mantissa.replace("-", "−");
  return exponent === undefined ? minus : `${minus}·${powerOf10(exponent)}`;
}

function powerOf10(exponent) {
  const superscript = [...String(exponent)].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
  return `10${superscript.join("")}`;
}

function element(id) {
  return document.getElementById(id);
}

/**
 * A plot in an SVG element: linear scales from `[left, right]` and `[bottom, top]`, drawn in as
 * many units as the element is wide in pixels.
 */
class Plot {
  constructor(svg, { x, y, heightPerWidth, margin }) {
    Object.assign(this, { svg, x, y, heightPerWidth, margin });
    this.fit();
  }

  fit() {
    this.width = Math.max(this.svg.clientWidth, 200);
    this.height = Math.round(this.width * this.heightPerWidth);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.replaceChildren();
  }

  left(x) {
    const { left, right } = this.margin;
    return left + ((x - this.x[0]) / (this.x[1] - this.x[0])) * (this.width - left - right);
  }

  top(y) {
    const { top, bottom } = this.margin;
    return top + ((this.y[1] - y) / (this.y[1] - this.y[0])) * (this.height - top - bottom);
  }

  /** The x under a pointer. */
  under(event) {
    const { left, right } = this.margin;
    const box = this.svg.getBoundingClientRect();
    const share = (event.clientX - box.left - left) / (box.width - left - right);
    return this.x[0] + Math.min(Math.max(share, 0), 1) * (this.x[1] - this.x[0]);
  }

  add(name, attributes, text = "") {
    const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    shape.textContent = text;
    this.svg.append(shape);
    return shape;
  }

  line(kind, [x1, y1], [x2, y2]) {
    return this.add("line", {
      class: kind, x1: this.left(x1), y1: this.top(y1), x2: this.left(x2), y2: this.top(y2),
    });
  }

  path(kind, points) {
    const steps = points.map(([x, y]) => `${this.left(x).toFixed(2)},${this.top(y).toFixed(2)}`);
    return this.add("path", { class: kind, d: `M${steps.join("L")}` });
  }

  /** Vertical grid lines at the keys of `ticks`, labelled with their values. */
  ticksOfX(ticks) {
    for (const [x, label] of ticks) {
      this.line(label === "0" ? "axis" : "grid", [x, this.y[0]], [x, this.y[1]]);
      this.add("text", { x: this.left(x), y: this.height - 6, "text-anchor": "middle" }, label);
    }
  }

  ticksOfY(ticks) {
    for (const [y, label] of ticks) {
      this.line(label === "0" ? "axis" : "grid", [this.x[0], y], [this.x[1], y]);
      const anchor = { x: this.margin.left - 6, y: this.top(y) + 4, "text-anchor": "end" };
      this.add("text", anchor, label);
    }
  }
}

/** Calls `draw` now and whenever the width of the element changes. */
function drawToFit(element, draw) {
  let width;
  new ResizeObserver(() => {
    if (element.clientWidth !== width) {
      width = element.clientWidth;
      draw();
    }
  }).observe(element);
}
