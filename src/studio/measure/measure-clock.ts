/**
 * The clock of this machine, as WebAssembly sees it: each of a chain of operations on integers waits for the
 * one before, and takes one cycle on every core of the last decades.
 */
import { assemble } from "../../compiler/emit/wasm/wasm-module.ts";
import { compileWasm, wasmFunctions, wasmMemory } from "../../runtime/wasm/wasm-engine.ts";

const turns = 1000;
const pairs = 50;
/** Additions alone, an engine could gather. */
const pair = "(local.set $x (i32.xor (i32.add (local.get $x) (local.get $y)) (local.get $y)))";
const chain = `(module (func (export "chain") (param $turns i32) (param $y i32) (result i32) (local $x i32)
  (loop $next
    ${pair.repeat(pairs)}
    (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
  (local.get $x)))`;

/** Cycles in a nanosecond. */
export async function measureClock(): Promise<number> {
  const [bytes] = await assemble(chain);
  const alone = { base: 0, memoryBytes: 0, scratchBytes: 0, controlBytes: 0, inputAt: 0, inputBytes: 0 };
  const facts = { module: Buffer.from(bytes).toString("base64"), relaxedAt: [], sharedAt: 0, ...alone };
  const setting = { memory: wasmMemory(1, false), scratch: 0, control: 0, threads: 1 };
  const functions = wasmFunctions(compileWasm(facts, "simd", false), setting, {});
  // The engine's optimizing compiler comes after the first calls.
  const times = Array.from({ length: 8 }, () => leastTime(() => functions.chain(turns, 12_345)));
  return (2 * pairs * turns) / (Math.min(...times) * 1e6);
}

// How long short work takes: the least of many runs, since whatever else the machine does only adds.

/** In milliseconds: calls are timed in runs of about this length, for so long in all. */
const runLength = 0.1;
const measuringTime = 3;

/** Milliseconds of one call; it takes some milliseconds to tell. */
export function leastTime(work: () => void): number {
  let calls = 1;
  let last = timeOf(work, calls);
  for (; last < runLength; last = timeOf(work, calls)) calls *= 2;
  let least = last;
  for (const end = performance.now() + measuringTime; performance.now() < end;)
    least = Math.min(least, timeOf(work, calls));
  return least / calls;
}

function timeOf(work: () => void, calls: number): number {
  const start = performance.now();
  for (let call = 0; call < calls; call++) work();
  return performance.now() - start;
}
