// Names: their form, and that no two things share one. Names become keys of records and parts of emitted identifiers, so what could
// reach a prototype or mean something to a program is refused here, once.
import type { Collector } from "../../diagnostics/collector.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { formatPath } from "../../diagnostics/format-path.ts";
import { showValue } from "../../util/show-value.ts";
import { namePattern } from "../schema.ts";
import { keysOf, listOf, member, textOf, typeOf } from "./raw-spec.ts";

/** Whether the name can be one at all, whatever else has it. */
export const isUsableName = (name: string): boolean => namePattern.test(name) && !(name in Object.prototype);

/** The names of all layers, default names included, in order; reports names that are malformed (T1301) or taken (T1302). */
export function checkNames(spec: unknown, problems: Collector): readonly string[] {
  const name = textOf(member(spec, "name"));
  if (name !== undefined) checkForm(["name"], name, problems);
  const owners = new Map<string, SpecPath>();
  for (const input of keysOf(member(spec, "inputs"))) {
    checkForm(["inputs", input], input, problems, "key");
    owners.set(input, ["inputs", input]);
  }
  for (const target of keysOf(member(spec, "targets"))) {
    const path = ["targets", target];
    checkForm(path, target, problems, "key");
    if (!owners.has(target)) continue;
    const hint = "a batch holds inputs and targets side by side, so they need different names";
    problems.error(path, "T1302", `${formatPath(path)} has the name of an input`, { at: "key", hint });
  }
  return nameLayers(spec, owners, problems);
}

function nameLayers(spec: unknown, owners: Map<string, SpecPath>, problems: Collector): string[] {
  // The ordinal of a default name counts all layers of the type, named ones too.
  const counts = new Map<string, number>();
  return listOf(member(spec, "network")).map((layer, index) => {
    const type = typeOf(layer) ?? "layer";
    const ordinal = (counts.get(type) ?? 0) + 1;
    counts.set(type, ordinal);
    const given = textOf(member(layer, "name"));
    const name = given ?? `${type}${ordinal}`;
    const path = given === undefined ? ["network", index] : ["network", index, "name"];
    if (given !== undefined) checkForm(path, given, problems);
    const owner = owners.get(name);
    if (owner) reportTaken(path, name, owner, given === undefined, problems);
    else owners.set(name, ["network", index]);
    return name;
  });
}

function reportTaken(
  path: SpecPath,
  name: string,
  owner: SpecPath,
  byDefault: boolean,
  problems: Collector,
): void {
  const called = byDefault ? "is called" : "is";
  const hint = byDefault ? "give one of the two another name" : undefined;
  const message = `${formatPath(path)} ${called} ${showValue(name)}${byDefault ? " by default" : ""}, which is the name of ${formatPath(owner)}`;
  problems.error(path, "T1302", message, { hint });
}

function checkForm(path: SpecPath, name: string, problems: Collector, at?: "key"): void {
  if (isUsableName(name)) return;
  const owner = formatPath(at === "key" ? path.slice(0, -1) : path);
  const shown = showValue(name);
  const rule = "must be a letter, then at most 63 letters, digits, `_` or `-`";
  const message = namePattern.test(name)
    ? `${owner}: ${shown} cannot be a name: every object has a property of that name`
    : at === "key"
      ? `the name ${shown} in ${owner} ${rule}`
      : `${owner} ${rule}, got ${shown}`;
  problems.error(path, "T1301", message, { at });
}
