/**
 * Attributes each statement of a kernel to a line of its provenance. A statement that computes a value of
 * the graph has the line of that value. A statement that the schedule added (an offset, a shared or hoisted
 * expression) has the line of the first statement that reads it.
 */
import { visit } from "../loop/expressions.ts";
import { expressionsOf, visitStatements } from "../loop/statements.ts";
import type { Kernel, Provenance, Statement } from "../loop/types.ts";

/**
 * The main line of a kernel: the line of the value after which the kernel is named, or else the last line.
 */
export const mainLine = ({ name, provenance }: Kernel): Provenance | undefined =>
  provenance.find(({ value }) => value === name) ?? provenance.at(-1);

/**
 * The provenance lines of each statement, outer statements before inner ones. A loop has the lines of all
 * statements in its body, in the kernel's order.
 */
export function statementProvenance(kernel: Kernel): readonly (readonly Provenance[])[] {
  const statements: Statement[] = [];
  visitStatements(kernel.body, (statement) => statements.push(statement));
  const attribution = new Attribution(kernel, statements);
  return statements.map((statement, index) => {
    if (statement.kind !== "for") return listOf(attribution.at(index));
    const inside = new Set<Provenance>();
    let count = 0;
    visitStatements(statement.body, ({ kind }) => {
      count++;
      const line = kind === "for" ? undefined : attribution.at(index + count);
      if (line !== undefined) inside.add(line);
    });
    return kernel.provenance.filter((line) => inside.has(line));
  });
}

const listOf = (line: Provenance | undefined): readonly Provenance[] => (line === undefined ? [] : [line]);

/** The variables that a statement reads, except its own accumulator. */
function variablesRead(statement: Statement): ReadonlySet<string> {
  const names = new Set<string>();
  for (const x of expressionsOf(statement))
    visit(x, (part) => part.kind === "variable" && names.add(part.name));
  if (statement.kind === "assign") names.delete(statement.name);
  return names;
}

class Attribution {
  private readonly statements: readonly Statement[];
  private readonly main: Provenance | undefined;
  /** The lines that the kernel displays. */
  private readonly displayed: ReadonlySet<Provenance>;
  /** The definition of each variable, and the first statement that reads it. */
  private readonly definedAt = new Map<string, number>();
  private readonly readAt = new Map<string, number>();
  private readonly known = new Map<number, Provenance | undefined>();

  constructor(kernel: Kernel, statements: readonly Statement[]) {
    this.statements = statements;
    this.main = mainLine(kernel);
    this.displayed = new Set(kernel.provenance);
    statements.forEach((statement, index) => {
      if (statement.kind === "let") noteFirst(this.definedAt, statement.name, index);
      for (const name of variablesRead(statement)) noteFirst(this.readAt, name, index);
    });
  }

  at(index: number): Provenance | undefined {
    if (!this.known.has(index)) {
      // Values whose definitions form a cycle, as in loops along time, belong to the main line.
      this.known.set(index, this.main);
      this.known.set(index, this.find(index) ?? this.main);
    }
    return this.known.get(index);
  }

  private find(index: number): Provenance | undefined {
    const statement = this.statements[index];
    if (statement.kind === "for") return undefined;
    if (statement.line !== undefined && this.displayed.has(statement.line)) return statement.line;
    if (statement.kind === "store") return undefined;
    const next = (statement.kind === "assign" ? this.definedAt : this.readAt).get(statement.name);
    return next === undefined ? undefined : this.at(next);
  }
}

function noteFirst(map: Map<string, number>, name: string, index: number): void {
  if (!map.has(name)) map.set(name, index);
}

/** Wraps a comment to the width of the page. */
export function commentLines(text: string, mark = "//", width = 104): string[] {
  const lines: string[] = [];
  let line = mark;
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > width && line !== mark) {
      lines.push(line);
      line = `${mark}  `;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

interface CommentLine {
  readonly text: string;
  readonly provenance: Provenance;
}

/**
 * The comments above a kernel: its formulas, and for gradients also the forward formula and the derivative
 * rule. Repeated lines are dropped.
 */
export function provenanceLines(provenance: readonly Provenance[], mark: string): CommentLine[] {
  const lines = new Map<string, CommentLine>();
  let source = "";
  for (const each of provenance) {
    const { text, gradientOf, rule } = each;
    const from = gradientOf === undefined ? "" : `Gradient of ${gradientOf} [${rule}]:`;
    const originLines = from !== "" && from !== source ? commentLines(from, mark) : [];
    source = from;
    for (const line of [...originLines, ...commentLines(from === "" ? text : `  ${text}`, mark)])
      if (!lines.has(line)) lines.set(line, { text: line, provenance: each });
  }
  return [...lines.values()];
}
