// Warns of what has no influence on the loss: inputs and layers that nothing on the way to the output reads.
import type { Collector } from "../../diagnostics/collector.ts";
import { formatPath } from "../../diagnostics/format-path.ts";
import type { FlatNetwork } from "../flatten.ts";
import type { WrittenList } from "../written-network.ts";

/** `inputs` are their names; `written` is the network of which `flat` was made. */
export function warnOfUnread(
  inputs: readonly string[],
  written: WrittenList,
  { network, output }: FlatNetwork,
  problems: Collector,
): void {
  // Back from the output; whatever is not met is read by nobody.
  const read = new Set([output]);
  const places = new Set<string>();
  for (const layer of network.toReversed()) {
    if (!read.has(layer.name)) continue;
    layer.from.forEach((name) => read.add(name));
    // A layer is read if one of its copies is, and a block if something in it is.
    for (let length = layer.path.length; length > 1; length--)
      places.add(formatPath(layer.path.slice(0, length)));
  }
  for (const name of inputs)
    if (!read.has(name))
      problems.warning(["inputs", name], "T1306", `inputs.${name} is read by no layer`, { at: "key" });
  const hint = "it has no influence on the loss and is left out of the trainer";
  const visit = (list: WrittenList): void => {
    for (const { path, name, lists } of list) {
      const where = formatPath(path);
      if (places.has(where)) Object.values(lists).forEach(visit);
      else
        problems.warning(path, "T1306", `${where} (${name}) is not read on the way to the output`, { hint });
    }
  };
  visit(written);
}
