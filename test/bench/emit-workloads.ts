/**
 * Compiles workloads with the project in another folder: `tsx emit-workloads.ts PROJECT FOLDER WORKLOAD…`. Writes
 * the trainers to `FOLDER/WORKLOAD/trainer-TARGET.mjs`, and prints the compile times as one line of JSON. The
 * compiler of the other project is imported, so each project needs a separate process.
 */
import { transform } from "esbuild";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { compile as Compile } from "../../src/index.ts";
import { specOf, workloadNamed } from "./workloads.ts";

const [project = "", folder = "", ...names] = process.argv.slice(2);
const library = pathToFileURL(resolve(project, "src/index.ts")).href;
const { compile }: { compile: typeof Compile } = await import(library);

/** The CPU time of a compilation in milliseconds. The result is the minimum, because noise only adds time. */
async function fastest(task: () => Promise<unknown>, runs = 3): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = process.cpuUsage();
    await task();
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 1000);
  }
  return Math.min(...times);
}

const times: Record<string, number> = {};
for (const name of names)
  for (const target of ["ts", "wasm"] as const) {
    const compileOnce = () => compile(specOf(workloadNamed(name)), { target, program: false });
    const { code } = await compileOnce();
    times[`${name} ${target}`] = await fastest(compileOnce);
    const { code: script } = await transform(code, { loader: "ts", format: "esm", target: "es2022" });
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, `trainer-${target}.mjs`), script);
  }
console.log(JSON.stringify(times));
