/** Specs in TypeScript: bundles and imports a spec, and finds the locations of its values. */
import type { SyntaxNode } from "@lezer/common";
import type { BuildFailure, Message } from "esbuild";
import { basename, dirname, resolve } from "node:path";
import { lineIndex } from "../../util/line-index.ts";
import { errorText } from "../../util/message-text.ts";
import type { TextError, Located, ReadTree, Span } from "./locations.ts";

// A spec in TypeScript is bundled in memory and imported; its default export is the value. Importing the file
// itself would have three disadvantages, which bundling avoids. Relative imports of TypeScript would fail.
// The result would depend on whether the folder is a CommonJS or an ES module package. And
// `import { defineModel } from "tapeless"` would fail where the package is not installed.

/** The only function of this package that a spec file calls: `defineModel`, which returns its argument. */
const standIn = "export const defineModel = (spec) => spec;";

/** The file name of a spec in stack traces. */
const specAddress = "tapeless-spec:";

/** Whether an error comes from a spec that was executed earlier, for example from a timer that it started. */
export const isOfSpec = (error: unknown): boolean =>
  error instanceof Error && typeof error.stack === "string" && error.stack.includes(specAddress);

/**
 * Executes the file, which is the user's own program, and returns its default export. Locations are found
 * later, on demand.
 */
export async function readTypeScript(file: string, text: string): Promise<ReadTree> {
  try {
    const code = await bundle(file, text);
    const named = `${code}\n//# sourceURL=${specAddress}${encodeURIComponent(basename(file))}\n`;
    const module: { default?: unknown } = await import(
      `data:text/javascript;base64,${Buffer.from(named).toString("base64")}`
    );
    if (module.default !== undefined) return { value: module.default, errors: [] };
    const hint = "end the file with: export default defineModel({ … })";
    return {
      value: undefined,
      errors: [
        { code: "T1009", message: "the file has no default export", hint, span: { start: 0, end: 1 } },
      ],
    };
  } catch (error) {
    return { value: undefined, errors: errorsOf(error, file, text) };
  }
}

async function bundle(file: string, text: string): Promise<string> {
  // esbuild is imported only here, because most specs are JSON or YAML and should not wait for it.
  const { build } = await import("esbuild");
  const result = await build({
    stdin: { contents: text, sourcefile: basename(file), resolveDir: dirname(resolve(file)), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "silent",
    absWorkingDir: dirname(resolve(file)),
    plugins: [
      {
        name: "tapeless",
        setup(builder) {
          builder.onResolve({ filter: /^tapeless$/ }, () => ({ path: "tapeless", namespace: "tapeless" }));
          builder.onLoad({ filter: /.*/, namespace: "tapeless" }, () => ({
            contents: standIn,
            loader: "js",
          }));
        },
      },
    ],
  });
  return result.outputFiles[0].text;
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && "errors" in error && Array.isArray(error.errors);

function errorsOf(error: unknown, file: string, text: string): TextError[] {
  if (isBuildFailure(error) && error.errors.length > 0)
    return error.errors.map((message) => errorOf(message, file, text));
  return [
    {
      code: "T1009",
      message: `the file throws when it is run: ${errorText(error)}`,
      span: { start: 0, end: 1 },
    },
  ];
}

/**
 * A syntax error, or an import that cannot be resolved. If the error is in another file, the message names
 * that file.
 */
function errorOf({ text: message, location }: Message, file: string, text: string): TextError {
  const here = location !== null && location.file === basename(file);
  const elsewhere = location && !here ? ` (in ${location.file}:${location.line})` : "";
  const start = here && location ? lineIndex(text).offset(location.line, location.column + 1) : 0;
  const span = { start, end: start + Math.max(1, location?.length ?? 1) };
  return { code: "T1005", message: `${message.replace(/\.$/, "")}${elsewhere}`, span };
}

// The locations of a TypeScript spec's values in its text, as far as the values are literals. The search
// starts at the object that the file exports by default. It passes through `defineModel(…)`, parentheses,
// `as`, `satisfies` and constants of the same file. A computed value has no location. The parser is Lezer's:
// a tree with positions suffices, and TypeScript's parser is a hundred times as large.

/** The locations, or undefined if the default export is not a literal object. */
export async function typescriptLocations(text: string): Promise<Located | undefined> {
  const { parser } = await import("@lezer/javascript");
  const { topNode } = parser.configure({ dialect: "ts" }).parse(text);
  const textOf = ({ from, to }: SyntaxNode): string => text.slice(from, to);

  const locate = (expression: SyntaxNode, key?: Span): Located => {
    const value = unwrap(expression);
    const members = new Map<string | number, Located>();
    if (value.name === "ObjectExpression") locateMembers(value, members);
    else if (value.name === "ArrayExpression")
      elementsOf(value).forEach(([first, ...others], index) => {
        if (first === undefined) return;
        // `...rows` is not expanded, because its elements are not literals in the array.
        const spread = others.at(-1);
        members.set(
          index,
          spread ? { ...spanOf(spread), start: first.from, members: new Map() } : locate(first),
        );
      });
    return { ...spanOf(value), key, members };
  };

  const locateMembers = (object: SyntaxNode, members: Map<string | number, Located>): void => {
    for (const property of object.getChildren("Property")) {
      // Spreads, computed names, methods and accessors are skipped.
      const [name, ...others] = partsOf(property);
      if (name === undefined || !keyNames.has(name.name) || property.getChild("ParamList") !== null) continue;
      const key = spanOf(name);
      // `{ units }` is short for `{ units: units }`, so the name is also the value.
      members.set(keyText(textOf(name)), locate(others.at(-1) ?? name, key));
    }
  };

  const unwrap = (expression: SyntaxNode, steps = 0): SyntaxNode => {
    const inner = steps > 20 ? undefined : innerOf(expression);
    return inner === undefined ? expression : unwrap(inner, steps + 1);
  };

  /**
   * The inner expression with the same value: the one in parentheses, before a type, or assigned to the
   * variable.
   */
  const innerOf = (expression: SyntaxNode): SyntaxNode | undefined => {
    const [first, ...others] = partsOf(expression);
    switch (expression.name) {
      case "ParenthesizedExpression":
        return first;
      case "BinaryExpression":
        return others.some(({ name }) => name === "as" || name === "satisfies") ? first : undefined;
      case "CallExpression": {
        const list = expression.getChild("ArgList");
        return first !== undefined && /^defineModel\b(?!\.)/.test(textOf(first)) && list !== null
          ? elementsOf(list)[0][0]
          : undefined;
      }
      case "VariableName":
      case "PropertyDefinition":
        return initializers().get(textOf(expression));
      default:
        return undefined;
    }
  };

  /** The initial values of the variables that the file declares at its top level. */
  const initializers = (): Map<string, SyntaxNode> => {
    const found = new Map<string, SyntaxNode>();
    const statements = [topNode, ...topNode.getChildren("ExportDeclaration")];
    for (const declaration of statements.flatMap((node) => node.getChildren("VariableDeclaration")))
      for (const name of declaration.getChildren("VariableDefinition")) {
        const value = valueAfter(name);
        if (value !== undefined && !found.has(textOf(name))) found.set(textOf(name), value);
      }
    return found;
  };

  const root = topNode
    .getChildren("ExportDeclaration")
    .filter((declaration) => declaration.getChild("default") !== null)
    .map((declaration) =>
      partsOf(declaration).find(({ name }) => name !== "export" && name !== "default"),
    )[0];
  return root && !/Declaration$/.test(root.name) ? locate(root) : undefined;
}

const keyNames: ReadonlySet<string> = new Set(["PropertyDefinition", "String", "Number"]);

const spanOf = ({ from, to }: SyntaxNode): Span => ({ start: from, end: to });

/** A key as a string. Escapes are not decoded. */
const keyText = (text: string): string => (/^["']/.test(text) ? text.slice(1, -1) : text);

/** The children that are not punctuation or comments. */
function partsOf(node: SyntaxNode): SyntaxNode[] {
  const parts: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (isPart(child)) parts.push(child);
  return parts;
}

const isPart = ({ name }: SyntaxNode): boolean => /^\w/.test(name) && !/^(Line|Block)Comment$/.test(name);

/**
 * The parts of each array element or argument. They are an expression, `...` and an expression, or nothing.
 */
function elementsOf(list: SyntaxNode): SyntaxNode[][] {
  const elements: SyntaxNode[][] = [[]];
  for (let child = list.firstChild; child !== null; child = child.nextSibling)
    if (child.name === ",") elements.push([]);
    else if (isPart(child)) elements[elements.length - 1].push(child);
  return elements;
}

/** The initial value of a declared name, which may follow a type. */
function valueAfter(name: SyntaxNode): SyntaxNode | undefined {
  let next = name.nextSibling;
  while (next !== null && next.name !== "Equals" && next.name !== ",") next = next.nextSibling;
  return next?.name === "Equals" ? (next.nextSibling ?? undefined) : undefined;
}
