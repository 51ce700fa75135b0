// The schema of a choice, which selects one row of a closed table. A choice is an object whose `type` names
// the row and whose other keys are those of the row. A name alone is short for the object with only that
// type. One row of a table may be user-defined: its key `formula` or `build` identifies it without a type,
// and a function alone is short for an object with only that key.
import * as z from "zod";

/** A row of a table: its keys as a zod shape with defaults, and a description for editors. */
export interface ChoiceRow {
  readonly about: string;
  readonly keys: z.ZodRawShape;
}

export type ChoiceTable = Readonly<Record<string, ChoiceRow>>;

type Flat<T> = { [K in keyof T]: T[K] };
type NoKeys = Record<never, never>;

// For an empty shape, zod infers Record<string, never>, which would forbid the other keys. `unknown` adds no
// constraint.
type Output<Keys extends z.ZodRawShape> = keyof Keys extends never ? unknown : z.output<z.ZodObject<Keys>>;
type Input<Keys extends z.ZodRawShape> = keyof Keys extends never ? unknown : z.input<z.ZodObject<Keys>>;

/** The common keys that the row does not replace. */
type Others<Common extends z.ZodRawShape, Keys extends z.ZodRawShape> = Omit<Common, keyof Keys>;

/** The output of the schema: always the object, with defaults filled in. */
export type Choice<Table extends ChoiceTable, Common extends z.ZodRawShape = NoKeys> = {
  [Name in keyof Table & string]: Flat<
    { type: Name } & Output<Table[Name]["keys"]> & Output<Others<Common, Table[Name]["keys"]>>
  >;
}[keyof Table & string];

const ownKeys = ["formula", "build"] as const;
type OwnKey = (typeof ownKeys)[number];

/** The type of the functions that the key of the user-defined row accepts. */
type FunctionOf<Keys extends z.ZodRawShape> = Extract<
  { [Key in keyof Keys & OwnKey]: z.input<Keys[Key]> }[keyof Keys & OwnKey],
  (...given: never) => unknown
>;

/**
 * The input of the schema: the object, the row's name, or a function for the user-defined row. The object of
 * the user-defined row needs no type.
 */
export type ChoiceInput<Table extends ChoiceTable, Common extends z.ZodRawShape = NoKeys> =
  | { [Name in keyof Table & string]: "build" extends keyof Table[Name]["keys"] ? never : Name }[keyof Table &
      string]
  | {
      [Name in keyof Table & string]:
        | Flat<{ type: Name } & Input<Table[Name]["keys"]> & Input<Others<Common, Table[Name]["keys"]>>>
        | (keyof Table[Name]["keys"] & OwnKey extends never
            ? never
            : | Flat<{ type?: Name } & Input<Table[Name]["keys"]> & Input<Common>>
              | FunctionOf<Table[Name]["keys"]>);
    }[keyof Table & string];

/** The schema of a table; every row also has the keys in `common`, unless it has a key of this name. */
export function choice<Table extends ChoiceTable, Common extends z.ZodRawShape = NoKeys>(
  table: Table,
  common?: Common,
): z.ZodType<Choice<Table, Common>, ChoiceInput<Table, Common>> {
  const rows = Object.entries(table).map(([name, { about, keys }]) =>
    z.strictObject({ type: z.literal(name), ...keys, ...common, ...keys }).describe(about),
  );
  const long = z.discriminatedUnion("type", atLeastOne(rows));
  // A row with the key `build` cannot be selected by name alone, because it needs a function.
  const names = Object.keys(table).filter((name) => !Object.hasOwn(table[name].keys, "build"));
  const short = z.enum(names).transform((type, context) => {
    const result = long.safeParse({ type });
    if (result.success) return result.data;
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: undefined });
    return z.NEVER;
  });
  const own = Object.entries(table).flatMap(([name, { about, keys }]) => {
    const key = ownKeys.find((each) => Object.hasOwn(keys, each));
    return key === undefined ? [] : ownForms(name, key, about, { ...keys, ...common }, long);
  });
  return asserted<z.ZodType<Choice<Table, Common>, ChoiceInput<Table, Common>>>(
    z.union([short, long, ...own]),
  );
}

/** The short forms of the user-defined row: an object without a type, and a function alone. */
function ownForms(
  name: string,
  key: OwnKey,
  about: string,
  keys: z.ZodRawShape,
  long: z.ZodType,
): readonly z.ZodType[] {
  const withoutType = z
    .strictObject(keys)
    .transform((value) => ({ type: name, ...value }))
    .describe(about);
  const functionAlone = z
    .custom((value) => typeof value === "function")
    .meta({ not: {} })
    .transform((value, context) => {
      const result = long.safeParse({ type: name, [key]: value });
      if (result.success) return result.data;
      for (const issue of result.error.issues) context.issues.push({ ...issue, input: undefined });
      return z.NEVER;
    });
  return [withoutType, functionAlone];
}

function atLeastOne<T>(rows: readonly T[]): [T, ...T[]] {
  const [first, ...rest] = rows;
  if (first === undefined) throw new Error("internal: a choice needs a table with rows");
  return [first, ...rest];
}

/**
 * The only type assertion of this file. Zod cannot infer a union from the rows of a table, but the mapped
 * types above can.
 */
const asserted = <Schema>(schema: unknown): Schema => schema as Schema;
