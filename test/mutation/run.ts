/**
 * Mutation testing: npm run mutate -- [--only NAME,…] [--json FILE] [--resume] [--parts N | --fuzzer]
 * [--specs N]. Inserts each fault of the table into a copy of the project, and runs tests until one of them
 * detects it. The exit code is 1 if a mutant survives.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Campaign } from "./campaign.ts";
import { mutants } from "./mutants.ts";
import { parseResults, resultLine, tableText } from "./results.ts";
import type { Result } from "./results.ts";

const help = `Usage: npm run mutate -- [options]

  --only NAMES   run the mutants whose names contain one of these strings, separated by commas
  --json FILE    write the results to FILE after each mutant
  --resume       retain the results of killed mutants in FILE, and run the other mutants
  --parts N      run only the first N groups of tests: mirroring tests, the fuzzer, other tests (3)
  --fuzzer       run only the fuzzer
  --specs N      run N specs of the fuzzer for each mutant (300)
  --trust        assume that tests pass without the fault, instead of running each test that detected one
  --seed S       use this seed for the fuzzer (2)
  --seconds T    limit each group of tests to T seconds; a mutant that takes longer counts as killed (600)
`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    json: { type: "string" },
    resume: { type: "boolean", default: false },
    parts: { type: "string", default: "3" },
    fuzzer: { type: "boolean", default: false },
    specs: { type: "string", default: "300" },
    seed: { type: "string", default: "2" },
    seconds: { type: "string", default: "600" },
    trust: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(help);
    return 0;
  }
  const { json, only } = values;
  const wanted = only?.split(",");
  const chosen = mutants.filter(({ name }) => wanted?.some((text) => name.includes(text)) ?? true);
  const known =
    values.resume && json !== undefined && existsSync(json) ? parseResults(readFileSync(json, "utf8")) : [];
  const isInTable = (name: string) => mutants.some((mutant) => mutant.name === name);
  const results: Result[] = known.filter(({ name, killed }) => killed && isInTable(name));
  const project = fileURLToPath(new URL("../../", import.meta.url));
  const campaign = new Campaign(project, {
    parts: Number(values.parts),
    fuzzerOnly: values.fuzzer,
    specs: Number(values.specs),
    seed: Number(values.seed),
    seconds: Number(values.seconds),
    trusts: values.trust,
  });
  process.once("exit", () => campaign.end());
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  for (const mutant of chosen) {
    if (results.some(({ name }) => name === mutant.name)) continue;
    const result = await campaign.run(mutant);
    results.push(result);
    console.log(resultLine(result));
    if (json !== undefined) writeFileSync(json, JSON.stringify(results, undefined, 1));
  }
  console.log(tableText(results));
  return results.some(({ killed }) => !killed) ? 1 : 0;
}

process.exitCode = await main();
