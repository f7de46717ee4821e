// The page in Debian's Chromium. Screenshots go to target/screenshots.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { digests, suffix } from "./built.mjs";

const SITE = new URL("../site/", import.meta.url);
const SCREENSHOTS = fileURLToPath(new URL("../target/screenshots/", import.meta.url));
const TYPES = { html: "text/html", css: "text/css", js: "text/javascript" };

/** x, selu(x) and the derivative, as `f32`, from arithmetic of 60 decimals. */
const EXPECTED = [
  ["−6", "−1.7537415", "0.0043578926"],
  ["−3.21", "−1.6871485", "0.07095093"],
  ["−1", "−1.1113307", "0.6467686"],
  ["−0.5", "−0.6917582", "1.0663412"],
  ["0", "0", "1.050701"],
  ["0.77", "0.8090397", "1.050701"],
  ["3", "3.152103", "1.050701"],
];

const numeric = (text) => Number(text.replace("−", "-"));

let browser;
let server;
let address;

before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  server = createServer(({ url }, response) => {
    const file = url === "/" ? "index.html" : url.slice(1);
    try {
      const content = readFileSync(new URL(file, SITE));
      response.writeHead(200, { "content-type": TYPES[file.split(".").at(-1)] }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${server.address().port}/`;
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
});

after(async () => {
  await browser.close();
  server.close();
});

/**
 * Opens the page, hands it to `use`, and fails if anything appears in the console or is requested
 * from elsewhere.
 */
async function onPage(use, { url = address, change, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(request.url()));
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(".", url)) && !/^(data|blob):/.test(request.url())) {
      complaints.push(`requests ${request.url()}`);
    }
  });
  if (change) await change(page);
  await page.goto(url);
  await page.locator("#run-all:enabled").waitFor();
  await use(page, context);
  assert.deepEqual(complaints, []);
  await context.close();
}

const text = (page, id) => page.locator(`#${id}`).textContent();

async function digestOnPage(page, button, timeout) {
  await page.locator(button).click();
  await page.locator("#run-all:enabled").waitFor({ timeout });
  return text(page, "status");
}

test("the numbers under the pointer are the expected ones", () => onPage(async (page) => {
  await page.locator("#curve").scrollIntoViewIfNeeded();
  const box = await page.locator("#curve").boundingBox();
  for (const [x, selu, slope] of EXPECTED) {
    // The margins of the plot are 28 and 12 pixels, and x goes from −6 to 3.
    const share = (numeric(x) + 6) / 9;
    await page.mouse.move(box.x + 28 + share * (box.width - 40), box.y + box.height / 3);
    assert.deepEqual(
      [await text(page, "at-x"), await text(page, "selu-x"), await text(page, "grad-x")],
      [x, selu, slope],
    );
  }
}));

test("the slider moves by the keyboard", () => onPage(async (page) => {
  await page.locator("#x").focus();
  await page.keyboard.press("Home");
  assert.equal(await text(page, "selu-x"), EXPECTED[0][1]);
  await page.keyboard.press("ArrowRight");
  assert.equal(await text(page, "at-x"), "−5.99");
  await page.keyboard.press("End");
  assert.equal(await text(page, "selu-x"), EXPECTED.at(-1)[1]);
}));

test("close to 0 exp(x) − 1 is off and the crate is not", () => onPage(async (page) => {
  await page.locator("#zoom").fill("7");
  assert.equal(await text(page, "ours"), "−1.7580993·10⁻⁷");
  assert.equal(await text(page, "naive"), "−2.0958177·10⁻⁷");
  assert.equal(await text(page, "exact"), "−1.75809927349·10⁻⁷");
  assert.equal(await text(page, "ours-error"), "0.2\u00a0ULP");
  assert.equal(await text(page, "naive-error"), "2.4·10⁶\u00a0ULP");
  await page.locator("#zoom").fill("8");
  assert.equal(await text(page, "ours"), "−1.7580993·10⁻⁸");
  assert.equal(await text(page, "naive-error"), "9.9·10⁶\u00a0ULP");
}));

test("the crate is never off by more than half an ULP", () => onPage(async (page) => {
  for (let zoom = 0; zoom <= 12; zoom += 0.37) {
    await page.locator("#zoom").fill(String(zoom));
    const error = (await text(page, "ours-error")).match(/^(0\.\d+)\u00a0ULP$/);
    assert.ok(error !== null && Number(error[1]) <= 0.5, `${zoom}: ${error}`);
  }
}));

test("a Float32Array goes through selu_slice", () => onPage(async (page) => {
  const values = await page.evaluate(async (xs) => {
    const bytes = Uint8Array.from(atob(WASM), (c) => c.charCodeAt(0));
    const { exports } = (await WebAssembly.instantiate(bytes)).instance;
    const values = Float32Array.from(xs);
    seluArray(exports, values);
    return [...values];
  }, EXPECTED.map(([x]) => numeric(x)));
  assert.deepEqual(values, EXPECTED.map(([, y]) => Math.fround(numeric(y))));
}));

test("how long a run takes is said before it is started", () => onPage(async (page) => {
  const seconds = (text) => Number(text.match(/([\d.]+) (s|min)/)[1]) * (/ min/.test(text) ? 60 : 1);
  const before = await text(page, "status");
  assert.match(before, /^Not started\. On \d+ cores? all take about \d+ (s|min), the sample \d+ s\.$/);
  const predicted = seconds(before.match(/sample (.*)\./)[1]);
  const status = await digestOnPage(page, "#run-sample", 600_000);
  const taken = seconds(status.match(/, in (.*)\./)[1]);
  // Other programs may take their share of the cores.
  assert.ok(taken <= 8 * predicted + 2 && predicted <= 8 * taken, `${before} Taken: ${status}`);
}));

test("the wheel zooms, and scrolls at the end of the scale", () => onPage(async (page) => {
  await page.locator("#values").scrollIntoViewIfNeeded();
  await page.waitForTimeout(400);
  await page.locator("#values").hover();
  const zoom = async () => Number(await page.locator("#zoom").inputValue());
  const earlier = await zoom();
  await page.mouse.wheel(0, -200);
  await page.waitForFunction((earlier) => document.getElementById("zoom").value > earlier, earlier);
  await page.locator("#zoom").fill("12");
  const position = await page.evaluate(() => scrollY);
  await page.mouse.wheel(0, -100);
  await page.waitForFunction((position) => scrollY < position, position);
  assert.equal(await zoom(), 12);
}));

test("two fingers zoom", () => onPage(async (page, context) => {
  await page.locator("#values").scrollIntoViewIfNeeded();
  const box = await page.locator("#values").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const earlier = Number(await page.locator("#zoom").inputValue());
  const session = await context.newCDPSession(page);
  const touch = (type, apart) => session.send("Input.dispatchTouchEvent", {
    type,
    touchPoints: apart ? [{ x: x - apart, y, id: 0 }, { x: x + apart, y, id: 1 }] : [],
  });
  await touch("touchStart", 20);
  for (const apart of [30, 40, 60, 80]) await touch("touchMove", apart);
  await touch("touchEnd");
  const zoom = Number(await page.locator("#zoom").inputValue());
  assert.ok(zoom > earlier + 0.5, `from ${earlier} to ${zoom}`);
}, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }));

test(`the digest${suffix} is the committed one`, () => onPage(async (page) => {
  const button = suffix ? "#run-sample" : "#run-all";
  const status = await digestOnPage(page, button, 3_600_000);
  console.log(status);
  assert.match(status, /^Equal\. [0-9,]+ results of each function/);
  for (const name of ["selu", "selu_grad"]) {
    assert.equal(await text(page, `computed-${name}`), digests[`${name}-f32${suffix}`]);
  }
}));

test("a digest that differs is reported", () => onPage(async (page) => {
  assert.equal(await digestOnPage(page, "#run-sample", 600_000), "Different: selu_grad.");
}, {
  change: (page) => page.route("**/built.js", async (route) => {
    const response = await route.fetch();
    const digest = digests["selu_grad-f32-sample"];
    const wrong = digest.replace(/.$/, (c) => (c === "0" ? "1" : "0"));
    await route.fulfill({ response, body: (await response.text()).replace(digest, wrong) });
  }),
}));

test("a run can be cancelled and started again", () => onPage(async (page) => {
  await page.locator("#run-all").click();
  await page.waitForFunction(() => document.getElementById("progress").value > 0);
  await page.locator("#status", { hasText: /% done, about .* left/ }).waitFor();
  await page.screenshot({ path: `${SCREENSHOTS}running.png`, fullPage: true });
  await page.locator("#cancel").click();
  assert.equal(await text(page, "status"), "Cancelled.");
  assert.equal(await text(page, "computed-selu"), "");
  assert.match(await digestOnPage(page, "#run-sample", 600_000), /^Equal/);
}));

test("the page works as a file, too", () => onPage(async (page) => {
  assert.match(await digestOnPage(page, "#run-sample", 600_000), /^Equal/);
}, { url: new URL("index.html", SITE).href }));

for (const [device, options] of [
  ["desktop", {}],
  ["phone", {
    viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true,
  }],
]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`it fits a ${device} in ${colorScheme} colours`, () => onPage(async (page) => {
      assert.match(await digestOnPage(page, "#run-sample", 600_000), /^Equal/);
      await page.screenshot({ path: `${SCREENSHOTS}${device}-${colorScheme}.png`, fullPage: true });
      const excess = await page.evaluate(() =>
        document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(excess, 0);
    }, { ...options, colorScheme }));
  }
}
