"use strict";

/** SELU of every value of a `Float32Array`, in place; `exports` are those of the module. */
function seluArray({ memory, values, selu_values }, array) {
  const address = values(array.length);
  // Made anew each time, since a view ends when the memory grows.
  const view = () => new Float32Array(memory.buffer, address, array.length);
  view().set(array);
  selu_values();
  array.set(view());
}
