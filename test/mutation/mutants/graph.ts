/** Faults in passes and rewrite rules. */
import { inFile } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const derivatives = "tests of differentiate, gradients against differences";
const rules = "tests of each rule, random graphs";
const passes = "tests of the pass, random graphs";
const groups = "tests of accumulation";

export const graphMutants: readonly Mutant[] = [
  ...inFile("src/compiler/passes/derivatives/gradients-of.ts", derivatives, [
    [
      "differentiate: cotangents of several uses are not added",
      "named(operand, part === undefined ? share : g.add(part, share))",
      "named(operand, share)",
    ],
  ]),
  ...inFile("src/compiler/passes/rules/arithmetic.ts", rules, [
    [
      "rules: c · (d · x) adds the constants",
      "isNormal(c * d, element) ? c * d",
      "isNormal(c * d, element) ? c + d",
    ],
    ["rules: 0 − x loses its sign", "? g.negate(node.operands.y)", "? node.operands.y"],
    [
      "rules: (y − x) − x becomes y + 2 · x",
      "g.subtract(y, g.multiply(2, term))",
      "g.add(y, g.multiply(2, term))",
    ],
  ]),
  ...inFile("src/compiler/passes/rules/views.ts", rules, [
    [
      "rules: axes are not renumbered when a broadcast moves outwards",
      "axes: x.attributes.axes.map((axis) => axes.indexOf(axis)),",
      "axes: x.attributes.axes,",
    ],
    [
      "rules: overlapping boxes are joined",
      "if (start !== end) return undefined;",
      "if (start > end) return undefined;",
    ],
  ]),
  ...inFile("src/compiler/passes/rules/sums.ts", rules, [
    [
      "rules: a sum over repeated axes and the batch is multiplied by the number of rows only",
      "return fixed === 1 ? rows : g.multiply(fixed, rows);",
      "return rows;",
    ],
    [
      "rules: a divisor that varies along the sum is moved out of the sum",
      `if (!is(c, "broadcast") || c.attributes.axes.some((axis) => axes.includes(axis))) return undefined;`,
      `if (!is(c, "broadcast")) return undefined;`,
    ],
    [
      "rules: a centred term times any factor counts as centred",
      "isFixed(factor) && inside(centred)",
      "inside(centred)",
    ],
  ]),
  ...inFile("src/compiler/passes/rules/choices.ts", rules, [
    [
      "rules: a difference of choices becomes a sum",
      `is(node, "add") ? g.add(x, y) : g.subtract(x, y)`,
      "g.add(x, y)",
    ],
  ]),
  ...inFile("src/compiler/passes/rules/ranges.ts", rules, [
    [
      "rules: a root counts as nonzero for any operand",
      `if (is(x, "sqrt") || isView(x)) return isNeverZero(x.operands.x, depth + 1);`,
      `if (is(x, "sqrt")) return true;`,
    ],
  ]),
  ...inFile("src/compiler/passes/rules/quotients.ts", rules, [
    [
      "rules: constants of a divisor multiply",
      "const factor = c / divisor.value;",
      "const factor = c * divisor.value;",
    ],
  ]),
  ...inFile("src/compiler/passes/rules/windows.ts", rules, [
    [
      "rules: dilated windows count as tiles",
      "k === stride[i] && (k === 1 || dilation[i] === 1)",
      "k === stride[i]",
    ],
    [
      "rules: tiles are reassembled by the permutation instead of its inverse",
      "const inverse = permutation.map((_, axis) => permutation.indexOf(axis));",
      "const inverse = permutation;",
    ],
  ]),
  ...inFile("src/compiler/passes/rules/contractions.ts", rules, [
    [
      "rules: a transpose that reorders free axes is skipped",
      "return free.every((axis, i) => i === 0 || free[i - 1] < axis);",
      "return free.length >= 0;",
    ],
    [
      "rules: a contraction with swapped operands keeps the summed axes of x",
      "sumX: attributes.sumY,",
      "sumX: attributes.sumX,",
    ],
  ]),
  ...inFile("src/compiler/passes/rules/softmax.ts", rules, [
    [
      "rules: softmax-cross-entropy applies although the factors differ",
      "if (c !== chosen) return undefined;",
      "if (c === softmax) return undefined;",
    ],
    [
      "rules: a difference is factored although the factors differ",
      "if (c !== d) return undefined;",
      "if (c === a || d === b) return undefined;",
    ],
  ]),
  ...inFile("src/compiler/passes/fold-constants.ts", passes, [
    [
      "fold-constants: padding counts as the constant inside",
      `if (!hasTrait(node, "view") || hasTrait(node, "fills")) return undefined;`,
      `if (!hasTrait(node, "view")) return undefined;`,
    ],
  ]),
  ...inFile("src/compiler/passes/share-subexpressions.ts", passes, [
    [
      "share-subexpressions: −0 counts as 0",
      `Object.is(value, -0)\n        ? "-0"\n        : value`,
      "value",
    ],
    [
      "share-subexpressions: x − y counts as y − x",
      `if (hasTrait(node, "commutative")) operands.sort`,
      "operands.sort",
    ],
  ]),
  ...inFile("src/compiler/passes/accumulate-gradients.ts", groups, [
    [
      "accumulate: batches of a group draw the random numbers of later steps",
      "g.add(g.multiply(step, groupSize), batch)",
      "g.add(step, batch)",
    ],
    [
      "accumulate: the penalty is added once per batch",
      "const once = penalty && g.divide(penalty, inType(g, stateOf(g, measured(batches)), g.float));",
      "const once = penalty;",
    ],
  ]),
];
