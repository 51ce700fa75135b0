// The command `inspect`: every view as text and as JSON. If a test fails, a view does not show what the
// compiler derived.
import { afterAll, describe, expect, it } from "vitest";
import { inspectSpec } from "../../../src/command/cli/inspect.ts";
import { parseGraph } from "../../../src/compiler/ir/text.ts";
import { createBuilder } from "../../../src/compiler/ops/index.ts";
import type { ExplainedNumbers } from "../../../src/studio/explanation.ts";
import { numbersText } from "../../../src/studio/row-numbers.ts";
import { faultOfXml } from "../../support/well-formed.ts";
import { flowers, flowersCsv, workspace } from "./workspace.ts";

const place = workspace();
place.write("flowers.json", flowers);
place.write("rows.json", { ...flowers, data: { ...flowers.data, file: "rows.csv" } });
place.write("rows.csv", flowersCsv);
afterAll(place.remove);
const inspectFile = async (spec: string, ...args: readonly string[]) => {
  const { code, stdout, stderr } = await place.run("inspect", spec, ...args);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout;
};
const inspect = (...args: readonly string[]) => inspectFile("flowers.json", ...args);

describe("tapeless inspect", () => {
  it("prints no page on a terminal", async () => {
    const stdout = Object.assign(process.stdout, { isTTY: true });
    const flags = { show: "graph", format: "html", target: "ts", measure: true, dtype: "f32" } as const;
    await expect(inspectSpec("flowers.json", flags)).rejects.toThrow(/a terminal cannot show/);
    stdout.isTTY = false;
  });

  it("alone prints a table of layers, with totals, and the same as JSON", async () => {
    const lines = (await inspect()).split("\n");
    expect(lines).toEqual([
      "flowers: 2 layers, f32",
      "",
      "layer   type   output  parameters               count  bytes  FLOPs per prediction",
      "dense1  dense  [4]     weight [2, 4], bias [4]     12     48                    24",
      "dense2  dense  [3]     weight [4, 3], bias [3]     15     60                    27",
      "total                                              27    108                    51",
      "",
      "trainable parameters: 27 (108 B)",
      "frozen parameters and running statistics: 0 (0 B)",
      expect.stringMatching(/^memory of training with batches of 8 rows: [\d.]+ k?B$/),
      "",
    ]);
    const found: unknown = JSON.parse(await inspect("--json", "--dtype", "f64"));
    expect(found).toMatchObject({
      name: "flowers",
      dtype: "f64",
      layers: [
        { name: "dense1", type: "dense", from: ["size"], output: [4], count: 12, bytes: 96, flops: 24 },
        {
          name: "dense2",
          output: [3],
          parameters: [{ name: "dense2.weight", shape: [4, 3], count: 12 }, {}],
        },
      ],
      total: { count: 27, trainable: 27, frozen: 0, bytes: 216, flops: 51 },
      memory: { batchSize: 8 },
    });
    expect(await inspect("--show", "layers", "--format", "json", "--dtype", "f64")).toBe(
      await inspect("--json", "--dtype", "f64"),
    );
  });

  it("counts the operations of a layer that is fused into another one for its own layer", async () => {
    const dense = { type: "dense", units: 4 };
    place.write("fused.json", {
      ...flowers,
      network: [
        dense,
        { type: "prelu" },
        { type: "dense", units: 4 },
        { type: "add", from: ["prelu1", "dense2"] },
        { type: "dense", units: 3 },
      ],
    });
    const { stdout } = await place.run("inspect", "fused.json", "--format", "json");
    const { layers } = JSON.parse(stdout);
    const flops = layers.map(({ name, flops }: { name: string; flops: number }) => [name, flops]);
    // A dense layer: a multiplication and an addition for each weight, and an addition for each bias.
    expect(flops).toEqual([
      ["dense1", 2 * 2 * 4 + 4],
      ["prelu1", expect.toSatisfy((count: number) => count >= 4 && count <= 16 && count % 4 === 0)],
      ["dense2", 2 * 4 * 4 + 4],
      ["add1", 4],
      ["dense3", 2 * 4 * 3 + 3],
    ]);
  });

  it("counts frozen layers and running statistics, and prints the table of the emitted file", async () => {
    const network = [
      { type: "dense", units: 5, activation: "relu", trainable: false },
      { type: "batch-norm" },
      { type: "dropout", rate: 0.5 },
      { type: "dense", units: 3 },
    ];
    place.write("frozen.json", { ...flowers, name: "frozen", network });
    const { stdout } = await place.run("inspect", "frozen.json");
    // 5 · 3 frozen weights and biases, and mean and variance of 5 units; scale and shift are trained.
    expect(stdout).toContain(
      "trainable parameters: 28 (112 B)\nfrozen parameters and running statistics: 25 (100 B)",
    );
    await place.run("compile", "frozen.json");
    const head = /^\/\/ {3}layer[^]*?total.*$/m.exec(place.read("generated/frozen.ts"))?.[0];
    const flops = (text: string) =>
      text.split("\n").flatMap((line) => /^(?:\/\/ {3})?(\w+) .* ([\d,]+)$/.exec(line)?.slice(1) ?? []);
    expect(flops(stdout.split("\n").slice(2, 8).join("\n"))).toEqual(flops(head ?? ""));
  });

  it("without --show, --of and picture formats select the graph", async () => {
    expect(await inspect("--of", "dense1", "--format", "dot")).toMatch(/^digraph/);
    expect(await inspect("--format", "svg")).toContain("<svg");
  });

  it("shows the five graphs in IR text", async () => {
    const text = await inspect("--show", "graph");
    for (const name of ["gradient", "update", "predict", "evaluate", "summarise"])
      expect(text).toMatch(new RegExp(`^graph ${name}$`, "m"));
    expect(text).toMatch(/^%dense1_product: f32\[n,4\] = contract %size, %dense1\.weight /m);
  });

  it("shows the derivation of a gradient: formula, type, rule and forward node", async () => {
    const text = await inspect("--show", "gradients", "--of", "dense1.weight");
    expect(text).toContain("Gradient of the loss with respect to dense1.weight");
    expect(text).not.toContain("with respect to dense2.weight");
    expect(text).toMatch(
      /^ +\(\d+\) ∂L\/∂dense1\.weight = sizeᵀ · .* {3}f32\[2,4\]\n +by contract\.vjp of size · dense1\.weight {3}\(dense1\)/m,
    );
    expect(text).toMatch(/rewritten: /);
  });

  it("shows the numbers of a row next to the formulas, as text and as JSON", async () => {
    const show = ["--show", "gradients", "--row"];
    const text = await inspectFile("rows.json", ...show, "3");
    expect(text).toMatch(
      /^The numbers are those of row 3 of the \d+ training rows, with the initial parameters; its loss is [\d.]+\.\n {2}size = \[.*\]\n {2}kind = [0-2]\n/m,
    );
    expect(text).toMatch(/^ +\(1\) .*\n +(= .*)\n +by /m);
    interface Valued {
      readonly numbers?: ExplainedNumbers;
    }
    const json = JSON.parse(await inspectFile("rows.json", ...show, "worst", "--format", "json")) as {
      readonly row: { readonly source: string; readonly loss: number };
      readonly values: readonly Valued[];
      readonly derivations: readonly { readonly steps: readonly Valued[] }[];
    };
    expect(json.row.source).toMatch(/^row \d+, which has the largest loss of the \d+ training rows$/);
    const losses = [0, 1].map(async (row) => {
      const found = await inspectFile("rows.json", ...show, String(row + 1), "--format", "json");
      return (JSON.parse(found) as typeof json).row.loss;
    });
    expect(json.row.loss).toBeGreaterThanOrEqual(Math.max(...(await Promise.all(losses))));
    const third = JSON.parse(await inspectFile("rows.json", ...show, "3", "--format", "json")) as typeof json;
    const all = [...third.values, ...third.derivations.flatMap(({ steps }) => steps)];
    expect(text.match(/^ += .*/gm)?.map((line) => line.trim())).toEqual(
      all.map(({ numbers }) => `= ${numbers && numbersText(numbers)}`),
    );
  });

  it("takes the parameters of a checkpoint, and draws a row if the spec has no data", async () => {
    const { data: _, ...plain } = flowers;
    place.write("plain.json", plain);
    const run = (...args: readonly string[]) =>
      place.run("inspect", "plain.json", "--show", "gradients", ...args);
    const drawn = await run("--row", "2");
    expect(drawn.stdout).toContain("those of random row 2, because the spec has no data");
    const worst = await run("--row", "worst");
    expect([worst.code, worst.stderr]).toEqual([
      2,
      "error T1010: the row with the largest loss needs data, and the spec has no data section\n  hint: choose row 1, which is then drawn at random\n",
    ]);
    expect((await place.run("train", "rows.json", "--epochs", "2", "--out", "rows.ckpt")).code).toBe(0);
    const trained = await inspectFile(
      "rows.json",
      "--show",
      "gradients",
      "--row",
      "1",
      "--checkpoint",
      "rows.ckpt",
    );
    expect(trained).toContain("with the parameters of rows.ckpt; its loss is");
    const numbersOf = (text: string) => text.match(/^ += .*/gm);
    expect(numbersOf(trained)).not.toEqual(
      numbersOf(await inspectFile("rows.json", "--show", "gradients", "--row", "1")),
    );
    const none = await place.run("inspect", "rows.json", "--show", "gradients", "--row", "1000");
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringMatching(/^error T1010: there is no row 1,000; there are \d+ training rows\n$/),
    ]);
  });

  it("computes no numbers of a model that is too large for the interpreter", async () => {
    const units = 20_000;
    const network = [{ type: "dense", units }, { type: "dense", units: 3_000 }, ...flowers.network.slice(-1)];
    place.write("large.json", { ...flowers, network });
    const { code, stderr } = await place.run("inspect", "large.json", "--show", "gradients", "--row", "1");
    expect([code, stderr]).toEqual([
      2,
      "error T1010: a step on one row takes 360.3 MFLOP, and the reference interpreter, which computes the " +
        "numbers, is limited to 200.0 MFLOP\n",
    ]);
  });

  it("shows the effect of each pass on each graph", async () => {
    const text = await inspect("--show", "passes");
    expect(text).toMatch(/^gradient +differentiate( +\d+){4}$/m);
    expect(text).toMatch(/^gradient +simplify( +\d+){4} {2}rules applied \d+ times$/m);
    expect(text).toMatch(/^gradient +fuse-loops( +\d+){4}$/m);
    expect(text).toMatch(/^simplify on gradient: .*add-negated ×1.*\n {4}%/m);
  });

  it("shows a single pass, and suggests a name for an unknown one", async () => {
    const text = await inspect("--show", "passes", "--pass", "share-subexpressions");
    expect(text).toMatch(/^share-subexpressions on gradient\n/m);
    expect(text).not.toContain("simplify");
    const wrong = await place.run("inspect", "flowers.json", "--show", "passes", "--pass", "simplfy");
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'error T1010: unknown pass "simplfy"\n  hint: did you mean simplify?\n',
    ]);
    const elsewhere = await place.run("inspect", "flowers.json", "--pass", "simplify");
    expect([elsewhere.code, elsewhere.stderr]).toEqual([2, "error T1010: --pass needs --show passes\n"]);
  });

  it(
    "shows the kernels: what fusing saves, operations and bytes, loops under their formulas, and the emitted " +
      "code",
    async () => {
      const text = await inspect("--show", "kernels");
      expect(text).toMatch(
        /^program gradient: \d+ loop nests became \d+ kernels, \d+ values stay in registers, and each run moves .*B less through memory$/m,
      );
      expect(text).toMatch(/^ +1 {2}dense1 +\d+ +\d+ +\d+ +\d+ {2}dense1_product/m);
      expect(text).toMatch(
        /^\/\/ gradient, call 1: \d+ nodes, \d+ FLOP, \d+ bytes\nkernel \S+\n {2}\/\/ dense1_product = size · dense1\.weight\n/m,
      );
      expect(text).toMatch(/^ {2}for .* in .*: (output|parallel|reduction)$/m);
      expect(text).toMatch(
        /^\/\/ lines \d+ to \d+ of the emitted file, also used by predict 1, evaluate 1\nfunction dense1_forward\(/m,
      );
      expect(text).toMatch(/^kernel dense1\n {2}runs dense1_forward, see gradient, call 1$/m);
      expect(text.match(/^function dense1_forward\(/gm)).toHaveLength(1);
    },
  );

  it("shows a single kernel, only its loops on request, and suggests a name for an unknown one", async () => {
    const text = await inspect("--show", "kernels", "--of", "predict/dense1", "--text", "loops");
    expect(text.match(/^kernel .*/gm)).toEqual(["kernel dense1"]);
    expect(text).not.toContain("function");
    const json = await inspect("--show", "kernels", "--of", "dense1", "--format", "json");
    const programs = JSON.parse(json) as { program: string; kernels: { code: string; lines: number[] }[] }[];
    expect(programs.map(({ program }) => program)).toEqual(["gradient", "predict", "evaluate"]);
    for (const { kernels } of programs) {
      expect(kernels).toHaveLength(1);
      const [{ code, lines }] = kernels;
      expect(code).toMatch(
        /^\/\/ dense1_product = size · dense1\.weight\n(.|\n)*\nfunction dense1_forward\((.|\n)*\n}$/,
      );
      expect(code.split("\n")).toHaveLength(lines[1] - lines[0] + 1);
    }
    const wrong = await place.run("inspect", "flowers.json", "--show", "kernels", "--of", "dense11");
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'error T1010: --of: flowers has no kernel "dense11"\n  hint: did you mean dense1?\n',
    ]);
  });

  it("shows WebAssembly kernels: schedule and estimate, vector loops or the assembled text", async () => {
    const wasm = ["--show", "kernels", "--target", "wasm", "--no-measure"];
    const text = await inspect(...wasm);
    expect(text).toMatch(
      /^ {2}kernel +schedule +threads +nests +FLOP +bytes +bytes saved +estimated cycles$/m,
    );
    expect(text).toMatch(/^ {2}dense1 +(\d+ × \d+ sums at once|4 lanes).* +\d+ +\d+ +\d+ +\d+ +\d+$/m);
    expect(text).toMatch(/^kernel dense1_sum\n {2}\/\/ dense1_product = size · dense1\.weight\n/m);
    expect(text).toMatch(/^ +var sum\S*: f32×4 = 0×4$/m);
    expect(await inspect(...wasm, "--text", "wat")).toMatch(
      /^;; dense1_product = size · dense1\.weight\n(;; .*\n)*\(func \$dense1_forward(_sum)? \(param \$n i32\).*\n/m,
    );
    expect(await inspect(...wasm, "--format", "json")).toBe(await inspect(...wasm, "--format", "json"));
  });

  it("runs WebAssembly kernels and shows measured and estimated times", async () => {
    const text = await inspect("--show", "kernels", "--target", "wasm");
    expect(text).toMatch(
      /^measured: .* SIMD; the clock rate is \d+\.\d\d GHz, measured with a chain of additions$/m,
    );
    expect(text).toMatch(/ estimated cycles +measured +measured\/estimated +µs +GFLOP\/s$/m);
  });

  it("shows the arena: offsets, sizes, lifetimes, the peak and its lower bound", async () => {
    const text = await inspect("--show", "memory");
    expect(text).toMatch(/^parameter +dense1\.weight +f32\[2, 4\] +0 +32 +always$/m);
    expect(text).toMatch(/^temporary +\S+ +f32\[n, 4\] +\d+ +128 +gradient: calls \d+ to \d+$/m);
    expect(text).toMatch(
      /^arena \d+ bytes: storage \d+ bytes, temporaries \d+ bytes\ntemporaries need \d+ bytes without sharing memory; the lower bound for any plan is \d+ bytes$/m,
    );
    expect(text).toMatch(/^ {2}dense1 +128 B {2}█+·+$/m);
    expect(faultOfXml(await inspect("--show", "memory", "--format", "svg"))).toBeUndefined();
  });

  it.each(["layers", "graph", "gradients", "passes", "kernels", "memory"])(
    "prints %s as JSON, the same bytes in every run",
    async (view) => {
      const text = await inspect("--show", view, "--format", "json");
      expect(JSON.parse(text)).toBeTypeOf("object");
      expect(await inspect("--show", view, "--format", "json")).toBe(text);
    },
  );

  it("writes to a file", async () => {
    expect(await inspect("--show", "memory", "-o", "views/memory.txt")).toBe("");
    expect(place.read("views/memory.txt")).toBe(await inspect("--show", "memory"));
  });

  it("prints graphs that parse", async () => {
    const graphs: { text: string }[] = JSON.parse(await inspect("--show", "graph", "--format", "json"));
    for (const { text } of graphs) expect(() => parseGraph(text, createBuilder("f32"))).not.toThrow();
  });

  it(
    "shows the learning rate over the run, as text, JSON and picture, with the rows of the data if it can be " +
      "read",
    async () => {
      const apart = await place.run("inspect", "flowers.json", "--show", "schedule");
      expect(apart.stderr).toMatch(/^continuing without data: .*cannot read "flowers.csv"/);
      expect(apart.stdout).toContain("the number of steps of a run depends on its data");
      expect(apart.code).toBe(0);
      place.write("flowers.csv", flowersCsv);
      expect(await inspect("--show", "schedule")).toContain(
        "12 steps: 4 epochs of 3, for 18 rows in batches of 8",
      );
      const { rates } = JSON.parse(await inspect("--show", "schedule", "--format", "json"));
      expect(rates).toHaveLength(12);
      expect(faultOfXml(await inspect("--show", "schedule", "--format", "svg"))).toBeUndefined();
    },
  );
});
