// Reads the IDX files of a program from a folder.
import { idxTable, itemsOf, unpacked } from "../data/idx.ts";
import type { IdxArray } from "../data/idx.ts";
import type { Source } from "../data/dataset.ts";
import { InputError } from "../step/errors.ts";
import type { ModelFacts } from "../model/facts.ts";
import { reading } from "./files.ts";
import { locateErrors, type DataReader } from "./program.ts";

/** Reads the files that the spec names, from the folder in `--data`. */
export const idxFolder: DataReader = {
  help: "FOLDER        the folder of the IDX files of the spec, gzipped or not (required)",
  async read({ model, data }, { "--predict": predictedFile, "--data": folder, "--out": out }) {
    if (predictedFile !== undefined)
      return readPart(model, predictedFile, [[onlyInput(model), predictedFile]]);
    const { train = {}, test } = data.idx ?? {};
    if (folder === undefined) {
      const files = [train, test ?? {}].flatMap((part) => Object.values(part));
      throw new InputError(`--data FOLDER is required: the folder with ${files.join(", ")}`);
    }
    const inFolder = (part: Record<string, string>) => {
      const files = Object.entries(part).map(([name, file]) => [name, `${folder}/${file}`] as const);
      return readPart(model, folder, files, out);
    };
    return { ...(await inFolder(train)), testFile: test && (await inFolder(test)) };
  },
};

/** Returns the input that a single file contains. Throws if the model has several inputs. */
export function onlyInput({ inputs }: ModelFacts): string {
  const [input, ...others] = Object.keys(inputs);
  if (others.length === 0) return input!;
  throw new InputError(
    `one IDX file contains one input, but the model reads ${Object.keys(inputs).join(", ")}`,
  );
}

/** Reads these files, one for each input and target. `place` is their name in messages. */
async function readPart(
  model: ModelFacts,
  place: string,
  files: readonly (readonly [name: string, path: string])[],
  out?: string,
): Promise<Source> {
  const contents: Record<string, IdxArray> = {};
  let before: { name: string; items: number } | undefined;
  for (const [name, path] of files) {
    const packed = await reading(path, (host) => host.readFile(path), out);
    const bytes = await unpacked(packed).catch((error: Error) =>
      locateErrors(path, () => {
        throw error;
      }),
    );
    contents[name] = locateErrors(path, () => itemsOf(model, name, bytes, before));
    before = { name, items: contents[name].shape[0]! };
  }
  return { file: place, table: idxTable(contents) };
}
