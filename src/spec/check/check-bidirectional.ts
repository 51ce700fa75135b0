// The one layer of a bidirectional block: it must be recurrent, and has no name, source or direction of its own.
import type { Collector } from "../../diagnostics/collector.ts";
import { formatPath } from "../../diagnostics/format-path.ts";
import { isRecurrent, layers } from "../../library/layers/index.ts";
import { showValue } from "../../util/show-value.ts";
import type { WrittenList } from "../written-network.ts";
import { member, typeOf } from "./raw-spec.ts";

/** Reports layers that cannot run both ways, and keys that are the block's (T1311). */
export function checkBidirectional(list: WrittenList, problems: Collector): void {
  for (const { value, path, lists } of list) {
    Object.values(lists).forEach((inside) => checkBidirectional(inside, problems));
    if (typeOf(value) !== "bidirectional") continue;
    const layer = member(value, "layer");
    const type = typeOf(layer);
    const place = [...path, "layer"];
    const report = (key: string, message: string, hint: string) =>
      problems.error([...place, key], "T1311", `${formatPath([...place, key])}: ${message}`, {
        at: "key",
        hint,
      });
    // What is no layer at all has been told by the schema, what is a block by the reading of the network.
    if (type !== undefined && Object.hasOwn(layers, type) && !isRecurrent(type)) {
      const message = `${formatPath(place)} must be a recurrent layer, got ${showValue(type)}`;
      const hint = `recurrent layers: ${Object.keys(layers).filter(isRecurrent).join(", ")}`;
      problems.error(place, "T1311", message, { hint });
    }
    for (const key of ["name", "from"])
      if (member(layer, key) !== undefined) {
        const message = `the layer of a bidirectional block has no ${showValue(key)} of its own`;
        report(key, message, `give the block its ${showValue(key)}`);
      }
    if (member(layer, "reverse") === true)
      report("reverse", "a bidirectional block runs its layer both ways", "leave it out");
  }
}
