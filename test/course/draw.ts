// The generated blocks of docs/course.md. Each kind is generated only from files and from the output of the
// commands above it.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { figureText } from "../../src/runtime/training/train-on.ts";
import { chartSvg, scaleFor } from "../../src/studio/charts/index.ts";
import type { Run } from "./run-command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The arguments of a generated block. */
interface Drawing {
  /** The text after the kind in the marker. */
  readonly takes: string;
  /** The runs of the commands above. */
  readonly runs: readonly Run[];
  /** The folder with the files that the commands wrote. */
  readonly folder: string;
  /** Saves a picture next to the page. */
  readonly picture: (file: string, svg: string) => void;
}

type Kind = (drawing: Drawing) => string;

/** A spec file. */
const spec: Kind = ({ takes }) => fence(readFileSync(join(root, takes), "utf8"), "ts");

/**
 * The output of the commands without progress lines. `from WORD` starts at the first line that begins with
 * WORD.
 */
const output: Kind = ({ takes, runs }) => {
  const text = runs.map(printed).join("");
  const [, start = ""] = /^from (.*)$/.exec(takes) ?? [];
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.trim().startsWith(start));
  if (first < 0) throw new Error(`no line begins with "${start}"`);
  return fence(lines.slice(first).join("\n"), "");
};

/** The output of a command; if it failed, with its error messages. */
const printed = ({ code, stdout, stderr }: Run): string =>
  code === 0 ? stdout : stdout + stderr.replace(/^(.*: )?epoch \d.*\n/gm, "");

/** A function of the file that the command above compiled, with the formulas in the comments above it. */
const emitted: Kind = ({ takes, runs, folder }) => {
  const { words } = runs[0].command;
  const code = readFileSync(join(folder, words[words.indexOf("-o") + 1]), "utf8");
  const [text] = new RegExp(`(?:^//.*\n)*^function ${takes}\\([^]*?^}\n`, "m").exec(code) ?? [];
  if (text === undefined) throw new Error(`the emitted file has no function ${takes}`);
  return fence(text, "ts");
};

/** A row for each command, and a column for each metric in the marker. */
const table: Kind = ({ takes, runs }) => {
  const columns = takes.split(/\s+/);
  const rows = runs.map((run) => [labelOf(run), ...columns.map((column) => cell(run, column))]);
  const head = ["run", ...columns.map(spoken)];
  const lines = [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...rows];
  return `\n${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
};

function cell({ command, code, result, epochs }: Run, column: string): string {
  if (code !== 0) return `diverged in epoch ${epochs.length + 1}`;
  if (!(column in result)) throw new Error(`${command.text} printed no "${column}"`);
  return figureText(result[column]);
}

/**
 * One plot with a curve for each command: `FILE METRIC | TITLE`, or `FILE METRIC below N | TITLE`, which leaves
 * out larger values.
 */
const plot: Kind = ({ takes, runs, picture }) => {
  const parts = /^(\S+) (\S+)(?: below (\S+))? \| (.*)$/.exec(takes);
  if (parts === null) throw new Error(`a plot takes FILE METRIC | TITLE, not "${takes}"`);
  const [, file, figure, limit = Infinity, title] = parts;
  const series = runs.map((run) => ({
    name: labelOf(run),
    points: run.epochs
      .map((epoch, i) => [i + 1, epoch[figure]] as const)
      .filter(([, y]) => y < Number(limit)),
  }));
  const scale = scaleFor(series.flatMap(({ points }) => points.map(([, y]) => y)));
  const y = { label: spoken(figure), scale };
  const panel = { title: "", x: { label: "epoch", isWhole: true }, y, series };
  picture(file, chartSvg({ title, panels: [panel] }));
  return shown(file, title);
};

/** A picture that a command above wrote: `FILE | TITLE`. */
const picture: Kind = ({ takes, folder, picture }) => {
  const [file, title] = takes.split(" | ");
  picture(file, readFileSync(join(folder, file), "utf8"));
  return shown(file, title);
};

const shown = (file: string, title: string): string => `\n![${title}](course/${file})\n`;
const nameOf = ({ command }: Run): string => basename(command.words[1], ".ts");
/** The label of a run: its seed if the command sets one, else the name of the spec. */
const labelOf = (run: Run): string => {
  const { words } = run.command;
  return words.includes("--seed") ? `seed ${words[words.indexOf("--seed") + 1]}` : nameOf(run);
};
const spoken = (figure: string): string => figure.replace(".", " ");
const fence = (text: string, language: string): string => `\n\`\`\`${language}\n${text.trimEnd()}\n\`\`\`\n`;

export const kinds: Readonly<Record<string, Kind>> = { spec, output, emitted, table, plot, picture };
