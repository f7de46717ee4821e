"use strict";

const ALL_BLOCKS = 65536; // of 65,536 numbers each: see tests/common/digest.rs
const BLOCKS_PER_TASK = 32;
const FUNCTIONS = ["selu", "selu_grad"];

/** The digests of all results, or of a sample, computed by as many workers as there are cores. */
function offerEveryF32(wasm, exports) {
  const { digest_take_in } = exports;
  const cores = navigator.hardwareConcurrency || 1;
  const status = element("status");
  let workers = [];
  const onCores = cores === 1 ? "1 core" : `${cores} cores`;

  /** How long all blocks will take, in milliseconds, judging by a few of either sign. */
  function estimate() {
    const BLOCKS = [0x3e00, 0x3f80, 0x4000, 0xbe00, 0xbf80, 0xc000];
    const digestAll = () => {
      for (const name of FUNCTIONS) for (const block of BLOCKS) exports[`digest_${name}`](block);
    };
    // Once to have it compiled.
    digestAll();
    const started = performance.now();
    digestAll();
    return ((performance.now() - started) * ALL_BLOCKS) / BLOCKS.length / cores;
  }

  function start(step, suffix) {
    const blocks = ALL_BLOCKS / step;
    const tasks = FUNCTIONS.flatMap((name) =>
      Array.from({ length: blocks / BLOCKS_PER_TASK }, (_, i) => {
        return { name, first: i * BLOCKS_PER_TASK };
      }));
    const digests = Object.fromEntries(FUNCTIONS.map((name) => [name, new BigUint64Array(blocks)]));
    const total = tasks.length;
    const started = performance.now();
    let begun = 0;
    let done = 0;
    let shown = started;

    const script = new Blob([`(${digestWorker})()`], { type: "text/javascript" });
    const source = URL.createObjectURL(script);
    setRunning(true);
    element("progress").value = 0;
    status.textContent = `Running on ${onCores} …`;
    for (const name of FUNCTIONS) {
      element(`committed-${name}`).textContent = DIGESTS[`${name}-f32${suffix}`];
      element(`computed-${name}`).textContent = "…";
    }

    workers = Array.from({ length: cores }, () => new Worker(source));
    for (const worker of workers) {
      let task;
      const next = () => {
        task = tasks[begun++];
        if (task === undefined) return;
        const block = (_, i) => (task.first + i) * step;
        const blocks = Uint32Array.from({ length: BLOCKS_PER_TASK }, block);
        worker.postMessage({ wasm, name: task.name, blocks });
      };
      worker.onmessage = ({ data }) => {
        digests[task.name].set(data, task.first);
        done++;
        next();
        if (done === total) finish();
        else showProgress();
      };
      worker.onerror = (event) => stop(`Failed: ${event.message || "the worker could not run"}`);
      next();
    }
    URL.revokeObjectURL(source);

    function showProgress() {
      element("progress").value = done / total;
      const now = performance.now();
      // Soon enough to be of use, seldom enough to be read.
      if (now - shown < 1000) return;
      shown = now;
      const left = ((now - started) / done) * (total - done);
      const percents = Math.floor((100 * done) / total);
      status.textContent = `${percents} % done, about ${duration(left)} left.`;
    }

    function finish() {
      const different = FUNCTIONS.filter((name) => {
        const digest = digests[name].reduce((digest, block) => digest_take_in(digest, block), 0n);
        const text = BigInt.asUintN(64, digest).toString(16).padStart(16, "0");
        element(`computed-${name}`).textContent = text;
        return text !== DIGESTS[`${name}-f32${suffix}`];
      });
      const results = (blocks * 65536).toLocaleString("en");
      const time = duration(performance.now() - started);
      stop(different.length === 0
        ? `Equal. ${results} results of each function, in ${time}.`
        : `Different: ${different.join(" and ")}.`, 1);
    }
  }

  function stop(message, progress = 0) {
    for (const worker of workers) worker.terminate();
    workers = [];
    setRunning(false);
    element("progress").value = progress;
    status.textContent = message;
  }

  function setRunning(running) {
    element("run-all").disabled = running;
    element("run-sample").disabled = running;
    element("cancel").disabled = !running;
  }

  element("run-all").addEventListener("click", () => start(1, ""));
  element("run-sample").addEventListener("click", () => start(64, "-sample"));
  element("cancel").addEventListener("click", () => {
    for (const name of FUNCTIONS) element(`computed-${name}`).textContent = "";
    stop("Cancelled.");
  });
  for (const name of FUNCTIONS) element(`committed-${name}`).textContent = DIGESTS[`${name}-f32`];
  setRunning(false);
  const all = estimate();
  status.textContent = `Not started. On ${onCores} all take about ${duration(all)}, ` +
    `the sample ${duration(all / 64)}.`;
}

function duration(milliseconds) {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
