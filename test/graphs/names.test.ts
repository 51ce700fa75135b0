// The trainers of texts and images, before and after a little training. Before training, every character must
// have a class, every image a label, and the loss must be that of guessing. After one epoch on names, the
// loss must be below that of a model of letter pairs. Full training takes minutes; the README shows its
// results. If a test fails, a trainer reads its data incorrectly, or does not learn.
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function trained(epochs: number, name: string, data: string, ...more: string[]) {
  const args = [
    "--import",
    "tsx",
    `generated/${name}.ts`,
    "--data",
    data,
    "--epochs",
    `${epochs}`,
    "--json",
    ...more,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return JSON.parse(stdout);
}

/**
 * The entropy of a character given the previous one, in nats per character. No table of pairs of letters has
 * a lower loss on these names.
 */
function entropyOfPairs(names: readonly string[]): number {
  const pairs = names.flatMap((name) => [...name, ""].map((next, i) => [name[i - 1] ?? "", next]));
  const count = (of: readonly string[]) =>
    of.reduce((counts, key) => counts.set(key, (counts.get(key) ?? 0) + 1), new Map<string, number>());
  const firsts = count(pairs.map(([first]) => first));
  const both = count(pairs.map(([first, next]) => `${first} ${next}`));
  const share = ([pair, times]: [string, number]) =>
    times * Math.log((firsts.get(pair.split(" ")[0]) ?? NaN) / times);
  return [...both].reduce((sum, entry) => sum + share(entry), 0) / pairs.length;
}

test.each(["names", "names-gru"])(
  "%s: before training, the loss is that of guessing among 26 letters and the end mark",
  async (name) => {
    const {
      train,
      validation,
      test: tested,
      samples,
    } = await trained(0, name, "graphs/data/names.csv", "--sample", "4");
    for (const { loss } of [train, validation, tested])
      expect(Math.abs(loss - Math.log(27))).toBeLessThan(0.5);
    expect(samples).toHaveLength(4);
    for (const text of samples) expect(text).toMatch(/^[a-z]{1,15}$/);
  },
  120_000,
);

test("names-gru: after one epoch the loss is below that of pairs of letters", async () => {
  const names = readFileSync(`${root}/graphs/data/names.csv`, "utf8").trim().split("\n").slice(1);
  const pairs = entropyOfPairs(names);
  expect(pairs).toBeCloseTo(2.418, 3);
  const { train, validation, test: tested } = await trained(1, "names-gru", "graphs/data/names.csv");
  for (const { loss } of [train, validation, tested]) expect(loss).toBeLessThan(pairs - 0.05);
}, 120_000);

test.skipIf(!existsSync(`${root}/graphs/data/mnist`))(
  "mnist: before training, the loss is near that of guessing among ten digits, if `npm run data` was run",
  async () => {
    const { train, validation, test: tested } = await trained(0, "mnist", "graphs/data/mnist");
    // Pixels are not centred, so the initial logits are further apart than those of the names model.
    for (const { loss } of [train, validation, tested]) expect(loss).toBeLessThan(2 * Math.log(10));
    // An accuracy over 10,000 rows is a multiple of 1/10,000; about a tenth is correct by chance.
    const right = tested.accuracy * 10_000;
    expect(Math.abs(right - Math.round(right))).toBeLessThan(1e-6);
    expect(tested.accuracy).toBeLessThan(0.3);
  },
  240_000,
);
