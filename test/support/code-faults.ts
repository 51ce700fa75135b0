// Checks emitted code for errors that a strict compiler reports without the types of any host, and for
// constructs that must not occur.
import { Project, ts } from "ts-morph";
import type { CompilerOptions } from "ts-morph";

/** Every option with which TypeScript rejects code that it accepts by default. */
export const strictest: CompilerOptions = {
  strict: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  declaration: true,
  erasableSyntaxOnly: true,
  exactOptionalPropertyTypes: true,
  forceConsistentCasingInFileNames: true,
  isolatedDeclarations: true,
  isolatedModules: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUncheckedSideEffectImports: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
};

/** A project with the standard library of ES2022, but without the types of a host such as the DOM or Node. */
const project = new Project({
  useInMemoryFileSystem: true,
  compilerOptions: {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    lib: ["lib.es2022.d.ts"],
    types: [],
    ...strictest,
    noEmit: true,
  },
});

/** The errors of a strict compiler. */
export function faultsOf(code: string): string[] {
  const file = project.createSourceFile("trainer.ts", code, { overwrite: true });
  return file.getPreEmitDiagnostics().map((fault) => {
    const message = fault.getMessageText();
    return `${fault.getLineNumber()}: ${typeof message === "string" ? message : message.getMessageText()}`;
  });
}

const forbidden: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.AnyKeyword, "any"],
  [ts.SyntaxKind.AsExpression, "a cast"],
  [ts.SyntaxKind.TypeAssertionExpression, "a cast"],
  [ts.SyntaxKind.ImportDeclaration, "an import"],
  [ts.SyntaxKind.ImportEqualsDeclaration, "an import"],
  [ts.SyntaxKind.ExportAssignment, "a default export"],
  [ts.SyntaxKind.EnumDeclaration, "an enum"],
  [ts.SyntaxKind.WithStatement, "with"],
  [ts.SyntaxKind.DebuggerStatement, "debugger"],
]);

/** Constructs that emitted code must not contain. */
export function forbiddenIn(code: string): string[] {
  const tree = ts.createSourceFile("trainer.ts", code, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const walk = (node: ts.Node): void => {
    const what = forbidden.get(node.kind);
    const isAssertion = ts.isNonNullExpression(node) && !isElement(node.expression);
    const isEval = ts.isIdentifier(node) && (node.text === "eval" || node.text === "Function");
    // The top level of the module must not contain `await`.
    const waits = ts.isAwaitExpression(node) && !ts.findAncestor(node, ts.isFunctionLike);
    if (what !== undefined || isAssertion || isEval || waits)
      found.push(
        `${what ?? node.getText(tree)} in line ${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`,
      );
    ts.forEachChild(node, walk);
  };
  walk(tree);
  return found;
}

/**
 * An element of an array or record, or a name for one, as in `([first], rest) => first!`. The assertion `!` that it
 * exists is allowed, because `noUncheckedIndexedAccess` requires one for every element.
 */
const isElement = (node: ts.Node): boolean => ts.isElementAccessExpression(node) || ts.isIdentifier(node);

/**
 * Members of `Math` for which the standard defines one exact result. Engines may approximate the others, such
 * as `Math.exp`.
 */
const exactOfMath: ReadonlySet<string> = new Set(
  "abs ceil clz32 floor fround imul max min PI round sign sqrt trunc".split(" "),
);
/** Names whose results depend on the engine, its settings, its time zone or the time. */
const chosenElsewhere: ReadonlySet<string> = new Set(
  [
    "Date Intl localeCompare performance toLocaleLowerCase toLocaleString toLocaleUpperCase",
    "getDate getDay getFullYear getHours getMinutes getMonth getTimezoneOffset toDateString toTimeString",
    "setDate setFullYear setHours setMinutes setMonth",
  ].flatMap((line) => line.split(" ")),
);

/** Expressions whose results may differ between engines. */
export function engineChoicesIn(code: string): string[] {
  const tree = ts.createSourceFile("trainer.ts", code, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const walk = (node: ts.Node): void => {
    if (isPower(node) || isInexactMath(node) || isChosenElsewhere(node))
      found.push(
        `${node.getText(tree)} in line ${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`,
      );
    ts.forEachChild(node, walk);
  };
  walk(tree);
  return found;
}

const isChosenElsewhere = (node: ts.Node): boolean =>
  ts.isIdentifier(node) && chosenElsewhere.has(node.text) && !isDateOfNumber(node.parent);

/** `new Date(x)` for a number x. The standard defines the point in time exactly, and its parts in UTC. */
function isDateOfNumber(node: ts.Node): boolean {
  if (!ts.isNewExpression(node) || node.arguments?.length !== 1) return false;
  const [moment] = node.arguments;
  const isMath = ts.isCallExpression(moment) && /^Math\.\w+$/.test(moment.expression.getText());
  return isMath || ts.isNumericLiteral(moment);
}

const isPower = (node: ts.Node): boolean =>
  ts.isBinaryExpression(node) &&
  [ts.SyntaxKind.AsteriskAsteriskToken, ts.SyntaxKind.AsteriskAsteriskEqualsToken].includes(
    node.operatorToken.kind,
  );

/** A call such as `Math.exp`, or any use of `Math` whose member cannot be determined. */
function isInexactMath(node: ts.Node): boolean {
  const isMath = (part: ts.Node) => ts.isIdentifier(part) && part.text === "Math";
  if (ts.isPropertyAccessExpression(node) && isMath(node.expression)) return !exactOfMath.has(node.name.text);
  return isMath(node) && !(ts.isPropertyAccessExpression(node.parent) && node.parent.expression === node);
}
