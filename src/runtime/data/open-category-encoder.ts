// Encoder for columns of categories, with additional categories for missing values and for values that do not
// occur in training.
//
//   one-hot    c₁ … c_k u    a number for each category, and u for all unseen ones if `unseenCategory` is set
//   index      1 … k         and 0 for all unseen ones
//
// Categories in fewer than `minCount` training rows are treated as unseen, so that training has examples of
// unseen categories. A missing value has the category "?", which exists even if no value is missing in the
// training rows.
import { isMissing } from "./column-encoder.ts";
import type { FeatureEncoder } from "./dataset.ts";
import { columnFactsOf, columnNames, columnOf, fieldOf, namedBy, textsOf } from "./fields.ts";
import type { ColumnFacts } from "./fields.ts";
import { InputError } from "../step/errors.ts";
import type { Table } from "./table.ts";

export const openCategoryEncoder: FeatureEncoder = {
  fit({ model, data }, name, table, train) {
    const facts = columnFactsOf(data, name);
    const { size: width } = fieldOf(model, name);
    const names = namedBy([...table.columns.keys()], facts.columns).flat();
    const isIndex = facts.categories === "index";
    const columns = columnNames(table, name, facts.columns, isIndex ? width : names.length);
    const cells = columns.map((column) => categoriesOf(table, column, facts));
    const categories = cells.map((texts) => frequent(texts, train, facts));
    // Count the categories of the whole file, so that the shape does not depend on the split. The training
    // rows cannot have more categories.
    const whole = cells.map((texts) => frequent(texts, texts.keys(), facts).length);
    const others = facts.unseenCategory && !isIndex ? columns.length : 0;
    const found = isIndex ? Math.max(...whole) + 1 : whole.reduce((sum, size) => sum + size, others);
    const trained = isIndex
      ? Math.max(...categories.map(({ length }) => length)) + 1
      : categories.reduce((sum, { length }) => sum + length, others);
    const { vocabulary = found } = model.inputs[name]!;
    if (isIndex && vocabulary < trained)
      throw new InputError(
        `${name} has ${found - 1} categories; with 0 for unseen ones, its embedding needs a vocabulary of ` +
          `${found}, not ${vocabulary}`,
      );
    if (!isIndex && (width < trained || width > found))
      throw new InputError(
        `${name} has ${width} numbers per row, but its columns have ${found} categories, including missing ` +
          `and unseen values: its shape must be [${found}]`,
      );
    return { name, columns, categories };
  },
  encode({ model, data }, { name, columns, categories = [] }, table, rows) {
    const facts = columnFactsOf(data, name);
    const { size: width } = fieldOf(model, name);
    const isIndex = facts.categories === "index";
    const real = model.dtype === "f32" ? Float32Array : Float64Array;
    const encoded = new (isIndex ? Int32Array : real)(rows.length * width);
    let offset = 0;
    for (const [i, column] of columnNames(table, name, columns, columns.length).entries()) {
      const texts = categoriesOf(table, column, facts);
      const { [i]: known = [] } = categories;
      const positions = new Map(known.map((category, position) => [category, position]));
      const unseen = facts.unseenCategory && !isIndex ? known.length : -1;
      rows.forEach((row, at) => {
        const position = positions.get(texts[row]!) ?? unseen;
        if (isIndex) encoded[at * width + i] = position + 1;
        else if (position >= 0) encoded[at * width + offset + position] = 1;
      });
      offset += known.length + (unseen < 0 ? 0 : 1);
    }
    return encoded;
  },
};

/** Returns the cells as categories. If missing values are a category, all of them become "?". */
function categoriesOf(table: Table, name: string, { missingCategory }: ColumnFacts): string[] {
  if (!missingCategory) return textsOf(table, name);
  const { text } = columnOf(table, name);
  return Array.from({ length: table.rows }, (_, row) => (isMissing(text(row)) ? "?" : text(row)));
}

/**
 * Returns the categories that occur in at least `minCount` of these rows, sorted. The category of missing
 * values is always included.
 */
function frequent(
  texts: readonly string[],
  rows: Iterable<number>,
  { missingCategory, minCount = 1 }: ColumnFacts,
): string[] {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(texts[row]!, (counts.get(texts[row]!) ?? 0) + 1);
  if (missingCategory) counts.set("?", Infinity);
  return [...counts].flatMap(([category, count]) => (count < minCount ? [] : [category])).sort();
}
