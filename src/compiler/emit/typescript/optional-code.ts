/**
 * Finds code of the runtime that does nothing without an optional member of the facts, such as
 * `machine.prepare?.(rows)`. The compiler writes the facts of a module, so it knows which members have no
 * value, and leaves their code out:
 *
 *   x.member?.(…);  if (x.member) …            the statement
 *   x.member ?? y   x.member ? z : y           everything except y
 *   y && !x.member
 *   { member: x.member, ...(x.member && …) }   the property
 *
 * In the same way, `x.member === "text"` is false if the facts do not contain this text.
 */
import { ts } from "ts-morph";

/** Code that does nothing without a member or text: a range, and the nodes in it. */
export interface OptionalCode {
  /** The name of the member, or the text. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly nodes: readonly ts.Node[];
}

/** Finds the optional code in a node. `members` are the names of the optional members of facts. */
export function optionalCodeIn(node: ts.Node, members: ReadonlySet<string>): OptionalCode[] {
  const found: OptionalCode[] = [];
  const walk = (part: ts.Node): void => {
    found.push(...codeAt(part, members));
    ts.forEachChild(part, walk);
  };
  walk(node);
  return found;
}

/** The optional code at this node, but not inside it. */
function codeAt(node: ts.Node, members: ReadonlySet<string>): readonly OptionalCode[] {
  const code = (name: string | undefined, nodes: readonly ts.Node[], from: number, to: number) =>
    name === undefined ? [] : [{ name, from, to, nodes }];
  const whole = (name: string | undefined, to = node.end) => code(name, [node], node.getFullStart(), to);
  if (ts.isExpressionStatement(node)) return whole(optionalMember(node.expression, members));
  if (ts.isIfStatement(node) && node.elseStatement === undefined)
    return whole(testedMember(node.expression, members));
  if (ts.isConditionalExpression(node)) {
    const { condition, whenTrue, whenFalse } = node;
    const name = testedMember(condition, members);
    return code(name, [condition, whenTrue], node.getStart(), whenFalse.getStart());
  }
  if (ts.isBinaryExpression(node)) {
    const { left, operatorToken, right } = node;
    if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
      return code(testedMember(left, members), [left], node.getStart(), right.getStart());
    const isNegated = ts.isPrefixUnaryExpression(right) && right.operator === ts.SyntaxKind.ExclamationToken;
    return isNegated && operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken
      ? code(testedMember(right.operand, members), [right], left.end, node.end)
      : [];
  }
  if (ts.isPropertyAssignment(node)) {
    const name = memberOf(node.initializer, members);
    return node.name.getText() === name ? whole(name, afterComma(node)) : [];
  }
  return ts.isSpreadAssignment(node) ? whole(testedMember(node.expression, members), afterComma(node)) : [];
}

/** The end of a property with the comma after it, if there is one. */
const afterComma = (node: ts.Node): number => {
  const { text } = node.getSourceFile();
  return text[node.end] === "," ? node.end + 1 : node.end;
};

/** The member or text without which a test fails: `x.member`, `x.member?.y`, `x.member !== undefined && …`. */
function testedMember(test: ts.Expression, members: ReadonlySet<string>): string | undefined {
  if (ts.isParenthesizedExpression(test)) return testedMember(test.expression, members);
  if (!ts.isBinaryExpression(test)) return memberOf(test, members) ?? optionalMember(test, members);
  const { left, operatorToken, right } = test;
  switch (operatorToken.kind) {
    case ts.SyntaxKind.AmpersandAmpersandToken:
      return testedMember(left, members);
    case ts.SyntaxKind.EqualsEqualsEqualsToken:
      return ts.isStringLiteral(right) && memberOf(left, members) !== undefined ? right.text : undefined;
    case ts.SyntaxKind.ExclamationEqualsEqualsToken:
      return ts.isIdentifier(right) && right.text === "undefined" ? memberOf(left, members) : undefined;
    default:
      return undefined;
  }
}

/** The name of the member in `x.member`. */
const memberOf = (node: ts.Expression, members: ReadonlySet<string>): string | undefined =>
  ts.isPropertyAccessExpression(node) && members.has(node.name.text) ? node.name.text : undefined;

/** The member without which a chain such as `x.member?.y(…)` ends before `?.`. */
function optionalMember(node: ts.Expression, members: ReadonlySet<string>): string | undefined {
  if (!ts.isOptionalChain(node) || ts.isNonNullChain(node)) return undefined;
  const { expression } = node;
  return node.questionDotToken === undefined
    ? optionalMember(expression, members)
    : memberOf(expression, members);
}
