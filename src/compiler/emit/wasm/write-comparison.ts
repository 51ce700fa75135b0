/**
 * The emitted code for createTrainer({ selfCheck: true }): an arena on which the TypeScript programs run,
 * and the table of values to compare.
 */
import type CodeBlockWriter from "code-block-writer";
import type { ComparedValue } from "../../../runtime/wasm/compared-sides.ts";
import { flatParameters, nameIn } from "../../ir/storage.ts";
import { bytesOfElement } from "../../loop/types.ts";
import type { Placement } from "../../loop/types.ts";
import type { RuntimeName } from "../../runtime-references.ts";
import { elementCount, survivors } from "../typescript/arena.ts";
import { viewFor } from "../typescript/kernels.ts";
import { rowsOf } from "../typescript/module-parts.ts";
import type { SectionNames, TrainerParts } from "../typescript/module-parts.ts";
import { writeViews } from "../typescript/plain-kernels.ts";
import type { WasmPrograms } from "./write-wasm.ts";

/** The runtime declarations that the comparison uses. */
export const comparingRoots: readonly RuntimeName[] = ["compareKernels", "ComparedFacts"];

/** The names that the comparison declares. */
export const comparingNames: readonly string[] = [
  "arenaOver",
  "arena",
  "compared",
  "trainer",
  "at",
  "programs",
];

/** Writes `arenaOver`, which creates an arena: views of a memory, and the programs that run on them. */
export function writeArenaOver(writer: CodeBlockWriter, parts: TrainerParts, names: SectionNames): void {
  writer.writeLine(
    "/** Creates an arena in a memory: its views, and the TypeScript programs that use them. */",
  );
  writer.write("function arenaOver(memory: ArrayBufferLike, at?: number)").block(() => {
    writeViews(writer, names.array, "memory, at");
    writer
      .write("const programs = ")
      .inlineBlock(() => {
        for (const { name } of parts.programs) {
          const parameter = rowsOf(names, name) && "n: number";
          writer.writeLine(`${name}: (${parameter}) => ${names.callOf(name)},`);
        }
      })
      .write(";")
      .newLine();
    writer.writeLine("return { f, integers, doubles, programs };");
  });
}

/**
 * Writes `run`. Its members, such as `run.gradient(n)`, call WebAssembly if it is available, and otherwise
 * the functions above.
 */
export function writeRun(writer: CodeBlockWriter, { programs, plan }: TrainerParts): void {
  writer.writeLine("const wasm = startWasm(model, kernels, math, import.meta, options);");
  writer.writeLine(`const memory = wasm?.memory ?? new ArrayBuffer(${plan.bytes});`);
  writer.writeLine("const arena = arenaOver(memory, wasm?.at);");
  writer.writeLine("const { f, integers, doubles } = arena;");
  writer.write("const run = ").inlineBlock(() => {
    for (const { name } of programs)
      writer.writeLine(`${name}: wasm?.programs[${JSON.stringify(name)}] ?? arena.programs.${name},`);
  });
  writer.write(";").newLine();
}

/** Writes the call of the comparison, which follows the trainer in `createTrainer`. */
export function writeSelfCheck(writer: CodeBlockWriter, { plan }: TrainerParts): void {
  const sides = `{ ...arena, programs: wasm.programs }, arenaOver(new ArrayBuffer(${plan.bytes}))`;
  writer.writeLine("if (wasm && options.selfCheck)");
  writer.writeLine(`compareKernels(model, machine, compared, ${sides}, options.selfCheck);`);
}

/** Writes the table of the values that are compared. They are still in memory when their program ends. */
export function writeCompared(
  writer: CodeBlockWriter,
  { plan, programs, float, batchSize }: TrainerParts,
  wasm: WasmPrograms,
  { arena: { placeOf } }: SectionNames,
): void {
  const stored = [...plan.storage.values()];
  const flat = plan.storage.get(flatParameters);
  const flatSize = flat && elementCount(flat, batchSize);
  const storedBytes = Math.max(...stored.map(({ offset, bytes }) => offset + bytes));
  writer.writeLine(
    "/** The values that createTrainer({ selfCheck: true }) compares, by name, offset and size. */",
  );
  writer
    .write("const compared: ComparedFacts = ")
    .inlineBlock(() => {
      writer.writeLine(`arenaBytes: ${wasm.plan.bytes},`);
      writer.writeLine(`storedBytes: ${storedBytes},`);
      for (const view of ["f", "integers", "doubles"]) {
        const own = stored.filter(
          ({ buffer }) => buffer.covers === undefined && viewFor(buffer.element, float) === view,
        );
        const rows = own.map((each) => {
          const { name } = each.buffer;
          const kind = kindOf(each, flatSize);
          const size = elementCount(each, kind === "rows" ? 1 : batchSize);
          const ending = kind === undefined ? "" : `, ${JSON.stringify(kind)}`;
          return `[${JSON.stringify(name)}, ${placeOf("", name)}, ${size}${ending}]`;
        });
        writer.writeLine(`${view}: [${rows.join(", ")}],`);
      }
      writer
        .write("temporaries: ")
        .inlineBlock(() => {
          for (const { name } of programs) {
            const rows = keptBySides(plan, wasm.plan, name, float).map(
              ([own, other]) =>
                `[${JSON.stringify(own.buffer.name)}, ${placeOf(name, own.buffer.name)}, ` +
                `${other.offset / bytesOfElement[float]}, ${elementCount(own, 1)}]`,
            );
            if (rows.length > 0) writer.writeLine(`${name}: [${rows.join(", ")}],`);
          }
        })
        .write(",")
        .newLine();
    })
    .write(";")
    .newLine();
}

/**
 * The kind of comparison for a stored value. `flatSize` is the number of elements of all trainable
 * parameters.
 */
function kindOf(placement: Placement, flatSize: number | undefined): ComparedValue[3] {
  const { name, region } = placement.buffer;
  if (region === "gradient") return "gradient";
  if (hasRows(placement)) return "rows";
  const isOfOptimizer = nameIn("optimizer", name) !== undefined || nameIn("average", name) !== undefined;
  return isOfOptimizer && elementCount(placement, 1) === flatSize ? "perParameter" : undefined;
}

/** Whether the rows of a value are consecutive in memory. */
const hasRows = ({ buffer: { shape } }: Placement): boolean =>
  shape[0] === "n" && !shape.slice(1).includes("n");

/** The intermediate values that both arenas still contain, in the same shape, when the program ends. */
function keptBySides(
  plan: TrainerParts["plan"],
  planOfWasm: TrainerParts["plan"],
  program: string,
  float: "f32" | "f64",
): (readonly [Placement, Placement])[] {
  const others = survivors(planOfWasm, program, float);
  return survivors(plan, program, float)
    .filter(hasRows)
    .flatMap((own) => {
      const { name, shape } = own.buffer;
      const other = others.find(({ buffer }) => buffer.name === name);
      return other?.buffer.shape.join() === shape.join() ? [[own, other] as const] : [];
    });
}
