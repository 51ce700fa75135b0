// Fuzzes the front end: `npx tsx test/fuzz/specs.ts --seed S --count N [--from I]`. For each failure of
// check-spec.ts, the program prints a line with the spec. It ends with a summary, and with exit code 1 if
// there was a failure. To run only spec I, use `--from I --count 1`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { brokenSpec, goodSpecs } from "./broken-spec.ts";
import { checkSpec, shown } from "./check-spec.ts";

/** The time limit of one spec, in seconds. */
const mostSeconds = 20;
const mostBytes = 2 * 2 ** 30;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "300" },
    from: { type: "string", default: "0" },
  },
});
const [seed, count, from] = [values.seed, values.count, values.from].map(Number);

/**
 * The number of the current spec, and a counter of specs, which a watchdog thread reads. If a spec takes more
 * than two minutes, the watchdog reports the number of the spec and kills the process.
 */
const current = new Int32Array(new SharedArrayBuffer(8));
const watchdog = new Worker(
  `const { workerData: current } = require("node:worker_threads");
  let last = [0, Date.now()];
  setInterval(() => {
    if (current[1] !== last[0]) last = [current[1], Date.now()];
    if (Date.now() - last[1] < 120_000) return;
    require("node:fs").writeSync(1, "#" + current[0] + " does not end\\n");
    process.kill(process.pid, "SIGKILL");
  }, 1000);`,
  { eval: true, workerData: current },
);
watchdog.unref();

const folder = mkdtempSync(join(tmpdir(), "tapeless-fuzz-"));
const good = goodSpecs();
const codes = new Map<string, number>();
let [accepted, mishandled, slowest] = [0, 0, 0];
for (let number = from; number < from + count; number++) {
  current[0] = number;
  current[1]++;
  const broken = brokenSpec(good, seed, number);
  const start = process.cpuUsage();
  const { outcome, codes: found, faults } = await checkSpec(broken, folder);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  const { rss } = process.memoryUsage();
  const costs = [
    ...(seconds > mostSeconds ? [`${seconds.toFixed(1)} s of the processor`] : []),
    ...(rss > mostBytes ? [`${Math.round(rss / 2 ** 20)} MB`] : []),
  ];
  slowest = Math.max(slowest, seconds);
  if (outcome === "accepted") accepted++;
  for (const code of new Set(found)) codes.set(code, (codes.get(code) ?? 0) + 1);
  if (faults.length + costs.length === 0) continue;
  mishandled++;
  console.log(`#${number} ${[...new Set([...costs, ...faults])].slice(0, 3).join("; ")}\n  ${shown(broken)}`);
}
rmSync(folder, { recursive: true });
const counts = [...codes].sort().map(([code, times]) => `${code} ${times}`);
console.log(`codes: ${counts.join(", ")}`);
console.log(
  `seed ${seed}: ${count} specs, ${accepted} accepted, slowest ${slowest.toFixed(1)} s, ${mishandled} handled incorrectly`,
);
process.exit(mishandled > 0 ? 1 : 0);
