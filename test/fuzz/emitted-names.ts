// The names that an emitted file may use: its own declarations, and globals of the language and its hosts.
// Any other name shows that text of a spec has become code.
import { Project, ts } from "ts-morph";
import { canary } from "./mutate-spec.ts";

const globals = new Set([
  "undefined",
  "NaN",
  "Infinity",
  "Math",
  "Number",
  "String",
  "Object",
  "Array",
  "Map",
  "Set",
  "WeakMap",
  "Symbol",

  "JSON",
  "Error",
  "TypeError",
  "RangeError",
  "Promise",
  "BigInt",
  "Date",
  "Proxy",
  "Reflect",
  "RegExp",
  "Atomics",
  "WebAssembly",

  "Float32Array",
  "Float64Array",
  "Int8Array",
  "Int16Array",
  "Int32Array",
  "Uint8Array",
  "Uint16Array",
  "Uint32Array",

  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
  "FinalizationRegistry",
  "BigInt64Array",
  "BigUint64Array",

  "TextEncoder",
  "TextDecoder",
  "URL",
  "performance",
  "globalThis",
  "process",
  "Buffer",
  "console",
  "Deno",
  "atob",

  "navigator",
  "queueMicrotask",
  "structuredClone",
  "Worker",
  "Blob",
  "DecompressionStream",
  "Response",
  "crypto",
]);

/** Returns a sentence for each foreign name, and for text that cannot be parsed. */
export function foreignNames(code: string): string[] {
  const file = ts.createSourceFile("trainer.ts", code, ts.ScriptTarget.ES2022, true);
  const faults = syntaxFaults(code);
  const declared = new Set<string>();
  const called: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      if (node.text.includes(canary)) faults.push(`the emitted file has the identifier ${node.text}`);
      if (isDeclaration(node)) declared.add(node.text);
    }
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const root = rootOf(node.expression);
      if (ts.isIdentifier(root)) called.push(root.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  const unknown = called.filter((name) => !declared.has(name) && !globals.has(name));
  return [...faults, ...[...new Set(unknown)].map((name) => `the emitted file calls ${name}`)];
}

function syntaxFaults(code: string): string[] {
  const project = new Project({ useInMemoryFileSystem: true, compilerOptions: { noLib: true } });
  const source = project.createSourceFile("trainer.ts", code);
  const { diagnostics = [] } = ts.transpileModule(source.getFullText(), { reportDiagnostics: true });
  return diagnostics
    .slice(0, 3)
    .map(({ messageText }) => `the emitted file does not parse: ${String(messageText)}`);
}

function rootOf(expression: ts.Expression): ts.Expression {
  if (
    ts.isPropertyAccessExpression(expression) ||
    ts.isElementAccessExpression(expression) ||
    ts.isCallExpression(expression)
  )
    return rootOf(expression.expression);
  if (ts.isNonNullExpression(expression) || ts.isParenthesizedExpression(expression))
    return rootOf(expression.expression);
  return expression;
}

const isDeclaration = ({ parent, text }: ts.Identifier): boolean =>
  "name" in parent && typeof parent.name === "object" && parent.name !== null && "text" in parent.name
    ? parent.name.text === text && !ts.isPropertyAccessExpression(parent)
    : false;
