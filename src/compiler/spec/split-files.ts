// Splits from separate files: "test": { "file": … } in `training` is short for "test": … in `data`. The same
// holds for "validation".
import { isOfIdx } from "./check/check-data.ts";
import { keysOf, member, textOf } from "./raw-spec.ts";

const splits = ["test", "validation"] as const;

/**
 * Returns the spec with all files in `data`: `data.file` becomes `data.train`, and a split rule keeps only
 * its key `group`. A rule that cannot be moved stays as it is, so that the checks report it.
 */
export function withSplitFiles(spec: unknown): unknown {
  const data = member(spec, "data");
  const training = member(spec, "training");
  if (!isObject(spec) || !isObject(training) || !isObject(data) || isOfIdx(data)) return spec;
  const moved = splits.flatMap((split) => {
    const rule = member(training, split);
    const file = textOf(member(rule, "file"));
    const isOnly = keysOf(rule).every((key) => key === "file" || key === "group");
    if (file === undefined || !isOnly || member(data, split) !== undefined) return [];
    return [{ split, file, group: member(rule, "group") }];
  });
  if (moved.length === 0) return spec;
  const { file, ...others } = { ...data };
  const rules = moved.map(({ split, group }) => [split, group === undefined ? undefined : { group }]);
  return {
    ...spec,
    training: { ...training, ...Object.fromEntries(rules) },
    data: {
      ...others,
      ...(file !== undefined && { [member(data, "train") === undefined ? "train" : "file"]: file }),
      ...Object.fromEntries(moved.map((each) => [each.split, each.file])),
    },
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
