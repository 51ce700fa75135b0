/** The shapes of cells with several numbers, compared with the shapes of the inputs and targets that read them. */
import { InputError, shown } from "../../../runtime/step/errors.ts";
import type { DatasetContext } from "../../../runtime/data/dataset.ts";
import { namedBy } from "../../../runtime/data/fields.ts";
import { shapeText } from "../npy.ts";

/** An input or target that reads all its numbers from one column. */
export interface WholeField {
  /** The path of the field in the spec. */
  readonly path: string;
  /** The shape of the field in a row of the file. */
  readonly shape: readonly number[];
}

/** The inputs and targets that read only one column, by this column. */
export function wholeFields(
  { model, data }: Pick<DatasetContext, "model" | "data">,
  names: readonly string[],
): ReadonlyMap<string, readonly WholeField[]> {
  const fields = new Map<string, WholeField[]>();
  for (const side of ["inputs", "targets"] as const)
    for (const [name, { columns, windowPart }] of Object.entries(data[side])) {
      const shape = model[side][name]?.shape;
      const [column, ...others] = namedBy(names, columns).flat();
      if (shape === undefined || column === undefined || others.length > 0) continue;
      // The first axis of a part of a window is time, unless the part is a single row.
      const hasTime = data.windowRule !== undefined && windowPart !== "last";
      const field = { path: `${side}.${name}`, shape: hasTime ? shape.slice(1) : shape };
      fields.set(column, [...(fields.get(column) ?? []), field]);
    }
  return fields;
}

/**
 * Returns the shape of a list, which may contain lists.
 *
 * @throws InputError if its lists differ in length or depth
 */
export function shapeOf(
  list: readonly unknown[],
  column: string,
  line: number | string | undefined,
): number[] {
  const shapes = list.map((entry) => (Array.isArray(entry) ? shapeOf(entry, column, line) : []));
  const [first = []] = shapes;
  if (shapes.every((shape) => `${shape}` === `${first}`)) return [list.length, ...first];
  throw new InputError(`column "${shown(column)}": the lists in the cell differ in length or depth`, line);
}

/**
 * Checks that the numbers of a cell are in the order of each field that reads them. One shape must result from the
 * other by joining neighbouring axes, such as [36, 3] from [6, 6, 3], so a flat list fits every shape of its size.
 *
 * @throws InputError
 */
export function checkCellShape(
  shape: readonly number[],
  fields: readonly WholeField[],
  column: string,
  line: number | string | undefined,
): void {
  for (const field of fields) {
    const [own, others] = [suffixSizes(shape), suffixSizes(field.shape)];
    if (isSubset(own, others) || isSubset(others, own)) continue;
    const both = `${shapeText(shape)}, but ${field.path} has the shape ${shapeText(field.shape)}`;
    throw new InputError(`column "${shown(column)}": the cell has the shape ${both}`, line);
  }
}

/** The number of elements of each group of last axes. Axes of size 1 do not change them. */
function suffixSizes(shape: readonly number[]): Set<number> {
  const sizes = new Set([1]);
  shape.reduceRight((size, extent) => {
    sizes.add(size * extent);
    return size * extent;
  }, 1);
  return sizes;
}

const isSubset = (some: ReadonlySet<number>, all: ReadonlySet<number>): boolean =>
  [...some].every((size) => all.has(size));
