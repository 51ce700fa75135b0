/** `tapeless schema`: prints the JSON Schema of specs, generated from the schema that validates them. */
import { specSchema } from "../../compiler/spec/json-schema.ts";
import { checkFile, writeFile } from "../files/write-file.ts";
import { usageError } from "../terminal/report-error.ts";

export interface SchemaFlags {
  readonly output?: string;
  readonly check?: boolean;
}

/** Prints or writes the schema, formatted by prettier. */
export async function printSchema({ output, check }: SchemaFlags): Promise<number> {
  const [{ format }, ...plugins] = await Promise.all([
    import("prettier/standalone"),
    import("prettier/plugins/babel"),
    import("prettier/plugins/estree"),
  ]);
  const text = await format(JSON.stringify(specSchema()), { parser: "json", printWidth: 110, plugins });
  if (check && output === undefined) throw usageError("--check needs -o, the file to check");
  if (output === undefined) process.stdout.write(text);
  else if (check) return checkFile(output, text, `tapeless schema -o ${output}`);
  else await writeFile(output, text);
  return 0;
}
