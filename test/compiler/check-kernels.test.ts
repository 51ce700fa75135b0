// The self-check of compilations. If one of the first tests fails, the check misses an incorrect kernel; if
// one of the other tests fails, it rejects a correct kernel.
import { describe, expect, it } from "vitest";
import { checkKernels, rowsToCompare } from "../../src/compiler/check-kernels.ts";
import { compile } from "../../src/compiler/compile.ts";
import { loadTrainer } from "../../src/compiler/load-trainer.ts";
import { add, integer, lanesOf, number } from "../../src/compiler/loop/expressions.ts";
import type { Expression } from "../../src/compiler/loop/expressions.ts";
import { mapStatements } from "../../src/compiler/loop/statements.ts";
import type { Kernel, Statement } from "../../src/compiler/loop/types.ts";
import { compileFor, emitText } from "../../src/compiler/compile-target.ts";
import type { TargetCompilation } from "../../src/compiler/compile-target.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { loopsText } from "../support/loop-program.ts";
import { specs } from "../support/specs.ts";

const commands = { reproduce: "the command", instead: "the way out" };

const compiled = (spec: ModelSpec, dtype: "f32" | "f64" = "f32"): TargetCompilation =>
  compileFor(parseModel(spec), { target: "wasm", dtype });

/** The check's message for a compilation; empty if the compilation passes. */
async function verdictOn(compilation: TargetCompilation, dtype: "f32" | "f64" = "f32"): Promise<string> {
  const module = await loadTrainer(await emitText(compilation, dtype, { isFormatted: false }));
  try {
    checkKernels(compilation, module, commands);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The same compilation with an error in one kernel of one program. */
function withFault(
  compilation: TargetCompilation,
  program: string,
  at: number,
  fault: (body: Kernel["body"]) => Kernel["body"],
): TargetCompilation {
  const { vectors } = compilation;
  if (vectors === undefined) throw new Error("not of the target wasm");
  const wrong = vectors.programs.find(({ name }) => name === program)?.kernels[at];
  // Kernels that differ only in their buffers are emitted as one function.
  const isWrong = (kernel: Kernel) =>
    kernel === wrong || (kernel.shared !== undefined && kernel.shared.number === wrong?.shared?.number);
  const mapped = (kernel: Kernel) => (isWrong(kernel) ? { ...kernel, body: fault(kernel.body) } : kernel);
  const programs = vectors.programs.map((each) => ({ ...each, kernels: each.kernels.map(mapped) }));
  return { ...compilation, vectors: { ...vectors, programs } };
}

const same = (x: Expression): Expression => x;
const inStatements = (f: (s: Statement) => Statement) => (body: Kernel["body"]) =>
  mapStatements(body, same, f);

function slightlyOff(x: Expression): Expression {
  const [step, lanes] = [number(0.01, x.type), lanesOf(x)];
  const y: Expression = lanes === 1 ? step : { kind: "splat", x: step, lanes, type: x.type };
  return { kind: "binary", operator: "+", x, y, type: x.type };
}

/** Errors that stages have made or could make. Each function adds one error to a kernel. */
const faults: Readonly<Record<string, (body: Kernel["body"]) => Kernel["body"]>> = {
  "stores go one vector too far": inStatements((s) =>
    s.kind === "store" ? { ...s, at: s.at.map((place) => add(place, integer(16))) } : s,
  ),
  "stored values are off by a hundredth": inStatements((s) =>
    s.kind === "store" && s.value.type === "f32" ? { ...s, value: slightlyOff(s.value) } : s,
  ),
};

const small: ModelSpec = {
  name: "small",
  inputs: { x: { shape: [9] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "dense", units: 7, activation: "tanh" },
    { type: "layer-norm" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  optimizer: { type: "adam", learningRate: 0.01 },
  training: { epochs: 1, batchSize: 6 },
};

describe("an error in one kernel", () => {
  const right = compiled(small);
  const programs = (right.vectors?.programs ?? []).filter(({ name }) => name !== "summarise");
  for (const [name, fault] of Object.entries(faults))
    for (const program of programs)
      it(`is found: ${name}, in every kernel of ${program.name}`, { timeout: 120_000 }, async () => {
        for (const [i, kernel] of program.kernels.entries()) {
          if (loopsText(fault(kernel.body)) === loopsText(kernel.body)) continue;
          const verdict = await verdictOn(withFault(right, program.name, i, fault));
          expect(verdict, kernel.name).toMatch(
            /^internal: the WebAssembly kernels of this model compute different results/,
          );
        }
      });

  it("is found if the last rows or the last columns are left out", { timeout: 120_000 }, async () => {
    const counted = inStatements((s) =>
      s.kind === "store" && s.count !== undefined ? { ...s, count: add(s.count, integer(-1)) } : s,
    );
    const shorter = inStatements((s) => (s.kind === "for" ? { ...s, to: add(s.to, integer(-1)) } : s));
    const gradient = programs.find(({ name }) => name === "gradient");
    const kernels = [...(gradient?.kernels.entries() ?? [])];
    for (const fault of [counted, shorter])
      for (const [i, kernel] of kernels) {
        if (loopsText(fault(kernel.body)) === loopsText(kernel.body)) continue;
        expect(await verdictOn(withFault(right, "gradient", i, fault)), kernel.name).not.toBe("");
      }
  });

  it("is reported with its kernel, value and rows, the command that reproduces it, and an alternative", async () => {
    const first = withFault(right, "gradient", 0, faults["stored values are off by a hundredth"]);
    expect(await verdictOn(first)).toMatch(
      /where: \S+\[\d+\] of kernel \w+_forward in program gradient, with a batch of 1\n.*values: .* in WebAssembly, .* in TypeScript; rounding accounts for .*\n.*reproduce: the command\n.*workaround: the way out/s,
    );
  });
});

describe("correct kernels", () => {
  for (const [name, spec] of Object.entries(specs).slice(0, 4))
    it(`pass: ${name}`, { timeout: 60_000 }, async () => {
      for (const dtype of ["f32", "f64"] as const)
        expect(await verdictOn(compiled(spec, dtype), dtype)).toBe("");
    });
  it("pass if sums cancel, and if inputs are at a kink", { timeout: 60_000 }, async () => {
    // In a batch of one row, batch-norm returns exact zeros: they are at the kink of relu, and the pool takes
    // the maximum of equal values.
    const spec: ModelSpec = {
      ...small,
      network: [
        { type: "dense", units: 8 },
        { type: "batch-norm" },
        { type: "activation", fn: "relu" },
        { type: "dense", units: 4, activation: "softmax" },
        { type: "dense", units: 3, activation: "tanh" },
      ],
    };
    for (const dtype of ["f32", "f64"] as const)
      expect(await verdictOn(compiled(spec, dtype), dtype)).toBe("");
  });
});

describe("the number of compared rows", () => {
  const batches = (units: number, batchSize: number) =>
    rowsToCompare(
      compiled({
        ...small,
        network: [
          { type: "dense", units },
          { type: "dense", units: 3 },
        ],
        training: { epochs: 1, batchSize },
      }),
    );
  it("is one, an odd number in between, and the whole batch", () => {
    expect(batches(5, 32)).toEqual([1, 17, 32]);
    expect(batches(5, 2)).toEqual([1, 2]);
    expect(batches(5, 1)).toEqual([1]);
  });
  it("is smaller for a large model, by the estimate alone", () => {
    expect(batches(2000, 4096)).toEqual([1, 9]);
    expect(batches(400_000, 32)).toEqual([]);
  });
  it("is 0 for the target ts", () => {
    expect(rowsToCompare(compileFor(parseModel(small), { target: "ts", dtype: "f32" }))).toEqual([]);
  });
});

describe("compile()", () => {
  it("compares by default, and not if switched off; the file is the same", { timeout: 60_000 }, async () => {
    const checked = await compile(small, { target: "wasm" });
    const unchecked = await compile(small, { target: "wasm", checkKernels: false });
    expect(checked.code).toBe(unchecked.code);
  });
});

describe("createTrainer({ selfCheck: true })", () => {
  it("returns the same trainer as without it, bit for bit", { timeout: 60_000 }, async () => {
    const { code } = await compile(small, { target: "wasm", checkKernels: false });
    const { createTrainer } = await loadTrainer(code);
    const batch = { x: Array.from({ length: 54 }, (_, i) => Math.sin(i)), y: [0, 1, 2, 0, 1, 2] };
    const [plain, checked] = [createTrainer({ seed: 5 }), createTrainer({ seed: 5, selfCheck: true })];
    expect(checked.save()).toEqual(plain.save());
    for (const trainer of [plain, checked]) trainer.steps(batch, 3);
    expect(checked.save()).toEqual(plain.save());
    expect(checked.gradient(batch)).toBe(plain.gradient(batch));
  });
  it("throws, with the advice that the TypeScript kernels work", { timeout: 60_000 }, async () => {
    const wrong = withFault(compiled(small), "update", 0, faults["stores go one vector too far"]);
    const { createTrainer } = await loadTrainer(await emitText(wrong, "f32", { isFormatted: false }));
    expect(() => createTrainer({ selfCheck: true })).toThrow(
      /^the WebAssembly kernels differ .*backend: "ts"/,
    );
    expect(createTrainer({ selfCheck: true, backend: "ts" }).backend).toBe("ts");
  });
  it("is accepted by the target ts, which has nothing to compare", { timeout: 60_000 }, async () => {
    const { createTrainer } = await loadTrainer((await compile(small, { target: "ts" })).code);
    expect(createTrainer({ selfCheck: true }).backend).toBe("ts");
  });
});
