// What `build` wrote for the page.
import { readFileSync } from "node:fs";

const source = readFileSync(new URL("../site/built.js", import.meta.url), "utf8");
const { WASM, DIGESTS } = new Function(`${source}; return { WASM, DIGESTS };`)();

export const wasm = Buffer.from(WASM, "base64");
export const digests = DIGESTS;

/**
 * The distance from one block of 2¹⁶ numbers that is digested to the next, and how the digest's name
 * ends.
 */
export const [step, suffix] = process.env.EVERY_F32 ? [1, ""] : [64, "-sample"];
