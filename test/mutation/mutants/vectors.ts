/** Faults in the schedule on vectors. */
import { inFile } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const nests = "random nests, random graphs";
const threads = "tests of marks and threads";

export const vectorMutants: readonly Mutant[] = [
  ...inFile("src/compiler/schedule/vectors/vector-loops.ts", nests, [
    [
      "vector-loops: the remaining rows after the last vector are dropped",
      "{ ...loop, from: wholeVectors, step: lanes, body: rest },",
      "",
    ],
    [
      "vector-loops: a remainder shorter than one vector is dropped",
      "if (restOf === 0) return wholeRuns;",
      "if (restOf < lanes) return wholeRuns;",
    ],
    [
      "vector-loops: all lanes of the last, partial vector are stored",
      "partial === 0 ? undefined : integer(partial)",
      "undefined",
    ],
    [
      "vector-loops: unused lanes are summed",
      "last === undefined ? splatted : maskedValue(splatted, accumulation.operator, last, vectors)",
      "splatted",
    ],
    ["vector-loops: a maximum starts at 0", "maximum: -Infinity };", "maximum: 0 };"],
    [
      "vector-loops: sum − a + b is summed as sum + a + b",
      `value.x.operator === "+" ? value.x.y : { kind: "negate" as const, x: value.x.y, type: value.type };`,
      "value.x.y;",
    ],
    [
      "vector-loops: dependent iterations become lanes",
      "if (!isIndependentInMemory(loop, vectors)) return undefined;",
      "",
    ],
  ]),
  ...inFile("src/compiler/schedule/vectors/vectorise.ts", nests, [
    [
      "vectorise: a branch that is not taken reads at an index from memory",
      "if (looks(x.x) || looks(x.y)) throw new NoVectorForm();",
      "",
    ],
    [
      "vectorise: strided lanes are loaded as if adjacent",
      "{ ...x, lanes, stride: factor }",
      "{ ...x, lanes }",
    ],
  ]),
  ...inFile("src/compiler/schedule/vectors/dots.ts", nests, [
    [
      "dots: a value with one number per lane of the block is read as a scalar",
      "if (readsBlock(nest, columns)) return undefined;",
      "",
    ],
    [
      "dots: all columns read the first one",
      "copyOf([nest], columns.variable, lane, lane)",
      "copyOf([nest], columns.variable, 0, lane)",
    ],
  ]),
  ...inFile("src/compiler/schedule/vectors/pack.ts", nests, [
    [
      "pack: columns beyond the last strip are dropped",
      "const last = rest === 0 ? [] : strip(integer(whole), rest);",
      "const last: readonly Statement[] | undefined = rest < 0 ? undefined : [];",
    ],
    [
      "pack: a panel copies a buffer to which the nest stores",
      "load.type !== float || changed.has(load.buffer)",
      "load.type !== float || changed.size < 0",
    ],
  ]),
  ...inFile("src/compiler/schedule/vectors/tile-contractions.ts", nests, [
    [
      "tile-contractions: tiles overlap although rows are read and written",
      "mayOverlap(rows, vectors) && size <= vectors.batchSize",
      "size <= vectors.batchSize",
    ],
    [
      "tile-contractions: the last tile ends one row late",
      "const last = minus(rows.to, integer(size));",
      "const last = minus(rows.to, integer(size - 1));",
    ],
    [
      "tile-contractions: dependent rows are interleaved",
      "if (size > 1 && !mayInterleave(rows, vectors)) return undefined;",
      "",
    ],
  ]),
  ...inFile("src/compiler/schedule/vectors/distribute-loops.ts", "tests of the stage, random graphs", [
    [
      "distribute-loops: a sum that continues in the next loop is not passed on",
      "const isNew = own.has(name) || changed.has(name);",
      "const isNew = own.has(name);",
    ],
  ]),
  ...inFile("src/compiler/schedule/vectors/drop-unit-loops.ts", nests, [
    [
      "drop-unit-loops: loops that run twice are dropped",
      "from.value + step >= to.value",
      "from.value + step + 1 >= to.value",
    ],
    ["drop-unit-loops: names of merged blocks collide", "if (seen.has(s.name)) shared.add(s.name);", ""],
  ]),
  ...inFile("src/compiler/schedule/vectors/mark-parallel-loops.ts", threads, [
    [
      "mark-parallel-loops: buffers that other kernels read become private to a thread",
      "users.get(name) === 1 && ",
      "",
    ],
    [
      "mark-parallel-loops: a buffer that is read before it is written counts as scratch",
      "return !loaded.has(buffer) || stored.has(buffer);",
      "return loaded.size >= 0 || stored.has(buffer);",
    ],
  ]),
  ...inFile(
    "src/compiler/schedule/vectors/deduplicate-kernels.ts",
    "tests of shared kernels, random graphs",
    [
      [
        "deduplicate-kernels: buffers of different shapes count as equal",
        "`${element} ${shape.join()}${",
        "`${element} ${shape.length}${",
      ],
      [
        "deduplicate-kernels: temporaries of two programs count as one buffer",
        `x.name === y.name && (x.region !== "temporary" || a.program === b.program)`,
        "x.name === y.name",
      ],
    ],
  ),
  ...inFile("src/compiler/schedule/vectors/reduce-strength.ts", "random graphs, tests of threads", [
    [
      "reduce-strength: pointers ignore the step of the loop",
      "step: x.y.value * loop.step }",
      "step: x.y.value }",
    ],
    [
      "reduce-strength: pointers in a thread's part of a loop start at the beginning of the loop",
      `body: kernel.split
    ? kernel.body.map((s) => (s.kind === "for" ? { ...s, body: walk(s.body, fresh) } : s))
    : walk(kernel.body, fresh),`,
      "body: walk(kernel.body, fresh),",
    ],
  ]),
  ...inFile("src/compiler/schedule/vectors/flush-subnormals.ts", "tests of subnormal states", [
    [
      "flush-subnormals: normal numbers are flushed",
      "const smallestNormal = 2 ** -126;",
      "const smallestNormal = 2 ** -26;",
    ],
  ]),
];
