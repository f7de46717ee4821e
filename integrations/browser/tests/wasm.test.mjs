// The compiled crate in Node, without a browser.
import assert from "node:assert/strict";
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
