/** Faults in emitted code: addresses, partial stores, functions, threads, names. */
import { inFile } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const wasm = "tests of instructions, random graphs";
const functions = "sweeps over each function";
const typescript = "tests of expressions and names, the fuzzer";

const clamp =
  "(if (i32.gt_s (local.get $to) (i32.load offset=16 ${control})) (then (local.set $to (i32.load offset=16 " +
  "${control}))))";

export const emitMutants: readonly Mutant[] = [
  ...inFile("src/compiler/emit/wasm/addresses.ts", wasm, [
    [
      "addresses: a negative address is read as a large number",
      "(offset > 0 && (terms === undefined || rangeOf(terms, ranges).least >= 0))",
      "offset > 0",
    ],
  ]),
  ...inFile("src/compiler/emit/wasm/statements.ts", wasm, [
    [
      "statements: the third lane of three is stored one position early",
      "part(0, 8)} ${when(odd, part(2, 4))}",
      "part(0, 8)} ${when(odd, part(1, 4))}",
    ],
    // The fault `<=` for `<` would have no effect: it matters only for loops without rows, and no batch is
    // empty.
    [
      "statements: a loop that may have no iterations runs once",
      "rangeOf(statement.to, scope.ranges).least;",
      "rangeOf(statement.to, scope.ranges).most;",
    ],
    [
      "statements: one lane of two is not stored",
      "when(atLeast(count, 2), whole, when(atLeast(again, 1), part(0, 8)))",
      "when(atLeast(count, 2), whole)",
    ],
    [
      "statements: fused multiply-adds exchange a factor and the addend",
      `a, b, "(nop)", "(nop)", "(nop)", before)`,
      `a, before, "(nop)", "(nop)", "(nop)", b)`,
    ],
  ]),
  ...inFile("src/compiler/emit/wasm/vectors.ts", wasm, [
    ["vectors: transposed sums swap two lanes", "[2, 6, 3, 7]))", "[2, 6, 7, 3]))"],
    [
      "vectors: a strided load reads adjacent elements",
      "offsetText(offset + lane * apart)",
      "offsetText(offset + lane * bytes)",
    ],
    ["vectors: a condition of f64 is read from the wrong half", "2 * index : index}`", "index : index}`"],
    [
      "vectors: the horizontal maximum is the minimum",
      `maximum: ["max", "max_s"]`,
      `maximum: ["min", "min_s"]`,
    ],
  ]),
  ...inFile("src/compiler/emit/wasm/operators.ts", wasm, [
    [
      "operators: a mask of f64 is narrowed to its first lane",
      "0 1 2 3 8 9 10 11 0 1 2 3 8 9 10 11",
      "0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7",
    ],
  ]),
  ...inFile("src/compiler/emit/wasm/conversions.ts", wasm, [
    [
      "conversions: a condition of f64 lanes is not narrowed",
      `to === "i32" ? narrowed(text, float) : text`,
      "text",
    ],
  ]),
  ...inFile("src/compiler/emit/wasm/memory-layout.ts", "random graphs, the fuzzer", [
    ["memory-layout: panels of a kernel overlap", "offsets.set(name, bytes);", "offsets.set(name, 0);"],
    [
      "memory-layout: there is no space for loads before the arena",
      "aligned(Math.max(line, before), line)",
      "0 * before",
    ],
  ]),
  ...inFile("src/compiler/emit/wasm/threads.ts", "tests of threads", [
    ["threads: the last part runs past the end", clamp, ""],
    [
      "threads: parts are not multiples of the step",
      "(local.set $size (i32.mul (local.get $multiple) (i32.div_s",
      "(local.set $size (i32.mul (i32.const 1) (i32.div_s",
    ],
  ]),
  ...inFile("src/compiler/emit/wasm/functions/exponential.ts", functions, [
    ["exp: overflows one too early", `atMost(and("x", "kept"), 89)`, `atMost(and("x", "kept"), 88)`],
    [
      "sigmoid: numbers between −1 and 0 are treated as positive",
      `select(less("x", 0), "e", 1)`,
      `select(less("x", -1), "e", 1)`,
    ],
  ]),
  ...inFile("src/compiler/emit/wasm/functions/logarithm.ts", functions, [
    ["log: exponent of subnormal numbers is off by one", "integers(-23)", "integers(-22)"],
  ]),
  ...inFile("src/compiler/emit/wasm/functions/hyperbolic.ts", functions, [
    ["tanh: the polynomial is used outside its range", `less("a", 0.3)`, `less("a", 0.6)`],
  ]),
  ...inFile("src/compiler/emit/wasm/functions/power.ts", functions, [
    [
      "power: an odd power of a negative number is positive",
      `and(and("x", signBits), not("isEven"))`,
      `and(and("x", signBits), "isFractional")`,
    ],
  ]),
  ...inFile("src/compiler/emit/wasm/functions/random.ts", functions, [
    ["random: one shift of the hash is wrong", `shiftRightUnsigned("h", 15)`, `shiftRightUnsigned("h", 16)`],
  ]),
  ...inFile("src/compiler/emit/typescript/expressions.ts", typescript, [
    [
      "typescript: a − (b − c) loses its parentheses",
      "const text = `${part(x.x, own)} ${sign} ${part(x.y, own + 1)}`;",
      "const text = `${part(x.x, own)} ${sign} ${part(x.y, own)}`;",
    ],
    [
      "typescript: conversions to integers do not truncate",
      "text: `Math.trunc(${part(x, 0)})`",
      "text: `(${part(x, 0)})`",
    ],
    [
      "typescript: the operands of a mirrored comparison are not swapped",
      "`${part(x.y, own)} ${mirror} ${part(x.x, own + 1)}`",
      "`${part(x.x, own)} ${mirror} ${part(x.y, own + 1)}`",
    ],
  ]),
  ...inFile("src/compiler/emit/typescript/statements.ts", typescript, [
    [
      "typescript: f[i] = f[j] + e becomes f[i] += e",
      "expressionText(value.x, scope) === read",
      "expressionText(value.x, scope).length === read.length",
    ],
  ]),
  ...inFile("src/compiler/emit/identifiers.ts", typescript, [
    [
      "names: a local name shadows an outer one",
      "taken.has(result) || reserved.has(result)",
      "reserved.has(result)",
    ],
    [
      "names: nested loops use the same variable",
      "!open.includes(name) && !moduleNames.has(name)",
      "!moduleNames.has(name)",
    ],
  ]),
  ...inFile("src/compiler/emit/typescript/kernels.ts", typescript, [
    [
      "typescript: a shared function receives its offsets in reverse order",
      "...group.parameters.map((slot) => instance.places[slot])]",
      "...group.parameters.map((slot) => instance.places[slot]).reverse()]",
    ],
  ]),
];
