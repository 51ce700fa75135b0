// The package as users get it: packed, installed in an empty folder, used. If one fails, the clone works and the package does not.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { flowers, flowersCsv } from "../cli/workspace.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tapeless-package-"));
const home = join(folder, "home");
const minutes = 60_000;
let packed: string[] = [];
let clone = "";

const run = (file: string, ...args: readonly string[]): string =>
  execFileSync(file, args, { cwd: home, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const write = (file: string, content: string): void => writeFileSync(join(home, file), content);

interface PackReport {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** A copy to pack in: packing builds, and nobody who works in the clone meanwhile should see half a build. */
function copyOfClone(): string {
  const copy = join(folder, "clone");
  mkdirSync(copy);
  for (const name of [
    "LICENSE",
    "README.md",
    "generated",
    "package.json",
    "src",
    "tsconfig.json",
    "tsconfig.build.json",
  ])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir");
  return copy;
}

/** What `npm install` would put in place, without asking a registry: the package unpacked, its dependencies beside it. */
function install(): void {
  mkdirSync(join(home, "node_modules/tapeless"), { recursive: true });
  clone = copyOfClone();
  const options = { cwd: clone, encoding: "utf8" } as const;
  const [report]: PackReport[] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", folder], options),
  );
  packed = report.files.map(({ path }) => path);
  execFileSync("tar", [
    "xzf",
    join(folder, report.filename),
    "--strip-components=1",
    "-C",
    join(home, "node_modules/tapeless"),
  ]);
  for (const name of dependenciesOf(root))
    cpSync(join(root, "node_modules", name), join(home, "node_modules", name), { recursive: true });
}

/** Everything that package.json asks for at run time, and all that this asks for: what is for development alone is left behind. */
function dependenciesOf(at: string, known = new Set<string>()): Set<string> {
  const {
    dependencies = {},
    optionalDependencies = {},
  }: Record<string, Record<string, string>> = JSON.parse(readFileSync(join(at, "package.json"), "utf8"));
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const place = join(root, "node_modules", dependency);
    if (known.has(dependency) || !existsSync(place)) continue;
    known.add(dependency);
    dependenciesOf(place, known);
  }
  return known;
}

const tapeless = (...args: readonly string[]) =>
  run(process.execPath, "node_modules/tapeless/src/cli/tapeless.js", ...args);

beforeAll(install, 5 * minutes);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what is packed", () => {
  it("is the compiled program, the runtime's sources, the launcher, the JSON Schema, and the papers", () => {
    const kinds = new Set(
      packed.map((path) =>
        path.startsWith("dist/") ? "dist" : path.startsWith("src/runtime/") ? "src/runtime" : path,
      ),
    );
    expect([...kinds].sort()).toEqual(
      [
        "LICENSE",
        "README.md",
        "dist",
        "generated/spec.schema.json",
        "package.json",
        "src/cli/tapeless.js",
        "src/runtime",
      ].sort(),
    );
  });

  it("leaves no build behind in the clone", () => {
    expect(existsSync(join(clone, "dist"))).toBe(false);
  });
});

describe("the command", () => {
  it(
    "compiles and trains",
    () => {
      write("flowers.json", JSON.stringify(flowers));
      write("flowers.csv", flowersCsv);
      expect(tapeless("compile", "flowers.json")).toContain("flowers.json → generated/flowers.ts");
      expect(tapeless("train", "flowers.json")).toMatch(/^flowers: 4 epochs/);
      expect(tapeless("verify", "flowers.json")).toContain("below 0.000001");
    },
    minutes,
  );

  it(
    "emits the same bytes as the clone",
    () => {
      const launcher = join(root, "src/cli/tapeless.js");
      run(process.execPath, launcher, "compile", "flowers.json", "-o", "clone.ts");
      expect(readFileSync(join(home, "clone.ts"), "utf8")).toBe(
        readFileSync(join(home, "generated/flowers.ts"), "utf8"),
      );
    },
    minutes,
  );

  it(
    "takes a spec in TypeScript that imports defineModel",
    () => {
      write(
        "typed.ts",
        `import { defineModel } from "tapeless";\nexport default defineModel(${JSON.stringify({ ...flowers, name: "typed" })});\n`,
      );
      expect(tapeless("compile", "typed.ts")).toContain("typed.ts → generated/typed.ts");
    },
    minutes,
  );
});

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
    "has types that hold under tsc --strict, without skipLibCheck, and refuse what is wrong",
    () => {
      write("package.json", '{ "type": "module" }');
      write("program.ts", program);
      write("wrong.ts", 'import { compile } from "tapeless";\ncompile({ name: 3 });\n');
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const types = ["--typeRoots", join(root, "node_modules/@types"), "--types", "node"];
      const flags = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", ...types];
      expect(run(process.execPath, tsc, ...flags, "program.ts")).toBe("");
      expect(() =>
        execFileSync(process.execPath, [tsc, ...flags, "wrong.ts"], { cwd: home, stdio: "pipe" }),
      ).toThrow();
    },
    2 * minutes,
  );

  it(
    "compiles a spec and rejects a wrong one with diagnostics",
    () => {
      write(
        "program.js",
        program
          .replace(/import type .*/, "")
          .replace(/: (ModelSpec|CompileResult|readonly Diagnostic\[\]|unknown)/g, ""),
      );
      expect(run(process.execPath, "program.js")).toBe("true 0\ntrue\n");
    },
    minutes,
  );

  it("exports the JSON Schema", () => {
    write(
      "schema.js",
      'import schema from "tapeless/schema.json" with { type: "json" };\nconsole.log(schema.type);\n',
    );
    expect(run(process.execPath, "--no-warnings", "schema.js")).toBe("object\n");
  });
});
