// Names: their form, and that no two things share one. Names become keys of records and parts of emitted
// identifiers, so what could reach a prototype or mean something to a program is refused here, once.
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { showValue } from "../../util/message-text.ts";
import { namePattern } from "../layer-schema.ts";
import { keysOf, listOf, member, textOf } from "../raw-spec.ts";
import type { WrittenLayer, WrittenList } from "../written-network.ts";

/** Whether the name can be one at all, whatever else has it. */
export const isUsableName = (name: string): boolean => namePattern.test(name) && !(name in Object.prototype);

/**
 * Reports names that are malformed (T1301) or taken (T1302). A block has names of its own: inside it, they
 * need only differ from one another, since what is made of them begins with the block's name.
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
    const hint = "a batch holds inputs and targets side by side, so they need different names";
    problems.error(path, "T1302", `${formatPath(path)} has the name of an input`, { at: "key", hint });
  }
  checkLayers(network, owners, problems);
}

function checkLayers(list: WrittenList, owners: Map<string, SpecPath>, problems: Collector): void {
  for (const layer of list) {
    const { name, isNamed, path } = layer;
    const place = isNamed ? [...path, "name"] : path;
    if (isNamed) checkForm(place, name, problems);
    const owner = owners.get(name);
    if (owner) reportTaken(place, name, owner, !isNamed, problems);
    else owners.set(name, path);
    for (const [key, inside] of Object.entries(layer.lists)) {
      const taken = key === "layers" ? shortcutName(layer) : new Map<string, SpecPath>();
      checkLayers(inside, taken, problems);
    }
  }
}

/** Layers of a shortcut are called BLOCK.shortcut.NAME, so no other layer of the block may be called `shortcut`. */
const shortcutName = ({ lists, path }: WrittenLayer): Map<string, SpecPath> =>
  new Map(lists.shortcut === undefined ? [] : [["shortcut", [...path, "shortcut"]]]);

function reportTaken(
  path: SpecPath,
  name: string,
  owner: SpecPath,
  byDefault: boolean,
  problems: Collector,
): void {
  const called = byDefault ? "is called" : "is";
  const hint = byDefault ? "give one of the two another name" : undefined;
  const message =
    `${formatPath(path)} ${called} ${showValue(name)}${byDefault ? " by default" : ""}, which is the name ` +
    `of ${formatPath(owner)}`;
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

// How wide a spec may be. Compile time grows faster than the number of things side by side, so past what
// anyone writes it is refused.

/** Compiles in some ten seconds. */
const widest = 512;

/** Reports more inputs, more metrics, and more sources of one layer than can be compiled in good time (T1312). */
export function checkWidth(spec: unknown, network: WrittenList, problems: Collector): void {
  const check = (path: SpecPath, count: number, what: string): void => {
    if (count <= widest) return;
    const message = `${formatPath(path)} has ${count} ${what}; at most ${widest} can be compiled`;
    problems.error(path, "T1312", message);
  };
  check(["inputs"], keysOf(member(spec, "inputs")).length, "inputs");
  check(["metrics"], listOf(member(spec, "metrics")).length, "metrics");
  const visit = (list: WrittenList): void => {
    for (const { value, path, lists } of list) {
      check([...path, "from"], listOf(member(value, "from")).length, "sources");
      Object.values(lists).forEach(visit);
    }
  };
  visit(network);
}
