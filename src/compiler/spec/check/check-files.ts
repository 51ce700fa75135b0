// The files of the `data` section: given in one way, of a kind that can be read, and for IDX one for each
// input and target.
import type { Collector } from "../../diagnostics/collector.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { formatPath } from "../../diagnostics/path.ts";
import { didYouMean } from "../../util/did-you-mean.ts";
import { showValue } from "../../util/show-value.ts";
import { isUsableName } from "./check-names.ts";
import { keysOf, member } from "../raw-spec.ts";

/** Whether the rows come from IDX files. */
export const isOfIdx = (data: unknown): boolean =>
  [data, member(data, "train"), member(data, "test")].some((part) => member(part, "idx") !== undefined);

/**
 * Reports files that are missing (T1102), given in two ways or beside a share of test rows (T1208), and of
 * inputs and targets that are not there (T1307).
 */
export function checkFiles(spec: unknown, data: unknown, problems: Collector): void {
  checkPresence(data, problems);
  if (isOfIdx(data) && member(data, "separator") !== undefined)
    problems.error(
      ["data", "separator"],
      "T1208",
      "data.separator is for CSV files, and IDX files are none",
      {
        at: "key",
        hint: "leave it out",
      },
    );
  checkIdx(spec, member(data, "idx"), ["data", "idx"], problems);
  for (const part of ["train", "test"])
    checkIdx(spec, member(member(data, part), "idx"), ["data", part, "idx"], problems);
  const fraction = member(member(member(spec, "training"), "test"), "fraction");
  if (member(data, "test") === undefined || fraction === undefined) return;
  const message = "training.test sets test rows aside, but data.test is a file of them";
  problems.error(["training", "test"], "T1208", message, { at: "key", hint: "leave one of the two" });
}

function checkPresence(data: unknown, problems: Collector): void {
  const has = (key: string) => member(data, key) !== undefined;
  const path: SpecPath = ["data"];
  const hint = 'either "file", or "idx", or "train" and "test"';
  const whole = ["file", "idx"].filter(has);
  const other = whole.length > 1 ? '"idx"' : '"train" or "test"';
  if (whole.length > 1 || (whole.length > 0 && (has("train") || has("test"))))
    problems.error(path, "T1208", `data has "${whole[0]}" beside ${other}`, { at: "key", hint });
  else if (whole.length === 0 && !has("train"))
    problems.error(path, "T1102", `data.${has("test") ? "train" : "file"} is missing: it must be a text`, {
      at: "key",
      hint,
    });
  else if (has("train") && !has("test"))
    problems.error(path, "T1102", "data.test is missing: it must be a text", { at: "key", hint });
  const [train, test] = ["train", "test"].map((part) => member(data, part));
  if (train === undefined || test === undefined || isText(train) === isText(test)) return;
  problems.error(["data", "test"], "T1208", "data.test is of another kind than data.train", {
    hint: 'two CSV files, or { "idx": … } twice',
  });
}

const isText = (value: unknown): boolean => typeof value === "string";

function checkIdx(spec: unknown, files: unknown, path: SpecPath, problems: Collector): void {
  if (typeof files !== "object" || files === null) return;
  const declared = [...keysOf(member(spec, "inputs")), ...keysOf(member(spec, "targets"))];
  const known = keysOf(files);
  const where = formatPath(path);
  for (const name of known.filter((name) => !declared.includes(name))) {
    const similar = didYouMean(name, declared);
    const hint = similar
      ? `did you mean ${showValue(similar)}?`
      : `inputs and targets: ${declared.join(", ")}`;
    problems.error([...path, name], "T1307", `${formatPath([...path, name])} is no input and no target`, {
      at: "key",
      hint,
    });
  }
  for (const name of declared.filter((name) => !known.includes(name) && isUsableName(name)))
    problems.error(path, "T1307", `${where} names no file for ${name}`, {
      at: "key",
      hint: `add ${showValue(name)}: FILE`,
    });
}
