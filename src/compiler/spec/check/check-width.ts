// How wide a spec may be. Compile time grows faster than the number of things side by side, so past what
// anyone writes it is refused.
import type { Collector } from "../../diagnostics/collector.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { formatPath } from "../../diagnostics/format-path.ts";
import type { WrittenList } from "../written-network.ts";
import { keysOf, listOf, member } from "../raw-spec.ts";

/** Compiles in some ten seconds. */
export const widest = 512;

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
