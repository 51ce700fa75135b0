// The package as users get it: packed, installed in an empty folder, and used. If a test fails, the clone
// works but the package does not.
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { flowers, flowersCsv } from "../command/cli/workspace.ts";
import { copyDependencies, dependenciesOf, root, runIn, unpack } from "./pack-packages.ts";

const home = mkdtempSync(join(tmpdir(), "tapeless-package-"));
const minutes = 60_000;
const { archives, files: packed, leavesBuild } = inject("packed");

const run = (file: string, ...args: readonly string[]): Promise<string> => runIn(home, file, ...args);
const write = (file: string, content: string): void => writeFileSync(join(home, file), content);

/** Does what `npm install` would do, without a registry. */
async function install(): Promise<void> {
  await unpack(archives.tapeless, join(home, "node_modules/tapeless"));
  copyDependencies(root, join(home, "node_modules"));
}

/** The static and dynamic imports of a bundled module. Minified code has no optional spaces. */
const importsOf = (text: string): string[] =>
  [...text.matchAll(/\bimport(?:[\w*${},\s]*from)?\(?"([\w@./:-]+)"/g)].map(([, name]) => name);

const tapeless = (...args: readonly string[]) =>
  run(process.execPath, "node_modules/tapeless/src/command/cli/tapeless.js", ...args);

beforeAll(install, minutes);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("the packed files", () => {
  it("are the bundled program, its launchers, the JSON Schema, documentation and examples", () => {
    const folders = /^(dist|docs|graphs)\/.*/;
    expect([...new Set(packed.map((path) => path.replace(folders, "$1")))].sort()).toEqual([
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "LICENSE",
      "README.md",
      "dist",
      "docs",
      "generated/spec.schema.json",
      "graphs",
      "package.json",
      "src/README.md",
      "src/command/cli/load-program.js",
      "src/command/cli/start-thread.js",
      "src/command/cli/tapeless.js",
    ]);
  });

  it("include the target of every link in the Markdown files", () => {
    const files = new Set(packed);
    const dead = packed
      .filter((path) => path.endsWith(".md"))
      .flatMap((path) => {
        const text = readFileSync(join(home, "node_modules/tapeless", path), "utf8");
        const links = [...text.matchAll(/(?:\]\(|src=")([^)"#\s]+)[^)"]*[)"]/g)].map(([, link]) => link);
        return links
          .filter((link) => !link.startsWith("http"))
          .map((link) => normalize(join(dirname(path), link)))
          .filter((file) => !files.has(file) && !packed.some((each) => each.startsWith(`${file}/`)))
          .map((file) => `${path}: ${file}`);
      });
    expect(dead).toEqual([]);
  });

  it("need no install script", () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      readFileSync(join(home, "node_modules/tapeless/package.json"), "utf8"),
    );
    expect(["preinstall", "install", "postinstall", "prepare"].filter((name) => name in scripts)).toEqual([]);
  });

  it("leave no build in the clone", () => {
    expect(leavesBuild).toBe(false);
  });

  it("bring at most 30 packages and 40 MB", () => {
    expect(dependenciesOf(root).size + 1).toBeLessThanOrEqual(30);
    const folders = [...dependenciesOf(root)].map((name) => join(root, "node_modules", name));
    const sizes = new Map<number, number>();
    for (const folder of [join(home, "node_modules/tapeless"), ...folders])
      for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        const { ino, size } = statSync(join(folder, file));
        // The binary of esbuild has two names, but is counted once.
        sizes.set(ino, size);
      }
    expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(40e6);
  });

  it("import only Node's modules, each other, and packages that are dependencies", () => {
    const place = join(home, "node_modules/tapeless/dist");
    const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    );
    const known = new Set([...builtinModules, ...Object.keys(dependencies)]);
    for (const file of readdirSync(place).filter((name) => name.endsWith(".mjs")))
      for (const name of importsOf(readFileSync(join(place, file), "utf8")))
        expect(known.has(name.replace("node:", "")) || name.startsWith("./"), `${file}: ${name}`).toBe(true);
  });

  it("contain the licences of the bundled libraries", () => {
    const notices = readFileSync(join(home, "node_modules/tapeless/dist/third-party.txt"), "utf8");
    for (const name of ["prettier", "wabt", "elkjs", "hyparquet", "commander", "yaml"])
      expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, "m"));
    expect(notices).not.toContain("has no file with the text of its licence");
  });
});

describe("the command", () => {
  it(
    "trains the examples that come with it, once they are copied",
    async () => {
      cpSync(join(home, "node_modules/tapeless/graphs"), join(home, "graphs"), { recursive: true });
      for (const spec of ["iris.json", "residual.ts", "course/unit-step.ts"])
        expect(await tapeless("train", `graphs/${spec}`, "--epochs", "1")).toContain("1 epoch");
    },
    minutes,
  );

  it(
    "compiles and trains",
    async () => {
      write("flowers.json", JSON.stringify(flowers));
      write("flowers.csv", flowersCsv);
      expect(await tapeless("compile", "flowers.json")).toContain("flowers.json → generated/flowers.ts");
      expect(await tapeless("train", "flowers.json")).toMatch(/^flowers: 4 epochs/);
      expect(await tapeless("verify", "flowers.json")).toContain("✓ correct");
    },
    minutes,
  );

  it(
    "searches in threads that it starts",
    async () => {
      const search = { over: { "network[0].units": [2, 4] } };
      write("search.json", JSON.stringify({ ...flowers, training: { ...flowers.training, search } }));
      const found: { candidates: unknown[] } = JSON.parse(await tapeless("search", "search.json", "--json"));
      expect(found.candidates).toHaveLength(2);
    },
    minutes,
  );

  it(
    "assembles WebAssembly, draws the report, and locates the errors of a TypeScript spec",
    async () => {
      expect(await tapeless("compile", "flowers.json", "--target", "wasm", "-o", "wasm.ts")).toContain(
        "wasm.ts",
      );
      await tapeless("inspect", "flowers.json", "--format", "html", "-o", "report.html");
      expect(readFileSync(join(home, "report.html"), "utf8")).toContain("<!doctype html>");
      write(
        "wrong-spec.ts",
        `const loss = "mes";\nexport default ${JSON.stringify(flowers)};\n`.replace(
          '"cross-entropy"',
          "loss",
        ),
      );
      await expect(tapeless("compile", "wrong-spec.ts")).rejects.toThrow("wrong-spec.ts:1:14");
    },
    minutes,
  );

  it(
    "trains on a Parquet file",
    async () => {
      const [head, ...rows] = flowersCsv
        .trim()
        .split("\n")
        .map((line) => line.split(","));
      const columnData = head.map((name, i) => {
        const cells = rows.map((row) => row[i]);
        const isNumeric = cells.every((cell) => Number.isFinite(Number(cell)));
        return isNumeric
          ? ({ name, data: cells.map(Number), type: "DOUBLE" } as const)
          : ({ name, data: cells, type: "STRING" } as const);
      });
      writeFileSync(join(home, "flowers.parquet"), Buffer.from(parquetWriteBuffer({ columnData })));
      expect(await tapeless("train", "flowers.json", "--data", "flowers.parquet")).toMatch(
        /^flowers: 4 epochs/,
      );
    },
    minutes,
  );

  it(
    "emits the same bytes as the clone",
    async () => {
      const launcher = join(root, "src/command/cli/tapeless.js");
      await run(process.execPath, launcher, "compile", "flowers.json", "-o", "clone.ts");
      expect(readFileSync(join(home, "clone.ts"), "utf8")).toBe(
        readFileSync(join(home, "generated/flowers.ts"), "utf8"),
      );
    },
    minutes,
  );

  it(
    "accepts a spec in TypeScript that imports defineModel",
    async () => {
      write(
        "typed.ts",
        `import { defineModel } from "tapeless";\nexport default ` +
          `defineModel(${JSON.stringify({ ...flowers, name: "typed" })});\n`,
      );
      expect(await tapeless("compile", "typed.ts")).toContain("typed.ts → generated/typed.ts");
    },
    minutes,
  );
});

/** A forecast of a load that rises by 3 every hour, with every function of the library and the types of its results. */
const everyFunction = `
import { Aborted, compile, defineModel, DiagnosticError, exportParameters, inspect, predict, search, train, verify } from "tapeless";
import type { EpochReport, ModelSpec, Row, RunResult, Searched, Trained, TrainEvent, TrainOptions } from "tapeless";

const spec: ModelSpec = defineModel({
  name: "hours",
  inputs: { past: { shape: [4, 1] } },
  targets: { load: { shape: [2] } },
  network: [{ type: "flatten" }, { type: "dense", units: 2 }],
  loss: "mse",
  metrics: ["mae"],
  optimizer: { type: "adam", learningRate: 0.02 },
  training: { epochs: 3, batchSize: 8, seed: 1, test: { last: 0.25 }, validation: { last: 0.25 } },
  data: {
    file: "unused.csv",
    windows: { length: 4, horizon: 2 },
    inputs: { past: { columns: ["load"], scale: "standard" } },
    targets: { load: { columns: ["load"], scale: "standard" } },
  },
});
const data: Row[] = Array.from({ length: 80 }, (_, i) => ({ load: 3 * i }));

const { code } = await compile(spec);
console.log("compiled", code.includes("createTrainer"));

const stopping = new AbortController();
const kinds = new Set<TrainEvent["kind"]>();
const onEvent = (event: TrainEvent): void => {
  kinds.add(event.kind);
  const report: EpochReport | undefined = event.kind === "progress" ? event.report : undefined;
  if (report?.epoch === 2) stopping.abort(new Error("enough"));
};
const options: TrainOptions = { data, onEvent, signal: stopping.signal };
const stopped = await train(spec, options).catch((error: unknown) => {
  if (!(error instanceof Aborted)) throw error;
  return error;
});
if (!(stopped instanceof Aborted) || stopped.checkpoint === undefined) throw new Error("the training was not stopped");
console.log("stopped in epoch 2 with a checkpoint");

const continued: Trained = await train(spec, { data, resume: stopped.checkpoint });
const whole = await train(spec, { data });
const isSame = Buffer.compare(continued.checkpoint, whole.checkpoint) === 0;
console.log(\`continued to epoch \${continued.result.epochs} with the bits of an undisturbed training: \${isSame}\`);
console.log("events", [...kinds].sort().join(", "));

const { predictions } = await predict(spec, { checkpoint: whole.checkpoint, data });
const { naive }: RunResult = whole.result;
const mae = naive?.test?.["mae"] ?? NaN;
// The last value is 3 too low for the first hour, and 6 for the second: a mean error of 4.5.
const columns = Object.keys(predictions[0] ?? {}).sort().join(", ");
console.log(\`predicted \${columns}; the naive forecast has a mae of \${Math.round(mae / 1.5)}\`);

const wrong: ModelSpec = { ...spec, losses: {} };
await train(wrong, { data }).catch((error: unknown) => {
  if (!(error instanceof DiagnosticError)) throw error;
  console.log("refused", error.diagnostics.map((each) => each.code).find((each) => each === "T1405"));
});

const searched: Searched = await search(
  {
    ...spec,
    training: {
      ...spec.training,
      validation: { folds: 2, forward: true },
      search: { over: { "optimizer.learningRate": [0.01, 0.02] }, metric: "mae" },
    },
  },
  { data, threads: 1 },
);
const { candidates, metric, best } = searched;
console.log(\`searched \${candidates.length} candidates by \${metric}, the best has \${best.folds?.length} folds\`);

const { holds } = await verify(spec);
console.log("verified", holds);
const { text } = await inspect(spec);
console.log("inspected", text.includes("dense1") ? "table" : text);
const bytes = await exportParameters(whole.checkpoint, { format: "safetensors" });
const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + (bytes[0] ?? 0) + 256 * (bytes[1] ?? 0))));
console.log("exported", Object.keys(header).filter((name) => name.startsWith("dense1.")).length, "parameters");
`;

describe("the library", () => {
  const program = `
    import { compile, defineModel, DiagnosticError } from "tapeless";
    import type { CompileResult, Diagnostic, ModelSpec } from "tapeless";
    const spec: ModelSpec = defineModel(${JSON.stringify({ ...flowers, data: undefined })});
    const result: CompileResult = await compile(spec, { dtype: "f64" });
    const warnings: readonly Diagnostic[] = result.warnings;
    console.log(result.code.includes("export function createTrainer("), warnings.length);
    await compile({ ...spec, loss: "mse" }).catch((error: unknown) => {
      console.log(error instanceof DiagnosticError && error.diagnostics[0]?.code.startsWith("T14"));
    });
  `;

  it(
    "has types that compile under tsc --strict, without skipLibCheck, and reject an invalid call",
    async () => {
      write("package.json", '{ "type": "module" }');
      write("program.ts", program);
      write("wrong.ts", 'import { compile } from "tapeless";\ncompile({ name: 3 });\n');
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const types = ["--typeRoots", join(root, "node_modules/@types"), "--types", "node"];
      const flags = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", ...types];
      expect(
        await run(process.execPath, tsc, ...flags, "program.ts").catch(({ stdout }) => String(stdout)),
      ).toBe("");
      await expect(run(process.execPath, tsc, ...flags, "wrong.ts")).rejects.toThrow();
    },
    2 * minutes,
  );

  it(
    "has types that compile with the options of tsc --init, and whose names appear in declarations",
    async () => {
      write("package.json", '{ "type": "module" }');
      write("program.ts", program);
      write(
        "spec.ts",
        `import { defineModel } from "tapeless";\nexport default defineModel(${JSON.stringify(flowers)});\n`,
      );
      write(
        "tsconfig.json",
        JSON.stringify({
          // As TypeScript 7 writes it, but without skipLibCheck, so that the package's own types are checked.
          compilerOptions: {
            module: "nodenext",
            target: "esnext",
            types: ["node"],
            typeRoots: [join(root, "node_modules/@types")],
            declaration: true,
            declarationMap: true,
            noUncheckedIndexedAccess: true,
            exactOptionalPropertyTypes: true,
            strict: true,
            verbatimModuleSyntax: true,
            isolatedModules: true,
            noUncheckedSideEffectImports: true,
            moduleDetection: "force",
            outDir: "declarations",
          },
          files: ["program.ts", "spec.ts"],
        }),
      );
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      expect(await run(process.execPath, tsc, "-p", ".").catch(({ stdout }) => String(stdout))).toBe("");
      expect(readFileSync(join(home, "declarations/spec.d.ts"), "utf8")).toContain(
        'declare const _default: import("tapeless").ModelSpec;',
      );
      rmSync(join(home, "tsconfig.json"));
    },
    2 * minutes,
  );

  it(
    "compiles a valid spec, and rejects an invalid one with diagnostics",
    async () => {
      write(
        "program.js",
        program
          .replace(/import type .*/, "")
          .replace(/: (ModelSpec|CompileResult|readonly Diagnostic\[\]|unknown)/g, ""),
      );
      expect(await run(process.execPath, "program.js")).toBe("true 0\ntrue\n");
    },
    minutes,
  );

  it(
    "trains, stops, continues, predicts, searches, verifies, inspects and exports in a strict TypeScript program",
    async () => {
      write("package.json", '{ "type": "module" }');
      write("all.ts", everyFunction);
      const flags = ["--strict", "--noUncheckedIndexedAccess", "--noEmit", "--module", "nodenext"];
      const types = [
        "--target",
        "es2022",
        "--typeRoots",
        join(root, "node_modules/@types"),
        "--types",
        "node",
      ];
      const tsc = [join(root, "node_modules/typescript/bin/tsc"), ...flags, ...types];
      expect(await run(process.execPath, ...tsc, "all.ts").catch(({ stdout }) => String(stdout))).toBe("");
      const said = await run(process.execPath, join(root, "node_modules/tsx/dist/cli.mjs"), "all.ts");
      expect(said.trim().split("\n")).toEqual([
        "compiled true",
        "stopped in epoch 2 with a checkpoint",
        "continued to epoch 3 with the bits of an undisturbed training: true",
        "events begin, epoch, progress",
        "predicted load+1, load+2, row; the naive forecast has a mae of 3",
        "refused T1405",
        "searched 2 candidates by mae, the best has 2 folds",
        "verified true",
        "inspected table",
        "exported 2 parameters",
      ]);
    },
    3 * minutes,
  );

  it("exports the JSON Schema", async () => {
    write(
      "schema.js",
      'import schema from "tapeless/schema.json" with { type: "json" };\nconsole.log(schema.type);\n',
    );
    expect(await run(process.execPath, "--no-warnings", "schema.js")).toBe("object\n");
  });
});
