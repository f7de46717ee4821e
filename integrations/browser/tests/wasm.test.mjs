// The compiled crate in Node, without a browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Worker } from "node:worker_threads";
import { digests, step, suffix, wasm } from "./built.mjs";

/** The digest, computed in a thread of its own. */
function digest(name) {
  const source = `
    const { parentPort, workerData: { wasm, name, step } } = require("node:worker_threads");
    WebAssembly.instantiate(wasm).then(({ instance: { exports } }) => {
      let digest = 0n;
      for (let block = 0; block < 65536; block += step) {
        digest = exports.digest_take_in(digest, exports["digest_" + name](block));
      }
      parentPort.postMessage(BigInt.asUintN(64, digest).toString(16).padStart(16, "0"));
    });`;
  return new Promise((resolve, reject) => {
    const worker = new Worker(source, { eval: true, workerData: { wasm, name, step } });
    worker.once("message", resolve).once("error", reject);
  });
}

for (const name of ["selu", "selu_grad"]) {
  test(`${name}-f32${suffix} has the committed digest`, async () => {
    assert.equal(await digest(name), digests[`${name}-f32${suffix}`]);
  });
}

test("a Float32Array of any length goes through selu_slice", async () => {
  const source = readFileSync(new URL("../page/array.js", import.meta.url), "utf8");
  const seluArray = new Function(`${source}; return seluArray;`)();
  const { exports } = (await WebAssembly.instantiate(wasm)).instance;
  // Long enough to make the memory grow, and then short again.
  for (const length of [0, 1, 7, 1000, 3_000_000, 5]) {
    const xs = Float32Array.from({ length }, (_, i) => 6 * Math.sin(0.7 * i));
    const ys = xs.slice();
    seluArray(exports, ys);
    assert.equal(ys.length, length);
    const wrong = ys.findIndex((y, i) => !Object.is(y, exports.selu(xs[i])));
    assert.equal(wrong, -1, `at ${xs[wrong]} of ${length} values`);
  }
  const special = Float32Array.of(-0, NaN, Infinity, -Infinity, -1e-8);
  seluArray(exports, special);
  assert.deepEqual([...special], [-0, NaN, Infinity, ...Float32Array.of(-1.7580993, -1.7580993e-8)]);
});
