/** Faults in the analysis of dependences, and in the scalar schedule. */
import { inFile } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const dependences = "tests of dependences, random nests";
const schedule = "tests of the stage, random nests";

export const scheduleMutants: readonly Mutant[] = [
  ...inFile("src/compiler/loop/dependences.ts", dependences, [
    [
      "dependences: a buffer that is also read counts as a pure accumulator",
      "return holds && loads === sums;",
      "return holds;",
    ],
    [
      "dependences: ranges that share their last element count as disjoint",
      "(above > most || above > farthest)",
      "(above >= most || above > farthest)",
    ],
    [
      "dependences: only later iterations are checked",
      "(above > most || above > farthest) && (below > -least || below > farthest)",
      "above > most || above > farthest",
    ],
    [
      "dependences: offsets from different bases are compared",
      "a.factor !== b.factor || a.base !== b.base)",
      "a.factor !== b.factor)",
    ],
    [
      "dependences: clamped accesses that are read count as disjoint",
      "if (loads.length > 0 && [...stores, ...loads].some((range) => range?.isClamped)) return false;",
      "",
    ],
    ["dependences: a vector may leave its row", "most + lanes <= (", "most <= ("],
    [
      "dependences: lanes of a load are not counted",
      "lanes: Math.min(lanesOf(x), needed), stride",
      "lanes: 1, stride",
    ],
    [
      "dependences: a part of a stored buffer counts as separate memory",
      "return stored.has(name) ? parts.length > 0 : parts.some((part) => stored.has(part));",
      "return stored.has(name) && parts.length > 0;",
    ],
    [
      "dependences: assignments to variables of outer scopes are ignored",
      "outsideAssignments(loop.body).size > 0 ? undefined : sharedBuffers(loop, surroundings)",
      "sharedBuffers(loop, surroundings)",
    ],
    [
      "dependences: an index from stored memory counts as constant",
      `if (part.kind === "load" && this.stored.has(part.buffer)) constant = false;`,
      `if (part.kind === "ramp") constant = false;`,
    ],
    [
      "dependences: strides of vectors are ignored in memory",
      "1 + (touch.lanes - 1) * touch.stride",
      "touch.lanes",
    ],
    [
      "dependences: variables of inner loops count as constant",
      `visitStatements(this.body, (s) => s.kind === "for" && changing.add(s.variable));`,
      "",
    ],
  ]),
  ...inFile("src/compiler/loop/linear.ts", dependences, [
    [
      "linear: a quotient and a remainder with different strides are combined",
      "large === part.y.value * factor &&",
      "",
    ],
    ["linear: lanes may cross a multiple of the divisor", "y.value % lanes === 0 &&", ""],
  ]),
  ...inFile("src/compiler/loop/expressions.ts", dependences, [
    [
      "expressions: a folded quotient rounds down below 0",
      "integer(Math.trunc(x.value / divisor) + 0)",
      "integer(Math.floor(x.value / divisor))",
    ],
  ]),
  ...inFile("src/compiler/loop/intervals.ts", dependences, [
    [
      "intervals: the upper bound of a difference is too small",
      "most: x.most - y.least",
      "most: x.most - y.most",
    ],
  ]),
  ...inFile("src/compiler/schedule/register-blocking.ts", schedule, [
    [
      "register-blocking: the remaining rows after the last block are dropped",
      "{ ...main, to: whole },\n      { ...loop, from: whole },",
      "{ ...main, to: whole },",
    ],
    [
      "register-blocking: the remainder of a known extent is dropped",
      "return rest === 0 ? first : [...first, ...startingAt(loop, block(loop, rest, whole), whole)];",
      "return first;",
    ],
    [
      "register-blocking: dependent iterations are interleaved",
      "size === 1 || !mayInterleave(loop, surroundings) ? [loop]",
      "size === 1 ? [loop]",
    ],
  ]),
  ...inFile("src/compiler/schedule/collapse-loops.ts", schedule, [
    [
      "collapse-loops: loops with gaps between them are collapsed",
      "far !== near * extent) holds",
      "far < near) holds",
    ],
  ]),
  ...inFile("src/compiler/schedule/hoist-invariants.ts", schedule, [
    [
      "hoist: a load from a buffer to which the loop stores is hoisted",
      `if (s.kind === "store") buffers.add(s.buffer);`,
      "",
    ],
    [
      "hoist: an expression of a variable that the loop assigns is hoisted",
      `if (s.kind === "let" || s.kind === "assign") variables.add(s.name);`,
      `if (s.kind === "let" && !s.mutable) variables.add(s.name);`,
    ],
    [
      "hoist: a load is hoisted out of the branch that guards it",
      `if (x.kind === "select") {`,
      `if (x.kind === "select" && isConstantSplat(x)) {`,
    ],
  ]),
  ...inFile("src/compiler/schedule/eliminate-common-subexpressions.ts", schedule, [
    [
      "eliminate-common-subexpressions: an assignment does not invalidate expressions",
      `if (s.kind === "assign") variables.add(s.name);`,
      "",
    ],
    [
      "eliminate-common-subexpressions: a copy changes with its variable",
      "original !== undefined && (assignedUntil.get(original) ?? -1) < position",
      "original !== undefined",
    ],
    [
      "eliminate-common-subexpressions: a store does not invalidate loads",
      "known.forget(changesOf([mapped]));",
      "",
    ],
  ]),
  ...inFile("src/compiler/schedule/compute-addresses.ts", schedule, [
    [
      "compute-addresses: an index from memory is computed outside its loop",
      `if (part.kind === "load") depth = scopes.length - 1;`,
      "",
    ],
    [
      "compute-addresses: the constant of an index is in elements, not in bytes",
      "const constant = linear.constant * size;",
      "const constant = linear.constant;",
    ],
  ]),
];
