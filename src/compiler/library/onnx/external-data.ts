/**
 * External data of a model: tensors whose elements are in a second file next to the model. Each such tensor names the
 * file, and the offset and the length of its bytes. All of this is checked before anything is read, so that a model
 * neither reads outside of its folder nor allocates what it only declares.
 */
import { TensorProto_DataLocation as DataLocation } from "../../util/onnx/onnx_pb.js";
import type { GraphProto, ModelProto, TensorProto } from "../../util/onnx/onnx_pb.js";
import { showValue } from "../../util/message-text.ts";
import { countText } from "../../util/number-text.ts";
import { InvalidModel } from "./invalid-model.ts";
import type { ExternalFile, OpenExternal } from "./model.ts";
import { bytesOfTensor } from "./tensor-data.ts";

/** A tensor with external data, and how messages name it. */
interface ExternalTensor {
  readonly tensor: TensorProto;
  readonly what: string;
}

/** The bytes of a tensor in its file. */
interface Range {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

type Planned = ExternalTensor & Range & { readonly file: ExternalFile };

/** The maximum number of bytes that all tensors of a model read. */
const mostBytes = 2 ** 31 - 1;

/** How often the bytes of a file may be read on average: tied weights may be two tensors with the same bytes. */
const mostReads = 2;

/**
 * Replaces the external data of a model by the bytes themselves. Returns these bytes, in the order of the tensors.
 * @throws InvalidModel if a file cannot be read, or does not contain what the tensors declare
 */
export async function embedExternalData(
  { graph }: ModelProto,
  open: OpenExternal,
): Promise<readonly Uint8Array[]> {
  const planned = await plan(graph === undefined ? [] : [...externalTensors(graph)], open);
  checkTotals(planned);
  const data: Uint8Array[] = [];
  for (const { tensor, what, location, offset, length, file } of planned) {
    const bytes = await orReason(() => file.read(offset, length), location, what);
    if (bytes.length !== length) throw unreadable(location, what, "it has become shorter");
    tensor.rawData = bytes;
    tensor.dataLocation = DataLocation.DEFAULT;
    data.push(bytes);
  }
  return data;
}

/** Where the bytes of each tensor are. All of them are in their files. */
async function plan(tensors: readonly ExternalTensor[], open: OpenExternal): Promise<readonly Planned[]> {
  const files = new Map<string, ExternalFile>();
  const planned: Planned[] = [];
  for (const { tensor, what } of tensors) {
    const range = rangeOf(tensor, what);
    if (range === undefined) continue;
    const { location, offset, length } = range;
    const file = files.get(location) ?? (await orReason(() => open(location), location, what));
    files.set(location, file);
    if (offset + length > file.size)
      throw new InvalidModel(
        `${what} has ${countText(length)} bytes from ${countText(offset)} on in ${showValue(location)}, ` +
          `which has only ${countText(file.size)} bytes`,
      );
    planned.push({ tensor, what, ...range, file });
  }
  return planned;
}

/** All tensors with external data that {@link readModel} reads, also those in attributes and subgraphs. */
function* externalTensors({ initializer, node }: GraphProto): Generator<ExternalTensor, void, undefined> {
  const isExternal = ({ dataLocation }: TensorProto): boolean => dataLocation === DataLocation.EXTERNAL;
  for (const tensor of initializer)
    if (isExternal(tensor)) yield { tensor, what: `the initialiser "${tensor.name}"` };
  for (const { name, output, attribute } of node)
    for (const { name: key, t, g } of attribute) {
      const what = `the attribute "${key}" of the node "${name || (output[0] ?? "")}"`;
      if (t !== undefined && isExternal(t)) yield { tensor: t, what };
      if (g !== undefined) yield* externalTensors(g);
    }
}

/** Where the bytes of a tensor are. Undefined if its element type is not supported, which is reported later. */
function rangeOf(tensor: TensorProto, what: string): Range | undefined {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const length = bytesOfTensor(tensor, what);
  if (length === undefined) return undefined;
  const location = checkedLocation(entries.get("location") ?? "", what);
  const offset = numberIn(entries.get("offset") ?? "0", "offset", what);
  const declared = entries.get("length");
  if (declared !== undefined && numberIn(declared, "length", what) !== length)
    throw new InvalidModel(
      `${what} has the shape [${tensor.dims.join(", ")}], which has ${countText(length)} bytes, but the length ` +
        `of its external data is ${declared}`,
    );
  return { location, offset, length };
}

/** The path is POSIX. Windows also separates folders by a backslash, and begins drives by a letter and a colon. */
function checkedLocation(location: string, what: string): string {
  if (location === "") throw new InvalidModel(`${what} has external data without a location`);
  const isOutside = /^[/\\]|^[A-Za-z]:/.test(location) || location.split(/[/\\]/).includes("..");
  if (isOutside || location.includes("\0"))
    throw new InvalidModel(
      `${what} has its data in ${showValue(location)}; external data must be in the folder of the model`,
    );
  return location;
}

function numberIn(text: string, key: string, what: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidModel(
    `the ${key} of the external data of ${what} must be a whole number from 0 to 2⁵³ - 1, got ${showValue(text)}`,
  );
}

async function orReason<T>(work: () => Promise<T>, location: string, what: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unreadable(location, what, error instanceof Error ? error.message : String(error));
  }
}

const unreadable = (location: string, what: string, reason: string): InvalidModel =>
  new InvalidModel(`${what} has its data in ${showValue(location)}, which cannot be read: ${reason}`);

/** Checks how much memory the tensors take together. */
function checkTotals(planned: readonly Planned[]): void {
  const totals = new Map<ExternalFile, number>();
  for (const { file, length, location } of planned) {
    const total = (totals.get(file) ?? 0) + length;
    totals.set(file, total);
    if (total > mostReads * file.size)
      throw new InvalidModel(
        `the tensors have more than ${mostReads} times the ${countText(file.size)} bytes of ` +
          `${showValue(location)}: too many of them have the same bytes`,
      );
  }
  const total = planned.reduce((sum, { length }) => sum + length, 0);
  if (total > mostBytes)
    throw new InvalidModel(
      `the model has ${countText(total)} bytes of external data; the limit is ${countText(mostBytes)}`,
    );
}
