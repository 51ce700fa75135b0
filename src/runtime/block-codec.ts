// Inputs and targets that a file holds as one block of numbers: each place of an item is scaled by itself, as a column of a table would be.
// What may stand in a block is checked where it is read.
import type { Codec } from "./dataset.ts";
import { boundsOf, columnFactsOf } from "./fields.ts";
import { InputError } from "./input-error.ts";
import { fitScale } from "./scale.ts";
import type { Block, Table } from "./table.ts";

/** The numbers of each item. */
export const blockCodec: Codec = {
  fit({ data }, name, table, train) {
    const { scale } = columnFactsOf(data, name);
    if (scale === undefined) return { name, columns: [name] };
    const { numbers, size } = blockOf(table, name);
    const scales = Array.from({ length: size }, (_, place) => {
      // What only divides looks at no number.
      const column = new Float64Array(typeof scale === "string" ? table.rows : 0);
      return fitScale(column.map((_, row) => numbers[row * size + place]), train, scale); // prettier-ignore
    });
    return { name, columns: [name], scales };
  },
  encode({ model }, { name, scales }, table, rows) {
    const { numbers, size } = blockOf(table, name);
    const real = model.dtype === "f32" ? Float32Array : Float64Array;
    const encoded = new (boundsOf(model, name) ? Int32Array : real)(rows.length * size);
    rows.forEach((row, i) => {
      for (let place = 0; place < size; place++) {
        const value = numbers[row * size + place];
        encoded[i * size + place] = scales ? (value - scales[place].shift) / scales[place].span : value;
      }
    });
    return encoded;
  },
};

function blockOf({ columns }: Table, name: string): Block {
  const column = columns.get(name);
  if (column !== undefined && "numbers" in column) return column;
  throw new InputError(`there is no block of numbers for ${name}`);
}
