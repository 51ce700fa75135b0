/** The parts of a module whose spec has `losses`. Its predict() returns a separate array for each target. */
import type CodeBlockWriter from "code-block-writer";
import type { RuntimeName } from "../../runtime-references.ts";
import type { TargetPrediction } from "./module-parts.ts";

/** The runtime declarations that such a module uses. */
export const rootsOfTargets: readonly RuntimeName[] = ["byTarget", "ByTarget", "TakePart"];

/** The function that creates a trainer whose predict() returns one array. */
export const flatTrainer = "createFlatTrainer";

/** The additional names that such a module declares. */
export const namesOfTargets: readonly string[] = [flatTrainer, "Predictions", "predictions"];

/** The type of a trainer or predictor with predictions by target. */
export const typeByTarget = (base: string): string => `ByTarget<${base}, Predictions>`;

/**
 * An expression for a trainer or predictor with predictions by target. `base` is the expression for one whose
 * predict() returns a single array.
 */
export const byTargetText = (base: string, all: readonly TargetPrediction[]): string =>
  `byTarget(${base}, ${all.reduce((sum, { size }) => sum + size, 0)}, predictions)`;

/** Writes the type of the predictions, and the function that splits the output of the network by target. */
export function writePredictions(writer: CodeBlockWriter, all: readonly TargetPrediction[]): void {
  let start = 0;
  const parts = all.map(({ target, size }) => {
    start += size;
    return { name: JSON.stringify(target), size, start: start - size };
  });
  writer.writeLine(
    "/** For each target, the predictions of a batch: the row-major outputs of the layer that predicts it. */",
  );
  writer.write("export interface Predictions").block(() => {
    for (const { name, size } of parts) {
      writer.writeLine(`/** ${size} ${size === 1 ? "number" : "numbers"} per row. */`);
      writer.writeLine(`${name}: Numbers;`);
    }
  });
  const entries = parts.map(({ name, size, start }) => `${name}: take(${start}, ${size})`);
  writer.blankLine();
  writer.writeLine(`const predictions = (take: TakePart): Predictions => ({ ${entries.join(", ")} });`);
}
