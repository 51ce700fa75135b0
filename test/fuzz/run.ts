/**
 * The command line of the fuzzer: npm run fuzz -- --seed S --count N [--first K] [--only K] [--seconds T]
 * [--torch] [--coverage FILE] [--findings FILE] [--write FOLDER] [--shrink N]. Specs run in child processes.
 * The exit code is 1 if there are findings.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { coverageText } from "./coverage.ts";
import { Campaign } from "./campaign.ts";
import { hasTorch } from "./torch-oracle.ts";
import { caseText, findingsText, summaryText } from "./report.ts";

const help = `Usage: npm run fuzz -- [options]

  --seed S         use this seed for the specs (0)
  --count N        run N specs (100)
  --first K        start with spec K (0)
  --only K         run only spec K, and print it
  --seconds T      stop after T seconds
  --jobs J         run J specs at the same time, each in a separate process (1)
  --torch          also compare with PyTorch (Debian's python3-torch)
  --shrink N       try up to N smaller specs for each class of failures (150); 0 disables shrinking
  --classes N      shrink at most N classes (20)
  --coverage FILE  write the tables of coverage
  --findings FILE  write the findings as Markdown
  --write FOLDER   write each smallest failing spec as a case for cases.test.ts
`;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "0" },
    count: { type: "string", default: "100" },
    first: { type: "string", default: "0" },
    only: { type: "string" },
    seconds: { type: "string" },
    jobs: { type: "string", default: "1" },
    torch: { type: "boolean", default: false },
    shrink: { type: "string", default: "150" },
    classes: { type: "string", default: "20" },
    coverage: { type: "string" },
    findings: { type: "string" },
    write: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

/** The numeric value of a flag. */
function whole(flag: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  console.error(`--${flag} must be a whole number, got ${text}`);
  process.exit(2);
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(help);
    return 0;
  }
  const { only } = values;
  if (values.torch && !hasTorch()) {
    console.error(
      "--torch needs PyTorch for /usr/bin/python3: apt-get install --no-install-recommends python3-torch",
    );
    return 2;
  }
  const campaign = new Campaign({
    seed: whole("seed", values.seed),
    first: whole("first", only ?? values.first),
    count: only === undefined ? whole("count", values.count) : 1,
    seconds: values.seconds === undefined ? Infinity : whole("seconds", values.seconds),
    jobs: Math.max(1, whole("jobs", values.jobs)),
    usesTorch: values.torch,
    attempts: whole("shrink", values.shrink),
    classes: whole("classes", values.classes),
    say: (text) => console.log(text),
    save: (failures) => {
      if (values.findings !== undefined) writeFileSync(values.findings, findingsText(failures));
    },
    showsSpecs: only !== undefined,
  });
  const outcome = await campaign.run();
  const coverage = coverageText(outcome.counts);
  if (values.coverage !== undefined) writeFileSync(values.coverage, coverage);
  if (only === undefined) console.log(coverage);
  if (values.write !== undefined) {
    mkdirSync(values.write, { recursive: true });
    for (const [i, failure] of outcome.failures.entries())
      writeFileSync(`${values.write}/found-${outcome.seed}-${failure.index}-${i}.json`, caseText(failure));
  }
  console.log(summaryText(outcome));
  return outcome.failures.length === 0 ? 0 : 1;
}

process.exitCode = await main();
