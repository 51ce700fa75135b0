/**
 * The locations of a TypeScript spec's values in its text, as far as they are literal: the object that the file
 * exports as its default, through `defineModel(…)`, parentheses, `as`, `satisfies` and constants of the same
 * file. A computed value has no location of its own.
 *
 * The parser is Lezer's: a tree with positions is all that this needs, and TypeScript's own parser is a
 * hundred times as large.
 */
import type { SyntaxNode } from "@lezer/common";
import type { Placed, Span } from "./placed.ts";

/** The locations, or nothing if the default export is not a literal object. */
export async function typescriptPlaces(text: string): Promise<Placed | undefined> {
  const { parser } = await import("@lezer/javascript");
  const { topNode } = parser.configure({ dialect: "ts" }).parse(text);
  const textOf = ({ from, to }: SyntaxNode): string => text.slice(from, to);

  const place = (expression: SyntaxNode, key?: Span): Placed => {
    const value = unwrap(expression);
    const members = new Map<string | number, Placed>();
    if (value.name === "ObjectExpression") placeMembers(value, members);
    else if (value.name === "ArrayExpression")
      elementsOf(value).forEach(([first, ...others], index) => {
        if (first === undefined) return;
        // `...rows` stays as it is: its elements are not those of the array.
        const spread = others.at(-1);
        members.set(
          index,
          spread ? { ...spanOf(spread), start: first.from, members: new Map() } : place(first),
        );
      });
    return { ...spanOf(value), key, members };
  };

  const placeMembers = (object: SyntaxNode, members: Map<string | number, Placed>): void => {
    for (const property of object.getChildren("Property")) {
      // Neither a spread nor a computed name, a method or an accessor.
      const [name, ...others] = partsOf(property);
      if (name === undefined || !keyNames.has(name.name) || property.getChild("ParamList") !== null) continue;
      const key = spanOf(name);
      // `{ units }` is short for `{ units: units }`: the name is the expression.
      members.set(keyText(textOf(name)), place(others.at(-1) ?? name, key));
    }
  };

  const unwrap = (expression: SyntaxNode, steps = 0): SyntaxNode => {
    const inner = steps > 20 ? undefined : innerOf(expression);
    return inner === undefined ? expression : unwrap(inner, steps + 1);
  };

  /** The expression that has the same value: inside parentheses, before a type, behind a name. */
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

  /** The values of the variables that the file declares at its top level. */
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
  return root && !/Declaration$/.test(root.name) ? place(root) : undefined;
}

const keyNames: ReadonlySet<string> = new Set(["PropertyDefinition", "String", "Number"]);

const spanOf = ({ from, to }: SyntaxNode): Span => ({ start: from, end: to });

/** A key as a string; escapes stay as they are written. */
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
 * The elements of an array or of a list of arguments, by their position: one expression, or `...` and an
 * expression, or nothing.
 */
function elementsOf(list: SyntaxNode): SyntaxNode[][] {
  const elements: SyntaxNode[][] = [[]];
  for (let child = list.firstChild; child !== null; child = child.nextSibling)
    if (child.name === ",") elements.push([]);
    else if (isPart(child)) elements[elements.length - 1].push(child);
  return elements;
}

/** The initial value of a declared name, after its type. */
function valueAfter(name: SyntaxNode): SyntaxNode | undefined {
  let next = name.nextSibling;
  while (next !== null && next.name !== "Equals" && next.name !== ",") next = next.nextSibling;
  return next?.name === "Equals" ? (next.nextSibling ?? undefined) : undefined;
}
