/** The kernels view of the report: the nodes fused into each kernel, the savings, its loops and its code. */
import { element } from "../shared/element.ts";
import { sizeText, workText } from "../../../compiler/util/number-text.ts";
import type { ExplainedKernel } from "../../explanation.ts";
import { fusedText } from "../../explain/target-kernels.ts";
import { kernelOfPick } from "./context.ts";
import type { Context, Panel, Pick } from "./context.ts";
import { lineLinks, link } from "./links.ts";
import { listing } from "./listing.ts";
import { programTabs } from "./controls.ts";
import { tableOf } from "./table.ts";
import type { Table } from "./table.ts";

export function kernelsPanel(context: Context): Panel {
  const { kernels } = context.index.explanation;
  const scroll = element("div", { class: "scroll upper" });
  const lower = element("div", { class: "lower" });
  const total = element("p", { class: "intro" });
  let table: Table | undefined;
  const tabs = programTabs([...new Set(kernels.map(({ program }) => program))], (program) => {
    const own = kernels.filter((kernel) => kernel.program === program);
    table = kernelTable(context, own, scroll);
    total.textContent = totalText(own);
    scroll.replaceChildren(total, table.body);
  });
  const root = element(
    "section",
    { class: "split" },
    element(
      "header",
      {},
      element("h1", {}, "Kernels"),
      element(
        "p",
        { class: "intro" },
        "A kernel is one loop nest, emitted as one function. Nodes that iterate over the same elements " +
          "are fused into one kernel, which passes values between them in variables instead of memory. " +
          "Bytes are the total size of all buffers that a kernel reads or writes, each counted once, for a " +
          "full batch.",
      ),
      tabs.element,
    ),
    scroll,
    lower,
  );
  const show = (pick: Pick | undefined) => {
    const kernel = kernelOfPick(context, pick);
    const first = kernels.find(({ program }) => program === "gradient") ?? kernels[0];
    if (kernel !== undefined || tabs.current() === undefined)
      if (first !== undefined) tabs.choose((kernel ?? first).program);
    table?.show(kernel && { kind: "kernel", key: String(kernel.index) });
    lower.replaceChildren(...(kernel === undefined ? [] : [loopsOf(context, kernel)]));
    lower.hidden = kernel === undefined;
  };
  return { element: root, show };
}

function totalText(kernels: readonly ExplainedKernel[]): string {
  const sum = (of: (kernel: ExplainedKernel) => number) => kernels.reduce((all, each) => all + of(each), 0);
  return (
    `${fusedText(kernels)}. Without fusion, each loop nest would be a kernel that writes its result to memory. ` +
    `The kernels perform ${workText(sum(({ flops }) => flops))} on ${sizeText(sum(({ bytes }) => bytes))}.`
  );
}

const kernelTable = (context: Context, kernels: readonly ExplainedKernel[], root: HTMLElement): Table =>
  tableOf({
    root,
    titles: ["#Call", "Kernel", "#Fuses", "#Work", "#Memory", "#Fusion saves", "Lines"],
    count: kernels.length,
    pickOf: (i) => ({ kind: "kernel", key: String(kernels[i].index) }),
    cellsOf: (i) => {
      const { index, call, name, flops, bytes, fused, lines } = kernels[i];
      return [
        String(call),
        link(
          context,
          { view: "kernels", pick: { kind: "kernel", key: String(index) } },
          element("code", {}, name),
        ),
        fused.nests > 1 ? String(fused.nests) : "–",
        workText(flops),
        sizeText(bytes),
        fused.bytesSaved > 0 ? sizeText(fused.bytesSaved) : "–",
        lines === undefined ? "" : lineLinks(context, [lines[0]]),
      ];
    },
  });

/** Shows the loops of one kernel in three forms: as fused, as scheduled, as emitted. */
function loopsOf(context: Context, kernel: ExplainedKernel): HTMLElement {
  const { code } = context.index.explanation;
  const [first, last] = kernel.lines ?? [1, 0];
  const emitted = code.text.split("\n").slice(first - 1, last);
  const description =
    kernel.wat === undefined
      ? ["Emitted", "of the emitted file"]
      : ["TypeScript", "is the fallback for hosts without WebAssembly"];
  const forms = [
    ["Loops", "After fusion: one index per axis.", kernel.loops.split("\n"), 1],
    [
      "Scheduled",
      kernel.schedule ??
        "With register blocking, so that each load serves several products, and with computed addresses.",
      kernel.scheduled.split("\n"),
      1,
    ],
    ["WebAssembly", "The assembled text.", kernel.wat?.split("\n") ?? [], 1],
    [description[0], `Function ${kernel.function} ${description[1]}.`, emitted, first],
  ] as const;
  const shown = element("div", { class: "form" });
  const buttons = forms
    .filter(([, , texts]) => texts.length > 0)
    .map(([title, description, texts, start]) => {
      const button = element("button", { type: "button", "aria-pressed": "false" }, title);
      button.addEventListener("click", () => {
        for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
        // The emitted lines lead to themselves in the file, all others to the lines of the kernel.
        const pickOf = (line: number): Pick =>
          texts === emitted
            ? { kind: "line", key: String(line) }
            : { kind: "kernel", key: String(kernel.index) };
        const onPick = (line: number) => context.selection.go({ view: "code", pick: pickOf(line) });
        const text = listing(texts, { label: title, first: start, onPick });
        shown.replaceChildren(element("p", { class: "quiet" }, description), text.element);
      });
      return button;
    });
  buttons[0]?.click();
  return element(
    "div",
    { class: "forms" },
    element(
      "div",
      { class: "tabs", role: "group", "aria-label": "Forms of the kernel" },
      element("h2", {}, kernel.name),
      ...buttons,
    ),
    shown,
  );
}
