/**
 * The model files that a spec names. The compiler reads no files: the code that reads the spec also reads these, and
 * passes their contents by the names that the spec uses.
 */
import { InvalidModel } from "../library/onnx/invalid-model.ts";
import { readModel, readModelWith } from "../library/onnx/model-file.ts";
import type { OnnxModel, OpenExternal } from "../library/onnx/model.ts";
import { DiagnosticError, collector } from "../diagnostics/errors.ts";
import { showValue } from "../util/message-text.ts";
import { sha256 } from "../util/sha256.ts";
import { keysOf, listOf, member, plainSpec, textOf, typeOf } from "./raw-spec.ts";
import { writtenNetwork } from "./written-network.ts";
import type { WrittenLayer, WrittenList } from "./written-network.ts";

/** The model in a file. */
export interface GivenModel {
  readonly model: OnnxModel;
  /** The SHA-256 of the file, which also covers the external data of the model. */
  readonly hash: string;
}

/** The model in a file, or why there is none. */
export type ModelFile =
  GivenModel | { readonly code: "T1001" | "T3005"; readonly reason: string; readonly hint?: string };

/** The files that a spec names, by name. */
export type ModelFiles = ReadonlyMap<string, ModelFile>;

/** The content of a model file. */
export interface ModelContent {
  readonly bytes: Uint8Array;
  /** Opens files with external data. Without it, the model must have all its data in one file. */
  readonly open?: OpenExternal;
}

/**
 * Reads the content of a file by the name that the spec uses.
 * @throws Error with the reason if it cannot; a `MissingContent` also says what to do
 */
export type ReadContent = (file: string) => Promise<ModelContent>;

/** The caller has no file of this name. The hint says how a user adds it. */
export class MissingContent extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** The file that a layer of the spec names, if it is an ONNX layer. */
export const fileOfLayer = ({ value }: WrittenLayer): string | undefined =>
  typeOf(value) === "onnx" ? textOf(member(value, "file")) : undefined;

/** The names of all model files of a spec that need not be valid, also those that only a search tries. */
function modelFileNames(spec: unknown): readonly string[] {
  const { value } = plainSpec(spec);
  const names = (list: WrittenList): string[] =>
    list.flatMap((layer) => [fileOfLayer(layer) ?? [], ...Object.values(layer.lists).map(names)].flat());
  const written = names(writtenNetwork(value, collector()) ?? []);
  return [...new Set([...written, ...searchedFiles(value)])];
}

/** The values of paths such as `network[1].file` in `training.search.over`. */
function searchedFiles(spec: unknown): readonly string[] {
  const over = member(member(member(spec, "training"), "search"), "over");
  return keysOf(over)
    .filter((path) => /^network\b.*\.file$/s.test(path))
    .flatMap((path) => listOf(member(over, path)))
    .flatMap((name) => textOf(name) ?? []);
}

/** The model files of a spec. A file that cannot be read is reported when the spec is parsed. */
export async function readModelFiles(spec: unknown, read: ReadContent): Promise<ModelFiles> {
  const files = new Map<string, ModelFile>();
  for (const name of modelFileNames(spec))
    files.set(
      name,
      await read(name).then(
        (content) => readModelContent(content).catch(invalidModel),
        (error: unknown) => ({
          code: "T1001",
          reason: error instanceof Error ? error.message : String(error),
          hint:
            error instanceof MissingContent ? error.hint : "paths of model files are relative to the spec",
        }),
      ),
    );
  return files;
}

/** The option `files` of an untyped caller. @throws DiagnosticError (T1010) unless it contains bytes */
export function checkedFiles(files: unknown = {}): Readonly<Record<string, Uint8Array>> {
  const entries = typeof files === "object" && files !== null ? Object.entries(files) : [["files", files]];
  const wrong = entries.find(([, bytes]) => !(bytes instanceof Uint8Array));
  if (wrong === undefined) return Object.fromEntries(entries);
  throw new DiagnosticError([
    {
      code: "T1010",
      severity: "error",
      message: `files must contain the bytes of each file, got ${showValue(wrong[1])} for ${showValue(wrong[0])}`,
      hint: 'pass an object such as { "body.onnx": bytes }, with a Uint8Array for each name',
    },
  ]);
}

/** The model files whose contents a caller hands over, by name. */
export const givenModelFiles = (contents: Readonly<Record<string, Uint8Array>>): ModelFiles =>
  new Map(Object.entries(contents).map(([name, bytes]) => [name, modelFile(bytes)]));

function modelFile(bytes: Uint8Array): ModelFile {
  try {
    return { model: readModel(bytes), hash: sha256(bytes) };
  } catch (error) {
    return invalidModel(error);
  }
}

/** Reads a model with its external data. @throws InvalidModel */
export async function readModelContent({ bytes, open }: ModelContent): Promise<GivenModel> {
  if (open === undefined) return { model: readModel(bytes), hash: sha256(bytes) };
  const { model, data } = await readModelWith(bytes, open);
  // The file says which bytes belong to which tensor, so hashes in the order of the tensors are enough.
  const hashes = [bytes, ...data].map(sha256);
  return { model, hash: data.length === 0 ? hashes[0] : sha256(new TextEncoder().encode(hashes.join("\n"))) };
}

function invalidModel(error: unknown): ModelFile {
  if (error instanceof InvalidModel) return { code: "T3005", reason: error.message };
  throw error;
}
