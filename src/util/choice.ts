// The schema of "one row of a closed table": an object whose `type` names the row and whose other keys are the row's, or
// the name alone, short for the object with nothing but its type.
import { z } from "zod";

/** What a table needs of its rows here: their own keys, as a zod shape with defaults, and a line for editors. */
export interface ChoiceRow {
  readonly about: string;
  readonly keys: z.ZodRawShape;
}

export type ChoiceTable = Readonly<Record<string, ChoiceRow>>;

type Flat<T> = { [K in keyof T]: T[K] };
type NoKeys = Record<never, never>;

// An empty shape infers Record<string, never>, which would forbid the other keys; `unknown` adds nothing instead.
type Output<Keys extends z.ZodRawShape> = keyof Keys extends never ? unknown : z.output<z.ZodObject<Keys>>;
type Input<Keys extends z.ZodRawShape> = keyof Keys extends never ? unknown : z.input<z.ZodObject<Keys>>;

/** What the schema gives: always the object, defaults filled in. */
export type Choice<Table extends ChoiceTable, Common extends z.ZodRawShape = NoKeys> = {
  [Name in keyof Table & string]: Flat<{ type: Name } & Output<Table[Name]["keys"]> & Output<Common>>;
}[keyof Table & string];

/** What the schema takes: the object, or the row's name. */
export type ChoiceInput<Table extends ChoiceTable, Common extends z.ZodRawShape = NoKeys> =
  | (keyof Table & string)
  | {
      [Name in keyof Table & string]: Flat<{ type: Name } & Input<Table[Name]["keys"]> & Input<Common>>;
    }[keyof Table & string];

/** The schema over a table; `common` are keys that every row has besides its own. */
export function choice<Table extends ChoiceTable, Common extends z.ZodRawShape = NoKeys>(
  table: Table,
  common?: Common,
): z.ZodType<Choice<Table, Common>, ChoiceInput<Table, Common>> {
  const rows = Object.entries(table).map(([name, { about, keys }]) =>
    z.strictObject({ type: z.literal(name), ...keys, ...common }).describe(about),
  );
  const long = z.discriminatedUnion("type", atLeastOne(rows));
  const short = z.enum(Object.keys(table)).transform((type, context) => {
    const result = long.safeParse({ type });
    if (result.success) return result.data;
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: undefined });
    return z.NEVER;
  });
  return asserted<z.ZodType<Choice<Table, Common>, ChoiceInput<Table, Common>>>(z.union([short, long]));
}

function atLeastOne<T>(rows: readonly T[]): [T, ...T[]] {
  const [first, ...rest] = rows;
  if (first === undefined) throw new Error("internal: a choice needs a table with rows");
  return [first, ...rest];
}

/** The one cast: zod cannot follow a union that is made from the rows of a table, the mapped types above can. */
const asserted = <Schema>(schema: unknown): Schema => schema as Schema;
