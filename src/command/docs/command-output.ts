/**
 * Excerpts of the output of commands. A block names the command and the lines, for example
 *
 *     output inspect graphs/digits.json --show passes "graph pass" 4, "loops stage" 5
 *
 * The excerpt contains four lines, starting with the first line that contains "graph pass" (runs of spaces
 * count as one). After "…", it contains five lines, starting with the line that contains "loops stage". A
 * spec that the page shows as JSON is available as `NAME.json`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const launcher = fileURLToPath(new URL("../cli/tapeless.js", import.meta.url));

export function outputOf(argument: string, page: string): string {
  const [command] = argument.split(' "');
  const pieces = [...argument.matchAll(/"([^"]*)" (\d+)/g)].map(([, text, count]) => ({
    text,
    count: Number(count),
  }));
  const lines = run(command.split(" "), page).split("\n");
  let end = 0;
  const excerpts = pieces.map(({ text, count }) => {
    const start = lines.findIndex((line, i) => i >= end && line.replaceAll(/ +/g, " ").includes(text));
    if (start < 0) throw new Error(`tapeless ${command} prints no line with "${text}"`);
    end = start + count;
    return lines.slice(start, end).join("\n").trimEnd();
  });
  const language = command.includes("--format tex") ? "tex" : "";
  return `\`\`\`${language}\n${excerpts.join("\n…\n")}\n\`\`\``;
}

/**
 * Runs the command and returns its output. During the run, the specs of the page are in a temporary folder.
 */
function run(words: readonly string[], page: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-docs-"));
  try {
    const specs = new Map(
      [...page.matchAll(/^```json\n(\{\n {2}"name": "(\w+)"[^]*?)^```/gm)].map(([, text, name]) => {
        const file = join(folder, `${name}.json`);
        writeFileSync(file, text);
        return [`${name}.json`, file];
      }),
    );
    const args = words.map((word) => specs.get(word) ?? word);
    const env = { ...process.env, NO_COLOR: "1" };
    return execFileSync(process.execPath, [launcher, ...args], { cwd: root, encoding: "utf8", env });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
