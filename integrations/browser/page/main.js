"use strict";

// `WASM` and `DIGESTS` are written by `build`.
(async () => {
  const wasm = Uint8Array.from(atob(WASM), (c) => c.charCodeAt(0));
  const { exports } = (await WebAssembly.instantiate(wasm)).instance;
  showCurve(exports);
  showNearZero(exports);
  offerEveryF32(wasm, exports);
})();
