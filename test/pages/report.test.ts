// The report in a real browser, opened from its file under its content security policy and without a network.
// If a test fails, a view shows wrong content, writes to the console, or draws so many elements that 300
// layers make it slow. Tests wait for content of the page, never for the clock.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { inspectSpec } from "../../src/command/cli/inspect.ts";
import type { ExplainedNumbers } from "../../src/studio/explanation.ts";
import { numbersText, numberText } from "../../src/studio/row-numbers.ts";
import { legibility } from "./legibility.ts";
import { chromiumPath, needsChromium, openPage, startBrowser } from "./open-page.ts";

vi.setConfig({ testTimeout: 180_000 }); // the first test that needs a report creates it

const folder = mkdtempSync(join(tmpdir(), "report-"));
let browser: Browser;
beforeAll(async () => {
  if (chromiumPath() !== undefined) browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});
beforeEach(needsChromium);

const image = { inputs: { image: { shape: [8, 8, 1] } }, targets: { digit: { classes: 4 } } };
const tokens = {
  inputs: { text: { shape: [6], dtype: "i32" } },
  targets: { next: { classes: 9, shape: [6] } },
};
const row = { inputs: { x: { shape: [8] } }, targets: { y: { classes: 8 } } };
const dense = (count: number) =>
  Array.from({ length: count }, () => ({ type: "dense", units: 8, activation: "tanh" }));

const models = {
  "3": { ...row, network: dense(3) },
  "30": { ...row, network: dense(30) },
  "300": { ...row, network: dense(300) },
  convolution: {
    ...image,
    network: [
      { type: "conv2d", filters: 3, kernel: 3, activation: "relu" },
      { type: "max-pool2d", size: 2 },
      { type: "batch-norm" },
      { type: "flatten" },
      { type: "dense", units: 4 },
    ],
  },
  lstm: {
    inputs: { x: { shape: [5, 3] } },
    targets: { y: { classes: 3 } },
    network: [
      { type: "lstm", units: 4 },
      { type: "dense", units: 3 },
    ],
  },
  attention: {
    ...tokens,
    network: [
      { type: "embedding", vocabulary: 9, units: 8 },
      { type: "attention", heads: 2, causal: true },
      { type: "layer-norm" },
      { type: "dense", units: 9 },
    ],
  },
} as const;
type Name = keyof typeof models;

/** The report file, made once for each model. */
const files = new Map<Name, Promise<string>>();
function reportOf(name: Name): Promise<string> {
  const known = files.get(name);
  if (known !== undefined) return known;
  const write = async () => {
    const [spec, output] = [join(folder, `${name}.json`), join(folder, `${name}.html`)];
    const rest = { loss: "cross-entropy", optimizer: "adam", training: { epochs: 1, batchSize: 4 } };
    writeFileSync(spec, JSON.stringify({ name: `model-${name}`, ...models[name], ...rest }, undefined, 2));
    await inspectSpec(spec, {
      show: "graph",
      format: "html",
      target: "ts",
      measure: true,
      dtype: "f32",
      output,
    });
    return output;
  };
  const made = write();
  files.set(name, made);
  return made;
}

async function open(name: Name, options: { place?: string; dark?: boolean; width?: number } = {}) {
  const { place = "", ...rest } = options;
  const opened = await openPage(browser, `${pathToFileURL(await reportOf(name)).href}${place}`, rest);
  await opened.page.locator("main h1").waitFor(); // the data is decompressed after the page has loaded
  return opened;
}

/** A value in the JSON of gradients. */
interface Valued {
  readonly name: string;
  readonly numbers?: ExplainedNumbers;
}

const view = (page: Page) => page.locator(".views a[aria-current]").getAttribute("data-view");
const title = (page: Page) => page.locator("main h1").textContent();
const details = (page: Page) => page.locator("aside");
/** The value of a term in the details. */
const fact = (page: Page, term: string) => details(page).locator(`dt:text-is("${term}") + dd`).first();
const box = (page: Page, id: string) => page.locator(`[data-id="${id}"]`);
const drawn = (page: Page) => page.evaluate<number>("document.querySelectorAll('*').length");

/** An element that each view must have. */
const contentOf = {
  graph: ".graph-box",
  gradients: ".step math",
  passes: ".pass .counts",
  kernels: "tbody a",
  memory: ".lifetimes .box",
  layers: "tbody a",
  code: ".listing .line",
} as const;

/** Opens all views with their keys; returns their names. */
async function throughViews(page: Page, eachView: (name: string) => Promise<void>): Promise<string[]> {
  const names: string[] = [];
  for (const link of await page.locator(".views a").all()) {
    const name = (await link.getAttribute("data-view")) ?? "";
    await page.keyboard.press((await link.locator("kbd").textContent()) ?? "");
    await page
      .locator(`main ${contentOf[name as keyof typeof contentOf]}`)
      .first()
      .waitFor();
    await eachView(name);
    names.push(name);
  }
  return names;
}

describe.each(["3", "30", "convolution", "lstm", "attention"] as const)("the report of %s", (name) => {
  it("opens each view with its key, in both themes, without console output", async () => {
    for (const dark of [false, true]) {
      const { page, complaints } = await open(name, { dark });
      const names = await throughViews(page, async (each) => {
        await expect.poll(async () => (await title(page))?.toLowerCase()).toBe(each);
      });
      for (const wanted of ["graph", "gradients", "passes", "kernels", "memory", "layers", "code"])
        expect(names).toContain(wanted);
      expect(complaints).toEqual([]);
      await page.close();
    }
  });

  it("shows the cost of every layer, and derives a gradient for every trainable parameter", async () => {
    const { page, complaints } = await open(name, { place: "#layers" });
    const rows = page.locator("main tbody tr");
    await expect.poll(() => rows.count()).toBe(models[name].network.length);
    await page.locator("main tbody a").last().click(); // a parameter of the last layer
    await expect.poll(() => view(page)).toBe("gradients");
    await expect.poll(() => page.locator(".step").count()).toBeGreaterThan(2);
    await page.locator(".step .head a").last().click();
    await expect.poll(() => details(page).locator("h3").allTextContents()).toContain("Why it exists");
    expect(complaints).toEqual([]);
    await page.close();
  });
});

it.each([false, true])("all texts of all views are legible (dark: %s)", async (dark) => {
  const { page } = await open("convolution", { dark });
  await throughViews(page, async (name) => {
    const { count, problems } = await legibility(page);
    expect(count).toBeGreaterThan(20);
    expect(problems, name).toEqual([]);
  });
  await page.close();
});

describe("the rules in the report", () => {
  it("lists every rule and rewrite of a step, also those of values that a rewrite combined", async () => {
    const { page, complaints } = await open("3", { place: "#gradients/parameter/dense3.bias" });
    const step = page.locator(".step").filter({ hasText: "softmax-cross-entropy" });
    const rules = ["subtract.vjp", "log.vjp", "reduceSum.vjp", "exp.vjp"];
    for (const rule of [...rules, "normalise-exponentials", "add-negated"])
      await expect
        .poll(() => step.getByRole("link", { name: rule }).count(), { message: rule })
        .toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("steps through the applications of rules with Shift and the arrow keys", async () => {
    const { page, complaints } = await open("3", { place: "#passes" });
    await page.keyboard.press("Shift+ArrowRight");
    const marked = page.locator(".application[data-current]");
    await expect.poll(() => marked.count()).toBe(1);
    const first = await marked.textContent();
    await page.keyboard.press("Shift+ArrowRight");
    await expect.poll(() => marked.textContent()).not.toBe(first);
    await page.keyboard.press("Shift+ArrowLeft");
    await expect.poll(() => marked.textContent()).toBe(first);
    await marked.locator("a.node").first().click();
    await expect.poll(() => details(page).locator("h2").count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("the numbers of a row in the report", () => {
  it("are drawn next to each formula, and the arrow keys step from the inputs to the gradient", async () => {
    await reportOf("3"); // writes the spec
    const [spec, output, data] = ["3.json", "row.html", "row.json"].map((name) => join(folder, name));
    const flags = { show: "gradients", target: "ts", measure: true, dtype: "f32", row: 1 } as const;
    await inspectSpec(spec, { ...flags, format: "html", output });
    await inspectSpec(spec, { ...flags, format: "json", output: data });
    const { values, derivations } = JSON.parse(readFileSync(data, "utf8")) as {
      readonly values: readonly Valued[];
      readonly derivations: readonly { readonly steps: readonly Valued[] }[];
    };
    const { page, complaints } = await openPage(browser, `${pathToFileURL(output).href}#gradients`);
    await page.locator(".row-title", { hasText: "random row 1" }).waitFor();
    const current = page.locator(".step[data-current]");
    const numbersOf = new Map(
      [...values, ...derivations.flatMap(({ steps }) => steps)].map(({ name, numbers }) => [name, numbers]),
    );
    const seen: string[] = [];
    const total = Number(/\d+/.exec((await page.locator(".stepper-place").textContent()) ?? "")?.[0]);
    for (let place = 1; place <= total; place++) {
      await page.keyboard.press("ArrowRight");
      await page.locator(".stepper-place", { hasText: `${place} of ${total}` }).waitFor();
      const name = (await current.locator(".head a").textContent()) ?? "";
      const numbers = numbersOf.get(name);
      expect(numbers, name).toBeDefined();
      if (numbers !== undefined)
        expect(await current.locator(".matrix").first().getAttribute("aria-label")).toBe(
          numbersText(numbers),
        );
      seen.push(name);
    }
    expect(seen.slice(0, values.length)).toEqual(values.map(({ name }) => name));
    expect(seen.at(-1)).toBe("d_dense1.weight");
    // The last step is a product, so it also shows its two factors.
    expect(await current.locator(".operands .matrix").count()).toBe(2);
    const cell = current.locator(".matrix").first();
    await cell.hover({ position: { x: 20, y: 7 } }); // the second cell of the first row
    const second = numbersOf.get("d_dense1.weight")?.corner[0][1] ?? NaN;
    const caption = current.locator(".value figcaption").first();
    await expect.poll(() => caption.textContent()).toBe(`row 0, column 1: ${numberText(second)}`);
    await page.getByRole("button", { name: "First value" }).click();
    await expect.poll(() => current.locator(".head a").textContent()).toBe(seen[0]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("the code in the report", () => {
  const codeLine = (page: Page, line: number) => page.locator(`.pane.code [data-line="${line}"]`);
  const first = (page: Page) => page.locator(".pane.code .line", { hasText: "function dense_forward(" });

  it("opens at the first kernel; its outline and its field find kernels and text", async () => {
    const { page, complaints } = await open("3", { place: "#code" });
    await expect.poll(() => first(page).isVisible()).toBe(true);
    const isInSight = (text: string) =>
      page
        .locator(".pane.code .line", { hasText: text })
        .first()
        .evaluate((row) => {
          const [inner, outer] = [row, row.closest(".listing") ?? row].map((each) =>
            each.getBoundingClientRect(),
          );
          return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
        });
    await expect.poll(() => isInSight("function dense_forward(")).toBe(true);
    await page.locator(".outline a", { hasText: "dense_backward_weight" }).click();
    await expect.poll(() => isInSight("function dense_backward_weight(")).toBe(true);
    await expect
      .poll(() => page.locator(".outline [data-current]").textContent())
      .toBe("dense_backward_weight");
    await page.keyboard.press("f");
    await page.keyboard.type("function");
    await expect.poll(() => page.locator(".find [role=status]").textContent()).toMatch(/^1 of \d+$/);
    await page.keyboard.press("Shift+Enter");
    await expect.poll(() => page.locator(".find [role=status]").textContent()).toMatch(/^(\d+) of \1$/);
    await page.keyboard.type(" that nobody wrote");
    await page.locator(".find", { hasText: "no match" }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("has all lines in the document, so that the browser finds text in them", async () => {
    const { page, complaints } = await open("3", { place: "#code" });
    await codeLine(page, 1).waitFor({ state: "attached" });
    const count = await page.locator(".pane.code .line").count();
    expect(count).toBeGreaterThan(1000);
    // The last statement of the file, far out of sight.
    expect(await page.evaluate("find('refuseIfMain(import.meta')")).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("marks what belongs to the line or the link under the pointer, in both directions", async () => {
    const { page, complaints } = await open("3", { place: "#code/node/gradient%2Fd_dense2.weight" });
    const hovered = page.locator(".pane.code .line.hovered");
    const [line] = await page.locator(".pane.code .line.marked").all();
    await line.hover();
    await expect.poll(() => hovered.count()).toBeGreaterThan(0);
    await expect.poll(() => page.locator(".pane.spec .line.hovered").count()).toBe(1);
    await details(page).getByRole("link", { name: "dense1", exact: true }).first().hover();
    await expect.poll(() => hovered.allTextContents().then((all) => all.join())).toContain("dense_forward");
    await page.locator(".pane.spec .line", { hasText: '"units": 8' }).first().hover();
    await expect.poll(() => hovered.count()).toBeGreaterThan(10);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("divides the width of its panes with the pointer and with keys", async () => {
    const { page, complaints } = await open("3", { place: "#code" });
    const bar = page.getByRole("separator", { name: "Width of the code" });
    const width = async () => (await page.locator(".pane.code").boundingBox())?.width ?? 0;
    const before = await width();
    await bar.focus();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(width).toBeLessThan(before - 5);
    const at = (await bar.boundingBox()) ?? { x: 0, y: 0 };
    await page.mouse.move(at.x + 3, at.y + 50);
    await page.mouse.down();
    await page.mouse.move(at.x + 103, at.y + 50);
    await page.mouse.up();
    await expect.poll(width).toBeGreaterThan(before + 20);
    await bar.dblclick();
    await expect.poll(width).toBe(before);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("leads from WebAssembly to the TypeScript lines of the same values", async () => {
    await reportOf("3");
    const output = join(folder, "wasm.html");
    const flags = { show: "layers", format: "html", target: "wasm", measure: true, dtype: "f32" } as const;
    await inspectSpec(join(folder, "3.json"), { ...flags, output });
    const place = "#code/node/gradient%2Fd_dense2.weight";
    const { page, complaints } = await openPage(browser, `${pathToFileURL(output).href}${place}`);
    const text = page.locator(".pane.wasm");
    await text.locator("h2", { hasText: "d_dense2.weight" }).waitFor();
    await text.locator(".line", { hasText: "(func $" }).hover();
    const hovered = page.locator(".pane.code .line.hovered");
    await expect
      .poll(() => hovered.allTextContents().then((all) => all.join()))
      .toContain("function dense_backward_weight(");
    await text.locator(".line", { hasText: "(func $" }).click();
    await expect.poll(() => page.locator(".pane.code .line.marked").count()).toBeGreaterThan(5);
    await expect.poll(() => details(page).locator("h2").textContent()).toBe("d_dense2.weight");
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe("the selection in the report", () => {
  it("a click opens a layer; its gradient has formula, shape, rule, lines and location in the spec", async () => {
    const { page, complaints } = await open("3");
    await box(page, "group:backward/dense2").click();
    await box(page, "gradient/d_dense2.weight").click();
    await expect.poll(() => details(page).locator("h2").textContent()).toBe("d_dense2.weight");
    await expect.poll(() => fact(page, "Type").textContent()).toBe("f32[8,8]");
    await expect
      .poll(() => details(page).locator("math").first().getAttribute("aria-label"))
      .toBe("d_dense2.weight = dense1ᵀ · d_dense2_sum");
    await expect.poll(() => details(page).getByRole("link", { name: "contract.vjp" }).count()).toBe(1);
    await expect.poll(() => fact(page, "Layer").textContent()).toBe("dense2");
    await expect.poll(() => fact(page, "Memory").textContent()).toContain("256 B");
    await expect.poll(() => details(page).locator(".quote pre").textContent()).toContain('"dense"');
    await fact(page, "Lines").getByRole("link").last().click();
    await expect.poll(() => view(page)).toBe("code");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("a line of code shows its nodes and its rule; the arrow keys move to the next line", async () => {
    const { page, complaints } = await open("3", { place: "#code/node/gradient%2Fd_dense2.weight" });
    await page.locator(".line.marked", { hasText: "for (" }).first().click();
    await expect.poll(() => details(page).locator("h2").textContent()).toMatch(/^Line \d+$/);
    await expect.poll(() => details(page).locator(".formulas").textContent()).toContain("d_dense2.weight");
    await details(page).getByRole("heading", { name: "The rule that produced it" }).waitFor();
    await details(page).getByRole("link", { name: "contract.vjp" }).first().waitFor();
    const number = Number(await page.locator(".line.picked").getAttribute("data-line"));
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.locator(".line.picked").getAttribute("data-line")).toBe(String(number + 1));
    await details(page).locator(".formulas a").first().click();
    await expect.poll(() => details(page).locator("h2").textContent()).not.toMatch(/^Line/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("the address contains the selection: links lead to it, Back returns, an unknown one is reported", async () => {
    const { page, complaints } = await open("3", { place: "#layers/layer/dense2" });
    await expect.poll(() => details(page).locator("h2").textContent()).toBe("dense2");
    await page.keyboard.press("Escape");
    await expect.poll(() => details(page).locator("h2").textContent()).toBe("Nothing selected");
    await page.goBack();
    await expect.poll(() => details(page).locator("h2").textContent()).toBe("dense2");
    await page.goto(`${page.url().split("#")[0]}#graph/node/gradient%2Fmissing`);
    await expect
      .poll(() => details(page).textContent())
      .toContain("This report has no node gradient/missing");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("a parameter without a gradient says why: it is a statistic, or it does not exist", async () => {
    const { page, complaints } = await open("convolution", { place: "#gradients/parameter/nope" });
    const said = () => page.locator(".derivation p").textContent();
    await expect.poll(() => said()).toBe("This report has no parameter nope.");
    await page.locator(".parameters a[data-frozen]").first().click();
    await expect.poll(said).toContain("it is a statistic");
    await expect.poll(() => details(page).textContent()).toContain("it is a statistic");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("`--of` sets the initial selection, and omits nothing", async () => {
    const output = join(folder, "of.html");
    await reportOf("3"); // writes the spec
    const flags = { format: "html", target: "ts", measure: true, dtype: "f32", output } as const;
    await inspectSpec(join(folder, "3.json"), { ...flags, show: "gradients", of: "dense1.weight" });
    const { page, complaints } = await openPage(browser, pathToFileURL(output).href);
    await expect.poll(() => details(page).locator("h2").textContent()).toBe("dense1.weight");
    await expect.poll(() => page.locator(".parameters a[data-frozen]").count()).toBe(0);
    await page.locator(".parameters a", { hasText: "dense3.bias" }).click();
    await page.locator(".step math").first().waitFor();
    await inspectSpec(join(folder, "3.json"), { ...flags, show: "kernels", of: "predict/dense2" });
    await page.goto(pathToFileURL(output).href);
    await expect.poll(() => details(page).textContent()).toContain("of program predict");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("a transpose is explained: which factor it is, and which sum the chain rule leaves", async () => {
    const { page, complaints } = await open("3", { place: "#graph/node/gradient%2Fd_dense2.weight" });
    const heading = details(page).getByRole("heading", { name: "Why there is a transpose" });
    await heading.waitFor();
    const said = () => details(page).textContent();
    await expect
      .poll(() => said())
      .toContain("Here x is dense1 and y is dense2.weight; this is the gradient of y.");
    await expect.poll(() => said()).toContain("So x is written transposed.");
    await page.goto(`${page.url().split("#")[0]}#graph/node/gradient%2Fd_dense1`); // the input of the layer
    await expect.poll(said).toContain("So y is written transposed.");
    await page.goto(`${page.url().split("#")[0]}#graph/node/gradient%2Fd_dense2.bias`); // a sum has none
    await expect.poll(() => heading.count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("a kernel shows what was fused, the savings, and its loops in three forms", async () => {
    const { page, complaints } = await open("3", { place: "#kernels" });
    await page.locator("main tbody tr", { hasText: "dense2" }).first().click();
    await expect.poll(() => details(page).textContent()).toMatch(/stay in registers|stays in a register/);
    const saved = /moves [\d.]+ k?B less through memory than one kernel for each nest/;
    await expect.poll(() => details(page).textContent()).toMatch(saved);
    for (const form of ["Loops", "Scheduled", "Emitted"]) {
      await page.locator(".forms").getByRole("button", { name: form }).click();
      await page.locator(".forms .line", { hasText: "for" }).first().waitFor();
    }
    await page.locator(".forms .line", { hasText: "for" }).first().click();
    await expect.poll(() => view(page)).toBe("code");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("on a narrow window each view is as wide as the window, and the details are below", async () => {
    const { page, complaints } = await open("convolution", { width: 390 });
    await throughViews(page, async () => {
      await expect.poll(() => page.evaluate("document.documentElement.scrollWidth")).toBe(390);
      expect((await legibility(page)).problems).toEqual([]);
    });
    await expect.poll(() => details(page).isVisible()).toBe(false);
    await page.goto(`${page.url().split("#")[0]}#layers/layer/dense1`);
    await details(page).getByRole("heading", { name: "dense1" }).waitFor();
    const heightOf = async (part: string) => (await page.locator(part).boundingBox())?.height ?? 0;
    const window = page.viewportSize()?.height ?? 0;
    expect(await heightOf("main")).toBeGreaterThan(0.5 * window);
    await details(page).getByRole("button", { name: "More" }).click();
    await expect.poll(() => heightOf("aside")).toBeGreaterThan(0.3 * window);
    await details(page).getByRole("button", { name: "Close the details" }).click();
    await expect.poll(() => details(page).isVisible()).toBe(false);
    // The link to the current view is in the window, although the menu is wider.
    const link = await page.locator(".views a[aria-current]").boundingBox();
    expect((link?.x ?? 0) + (link?.width ?? Infinity)).toBeLessThanOrEqual(390);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("the arrow keys step through the passes, each with its changes", async () => {
    const { page, complaints } = await open("3", { place: "#passes" });
    const heading = page.locator(".pass h2");
    const seen = [await heading.textContent()];
    await expect.poll(() => page.locator(".pass .came").count()).toBeGreaterThan(10); // the pass `differentiate`
    const count = await page.locator(".passes li").count();
    for (let i = 1; i < count; i++) {
      await page.keyboard.press("ArrowRight");
      await expect
        .poll(() =>
          page
            .locator(".passes li[data-current]")
            .evaluate((item) => [...(item.parentElement?.children ?? [])].indexOf(item)),
        )
        .toBe(i);
      seen.push(await heading.textContent());
    }
    expect(seen.some((each) => each?.startsWith("simplify"))).toBe(true);
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => heading.textContent()).toBe(seen.at(-2));
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("search finds a node by a part of its name and selects it, with the keyboard only", async () => {
    const { page, complaints } = await open("30");
    await page.keyboard.press("/");
    await page.keyboard.type("d_dense29.w");
    await page.locator(".search li", { hasText: "d_dense29.weight" }).first().waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => details(page).locator("h2").textContent()).toBe("d_dense29.weight");
    const place = async () => (await box(page, "gradient/d_dense29.weight").boundingBox())?.y ?? -1;
    await expect.poll(place).toBeGreaterThan(0);
    await expect.poll(place).toBeLessThan(900);
    await page.keyboard.press("/");
    await page.keyboard.type("no such thing");
    await page.getByText("No match", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("d_dense28.wieght");
    await page.getByText("No match; closest matches are shown").waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => details(page).locator("h2").textContent()).toBe("d_dense28.weight");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("a buffer in the picture of lifetimes shows its lifetime and its value", async () => {
    const { page, complaints } = await open("convolution", { place: "#memory" });
    await page.locator(".peak-label").waitFor();
    const label = /^peak [\d.]+ k?B in call (\d+): (.+)$/.exec(
      (await page.locator(".peak-label").textContent()) ?? "",
    );
    const [, call, kernel] = label ?? [];
    await page.getByText(`in call ${call} of`).waitFor();
    expect(await page.locator(".peak-text").getByRole("link").first().textContent()).toContain(kernel);
    // The picture keeps its place: the table below does not scroll to the buffer.
    const top = () => page.locator(".lifetimes").boundingBox();
    await page.locator(".lifetimes .box").first().scrollIntoViewIfNeeded();
    const before = await top();
    await page.locator(".lifetimes .box").first().click();
    await page.locator(".lifetimes [data-current]").waitFor();
    expect((await top())?.y).toBe(before?.y);
    await expect.poll(() => fact(page, "Live").textContent()).toMatch(/call \d+/);
    await fact(page, "Value").getByRole("link").click();
    await expect.poll(() => fact(page, "Memory").textContent()).toMatch(/live from call \d+ to \d+/);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

it("keys zoom, move and fit the graph; the theme button cycles, and the choice is stored", async () => {
  const { page, complaints } = await open("30");
  const width = async () => (await box(page, "group:forward/dense1").boundingBox())?.width ?? 0;
  await page.locator(".graph-canvas").focus();
  const before = await width();
  await page.keyboard.press("+");
  await expect.poll(width).toBeGreaterThan(before * 1.2);
  await page.keyboard.press("0"); // fits all: 30 layers are smaller than one
  await expect.poll(width).toBeLessThan(before);
  const ground = () => page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  const light = await ground();
  await page.getByRole("button", { name: "Colours" }).click();
  await page.getByRole("button", { name: "Colours" }).click();
  await expect.poll(() => page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
  await expect.poll(() => ground()).not.toBe(light);
  expect(complaints).toEqual([]);
  await page.close();
});

it(
  "300 layers, thousands of nodes: no view draws more of them than necessary",
  { timeout: 300_000 },
  async () => {
    const { page, complaints } = await open("300");
    // Code has one element for each line, so that the browser finds text in all of them.
    const others = async () => (await drawn(page)) - (await page.locator(".pane .line").count());
    await throughViews(page, () => expect.poll(others).toBeLessThan(8000));
    await page.keyboard.press("/");
    await page.keyboard.type("d_dense1.weight");
    await page.locator(".search li", { hasText: "d_dense1.weight" }).first().waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => details(page).locator("h2").textContent()).toBe("d_dense1.weight");
    await expect.poll(others).toBeLessThan(8000);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
