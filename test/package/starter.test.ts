// `npm create tapeless` from the packed packages: the projects that it writes, and what it refuses. If a test fails, a
// new user's first project does not train, or the starter replaces a file of the user.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { specs, templates } from "../../packages/create-tapeless/src/choices.ts";
import { needs } from "../engines/install.ts";
import { needsChromium, startBrowser } from "../pages/open-page.ts";
import { installSeconds } from "../support/install-packages.ts";
import { freePort, installTools, newProjects, withPage, type Projects } from "../examples/projects.ts";
import { copyDependencies, root, unpack } from "./pack-packages.ts";

const timeout = 120_000;
let missing: string | undefined;
let projects: Projects;
beforeAll(
  async () => {
    missing = await installTools();
    projects = newProjects();
    const { tapeless, unplugin, starter } = inject("packed").archives;
    const modules = home("node_modules");
    await unpack(tapeless, join(modules, "tapeless"));
    await unpack(unplugin, join(modules, "@tapeless/unplugin"));
    await unpack(starter, join(modules, "create-tapeless"));
    copyDependencies(root, modules);
    copyDependencies(join(root, "packages/unplugin"), modules);
    mkdirSync(join(modules, ".bin"));
    symlinkSync("../tapeless/src/command/cli/tapeless.js", join(modules, ".bin/tapeless"));
  },
  2 * installSeconds * 1000 + timeout,
);
afterAll(() => projects.remove());

/** Runs the starter in `home`, without a terminal. */
const create = (...args: readonly string[]): Promise<string> =>
  projects.run(
    "home",
    process.execPath,
    home("node_modules/create-tapeless/dist/create-tapeless.js"),
    ...args,
  );

/** The exit code and the message of a run that fails. */
const refusal = (...args: readonly string[]) =>
  create(...args).then(
    (printed) => ({ code: 0, stderr: printed }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );

const home = (name: string) => projects.pathOf(`home/${name}`);
const exampleOf = (name: string) => join(root, "examples", name);

describe("writes", () => {
  it("the defaults with --yes, and says what to do next", async () => {
    const printed = await create("--yes");
    expect(printed).toContain("tapeless-app: the template page with the model digits\n");
    expect(printed).toMatch(/ {2}cd tapeless-app\n {2}npm install\n {2}npm run dev\n$/);
    const settings = JSON.parse(readFileSync(home("tapeless-app/package.json"), "utf8"));
    expect(settings).toMatchObject({ name: "tapeless-app", private: true });
    const { version } = JSON.parse(readFileSync(home("node_modules/tapeless/package.json"), "utf8"));
    expect(settings.devDependencies).toMatchObject({
      tapeless: `^${version}`,
      "@tapeless/unplugin": `^${version}`,
    });
    expect(readFileSync(home("tapeless-app/.gitignore"), "utf8")).toContain("node_modules/");
  });

  it("each template with each spec: the files of the example, with the model of the other example", async () => {
    for (const [template, { example }] of Object.entries(templates))
      for (const [spec, { example: owner }] of Object.entries(specs)) {
        const name = `${template}-${spec}`;
        await create(name, "--template", template, "--spec", spec);
        const files = (folder: string) =>
          readdirSync(folder, { recursive: true, encoding: "utf8" })
            .filter((file) => !/model\.(ts|predictor)|\.d\.ts|dist/.test(file))
            .sort();
        expect(files(home(name))).toEqual(files(exampleOf(example)));
        for (const file of ["model.tapeless.yaml", "data.csv", "data.ts"].map((each) => `src/${each}`))
          if (existsSync(join(home(name), file)))
            expect(readFileSync(join(home(name), file))).toEqual(readFileSync(exampleOf(`${owner}/${file}`)));
      }
  });

  it("into an empty folder that is a repository", async () => {
    mkdirSync(home("empty/.git"), { recursive: true });
    expect(await create("empty", "--yes")).toContain("empty: the template page");
  });
});

/** The last message of the page, once the training has ended. */
async function trained(page: Page): Promise<string> {
  const output = page.locator("output", { hasText: /^(trained|the training failed)/ });
  return (await output.textContent()) ?? "";
}

const statusOf = (url: string): Promise<number> =>
  fetch(url).then(
    ({ status }) => status,
    () => 0,
  );

describe("projects work with the models of other examples", () => {
  it("page: `npm run dev` trains, and again after an edit of the spec", { timeout }, async (context) => {
    needs(missing, context);
    needsChromium(context);
    await create("dev-page", "--template", "page", "--spec", "diabetes");
    const browser = await startBrowser();
    const port = await freePort();
    const url = `http://localhost:${port}/`;
    try {
      await projects.serving("home/dev-page", ["vite", "--port", `${port}`, "--strictPort"], async () => {
        await expect.poll(() => statusOf(url)).toBe(200);
        await withPage({ browser, url }, async ({ page, messages }) => {
          expect(await trained(page)).toMatch(/^trained: loss \d+\.\d{4} {2}rmse/);
          // Vite's own notes, which a browser hides by default.
          const own = () => messages.filter((message) => !message.startsWith("[vite] "));
          expect(own()).toEqual([]);
          const spec = home("dev-page/src/model.tapeless.yaml");
          writeFileSync(spec, readFileSync(spec, "utf8").replace(/epochs: \d+/, "epochs: 3"));
          await expect
            .poll(own)
            .toEqual([expect.stringMatching(/^\[tapeless\] diabetes: kept (\d+) of \1 /)]);
          expect(await trained(page)).toMatch(/^trained: /);
          const points = await page.locator("polyline.training").getAttribute("points");
          expect(points?.split(" ")).toHaveLength(3);
        });
      });
    } finally {
      await browser.close();
    }
    // Types of the packed packages, and the page without a server.
    expect(await projects.run("home/dev-page", "npm", "run", "build")).toContain("built in");
  });

  it("react builds, node trains, library predicts", { timeout }, async (context) => {
    needs(missing, context);
    await create("some-react", "--template", "react", "--spec", "iris");
    expect(await projects.run("home/some-react", "npm", "run", "build")).toContain("built in");
    await create("some-node", "--template", "node", "--spec", "iris");
    expect(await projects.run("home/some-node", "npm", "run", "dev")).toContain("species of the first row");
    await create("some-library", "--template", "library", "--spec", "diabetes");
    expect(await projects.run("home/some-library", "npm", "run", "dev")).toContain("# pass 2");
  });
});

describe("refuses, and writes nothing:", () => {
  it.each([
    [["My App", "--yes"], 'error: "My App" is not a valid name of a package; "my-app" would be one\n'],
    [["..", "--yes"], /^error: the folder \.\. is not empty|is not a valid name/],
    [
      ["app", "--template", "pag"],
      'error: unknown template "pag"; did you mean "page"?\ntemplates: page, react, node, library\n',
    ],
    [
      ["app", "--spec", "toString"],
      'error: unknown spec "toString"\nspecs: digits, two-moons, iris, diabetes\n',
    ],
    [
      ["app", "--template", "page"],
      /^error: cannot ask questions, because standard input is not a terminal\nadd --yes/,
    ],
    [["app", "other", "--yes"], 'error: one folder is enough, got also "other"\n'],
    [["app", "--speck", "iris"], /^error: Unknown option '--speck'[^]*Usage: npm create tapeless/],
  ])("%j", async (args, message) => {
    const before = readdirSync(home(""));
    const { code, stderr } = await refusal(...args);
    expect(code).toBe(2);
    if (typeof message === "string") expect(stderr).toBe(message);
    else expect(stderr).toMatch(message);
    expect(readdirSync(home(""))).toEqual(before);
  });

  it("a folder with files, and a file", async () => {
    mkdirSync(home("mine"));
    writeFileSync(home("mine/notes.txt"), "mine");
    expect(await refusal("mine", "--yes")).toEqual({
      code: 2,
      stderr: "error: the folder mine is not empty: it contains notes.txt\n",
    });
    expect(readdirSync(home("mine"))).toEqual(["notes.txt"]);
    writeFileSync(home("file"), "");
    expect(await refusal("file", "--yes")).toEqual({ code: 2, stderr: "error: file is a file\n" });
  });
});

it("shows its options with --help", async () => {
  const printed = await create("--help");
  for (const name of [...Object.keys(templates), ...Object.keys(specs), "--yes"])
    expect(printed).toContain(name);
});
