// The options of the library function `compile`. If a test fails, an unknown option is silently ignored.
import { expect, test } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import { DiagnosticError } from "../../src/compiler/diagnostics/errors.ts";
import { specs } from "../support/specs.ts";

test.each<[unknown, string, string?]>([
  [null, "the options of compile must be an object, got null"],
  [5, "the options of compile must be an object, got 5"],
  [{ targte: "wasm" }, 'unknown option "targte" of compile', 'did you mean "target"?'],
  [
    { zzz: 1 },
    'unknown option "zzz" of compile',
    "known options: target, dtype, emit, program, probe, pauses, exact, readable, checkKernels, skip, stopAfter, files",
  ],
  [{ target: "wsam" }, 'target must be "ts" or "wasm" or "onnx" or "pytorch", got "wsam"'],
  [
    { target: "onnx", probe: true },
    'probe cannot be combined with target "onnx"',
    'probe changes a trainer; use target "ts" or "wasm"',
  ],
  [{ dtype: 5n }, 'dtype must be "f32" or "f64", got 5n'],
  [{ exact: "false" }, 'exact must be true or false, got "false"'],
  [{ skip: 5 }, "skip must be a list of stage names, got 5"],
  [{ skip: ["nope"] }, 'skip: unknown stage "nope"'],
  [{ skip: [Symbol("s")] }, "skip: unknown stage Symbol(s)"],
  [
    { skip: ["form-kernels"] },
    'skip: the stage "form-kernels" cannot be skipped, because later stages need its result',
  ],
  [{ stopAfter: "fuse-lops" }, 'stopAfter: unknown stage "fuse-lops"', 'did you mean "fuse-loops"?'],
  [{ stopAfter: 3 }, "stopAfter: unknown stage 3"],
  [{ skip: ["fuse-lops"] }, 'skip: unknown stage "fuse-lops"', 'did you mean "fuse-loops"?'],
])("options %o are rejected by name", async (options, message, hint) => {
  const attempt: Promise<unknown> = Reflect.apply(compile, undefined, [specs.tiny, options]);
  await expect(attempt).rejects.toThrow(DiagnosticError);
  await expect(attempt).rejects.toMatchObject({
    diagnostics: [{ code: "T1010", message, ...(hint !== undefined && { hint }) }],
  });
});

test("after the stage to stop after, only required stages run", async () => {
  const [all, some] = await Promise.all([
    compile(specs.tiny),
    compile(specs.tiny, { stopAfter: "rematerialise" }),
  ]);
  const skipped = ["group-reductions", "fuse-loops", "scalar-replacement", "contract-arrays"];
  const scalar = [
    "register-blocking",
    "collapse-loops",
    "hoist-invariants",
    "eliminate-common-subexpressions",
  ];
  const { code } = await compile(specs.tiny, { skip: [...skipped, ...scalar] });
  expect(some.code).toBe(code);
  expect(some.code).not.toBe(all.code);
});

test("valid options are accepted, and so are undefined ones", async () => {
  const { code } = await compile(specs.tiny, { skip: ["fuse-loops"], target: "ts" });
  expect(code).toContain("createTrainer");
  await expect(Reflect.apply(compile, undefined, [specs.tiny, { dtype: undefined }])).resolves.toBeDefined();
});
