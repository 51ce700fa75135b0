// Where the values of a TypeScript spec stand in its text, as far as they are written there literally: the
// object given to `export default`, through `defineModel(…)`, parentheses, `as`, `satisfies` and constants of
// the same file. What is computed has no place of its own.
import type { Expression, ObjectLiteralExpression, SourceFile } from "ts-morph";
import type { Placed, Span } from "./placed.ts";

/**
 * The places, or nothing if the default export is no literal object. Loads the TypeScript parser, so call it
 * only when there is something to place.
 */
export async function typescriptPlaces(text: string): Promise<Placed | undefined> {
  const { Project, Node } = await import("ts-morph");
  const project = new Project({ useInMemoryFileSystem: true, compilerOptions: { noLib: true } });
  const source = project.createSourceFile("spec.ts", text);

  const place = (expression: Expression, key?: Span): Placed => {
    const value = unwrap(expression);
    const members = new Map<string | number, Placed>();
    if (Node.isObjectLiteralExpression(value)) placeMembers(value, members);
    else if (Node.isArrayLiteralExpression(value))
      value.getElements().forEach((element, index) => members.set(index, place(element)));
    return { start: value.getStart(), end: value.getEnd(), key, members };
  };

  const placeMembers = (object: ObjectLiteralExpression, members: Map<string | number, Placed>): void => {
    for (const property of object.getProperties()) {
      if (!Node.isPropertyAssignment(property) && !Node.isShorthandPropertyAssignment(property)) continue;
      const nameNode = property.getNameNode();
      const name = Node.isStringLiteral(nameNode) ? nameNode.getLiteralText() : nameNode.getText();
      const key = { start: nameNode.getStart(), end: nameNode.getEnd() };
      // `{ units }` stands for `{ units: units }`: its name is the expression to follow.
      const value = Node.isPropertyAssignment(property) ? property.getInitializer() : property.getNameNode();
      members.set(name, value ? place(value, key) : { ...key, key, members: new Map() });
    }
  };

  const unwrap = (expression: Expression, steps = 0): Expression => {
    if (steps > 20) return expression;
    if (
      Node.isParenthesizedExpression(expression) ||
      Node.isAsExpression(expression) ||
      Node.isSatisfiesExpression(expression)
    )
      return unwrap(expression.getExpression(), steps + 1);
    if (Node.isCallExpression(expression) && expression.getExpression().getText() === "defineModel") {
      const argument = expression.getArguments()[0];
      return Node.isExpression(argument) ? unwrap(argument, steps + 1) : expression;
    }
    if (!Node.isIdentifier(expression)) return expression;
    const initializer = source.getVariableDeclaration(expression.getText())?.getInitializer();
    return initializer ? unwrap(initializer, steps + 1) : expression;
  };

  const root = defaultExport(source);
  return root && place(root);
}

function defaultExport(source: SourceFile): Expression | undefined {
  return source.getExportAssignment((assignment) => !assignment.isExportEquals())?.getExpression();
}
