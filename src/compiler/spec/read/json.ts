// Strict JSON (RFC 8259) with the location of every value. JSON.parse neither provides locations nor rejects
// duplicate keys, so this reader parses the structure. JSON.parse still decodes strings and numbers, once
// their ends are known.
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import { deepest, mostValues } from "../raw-spec.ts";
import type { TextError, Located, ReadTree, Span } from "./locations.ts";

/** Reads the whole text. Stops at the first syntax error; collects all duplicate keys. */
export function readJson(text: string): ReadTree {
  const reader = new JsonReader(text);
  try {
    const { value, located } = reader.document();
    return { value, located, errors: reader.errors };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { value: undefined, errors: [...reader.errors, error.error] };
  }
}

/** Carries the first syntax error out of the recursion. */
class JsonError extends Error {
  readonly error: TextError;
  constructor(error: TextError) {
    super(error.message);
    this.error = error;
  }
}

interface Read {
  readonly value: unknown;
  readonly located: Located;
}

const nothingInside: ReadonlyMap<string | number, Located> = new Map();

class JsonReader {
  readonly errors: TextError[] = [];
  private readonly text: string;
  private at = 0;
  private count = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): Read {
    const read = this.value(0);
    this.skipSpace();
    if (this.at < this.text.length) this.fail("unexpected text after the end of the spec");
    return read;
  }

  private value(depth: number): Read {
    this.skipSpace();
    // Deep nesting must not exhaust the stack, and a long text must not exhaust the memory.
    if (depth > deepest) this.fail(`the spec is nested deeper than ${deepest} levels`, "T1006");
    if (++this.count > mostValues)
      this.fail(`the spec has more than ${mostValues} values, which is the limit`, "T1006");
    const start = this.at;
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.list(depth);
      case '"':
        return this.leaf(start, this.string());
      default:
        return this.leaf(start, this.word());
    }
  }

  private leaf(start: number, value: unknown): Read {
    return { value, located: { start, end: this.at, members: nothingInside } };
  }

  private object(depth: number): Read {
    const start = this.at++;
    const entries = new Map<string, unknown>();
    const members = new Map<string, Located>();
    for (let first = true; !this.closes("}", first); first = false) {
      const key = this.key();
      this.skipSpace();
      if (this.text[this.at] !== ":") this.fail('expected ":" after the key');
      this.at++;
      const { value, located } = this.value(depth + 1);
      const before = members.get(key.name);
      if (before?.key) this.errors.push(givenTwice(key.name, key.span, before.key));
      entries.set(key.name, value);
      members.set(key.name, { ...located, key: key.span });
    }
    // fromEntries defines own properties, so a key `__proto__` stays an ordinary key.
    return { value: Object.fromEntries(entries), located: { start, end: this.at, members } };
  }

  private key(): { name: string; span: Span } {
    const start = this.at;
    if (this.text[start] === "'" || /[\w$]/.test(this.text[start] ?? ""))
      this.fail("JSON keys must be in double quotes");
    if (this.text[start] !== '"') this.fail("expected a key in double quotes");
    const name = this.string();
    return { name, span: { start, end: this.at } };
  }

  private list(depth: number): Read {
    const start = this.at++;
    const values: unknown[] = [];
    const members = new Map<number, Located>();
    for (let first = true; !this.closes("]", first); first = false) {
      const { value, located } = this.value(depth + 1);
      members.set(values.length, located);
      values.push(value);
    }
    return { value: values, located: { start, end: this.at, members } };
  }

  /** Consumes the closing bracket and returns true, or consumes the comma before the next member. */
  private closes(bracket: "}" | "]", first: boolean): boolean {
    this.skipSpace();
    if (this.text[this.at] === bracket) {
      this.at++;
      return true;
    }
    if (first) return false;
    if (this.text[this.at] !== ",") this.fail(`expected "," or "${bracket}"`);
    const comma = this.at++;
    this.skipSpace();
    if (this.text[this.at] === bracket) {
      this.at = comma;
      this.fail(`JSON does not allow a comma before "${bracket}"`);
    }
    return false;
  }

  private string(): string {
    const start = this.at++;
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code === 0x22) {
        this.at++;
        return this.decode(start);
      }
      if (code < 0x20) break;
      if (code === 0x5c) this.at++;
    }
    this.at = start;
    return this.fail('the string must end with " on the same line');
  }

  private decode(start: number): string {
    try {
      return String(JSON.parse(this.text.slice(start, this.at)));
    } catch {
      this.at = start;
      return this.fail("the string contains an invalid escape sequence");
    }
  }

  /** Reads a number, true, false or null. Anything else is an error that names the likely cause. */
  private word(): unknown {
    const start = this.at;
    while (/[\w+.$-]/.test(this.text[this.at] ?? "")) this.at++;
    const word = this.text.slice(start, this.at);
    if (/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(word)) return JSON.parse(word);
    this.at = start;
    if (start >= this.text.length) return this.fail("unexpected end of the file");
    if (this.text.startsWith("//", start) || this.text.startsWith("/*", start)) return this.noComments();
    if (this.text[start] === "'") return this.fail("JSON strings must be in double quotes");
    return this.fail(
      word === "" ? "expected a value" : "this is not a valid JSON value",
      "T1005",
      word.length,
    );
  }

  private skipSpace(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at++;
    if (this.text[this.at] === "/" || this.text[this.at] === "#") this.noComments();
  }

  private noComments(): never {
    return this.fail(
      "JSON does not allow comments",
      "T1005",
      1,
      "write the spec in YAML or TypeScript instead",
    );
  }

  private fail(message: string, code: DiagnosticCode = "T1005", length = 1, hint?: string): never {
    const start = Math.min(this.at, this.text.length);
    throw new JsonError({ code, message, span: { start, end: start + Math.max(1, length) }, hint });
  }
}

/** The error for a key that occurs twice in one object. */
export function givenTwice(name: string, span: Span, before: Span): TextError {
  const shown = name.length > 64 ? `${name.slice(0, 64)}…` : name;
  return {
    code: "T1007",
    message: `duplicate key ${JSON.stringify(shown)}`,
    hint: "remove one of the two",
    span,
    other: before,
  };
}
