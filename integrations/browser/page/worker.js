"use strict";

/**
 * What runs in a worker: digests the blocks that it is told, by the function that it is told. The
 * page starts it from its source, since a page that was opened as a file may start no other worker.
 */
function digestWorker() {
  let instance;
  onmessage = async ({ data: { wasm, name, blocks } }) => {
    instance ??= WebAssembly.instantiate(wasm);
    const { exports } = (await instance).instance;
    postMessage(BigUint64Array.from(blocks, exports[`digest_${name}`]));
  };
}
