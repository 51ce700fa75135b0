// Runs one contender in a separate process: `node run-contender.mjs MODULE FOLDER OPTIONS`. It loads the
// workload from the folder, takes a first step, reports it, and then handles one request per line of standard
// input. Every reply is a line of JSON. The file is plain JavaScript, so that nothing is compiled before the
// first step and any engine with Node's modules can run it.
//
// The module exports `prepare(workload, options)`. Its result has `run(count)`, which takes `count` training
// steps, cycling through the batches, and `loss()`, the loss of the last step.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [modulePath, folder, optionsText = "{}"] = process.argv.slice(2);
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/**
 * The shortest time for which steps are measured: long enough for the clock's resolution, and short enough to
 * fit between two time slices of other processes.
 */
const chunkMilliseconds = 2;

function readWorkload() {
  const workload = JSON.parse(readFileSync(join(folder, "workload.json"), "utf8"));
  const data = {};
  for (const { name, type } of workload.fields) {
    const { buffer, byteOffset, byteLength } = readFileSync(join(folder, `${name}.bin`));
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
    data[name] = type === "i32" ? new Int32Array(bytes) : new Float32Array(bytes);
  }
  const batches = Array.from({ length: workload.batches }, (_, i) =>
    Object.fromEntries(
      workload.fields.map(({ name, size }) => {
        const length = size * workload.batchSize;
        return [name, data[name].subarray(i * length, (i + 1) * length)];
      }),
    ),
  );
  return { ...workload, data, batches };
}

let steps = 0;
let count = 1;

/** Milliseconds per step: wall time and CPU time. On a quiet machine they are equal. */
async function timed(contender) {
  const [start, used] = [performance.now(), process.cpuUsage()];
  await contender.run(count);
  steps += count;
  const wall = (performance.now() - start) / count;
  const { user, system } = process.cpuUsage(used);
  return { wall, ran: Math.min(wall, (user + system) / 1000 / count) };
}

/**
 * Runs chunks of steps until three consecutive chunks take the same time, or until the time limit. Also
 * determines the number of steps in a chunk.
 */
async function warmUp(contender, { least, most }) {
  const start = performance.now();
  let last = [];
  for (;;) {
    const { wall, ran } = await timed(contender);
    if (wall * count < chunkMilliseconds)
      count = Math.min(2 * count, Math.ceil((1.2 * chunkMilliseconds) / wall));
    last = [...last.slice(-2), ran];
    const passed = performance.now() - start;
    const isStable = last.length === 3 && Math.max(...last) < 1.05 * Math.min(...last);
    if (passed > most || (passed > least && isStable)) return { steps };
  }
}

/**
 * Returns the fastest chunk, by wall time and by CPU time, because other processes can only increase the
 * times.
 */
async function measure(contender, { milliseconds }) {
  const start = performance.now();
  const fastest = { wall: Infinity, ran: Infinity };
  do {
    const { wall, ran } = await timed(contender);
    fastest.wall = Math.min(fastest.wall, wall);
    fastest.ran = Math.min(fastest.ran, ran);
  } while (performance.now() - start < milliseconds);
  return fastest;
}

/** Continues until the next batch is the first one, and returns its current loss. */
async function finish(contender, { batches }) {
  const rest = (batches.length - (steps % batches.length)) % batches.length;
  if (rest > 0) await contender.run(rest);
  await contender.run(1);
  steps += rest + 1;
  // maxRSS is in units of 1024 bytes in engines that follow Node.
  return { loss: contender.loss(), steps, memory: process.resourceUsage().maxRSS * 1024 };
}

try {
  const workload = readWorkload();
  const { prepare } = await import(pathToFileURL(resolve(modulePath)).href);
  const contender = await prepare(workload, JSON.parse(optionsText));
  await contender.run(1);
  steps = 1;
  const loss = contender.loss();
  say({ first: Date.now() - Number(process.env.BENCH_START), loss, note: contender.note });
  for await (const line of createInterface({ input: process.stdin })) {
    const { ask, ...how } = JSON.parse(line);
    if (ask === "warm") say(await warmUp(contender, how));
    if (ask === "measure") say(await measure(contender, how));
    if (ask === "finish") {
      say(await finish(contender, workload));
      break;
    }
  }
  process.exit(0);
} catch (error) {
  say({ lacks: String(error?.message ?? error).split("\n")[0] });
  process.exit(0);
}
