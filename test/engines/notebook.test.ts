// The library in Deno, whose Jupyter kernel displays values by the method `Symbol.for("Jupyter.display")`. If a test
// fails, the library does not load in Deno, or a notebook shows something else than what Node computes.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleProgram } from "../../src/command/cli/bundle-program.js";
import { inspect } from "../../src/index.ts";
import { installedEngines, runScript } from "./engines.ts";
import { installEngines, installSeconds, needs } from "./install.ts";
import { newWorkspace } from "./workspace.ts";

const pathOf = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const spec = pathOf("graphs/iris.json");
const workspace = newWorkspace();
let missing: string | undefined;
beforeAll(
  async () => {
    missing = await installEngines();
    // The library as the package has it, and the packages that it loads.
    await bundleProgram({ outdir: workspace.folder, entries: { index: "index.ts" } });
    const dependencies = { esbuild: "*", "ts-morph": "*" };
    workspace.write("package.json", JSON.stringify({ type: "module", dependencies }));
    symlinkSync(pathOf("node_modules"), join(workspace.folder, "node_modules"));
  },
  installSeconds * 1000 + 60_000,
);
afterAll(() => workspace.remove());

/** Displays the values of a cell as the kernel does, and prints their bundles. */
const cell = `
import { curves, inspect, train } from "./index.mjs";
const spec = ${JSON.stringify(spec)};
const { epochs } = await train(spec, { epochs: 3 });
const values = [
  await inspect(spec), await inspect(spec, { show: "graph" }), await inspect(spec, { show: "gradients" }),
  await curves(epochs, { title: "iris" }),
];
const bundles = await Promise.all(values.map((value) => value[Symbol.for("Jupyter.display")]()));
console.log(JSON.stringify(bundles));
`;

it("displays the same bundles in Deno as in Node", { timeout: 120_000 }, async (context) => {
  needs(missing, context);
  const deno = installedEngines.find(({ name }) => name === "Deno");
  if (deno === undefined) throw new Error("Deno is not in the list of engines");
  workspace.write("cell.ts", cell);
  // The kernel has all permissions.
  const flags = ["run", "--quiet", "--allow-all"];
  const { stdout, stderr } = await runScript({ ...deno, flags }, workspace.folder, ["cell.ts"]);
  expect(stderr).toBe("");
  const [layers, graph, gradients, training]: Record<string, string>[] = JSON.parse(stdout);
  const inNode = async (show: "layers" | "graph" | "gradients") =>
    Object(await inspect(spec, { show }))[Symbol.for("Jupyter.display")]();
  expect(layers).toEqual(await inNode("layers"));
  expect(graph).toEqual(await inNode("graph"));
  expect(gradients).toEqual(await inNode("gradients"));
  expect(training["image/svg+xml"]).toContain("best epoch 3");
});
