/**
 * Assigns each statement of a kernel to a line of its provenance. Scheduling preserves the names of values,
 * so a statement that defines or stores a named value belongs to the line of that value. An accumulator
 * without a name belongs to the line whose formula mentions most of the values that it sums. A helper (an
 * offset, or a shared or hoisted expression) belongs to the statement that reads it first.
 */
import { visit } from "../loop/expressions.ts";
import { namesMadeBy, plainName } from "../loop/provenance-names.ts";
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
  const lineOf = new Attribution(kernel, statements);
  return statements.map((statement, index) => {
    if (statement.kind !== "for") return listOf(lineOf.at(index));
    const inside = new Set<Provenance>();
    let count = 0;
    visitStatements(statement.body, ({ kind }) => {
      count++;
      const line = kind === "for" ? undefined : lineOf.at(index + count);
      if (line !== undefined) inside.add(line);
    });
    return kernel.provenance.filter((line) => inside.has(line));
  });
}

const listOf = (line: Provenance | undefined): readonly Provenance[] => (line === undefined ? [] : [line]);

/** `sum#3~1~0` is a copy of the accumulator `sum#3`. */
const accumulatorOf = (name: string): string => name.replace(/[~$].*$/, "");

/**
 * Whether a statement defines a helper of the schedule. Helpers have a mark in their name and are not graph
 * values.
 */
const isHelper = (statement: Statement): boolean => statement.kind === "let" && /[@$]/.test(statement.name);

const asIdentifier = (name: string): string => name.replace(/\W/g, "_");

/**
 * The names that identify a statement: those that it defines, and for a store also the full name of the
 * buffer, such as `totals_loss_total`.
 */
function subjectsMadeBy(statement: Statement): readonly string[] {
  const whole = statement.kind === "store" ? [statement.buffer] : [];
  return isHelper(statement) ? [] : [...namesMadeBy(statement), ...whole].map(asIdentifier);
}

/** The variables that a statement reads, except its own accumulator. */
function variablesRead(statement: Statement): ReadonlySet<string> {
  const names = new Set<string>();
  for (const x of expressionsOf(statement))
    visit(x, (part) => part.kind === "variable" && names.add(part.name));
  if (statement.kind === "assign") names.delete(statement.name);
  return names;
}

class Attribution {
  private readonly kernel: Kernel;
  private readonly statements: readonly Statement[];
  private readonly bySubject: ReadonlyMap<string, Provenance>;
  private readonly ofAccumulator: ReadonlyMap<string, Provenance>;
  /** For each variable, the index of its definition and of its first reader. */
  private readonly definedAt = new Map<string, number>();
  private readonly readAt = new Map<string, number>();
  private readonly known = new Map<number, Provenance | undefined>();
  private readonly main: Provenance | undefined;

  constructor(kernel: Kernel, statements: readonly Statement[]) {
    this.kernel = kernel;
    this.statements = statements;
    this.main = mainLine(kernel);
    this.bySubject = new Map(
      kernel.provenance.flatMap((line) =>
        line.value === undefined ? [] : [[asIdentifier(line.value), line] as const],
      ),
    );
    statements.forEach((statement, index) => {
      if (statement.kind === "let") noteFirst(this.definedAt, statement.name, index);
      for (const name of variablesRead(statement)) noteFirst(this.readAt, name, index);
    });
    this.ofAccumulator = this.accumulators();
  }

  at(index: number): Provenance | undefined {
    if (!this.known.has(index)) {
      // Values with cyclic definitions, as in loops along time, belong to the main line.
      this.known.set(index, this.main);
      this.known.set(index, this.find(index) ?? this.main);
    }
    return this.known.get(index);
  }

  private find(index: number): Provenance | undefined {
    const statement = this.statements[index];
    const named = this.named(statement);
    if (named !== undefined || statement.kind === "store" || statement.kind === "for") return named;
    const defined = this.definedAt.get(statement.name);
    if (statement.kind === "assign" && defined !== undefined) return this.at(defined);
    const reader = this.readAt.get(statement.name);
    return (
      this.ofAccumulator.get(accumulatorOf(statement.name)) ??
      (reader === undefined ? undefined : this.at(reader))
    );
  }

  private named(statement: Statement): Provenance | undefined {
    for (const subject of subjectsMadeBy(statement)) {
      const line = this.bySubject.get(subject);
      if (line !== undefined) return line;
    }
    return undefined;
  }

  /** The provenance lines of accumulators that have no name in the graph. */
  private accumulators(): ReadonlyMap<string, Provenance> {
    const made = new Set(this.statements.map((statement) => this.named(statement)));
    const open = this.kernel.provenance.filter((line) => !made.has(line) && line.value !== undefined);
    const sums = new Map<string, Set<string>>();
    for (const statement of this.statements) {
      if (statement.kind !== "assign") continue;
      const defined = this.definedAt.get(statement.name);
      if (defined === undefined || this.named(this.statements[defined]) !== undefined) continue;
      const key = accumulatorOf(statement.name);
      const names = sums.get(key) ?? new Set<string>();
      sums.set(key, names);
      for (const name of this.namesReadBy(statement)) names.add(name);
    }
    const found = new Map<string, Provenance>();
    for (const [key, names] of sums) {
      const line = bestLine(open, names);
      if (line !== undefined) found.set(key, line);
    }
    return found;
  }

  /** The buffers and values that a statement reads. */
  private namesReadBy(statement: Statement): ReadonlySet<string> {
    const names = new Set<string>();
    for (const x of expressionsOf(statement))
      visit(x, (part) => {
        const name = part.kind === "load" ? part.buffer : part.kind === "variable" ? part.name : undefined;
        if (name !== undefined) names.add(asIdentifier(plainName(name)));
      });
    return names;
  }
}

function noteFirst(map: Map<string, number>, name: string, index: number): void {
  if (!map.has(name)) map.set(name, index);
}

/** The line whose formula mentions the most of these names; the first one if several lines do. */
function bestLine(lines: readonly Provenance[], names: ReadonlySet<string>): Provenance | undefined {
  let best: Provenance | undefined;
  let most = 0;
  for (const line of lines) {
    const mentioned = new Set(line.reads.map((name) => asIdentifier(plainName(name))));
    const count = [...mentioned].filter((name) => names.has(name)).length;
    if (count > most) [best, most] = [line, count];
  }
  return best;
}

/** Wraps a comment at the page width. */
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

interface ProvenanceLine {
  readonly text: string;
  readonly provenance: Provenance;
}

/**
 * The comments above a kernel: its formulas, and for gradients also the forward formula and the derivative
 * rule. Repeated lines are dropped.
 */
export function provenanceLines(provenance: readonly Provenance[], mark: string): ProvenanceLine[] {
  const lines = new Map<string, ProvenanceLine>();
  let source = "";
  for (const each of provenance) {
    const { text, gradientOf, rule } = each;
    const from = gradientOf === undefined ? "" : `Gradient of ${gradientOf} [${rule}]:`;
    const said = from !== "" && from !== source ? commentLines(from, mark) : [];
    source = from;
    for (const line of [...said, ...commentLines(from === "" ? text : `  ${text}`, mark)])
      if (!lines.has(line)) lines.set(line, { text: line, provenance: each });
  }
  return [...lines.values()];
}
