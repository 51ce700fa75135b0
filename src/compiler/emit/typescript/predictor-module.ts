/** A predictor as a module: facts about the model, `createPredictor`, and the trained parameters. */
import { outputStorage } from "../../ir/storage.ts";
import type CodeBlockWriter from "code-block-writer";
import type { Placement } from "../../loop/types.ts";
import { namesIn, runtimeText } from "../../runtime-references.ts";
import type { RuntimeExpression, RuntimeName } from "../../runtime-references.ts";
import { viewOfStorage, viewText } from "./arena.ts";
import type { SectionNames, Fact, ModuleKind, ModuleParts, TargetPrediction } from "./module-parts.ts";
import {
  byTargetText,
  namesOfTargets,
  rootsOfTargets,
  typeByTarget,
  writePredictions,
} from "./write-predictions.ts";
import { base64Lines, bytesOfNumbers, numberText } from "./parameter-texts.ts";

/** The parts of a predictor: the program `predict`, and the values of the parameters. */
export interface PredictorParts extends ModuleParts {
  /** The exported `model`. */
  readonly model: object;
  /** The values of each parameter, by name. */
  readonly values: Readonly<Record<string, ArrayLike<number>>>;
  /** The predictions of each target, if predict() returns them by target. */
  readonly predictions: readonly TargetPrediction[] | undefined;
  /**
   * The encoding of the rows of a data file and the interpretation of predictions, if the checkpoint contains
   * them.
   */
  readonly rows: PredictedRows | undefined;
}

export interface PredictedRows {
  /** The runtime's `DataFacts`, and its `FittedField`s. */
  readonly data: object;
  readonly fields: object;
  readonly encoders: RuntimeExpression;
  readonly predict: RuntimeExpression;
  readonly readTimes?: RuntimeExpression;
  /** Whether the data file has a number format. Rows may then also contain strings in this format. */
  readonly isFormatted: boolean;
}

/** An expression for a predictor of rows. */
function rowsText(predictor: string, { predict, encoders, readTimes, isFormatted }: PredictedRows): string {
  const times = readTimes === undefined ? "" : `, readTimes: ${runtimeText(readTimes)}`;
  const context = `{ model, data, encoders: ${runtimeText(encoders)}${times} }`;
  const ofRows = `predictorOfRows(${predictor}, ${runtimeText(predict)}, ${context}, fields)`;
  return isFormatted ? `formattedRows(${ofRows}, data.numberFormat)` : ofRows;
}

/** A predictor with at most this many parameters contains them as decimals; others contain base64. */
const readable = 1024;

const publicTypes: readonly RuntimeName[] = ["Predictor", "Batch", "ModelFacts"];
const ownNames = ["model", "data", "fields", "values", "createPredictor", "memory", "machine", "atob"];

const rootsOfRows: readonly RuntimeName[] = ["RowPredictor", "predictorOfRows", "DataFacts", "FittedField"];

export function predictorModule(parts: PredictorParts): ModuleKind {
  const parameters = [...parts.plan.storage.values()].filter(({ buffer }) => buffer.region === "parameter");
  const isReadable =
    parameters.reduce((sum, { buffer }) => sum + valuesOf(parts, buffer.name).length, 0) <= readable;
  const { rows } = parts;
  return {
    facts: [
      {
        about: "The model: its inputs, targets and parameters.",
        declaration: "export const model: ModelFacts",
        value: parts.model,
        placeOf: (keys) => parts.placeOfFact?.("model", keys),
      },
      ...(rows === undefined ? [] : factsOfRows(rows)),
    ],
    ownNames: [...ownNames, ...(parts.predictions === undefined ? [] : namesOfTargets)],
    roots: [
      ...(parts.predictions === undefined ? [] : rootsOfTargets),
      ...(rows === undefined ? [] : [...rootsOfRows, ...namesIn(rows.encoders), ...namesIn(rows.predict)]),
      ...(rows?.readTimes === undefined ? [] : namesIn(rows.readTimes)),
      ...(rows?.isFormatted ? (["formattedRows"] as const) : []),
      ...publicTypes,
      "predictorOf",
      "PredictingMachine",
      ...(isReadable ? [] : ["bytesIn" as const]),
    ],
    sections: [
      {
        chapter: "evaluation",
        write: (writer, names) => writeCreatePredictor(writer, parts, parameters, isReadable, names),
      },
      { chapter: "evaluation", write: (writer) => writeValues(writer, parts, parameters, isReadable) },
    ],
  };
}

const factsOfRows = ({ data, fields }: PredictedRows): Fact[] => [
  {
    chapter: "data",
    about: "The columns of the data file for each input and target.",
    declaration: "const data: DataFacts",
    value: data,
  },
  {
    chapter: "data",
    about: "The encoding of rows, such as scales and class names, as fitted on the training rows.",
    declaration: "const fields: FittedField[]",
    value: fields,
  },
];

function valuesOf({ values }: PredictorParts, name: string): ArrayLike<number> {
  if (!Object.hasOwn(values, name)) throw new Error(`internal: no values of ${name}`);
  return values[name];
}

/** Writes the trained parameters, in the order of the arena. */
function writeValues(
  writer: CodeBlockWriter,
  parts: PredictorParts,
  parameters: readonly Placement[],
  isReadable: boolean,
): void {
  const { float } = parts;
  if (isReadable) {
    writer.writeLine("/** The trained parameters, as the shortest decimals that have the same bits. */");
    writer.write("const values = ").inlineBlock(() => {
      for (const { buffer } of parameters) {
        const numbers = Array.from(valuesOf(parts, buffer.name), (value) => numberText(value, float));
        writer.writeLine(`${JSON.stringify(buffer.name)}: [${numbers.join(", ")}],`);
      }
    });
    writer.write(";").newLine();
    return;
  }
  const all = parameters.map(({ buffer }) => valuesOf(parts, buffer.name));
  const count = all.reduce((sum, { length }) => sum + length, 0);
  writer.writeLine(`/** The trained parameters: ${count} numbers (${float}), in the order of the arena. */`);
  writer.writeLine(`const values = \`\n${base64Lines(bytesOfNumbers(all, float))}\n\`;`);
}

function writeCreatePredictor(
  writer: CodeBlockWriter,
  { plan, batchSize, float, rows, predictions }: PredictorParts,
  parameters: readonly Placement[],
  isReadable: boolean,
  { arena, callOf, takesOf, array }: SectionNames,
): void {
  const call = callOf("predict");
  const inputs = [...plan.storage.values()].filter(({ buffer }) => buffer.region === "input");
  const view = (storage: string) => viewText(plan, arena, storage, batchSize, float);
  const entries = inputs.map(({ buffer }) => `${JSON.stringify(buffer.name)}: ${view(buffer.name)}`);
  const views = { integers: "Int32Array", doubles: "Float64Array" };
  const used = new Set<string>([
    ...takesOf("predict"),
    ...inputs.map(({ buffer }) => viewOfStorage(plan, buffer.name, float)),
  ]);
  if (predictions !== undefined) {
    writePredictions(writer, predictions);
    writer.blankLine();
  }
  const type = rows === undefined ? "Predictor" : "RowPredictor";
  writer.writeLine("/** Creates a predictor with its own memory. */");
  writer
    .write(`export function createPredictor(): ${predictions === undefined ? type : typeByTarget(type)}`)
    .block(() => {
      writer.writeLine(`const memory = new ArrayBuffer(${plan.bytes});`);
      writer.writeLine(`const f = new ${array}(memory);`);
      for (const [name, type] of Object.entries(views))
        if (used.has(name)) writer.writeLine(`const ${name} = new ${type}(memory);`);
      if (isReadable)
        for (const { buffer } of parameters)
          writer.writeLine(
            `f.set(values[${JSON.stringify(buffer.name)}], ${arena.placeOf("", buffer.name)});`,
          );
      else writer.writeLine("new Uint8Array(memory).set(bytesIn(values));");
      writer
        .write("const machine: PredictingMachine = ")
        .inlineBlock(() => {
          writer.writeLine(`inputs: { ${entries.join(", ")} },`);
          writer.writeLine(`output: ${view(outputStorage)},`);
          writer.writeLine(`predict: (n) => ${call},`);
        })
        .write(";")
        .newLine();
      const predictor = `predictorOf(model, machine, (length) => new ${array}(length))`;
      const whole = rows === undefined ? predictor : rowsText(predictor, rows);
      writer.writeLine(`return ${predictions === undefined ? whole : byTargetText(whole, predictions)};`);
    });
}
