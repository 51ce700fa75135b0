/** Faults in lowering graphs to loops: materialisation, fusion, memory, recurrences. */
import { inFile } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const fusion = "tests of fusion, random graphs";
const memory = "tests of memory, random graphs";
const lowering = "random graphs, the fuzzer";

export const loweringMutants: readonly Mutant[] = [
  ...inFile("src/compiler/lower/choose-materialised.ts", lowering, [
    // The fault `others.length > 0` would have no effect: a product with several readers is expensive enough to
    // be materialised anyway.
    [
      "choose-materialised: a contraction that any scatterAdd reads is not materialised",
      "scatteredSum(reader.node)?.contraction === node",
      `scatteredSum(reader.node) !== undefined || reader.node.op === "scatterAdd"`,
    ],
  ]),
  ...inFile("src/compiler/lower/scope.ts", lowering, [
    [
      "scope: an output overwrites a value that is still read",
      "!direct.has(node) && !isReadElsewhere",
      "!direct.has(node)",
    ],
  ]),
  ...inFile("src/compiler/lower/lower-nodes.ts", lowering, [
    ["lower: a scattered sum does not start at 0", "return [...zero, ...scatter];", "return scatter;"],
  ]),
  ...inFile("src/compiler/lower/reduction-steps.ts", lowering, [
    ["lower: a maximum starts at 0", `number(kind === "sum" ? 0 : -Infinity, element)`, "number(0, element)"],
    ["lower: of equal maxima, the last one is selected", "less(before, x)", `binary("<=", before, x)`],
  ]),
  ...inFile("src/compiler/lower/lower-recurrence.ts", lowering, [
    [
      "recurrence: carried values that are swapped are not copied first",
      `next.op === "argument" && next !== argument`,
      `next.op === "argument" && next === argument`,
    ],
    [
      "recurrence: the time index of a reversed loop is off by one",
      "minus(integer(length - 1), step)",
      "minus(integer(length), step)",
    ],
  ]),
  ...inFile("src/compiler/lower/lower-nodes.ts", lowering, [
    [
      "scattered-sum: the permutation is inverted",
      "permutation.map((axis) => from[axis])",
      "permutation.map((axis) => from.indexOf(axis))",
    ],
  ]),
  ...inFile("src/compiler/loop/accesses.ts", fusion, [
    [
      "accesses: loops are fused although the second overwrites what the first reads",
      " && holds(b.stores, a.loads)",
      "",
    ],
    [
      "accesses: accesses that are shifted by one less than the extent count as disjoint",
      "Math.abs(p - q) >= extent)",
      "Math.abs(p - q) >= extent - 1)",
    ],
  ]),
  ...inFile("src/compiler/lower/fuse-loops.ts", fusion, [
    [
      "fuse-loops: a sum is read in the loop that computes it",
      "for (const name of a.assigns) if (b.reads.has(name)) return undefined;",
      "",
    ],
    // There is no mutant of the conflict check in mergeInto, because `arrange` makes the same check again.
    [
      "fuse-loops: a definition moves before the loop on which it depends",
      "if (conflicts(accessesOf([candidate]), accessesOf([between]))) return undefined;",
      "",
    ],
    [
      "fuse-loops: a nest moves before a kernel on which it depends",
      "if (conflicts(accessesOf(result[k].statements), accesses)) break;",
      "",
    ],
    [
      "fuse-loops: loops along time are fused",
      `if (first.role === "sequential" || second.role === "sequential") return undefined;`,
      "",
    ],
  ]),
  ...inFile("src/compiler/lower/scalar-replacement.ts", fusion, [
    [
      "scalar-replacement: a load reads the first of several stores",
      "(buffer: string) => counts.get(buffer) === 1",
      "(buffer: string) => counts.has(buffer)",
    ],
    [
      "scalar-replacement: a value is computed after a store to its operand",
      'x.kind === "load" && x.buffer === statement.buffer',
      'x.kind === "load" && x.at.length < 0',
    ],
  ]),
  ...inFile("src/compiler/lower/contract-arrays.ts", memory, [
    [
      "contract-arrays: axes of blocked loops are dropped",
      `first?.kind !== "variable" || blocked.has(first.name)`,
      `first?.kind !== "variable" || blocked.size < 0`,
    ],
    [
      "contract-arrays: an array that several kernels access counts as local to one",
      "if ((owners.get(name) ?? k) !== k) shared.add(name);",
      "",
    ],
  ]),
  ...inFile("src/compiler/lower/rematerialise.ts", memory, [
    [
      "rematerialise: nothing reads the copies",
      "side === late || (madeAt.get(node) ?? 0) > at",
      "side === late",
    ],
  ]),
  ...inFile("src/compiler/lower/plan-memory.ts", memory, [
    [
      "plan-memory: a buffer is reused one call early",
      "a[0] <= b[1] && b[0] <= a[1]",
      "a[0] < b[1] && b[0] < a[1]",
    ],
    [
      "plan-memory: loads do not keep a buffer alive",
      `visitExpressions(kernel.body, (x) => x.kind === "load" && touch(x.buffer, index));`,
      `visitExpressions(kernel.body, (x) => x.kind === "number" && touch("", index));`,
    ],
    [
      "plan-memory: a buffer overlaps another live buffer",
      "if (offset + bytes <= other.offset) break;",
      "if (offset + bytes <= other.offset + other.bytes) break;",
    ],
  ]),
];
