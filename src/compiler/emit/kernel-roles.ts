/**
 * The role of a kernel: its chapter in the emitted file, and its name. The kernel of a layer is named after
 * the layer and the direction: `dense1_forward`, `dense1_backward`, `dense1_backward_bias`. Other names are
 * `loss_forward`, `loss_backward`, `adam_update` and `learning_rate`.
 */
import type { ChapterName } from "../../runtime/chapters.ts";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { storageLabel } from "../ir/storage.ts";
import type { Kernel, Provenance } from "../loop/types.ts";
import { mainLine } from "./statement-provenance.ts";

/** The chapters that consist of kernels or begin with kernels. */
export type KernelChapter = Extract<ChapterName, "forward" | "loss" | "backward" | "update" | "evaluation">;

export interface KernelRole {
  readonly chapter: KernelChapter;
  /** What the kernel belongs to: a layer, a loss (`loss` or `price.loss`), or the type of the optimizer. */
  readonly subject: string;
  /**
   * What the kernel computes for the subject: `forward`, `backward` or `update`, followed by a detail if
   * there is one, as in `backward_bias`.
   */
  readonly action: string;
}

export const roleName = ({ subject, action }: KernelRole): string =>
  action === "" ? subject : `${subject}_${action}`;

const role = (chapter: KernelChapter, subject: string, ...actions: readonly string[]): KernelRole => ({
  chapter,
  subject,
  action: actions.filter((action) => action !== "").join("_"),
});

/** `optimizer` is the type of the optimizer in the spec. */
export function kernelRole(program: string, kernel: Kernel, optimizer = "optimizer"): KernelRole {
  const line = mainLine(kernel);
  if (program === "update") return updateRole(kernel, line, optimizer);
  if (program === "summarise") return role("evaluation", "summary");
  const ofTotals = kernel.provenance.some(({ value }) => value?.startsWith("totals_"));
  if (program === "evaluate" && ofTotals) return role("evaluation", "evaluation", "totals");
  const value = line?.value ?? storageLabel(kernel.name);
  if (isForwardOnly(program)) {
    const { subject, detail } = partOf(line, value);
    return role("evaluation", subject, program, detail);
  }
  if (line?.gradientOf !== undefined || /^(?:\w+_in_)?d_/.test(value)) {
    const { subject, detail } = gradientPartOf(line, value);
    return role("backward", subject, "backward", detail);
  }
  const { subject, detail } = partOf(line, value);
  // The names of rematerialised values end in `again`. These values are recomputed for the backward pass.
  const again = /(?:^|_)again$/;
  if (again.test(detail)) return role("backward", subject, "recomputed", detail.replace(again, ""));
  if (subject === "regularization") return role("loss", subject, detail);
  return role(subject === "loss" || isOfTarget(line) ? "loss" : "forward", subject, "forward", detail);
}

const isForwardOnly = (program: string): boolean => ["predict", "evaluate", "probe"].includes(program);

/**
 * The role of an update kernel. One kernel may contain several parts of the update; the last part determines
 * the name.
 */
function updateRole(kernel: Kernel, line: Provenance | undefined, optimizer: string): KernelRole {
  const values = kernel.provenance.map(({ value }) => value);
  const paths = kernel.provenance.map(({ path }) => path);
  if (values.includes("next_parameters")) return role("update", optimizer, "update");
  if (values.some((value) => value?.startsWith("clip"))) return role("update", "gradient", "clipping");
  if (values.includes("learningRate")) return role("update", "learning", "rate");
  const path = line?.path ?? paths.find((each) => each !== undefined);
  const subject = path?.[0] === "optimizer" ? optimizer : subjectOf(line, path);
  return role("update", subject, "update", subject === optimizer ? "" : detailOf(line?.value ?? "", subject));
}

/** The layer of a value or, outside of layers, the section of the spec to which the value belongs. */
const subjectOf = (line: Provenance | undefined, path = line?.path): string => line?.layer ?? sectionOf(path);

/**
 * A section of the spec, such as `loss`. With several targets, it is `price.loss`, or `loss` for the weighted
 * sum.
 */
function sectionOf([section, target, key]: SpecPath = ["step"]): string {
  if (section !== "losses") return String(section);
  return key === undefined ? "loss" : `${target}.${key}`;
}

/** Whether the value is outside of all layers and belongs to the loss of one of several targets. */
const isOfTarget = (line: Provenance | undefined): boolean =>
  line?.layer === undefined && line?.path?.[0] === "losses";

/** The subject and the detail of a forward kernel's name. The output of a layer has no detail. */
function partOf(
  line: Provenance | undefined,
  value: string,
): { readonly subject: string; readonly detail: string } {
  // The sum of loss and penalties is named `loss`. The sums for the loss of a target form its forward pass.
  if (value === "loss") return { subject: "loss", detail: "" };
  const subject = subjectOf(line);
  if (isOfTarget(line)) return { subject, detail: "" };
  if (line?.layer !== undefined || value.startsWith(subject))
    return { subject, detail: detailOf(value, subject) };
  return { subject, detail: value };
}

/**
 * The subject and the detail of a backward kernel's name. The gradient of the sum to which a layer applies
 * its activation has no detail. The gradient of the layer's input has the detail `input`.
 */
function gradientPartOf(
  line: Provenance | undefined,
  value: string,
): { readonly subject: string; readonly detail: string } {
  const subject = subjectOf(line);
  const of = value.replace(/^\w+_in_(?=d_)/, "").replace(/^d_/, "");
  if (line?.layer === undefined || of === subject) return { subject, detail: "" };
  // The main gradient of a layer is the gradient of the sum to which the activation is applied.
  const detail = of.startsWith(subject) ? detailOf(of, subject) : "input";
  return { subject, detail: /^(sum|product)$/.test(detail) ? "" : detail };
}

/** The name without its subject: `bias` for `dense1.bias`, `query` for `attention1_query`. */
function detailOf(value: string, subject: string): string {
  if (!value.startsWith(subject)) return "";
  return value
    .slice(subject.length)
    .replace(/^[._]/, "")
    .replace(/_?\d+$/, "");
}
