// The projects of examples/, built and run as their README files say. If a test fails, a reader who follows a guide
// gets an error, or a page or service that does not train.
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../engines/install.ts";
import { needsChromium, chromiumPath, startBrowser } from "../pages/open-page.ts";
import { installSeconds } from "../support/install-packages.ts";
import { jupyterKernel } from "./jupyter-kernel.ts";
import { copyProjects, freePort, installProjects, servingPage, withPage, type Projects } from "./projects.ts";

const timeout = 120_000;
/** Scripts of the page itself may compile WebAssembly; `eval` is forbidden. */
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:";

let missing: string | undefined;
let projects: Projects;
let browser: Browser | undefined;
beforeAll(
  async () => {
    missing = await installProjects();
    projects = await copyProjects();
    if (chromiumPath() !== undefined) browser = await startBrowser();
  },
  2 * installSeconds * 1000 + timeout,
);
afterAll(async () => {
  await browser?.close();
  projects.remove();
});

// Each example is a folder that one can copy, so the React example has copies of these files.
it.each(["style.css", "worker.ts"])("the pages share one look and one worker: %s", (file) => {
  const [plain, react] = ["worker", "react"].map((name) =>
    readFileSync(`examples/${name}/src/${file}`, "utf8"),
  );
  expect(react).toBe(plain);
});

/** A browser, or the reason why the test is skipped. */
function browserOf(context: Parameters<typeof needs>[1]): Browser {
  needs(missing, context);
  needsChromium(context);
  if (browser === undefined) throw new Error("the browser did not start");
  return browser;
}

/** Opens a built page, and returns its last message once the training has ended. */
async function trainedPage(used: Browser, folder: string): Promise<string> {
  let outcome = "";
  await servingPage(folder, policy, (url) =>
    withPage({ browser: used, url }, async ({ page, messages, requests }) => {
      const output = page.locator("output", { hasText: /^(trained|the training failed)/ });
      outcome = (await output.textContent()) ?? "";
      const points = page.locator("polyline").first();
      if ((await points.count()) > 0)
        expect((await points.getAttribute("points"))?.split(" ").length).toBeGreaterThan(5);
      expect(messages).toEqual([]);
      expect(requests.filter((request) => !request.startsWith("data:") && request.includes(":"))).toEqual([]);
    }),
  );
  return outcome;
}

const metric = (text: string, name: string): number =>
  Number(new RegExp(`${name} (-?[\\d.]+)`).exec(text)?.[1]);

describe("pages train in Chromium, under a policy that forbids eval, without messages and other requests:", () => {
  it("page, without a build", { timeout }, async (context) => {
    const used = browserOf(context);
    await projects.run("page", "npm", "run", "compile");
    expect(metric(await trainedPage(used, projects.pathOf("page")), "loss")).toBeLessThan(0.05);
  });

  it.for([
    ["worker", 0.97],
    ["react", 0.97],
  ] as const)("%s, bundled by Vite", { timeout }, async ([project, accuracy], context) => {
    const used = browserOf(context);
    await projects.run(project, "npm", "run", "build");
    const text = await trainedPage(used, projects.pathOf(`${project}/dist`));
    expect(metric(text, "accuracy")).toBeGreaterThan(accuracy);
  });

  it(
    "the renderer of electron, which passes its checkpoint to the main process",
    { timeout },
    async (context) => {
      const used = browserOf(context);
      await projects.run("electron", "npm", "run", "compile");
      const prepare =
        "window.files = { save: async (bytes) => { window.saved = bytes.length; return true; } };";
      await servingPage(projects.pathOf("electron"), policy, (url) =>
        withPage({ browser: used, url, prepare }, async ({ page, messages }) => {
          const output = page.locator("output", { hasText: /^trained/ });
          expect(metric((await output.textContent()) ?? "", "accuracy")).toBeGreaterThan(0.9);
          await page.getByRole("button").click();
          await page.locator("output", { hasText: /^saved$/ }).waitFor();
          expect(await page.evaluate("window.saved")).toBeGreaterThan(1000);
          expect(messages).toEqual([]);
        }),
      );
    },
  );
});

describe("electron", () => {
  it("has a main process and a preload script with correct types", { timeout }, async (context) => {
    needs(missing, context);
    const flags = "--noEmit --checkJs --strict --module nodenext --target es2022 --types node --skipLibCheck";
    await projects.run("electron", "tsc", ...flags.split(" "), "main.js", "preload.cjs");
  });

  it("has a preload script that gives the page the function that it calls, on a channel of the main process", () => {
    const text = (file: string) => readFileSync(projects.pathOf(`electron/${file}`), "utf8");
    const calls: unknown[] = [];
    const electron = {
      contextBridge: {
        exposeInMainWorld: (name: string, functions: Record<string, (bytes: Uint8Array) => void>) => {
          calls.push(name, Object.keys(functions));
          functions.save(Uint8Array.of(1));
        },
      },
      ipcRenderer: { invoke: (...args: unknown[]) => calls.push(args) },
    };
    new Function("require", text("preload.cjs"))(() => electron);
    expect(calls).toEqual(["files", ["save"], ["save", Uint8Array.of(1)]]);
    expect(text("renderer.js")).toContain("window.files.save(");
    expect(text("main.js")).toContain('ipcMain.handle("save"');
  });
});

describe("programs", () => {
  it("node trains, and predicts from its checkpoint", { timeout }, async (context) => {
    needs(missing, context);
    const printed = await projects.run("node", "npm", "run", "dev");
    expect(printed).toMatch(
      /epoch 10: loss \d+[^]*trained: \{\s+loss: \d+[^]*first row: network output .* data 151/,
    );
    await projects.run("node", "tsc");
  });

  it("deno trains with the permissions of its task", { timeout }, async (context) => {
    needs(missing, context);
    const compiled = ["compile", "src/model.tapeless.yaml", "--module", "-o", "src/model.ts"];
    await projects.run("deno", "tapeless", ...compiled);
    expect(metric(await projects.run("deno", "deno", "task", "train"), "accuracy")).toBeGreaterThan(0.95);
    await projects.run("deno", "deno", "check", "src/main.ts");
  });

  it("bun builds an executable that trains as the file does", { timeout }, async (context) => {
    needs(missing, context);
    rmSync(projects.pathOf("bun/data.csv"), { force: true });
    await projects.run("bun", "bun", "make-data.ts");
    const trained = await projects.run("bun", "npm", "run", "start");
    await projects.run("bun", "npm", "run", "build");
    const alone = await projects.run(
      "bun",
      join(projects.pathOf("bun"), "train"),
      "--data",
      "data.csv",
      "--json",
    );
    const { test }: { test: Record<string, number> } = JSON.parse(/^\{.*\}$/m.exec(alone)?.[0] ?? "{}");
    expect(test.r2).toBeGreaterThan(0.95);
    expect(trained).toContain(`r2 ${test.r2.toFixed(4)}`);
  });

  it("library builds a package that predicts", { timeout }, async (context) => {
    needs(missing, context);
    const printed = await projects.run("library", "npm", "run", "dev");
    expect(printed).toMatch(/cultivar: 'class_0'[^]*# pass 2/);
    expect(readFileSync(projects.pathOf("library/dist/index.d.ts"), "utf8")).toContain(
      "predict: (rows: readonly Row[])",
    );
  });
});

it(
  "a notebook with Deno's kernel shows values of tapeless as HTML and pictures",
  { timeout },
  async (context) => {
    needs(missing, context);
    const folder = projects.pathOf("notebook");
    mkdirSync(folder);
    symlinkSync("../node_modules", join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module", "dependencies": { "tapeless": "*" } }');
    writeFileSync(join(folder, "deno.json"), '{ "nodeModulesDir": "manual" }');
    const kernel = await jupyterKernel(folder);
    try {
      await projects.serving("notebook", kernel.command, async () => {
        await kernel.started();
        await kernel.run(
          'import { inspect } from "tapeless";\nconst spec = "../deno/src/model.tapeless.yaml";',
        );
        const table = await kernel.run("await inspect(spec);");
        expect(Object.keys(table).sort()).toEqual(["text/html", "text/plain"]);
        expect(table["text/plain"]).toContain("iris: 2 layers, f32");
        expect(table["text/html"]).toMatch(/^<table>[^]*dense1/);
        const graph = await kernel.run('await inspect(spec, { show: "graph" });');
        expect(graph["image/svg+xml"]).toMatch(/^<svg /);
        await expect(kernel.run('await inspect("nothing.yaml");')).rejects.toThrow("the file does not exist");
      });
    } finally {
      kernel.close();
    }
  },
);

describe("edge", () => {
  it(
    "learns and predicts in workerd, which forbids eval and WebAssembly from bytes",
    { timeout },
    async (context) => {
      needs(missing, context);
      await projects.run("edge", "npm", "run", "compile");
      const address = `127.0.0.1:${await freePort()}`;
      const post = async (path: string, body: unknown) => {
        const response = await fetch(`http://${address}${path}`, {
          method: "POST",
          body: JSON.stringify(body),
        });
        const value: { loss: number; demand: number[] } = Object(await response.json());
        return { status: response.status, value };
      };
      const command = ["workerd", "serve", "config.capnp", "--socket-addr", `http=${address}`];
      await projects.serving("edge", command, async () => {
        await expect
          .poll(() =>
            fetch(`http://${address}/`).then(
              ({ status }) => status,
              () => 0,
            ),
          )
          .toBe(404);
        const rows = { weather: [20, 12, 5, 3], demand: [1, 2] };
        const [first, second] = [await post("/learn", rows), await post("/learn", rows)];
        expect(second.value.loss).toBeLessThan(first.value.loss);
        const { status, value } = await post("/predict", { weather: rows.weather });
        expect(status).toBe(200);
        expect(value.demand).toEqual([expect.closeTo(1, 1), expect.closeTo(2, 1)]);
        expect(await post("/predict", { weather: [1, 2, 3] })).toEqual({
          status: 400,
          value: { error: "weather has 3 values, not a multiple of the row size 2" },
        });
      });
    },
  );
});

it("each example has a README that its index lists", () => {
  const root = fileURLToPath(new URL("../../examples/", import.meta.url));
  const index = readFileSync(join(root, "README.md"), "utf8");
  for (const name of ["page", "worker", "react", "node", "deno", "bun", "edge", "electron", "library"]) {
    expect(index).toContain(`](${name}/README.md)`);
    expect(readFileSync(join(root, name, "README.md"), "utf8")).toMatch(/^# /);
  }
});
