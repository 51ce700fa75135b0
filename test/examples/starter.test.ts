// `npm create tapeless`: the projects that it writes, and what it refuses. If a test fails, a new user's first project
// does not train, or the starter replaces a file of the user.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { specs, templates } from "../../packages/create-tapeless/src/choices.ts";
import { needs } from "../engines/install.ts";
import { needsChromium, startBrowser } from "../pages/open-page.ts";
import { installSeconds } from "../support/install-packages.ts";
import { copyProjects, freePort, installProjects, withPage, type Projects } from "./projects.ts";

const timeout = 120_000;
let missing: string | undefined;
let projects: Projects;
beforeAll(
  async () => {
    missing = await installProjects();
    projects = await copyProjects();
    mkdirSync(projects.pathOf("home"));
  },
  2 * installSeconds * 1000 + timeout,
);
afterAll(() => projects.remove());

/** Runs the starter in `home`, without a terminal. */
const create = (...args: readonly string[]): Promise<string> =>
  projects.run(
    "home",
    process.execPath,
    projects.pathOf("node_modules/create-tapeless/dist/create-tapeless.js"),
    ...args,
  );

/** The exit code and the message of a run that fails. */
const refusal = (...args: readonly string[]) =>
  create(...args).then(
    (printed) => ({ code: 0, stderr: printed }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );

const home = (name: string) => projects.pathOf(`home/${name}`);

describe("writes", () => {
  it("the defaults with --yes, and says what to do next", async () => {
    const printed = await create("--yes");
    expect(printed).toContain("tapeless-app: the template page with the model digits\n");
    expect(printed).toMatch(/ {2}cd tapeless-app\n {2}npm install\n {2}npm run dev\n$/);
    const settings = JSON.parse(readFileSync(home("tapeless-app/package.json"), "utf8"));
    expect(settings).toMatchObject({ name: "tapeless-app", private: true });
    const { version } = JSON.parse(
      readFileSync(projects.pathOf("node_modules/tapeless/package.json"), "utf8"),
    );
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
        expect(files(home(name))).toEqual(files(projects.pathOf(example)));
        for (const file of ["model.tapeless.yaml", "data.csv", "data.ts"].map((each) => `src/${each}`))
          if (existsSync(join(home(name), file)))
            expect(readFileSync(join(home(name), file))).toEqual(
              readFileSync(projects.pathOf(`${owner}/${file}`)),
            );
      }
  });

  it("into an empty folder that is a repository", async () => {
    mkdirSync(home("empty/.git"), { recursive: true });
    expect(await create("empty", "--yes")).toContain("empty: the template page");
  });
});

describe("projects work with the models of other examples", () => {
  it("page: `npm run dev` trains, without a message", { timeout }, async (context) => {
    needs(missing, context);
    needsChromium(context);
    await create("dev-page", "--template", "page", "--spec", "diabetes");
    const browser = await startBrowser();
    const port = await freePort();
    try {
      await projects.serving("home/dev-page", ["vite", "--port", `${port}`, "--strictPort"], async () => {
        const url = `http://localhost:${port}/`;
        await expect
          .poll(() =>
            fetch(url).then(
              ({ status }) => status,
              () => 0,
            ),
          )
          .toBe(200);
        await withPage({ browser, url }, async ({ page, messages }) => {
          const output = page.locator("output", { hasText: /^(trained|the training failed)/ });
          expect(await output.textContent()).toMatch(/^trained: loss \d+\.\d{4} {2}rmse/);
          // Vite's own notes, which a browser hides by default.
          expect(messages.filter((message) => !message.startsWith("[vite] connect"))).toEqual([]);
        });
      });
    } finally {
      await browser.close();
    }
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

it("packs its templates with all their files", async () => {
  const printed = await projects.run(
    "node_modules/create-tapeless",
    "npm",
    ...["pack", "--dry-run", "--json", "--ignore-scripts"],
  );
  const [{ files }]: [{ files: { path: string }[] }] = JSON.parse(printed.slice(printed.indexOf("[")));
  const packed = new Set(files.map(({ path }) => path));
  const root = projects.pathOf("node_modules/create-tapeless");
  const written = readdirSync(join(root, "templates"), { recursive: true, encoding: "utf8" })
    .map((file) => `templates/${file}`)
    .filter((file) => statSync(join(root, file)).isFile());
  expect(written.filter((file) => !packed.has(file))).toEqual([]);
  expect([...packed]).toContain("templates/worker/_gitignore");
  expect([...packed]).toContain("dist/create-tapeless.js");
});

it("shows its options with --help", async () => {
  const printed = await create("--help");
  for (const name of [...Object.keys(templates), ...Object.keys(specs), "--yes"])
    expect(printed).toContain(name);
});
