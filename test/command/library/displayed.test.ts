// What notebooks and terminals show of the results of the library. If a test fails, a notebook shows an object
// instead of a picture, a name from a spec becomes markup, or a copy of a result no longer contains only data.
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { curves, DiagnosticError, inspect, train } from "../../../src/index.ts";
import type {
  Displayed,
  EpochReport,
  Inspected,
  MediaBundle,
  ModelSpec,
  Trained,
} from "../../../src/index.ts";
import { flowers } from "../cli/workspace.ts";
import { faultOfXml } from "../../support/well-formed.ts";

const graph = (file: string): string => fileURLToPath(new URL(`../../../graphs/${file}`, import.meta.url));

/** Displays a value as a kernel does, which knows only the symbol. */
async function displayedBy(value: Displayed): Promise<MediaBundle> {
  const method: unknown = Reflect.get(value, Symbol.for("Jupyter.display"));
  if (typeof method !== "function") throw new Error("the value has no method for notebooks");
  return await Reflect.apply(method, value, []);
}

/** The picture inside of the HTML. */
const pictureIn = (html = ""): string =>
  Buffer.from(/src="data:image\/svg\+xml;base64,([^"]+)"/.exec(html)?.[1] ?? "", "base64").toString();

/** Expects HTML that has every element closed, and that no host has to trust. */
function expectSafe(html: string | undefined): void {
  expect(faultOfXml(`<div>${html}</div>`)).toBeUndefined();
  expect(html).not.toMatch(/<(script|style|link|iframe|object|a)\b|\son\w+=|(src|href)="(?!data:image\/svg)/);
}

/** Expects the same picture in both formats, as a document that contains the text. */
function expectPicture({ "text/html": html, "image/svg+xml": svg = "" }: MediaBundle, text: string): void {
  expectSafe(html);
  expect(faultOfXml(svg)).toBeUndefined();
  expect(svg).toContain(text);
  expect(pictureIn(html)).toBe(svg);
}

const specs = [
  [graph("iris.json"), "dense1"],
  [graph("residual.ts"), "stem"],
  [graph("names-gru.json"), "characters"],
] as const;

describe.each(specs)("inspect(%s)", (spec, layer) => {
  it("shows the layers as a table", async () => {
    const view = await inspect(spec);
    const { "text/html": html, ...others } = await displayedBy(view);
    expect(others).toEqual({ "text/plain": view.text });
    expect(String(view)).toBe(view.text);
    expectSafe(html);
    expect(html).toMatch(new RegExp(`<td>${layer}[^<]*</td><td>\\w+`));
  });

  it("shows the graph as a picture", async () => {
    const view = await inspect(spec, { show: "graph" });
    const bundle = await displayedBy(view);
    expectPicture(bundle, layer);
    expect(bundle["text/plain"]).toContain(layer);
  });

  it("shows each step of the derivation as MathML, and as TeX for LaTeX", async () => {
    const view = await inspect(spec, { show: "gradients" });
    const { "text/html": html = "", "text/latex": tex = "", ...others } = await displayedBy(view);
    expect(others).toEqual({ "text/plain": view.text });
    expectSafe(html);
    const numbers = (text: string, mark: RegExp) => Array.from(text.matchAll(mark), ([, number]) => number);
    const inTex = numbers(tex, /\\tag\{(\d+)\}/g);
    expect(inTex.length).toBeGreaterThan(5);
    expect(numbers(html, /<td style="text-align:left">\((\d+)\)<\/td>/g)).toEqual(inTex);
    // Each step has its equation, its rules and the type of its value.
    expect(html.match(/<math/g)?.length).toBeGreaterThan(2 * inTex.length);
    expect(html).toContain(`Gradient of the loss with respect to <code>${layer}`);
  });
});

describe("inspect", () => {
  const spec: ModelSpec = {
    name: "unit-step",
    inputs: { "in-put": { shape: [2] } },
    targets: { kind: { classes: 2 } },
    network: [{ name: "a_b-c", type: "dense", units: 2, activation: { formula: "max(x, 0) * (x < 3)" } }],
    loss: "cross-entropy",
    optimizer: "adam",
    training: { epochs: 1, batchSize: 2 },
  };

  it("shows memory and learning rates as charts, and passes and kernels as text", async () => {
    for (const show of ["memory", "schedule"] as const)
      expectPicture(await displayedBy(await inspect(spec, { show })), "unit-step: ");
    for (const show of ["passes", "kernels"] as const) {
      const view = await inspect(spec, { show });
      expect(await displayedBy(view)).toEqual({ "text/plain": view.text });
    }
  });

  it("escapes names and signs in formulas", async () => {
    const { "text/html": html } = await displayedBy(await inspect(spec, { show: "gradients" }));
    expectSafe(html);
    expect(html).toContain("<mo>&lt;</mo>");
    expect(html).toContain("<code>a_b-c.weight</code>");
  });

  it("shows the numbers of a row below the formulas, the same as in the text", async () => {
    const view = await inspect(spec, { show: "gradients", row: 1 });
    const { "text/html": html = "" } = await displayedBy(view);
    expectSafe(html);
    const below = Array.from(html.matchAll(/<br\/>= ([^<]+)<\/td>/g), ([, numbers]) => numbers);
    const inText = Array.from(view.text.matchAll(/^ +(?:\(\d+\) )?= (.+)$/gm), ([, numbers]) => numbers);
    expect(below.length).toBeGreaterThan(5);
    expect(below).toEqual(inText);
  });

  it("returns a value whose copies contain only data", async () => {
    const view = await inspect(spec);
    expect(Object.keys(view)).toEqual(["json", "text", "warnings"]);
    const { json, text, warnings }: Inspected = view;
    expect(structuredClone(view)).toEqual({ json, text, warnings });
    expect(JSON.parse(JSON.stringify(view))).toEqual(JSON.parse(JSON.stringify({ json, text, warnings })));
  });
});

describe("a training run", () => {
  const rows = Array.from({ length: 30 }, (_, i) => ({ length: i, width: i % 4, kind: i % 3 }));
  const spec = flowers as unknown as ModelSpec;
  let trained: Trained;
  beforeAll(async () => {
    trained = await train(spec, { data: rows });
  });

  it("shows the text of `tapeless train` and the curves", async () => {
    const text = String(trained);
    expect(text).toMatch(/^flowers: 4 epochs.*\ntrain +loss \d\.\d{4} {2}accuracy/);
    const bundle = await displayedBy(trained);
    expect(bundle["text/plain"]).toBe(text);
    expectPicture(bundle, "epoch");
    expect(bundle["text/html"]).toContain(`<pre>${text}</pre>`);
  });

  it("shows no curve if it was resumed at its end", async () => {
    const again = await train(spec, { data: rows, resume: trained.checkpoint });
    const { "text/html": html, ...others } = await displayedBy(again);
    expect(others).toEqual({ "text/plain": String(again) });
    expect(html).toBe(`<pre>${String(again)}</pre>`);
  });

  it("shows curves of its reports, with names of any characters", async () => {
    const title = `<script>alert("&")</script>`;
    const reports = trained.epochs.map((report) => ({ ...report, metrics: { "<b>&": 0.5 } }));
    const shown = await curves(reports, { title });
    const bundle = await displayedBy(shown);
    expectPicture(bundle, "&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;");
    expectPicture(bundle, "&lt;b&gt;&amp;");
    expect(bundle["text/html"]).toContain('alt="&lt;script&gt;');
    expect(bundle["text/plain"]).toBe(String(shown));
    expect(String(shown)).toMatch(/^loss\n[^]*epoch [^]*\n<b>&\n/);
  });
});

describe("curves rejects", () => {
  const report = { epoch: 1, loss: 1, metrics: {} } as EpochReport;
  const cases: readonly (readonly [reports: unknown, options: object, message: string])[] = [
    [[], {}, "`curves` needs a list of at least one epoch report"],
    [{ epochs: [] }, {}, "`curves` needs a list of at least one epoch report"],
    [
      [report, { epoch: 2 }],
      {},
      'reports[1] must be an epoch report with "epoch", "loss" and "metrics", got',
    ],
    [[report], { title: 3 }, "title must be a string, got 3"],
    [[report], { name: "x" }, 'unknown option "name"'],
  ];
  it.each(cases)("%j with %j", async (reports, options, message) => {
    const work = curves(reports as EpochReport[], options);
    await expect(work).rejects.toThrow(DiagnosticError);
    await expect(work).rejects.toThrow(message);
  });
});
