/** The outcome of each mutant, as a file and as a table. */
import Table from "cli-table3";
import * as z from "zod";

const result = z.object({
  name: z.string(),
  file: z.string(),
  killed: z.boolean(),
  /** The group of tests that detected the fault, and the message. */
  by: z.string().optional(),
  what: z.string().optional(),
  seconds: z.number(),
});

export type Result = z.infer<typeof result>;

export const parseResults = (text: string): readonly Result[] => z.array(result).parse(JSON.parse(text));

const oneLine = (text: string, length: number): string => text.replaceAll(/\s+/g, " ").slice(0, length);

export const resultLine = ({ name, killed, by, what = "", seconds }: Result): string =>
  `${killed ? by : "SURVIVED"}  ${name}  ${oneLine(what, 140)}  (${seconds} s)`;

export function tableText(results: readonly Result[]): string {
  const table = new Table({ head: ["mutant", "killed by", "detected by"], style: { head: [], border: [] } });
  for (const { name, killed, by = "", what = "" } of results)
    table.push([name, killed ? by : "SURVIVED", oneLine(what, 90)]);
  const killed = results.filter((each) => each.killed).length;
  const share = results.length === 0 ? 0 : (100 * killed) / results.length;
  const survivors = results.flatMap(({ name, killed: isKilled }) => (isKilled ? [] : [`  ${name}`]));
  return [
    table.toString(),
    `${killed} of ${results.length} mutants killed, ${share.toFixed(1)} %`,
    ...(survivors.length > 0 ? ["survived:", ...survivors] : []),
  ].join("\n");
}
