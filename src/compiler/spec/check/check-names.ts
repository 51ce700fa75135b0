// Checks that names are well-formed and unique. Names become keys of records and parts of emitted
// identifiers. This file rejects names that could change a prototype or be read as code, so that later stages
// need not.
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { showValue } from "../../util/message-text.ts";
import { namePattern } from "../layer-schema.ts";
import { keysOf, listOf, member, textOf } from "../raw-spec.ts";
import { hasLosses, writtenLosses } from "../written-losses.ts";
import type { WrittenLayer, WrittenList } from "../written-network.ts";

/** Whether the name is well-formed. This does not check whether the name is already in use. */
export const isUsableName = (name: string): boolean => namePattern.test(name) && !(name in Object.prototype);

/**
 * Reports names that are malformed (T1301) or already used (T1302). Inside a block, a name must be unique
 * only within the block, because generated names start with the block's name.
 */
export function checkNames(spec: unknown, network: WrittenList, problems: Collector): void {
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
    const hint = "rename one of the two; inputs and targets must have different names";
    problems.error(path, "T1302", `${formatPath(path)} has the same name as an input`, { at: "key", hint });
  }
  checkLayers(network, owners, problems);
}

function checkLayers(list: WrittenList, owners: Map<string, SpecPath>, problems: Collector): void {
  for (const layer of list) {
    const { name, isNamed, path } = layer;
    const location = isNamed ? [...path, "name"] : path;
    if (isNamed) checkForm(location, name, problems);
    const owner = owners.get(name);
    if (owner) reportTaken(location, name, owner, !isNamed, problems);
    else owners.set(name, path);
    for (const [key, inside] of Object.entries(layer.lists)) {
      const taken = key === "layers" ? shortcutName(layer) : new Map<string, SpecPath>();
      checkLayers(inside, taken, problems);
    }
  }
}

/**
 * The layers of a shortcut get names BLOCK.shortcut.NAME, so no layer of the block itself may be named
 * `shortcut`.
 */
const shortcutName = ({ lists, path }: WrittenLayer): Map<string, SpecPath> =>
  new Map(lists.shortcut === undefined ? [] : [["shortcut", [...path, "shortcut"]]]);

function reportTaken(
  path: SpecPath,
  name: string,
  owner: SpecPath,
  byDefault: boolean,
  problems: Collector,
): void {
  const verb = byDefault ? "has the name" : "is";
  const hint = byDefault ? "rename one of the two" : undefined;
  const message =
    `${formatPath(path)} ${verb} ${showValue(name)}${byDefault ? " by default" : ""}, but ` +
    `${formatPath(owner)} already has that name`;
  problems.error(path, "T1302", message, { hint });
}

function checkForm(path: SpecPath, name: string, problems: Collector, at?: "key"): void {
  if (isUsableName(name)) return;
  const owner = formatPath(at === "key" ? path.slice(0, -1) : path);
  const shown = showValue(name);
  const rule = "must be a letter, followed by at most 63 letters, digits, underscores or hyphens";
  const message = namePattern.test(name)
    ? `${owner}: ${shown} cannot be used as a name, because every JavaScript object has a property with that name`
    : at === "key"
      ? `the name ${shown} in ${owner} ${rule}`
      : `${owner} ${rule}, got ${shown}`;
  problems.error(path, "T1301", message, { at });
}

// Limits on the width of a spec. Compile time grows faster than linearly with the number of inputs, metrics
// and sources, so a spec that is much wider than any real one is rejected.

/** A spec of this width compiles in about ten seconds. */
const widest = 512;

/**
 * Reports a spec with so many inputs, metrics or sources of a layer that it would compile too slowly (T1312).
 */
export function checkWidth(spec: unknown, network: WrittenList, problems: Collector): void {
  const check = (path: SpecPath, count: number, what: string): void => {
    if (count <= widest) return;
    const message = `${formatPath(path)} has ${count} ${what}; the limit is ${widest}`;
    problems.error(path, "T1312", message);
  };
  check(["inputs"], keysOf(member(spec, "inputs")).length, "inputs");
  if (hasLosses(spec)) check(["losses"], keysOf(member(spec, "losses")).length, "losses");
  for (const { path, metrics } of writtenLosses(spec)) check([...path, "metrics"], metrics.length, "metrics");
  const visit = (list: WrittenList): void => {
    for (const { value, path, lists } of list) {
      check([...path, "from"], listOf(member(value, "from")).length, "sources");
      Object.values(lists).forEach(visit);
    }
  };
  visit(network);
}
