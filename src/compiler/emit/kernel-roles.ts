/**
 * The role of a kernel: its chapter in the emitted file, and its name. A kernel is named after the layer that it
 * computes and the direction: `dense1_forward`, `dense1_backward`, `dense1_backward_bias`; outside of layers
 * `loss_forward`, `loss_backward`, `adam_update`, `learning_rate`.
 */
import type { ChapterName } from "../../runtime/chapters.ts";
import { storageLabel } from "../ir/storage.ts";
import type { Kernel, Provenance } from "../loop/types.ts";
import { mainLine } from "./statement-provenance.ts";

/** The chapters that consist of kernels, or begin with them. */
export type KernelChapter = Extract<ChapterName, "forward" | "loss" | "backward" | "update" | "evaluation">;

export interface KernelRole {
  readonly chapter: KernelChapter;
  /** A layer, `loss`, an optimizer. */
  readonly subject: string;
  /** What the kernel does for it: `forward`, `backward`, `update`; and of which part, as `bias`. */
  readonly action: string;
}

export const roleName = ({ subject, action }: KernelRole): string =>
  action === "" ? subject : `${subject}_${action}`;

const role = (chapter: KernelChapter, subject: string, ...actions: readonly string[]): KernelRole => ({
  chapter,
  subject,
  action: actions.filter((action) => action !== "").join("_"),
});

/** `optimizer`: its type in the spec. */
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
  // Values that cost more memory than time are computed again for the backward part.
  const again = /(?:^|_)again$/;
  if (again.test(detail)) return role("backward", subject, "recomputed", detail.replace(again, ""));
  return role(subject === "loss" ? "loss" : "forward", subject, "forward", detail);
}

const isForwardOnly = (program: string): boolean => ["predict", "evaluate", "probe"].includes(program);

/** Several lines of the update may be one kernel: the last part of the update gives the name. */
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

/** Outside of layers: the section of the spec that the value belongs to. */
const subjectOf = (line: Provenance | undefined, path = line?.path): string =>
  line?.layer ?? String(path?.[0] ?? "step");

/** What of a layer's forward part: nothing where it is the output of the layer. */
function partOf(
  line: Provenance | undefined,
  value: string,
): { readonly subject: string; readonly detail: string } {
  const subject = subjectOf(line);
  if (line?.layer !== undefined || value.startsWith(subject))
    return { subject, detail: detailOf(value, subject) };
  return { subject, detail: value };
}

/** What of a layer's backward part: nothing for the gradient of its sum, `input` for that of its input. */
function gradientPartOf(
  line: Provenance | undefined,
  value: string,
): { readonly subject: string; readonly detail: string } {
  const subject = subjectOf(line);
  const of = value.replace(/^\w+_in_(?=d_)/, "").replace(/^d_/, "");
  if (line?.layer === undefined || of === subject) return { subject, detail: "" };
  // The gradient of the sum that the activation is applied to is the main part.
  const detail = of.startsWith(subject) ? detailOf(of, subject) : "input";
  return { subject, detail: /^(sum|product)$/.test(detail) ? "" : detail };
}

/** `bias` of `dense1.bias`, `query` of `attention1_query`. */
function detailOf(value: string, subject: string): string {
  if (!value.startsWith(subject)) return "";
  return value
    .slice(subject.length)
    .replace(/^[._]/, "")
    .replace(/_?\d+$/, "");
}
