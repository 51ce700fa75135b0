// Encoder for columns of categories. The categories of a column are the distinct values in its training rows,
// sorted.
//
//   one-hot    a number for each category of each column: 1 for the category of the cell, otherwise 0
//   index      a number for each column: the index of the category, counted from 1
//
// A category that does not occur in the training rows is encoded as zeros.
import type { FeatureEncoder } from "./dataset.ts";
import { columnFactsOf, columnNames, fieldOf, namedBy, textsOf } from "./fields.ts";
import { InputError } from "../step/errors.ts";

/** Encodes categories. They are compared as text, so "1" and "1.0" are different. */
export const categoryEncoder: FeatureEncoder = {
  fit({ model, data }, name, table, train) {
    const { columns: listed, categories: form } = columnFactsOf(data, name);
    const all = [...table.columns.keys()];
    const count = namedBy(all, listed).flat().length;
    const { size: width } = fieldOf(model, name);
    const columns = columnNames(table, name, listed, form === "index" ? width : count);
    const cells = columns.map((column) => textsOf(table, column));
    const whole = cells.map((texts) => new Set(texts).size);
    const categories = cells.map((texts) => [...new Set(Array.from(train, (row) => texts[row]!))].sort());
    if (form === "index") {
      // The vocabulary needs an index for each category of the column with the most categories, plus index 0
      // for unknown categories.
      const needed = Math.max(...whole) + 1;
      const { vocabulary = needed } = model.inputs[name]!;
      if (Math.max(...categories.map(({ length }) => length)) >= vocabulary)
        throw new InputError(
          `${name} has ${needed - 1} categories; with 0 for unknown ones, its embedding needs a ` +
            `vocabulary of ${needed}, not ${vocabulary}`,
        );
    } else {
      const found = whole.reduce((sum, size) => sum + size);
      const trained = categories.reduce((sum, { length }) => sum + length, 0);
      if (width < trained || width > found)
        throw new InputError(
          `${name} has ${width} numbers per row, but its columns have ${found} categories: its shape must ` +
            `be [${found}]`,
        );
    }
    return { name, columns, categories };
  },
  encode({ model, data }, { name, columns, categories = [] }, table, rows) {
    const { size: width } = fieldOf(model, name);
    const isIndex = columnFactsOf(data, name).categories === "index";
    const real = model.dtype === "f32" ? Float32Array : Float64Array;
    const encoded = new (isIndex ? Int32Array : real)(rows.length * width);
    let offset = 0;
    for (const [i, column] of columnNames(table, name, columns, columns.length).entries()) {
      const texts = textsOf(table, column);
      const { [i]: known = [] } = categories;
      const positions = new Map(known.map((category, position) => [category, position]));
      rows.forEach((row, at) => {
        const position = positions.get(texts[row]!) ?? -1;
        if (isIndex) encoded[at * width + i] = position + 1;
        else if (position >= 0) encoded[at * width + offset + position] = 1;
      });
      offset += known.length;
    }
    return encoded;
  },
};
