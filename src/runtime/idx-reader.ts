// The data of a program as IDX files in a folder. Only trainers of a spec with `idx` have this.
import { unpacked } from "./gunzip.ts";
import type { Source } from "./dataset.ts";
import { idxTable, itemsOf, type IdxArray } from "./idx.ts";
import { InputError } from "./input-error.ts";
import type { ModelFacts } from "./model-facts.ts";
import { placed, reading, type DataReader } from "./program.ts";

/** As the program takes it. The files are called as in the spec, from the folder on that they share. */
export const idxFolder: DataReader = {
  help: "FOLDER        the folder of the IDX files, packed by gzip or not, called as in the spec (needed)",
  async read({ model, data }, { "--data": folder }) {
    const { train = {}, test } = data.idx ?? {};
    if (folder === undefined) {
      const files = [train, test ?? {}].flatMap((part) => Object.values(part));
      throw new InputError(`--data FOLDER is needed: the folder of ${files.join(", ")}`);
    }
    const whole = await readPart(model, folder, train);
    return { ...whole, test: test && (await readPart(model, folder, test)) };
  },
};

/** These files, by input and target. */
async function readPart(
  model: ModelFacts,
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<Source> {
  const contents: Record<string, IdxArray> = {};
  let before: { name: string; items: number } | undefined;
  for (const [name, file] of Object.entries(files)) {
    const path = `${folder}/${file}`;
    const bytes = await reading(path, (host) => host.readFile(path).then(unpacked));
    contents[name] = placed(path, () => itemsOf(model, name, bytes, before));
    before = { name, items: contents[name].shape[0] };
  }
  return { file: folder, table: idxTable(contents) };
}
