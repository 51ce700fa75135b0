// Reads a model from a file. The file's extension selects the reader. Files that cannot be read are reported.
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import { createReadStream } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import { DiagnosticError, codeFrame } from "../../diagnostics/errors.ts";
import { didYouMean, fileReason, showValue } from "../../util/message-text.ts";
import { sizeText } from "../../util/number-text.ts";
import type { ReadContent } from "../model-files.ts";
import { externalFilesOf } from "./external-files.ts";
import { readJson } from "./json.ts";
import type { ReadTree } from "./locations.ts";
import { specOfTree } from "./spec-source.ts";
import type { ReadSpec } from "./spec-source.ts";
import { readTypeScript, typescriptLocations } from "./typescript.ts";
import { readYaml } from "./yaml.ts";

// Real specs are much smaller. A larger file is probably not a spec.
const largestBytes = 4 * 2 ** 20;

/**
 * Reads a spec in JSON (`.json`), YAML (`.yaml`, `.yml`) or TypeScript (`.ts`, which is executed).
 * @param onFile receives the path of each model file, and of each file with its external data, before the file is read,
 *   also if it does not exist
 * @throws DiagnosticError with all errors, each with its file and, where known, line, column and code frame.
 */
export async function readSpec(file: string, onFile?: (path: string) => void): Promise<ReadSpec> {
  const parse = readerOf(file);
  const text = await readText(file);
  const tree = await parse(file, text);
  const read = readerInFolder(dirname(file), onFile);
  const locationsOf = async () => tree.located ?? typescriptLocations(text);
  return specOfTree(file, text, tree, { read, locationsOf });
}

/**
 * Reads a spec in JSON or YAML from a text that its file need not contain yet, as in an editor. The diagnostics are
 * those of a file with this text.
 * @throws DiagnosticError with all errors
 */
export async function readSpecText(
  file: string,
  text: string,
  { format, read }: { readonly format: "json" | "yaml"; readonly read: ReadContent },
): Promise<ReadSpec> {
  if (Buffer.byteLength(text) > largestBytes) throw tooLarge(file);
  if (text.trim() === "") throw emptySpec(file);
  return specOfTree(file, text, format === "json" ? readJson(text) : readYaml(text), { read });
}

/** Reads model files, and their external data, by names that are relative to the folder. */
export const readerInFolder =
  (folder: string, onFile: (path: string) => void = () => {}): ReadContent =>
  async (name) => {
    const path = isAbsolute(name) ? name : join(folder, name);
    onFile(path);
    try {
      const status = await stat(path);
      if (!status.isFile()) throw new Error("it is not a file");
      return { bytes: await readFile(path), open: externalFilesOf(path, onFile) };
    } catch (error) {
      throw new Error(fileReason(error), { cause: error });
    }
  };

type Reader = (file: string, text: string) => ReadTree | Promise<ReadTree>;

function readerOf(file: string): Reader {
  switch (extname(file).toLowerCase()) {
    case ".json":
      return (_, text) => readJson(text);
    case ".yaml":
    case ".yml":
      return (_, text) => readYaml(text);
    case ".ts":
    case ".mts":
      return readTypeScript;
    default:
      throw fileError(file, "T1008", "a spec must be a .json, .yaml, .yml or .ts file", hintOf(file));
  }
}

/** What to do with a file of another kind. */
const otherKinds: Readonly<Record<string, string>> = {
  ".onnx": "`tapeless inspect` shows an ONNX model, and `tapeless import` writes a spec for it",
  ".safetensors": "`tapeless import` reads parameters for a spec",
  ".csv": "`tapeless init` writes a spec for a table",
};

const hintOf = (file: string): string | undefined => otherKinds[extname(file).toLowerCase()];

async function readText(file: string): Promise<string> {
  const bytes = await readBytes(file);
  const text = decode(file, bytes);
  if (text.trim() === "") throw emptySpec(file);
  return text;
}

const emptySpec = (file: string): DiagnosticError =>
  fileError(file, "T1003", "the file is empty", "write one object; docs/getting-started.md has an example");

const tooLarge = (file: string): DiagnosticError =>
  fileError(
    file,
    "T1002",
    `the file is larger than ${sizeText(largestBytes)}, which is the limit for a spec`,
  );

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    if ((await stat(file)).isDirectory()) throw fileError(file, "T1002", "this is a folder, not a spec file");
    const bytes = await firstBytes(file, largestBytes + 1);
    if (bytes.length <= largestBytes) return bytes;
    throw tooLarge(file);
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOENT" && code !== "ENOTDIR")
      throw fileError(file, "T1001", `the file cannot be read: ${fileReason(error)}`);
    throw fileError(file, "T1001", "the file does not exist", await similarFile(file));
  }
}

/** Reads at most `most` bytes: devices and pipes do not report a size, and may never end. */
async function firstBytes(file: string, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of createReadStream(file, { end: most - 1 })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function similarFile(file: string): Promise<string | undefined> {
  const names = await readdir(dirname(file)).catch(() => []);
  const similar = didYouMean(basename(file), names);
  return similar && `did you mean ${showValue(similar)}?`;
}

/** Decodes strict UTF-8; a byte order mark is allowed. */
function decode(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Decodes again with replacement characters, to find the first invalid byte.
    const lines = new TextDecoder("utf-8").decode(bytes).split("\n");
    const line = Math.max(
      0,
      lines.findIndex((text) => text.includes("\ufffd")),
    );
    const location = { file, line: line + 1, column: lines[line].indexOf("\ufffd") + 1 };
    const message = "the file is not UTF-8 text";
    throw new DiagnosticError([
      { code: "T1004", severity: "error", message, location, frame: codeFrame(lines, location) },
    ]);
  }
}

const fileError = (file: string, code: DiagnosticCode, message: string, hint?: string): DiagnosticError =>
  new DiagnosticError([{ code, severity: "error", message, hint, location: { file } }]);
