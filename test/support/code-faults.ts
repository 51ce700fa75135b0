// Checks of emitted code: errors of a strict compiler without types of any host, and constructs that must not
// occur.
import { Project, ts } from "ts-morph";

/** A project with the standard library of ES2022 and no host: neither the DOM nor Node. */
const project = new Project({
  useInMemoryFileSystem: true,
  compilerOptions: {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    lib: ["lib.es2022.d.ts"],
    types: [],
    strict: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: true,
    isolatedModules: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
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
  [ts.SyntaxKind.NonNullExpression, "an assertion that something is there"],
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
    const isEval = ts.isIdentifier(node) && (node.text === "eval" || node.text === "Function");
    // The top level of the module must not await.
    const waits = ts.isAwaitExpression(node) && !ts.findAncestor(node, ts.isFunctionLike);
    if (what !== undefined || isEval || waits)
      found.push(
        `${what ?? node.getText(tree)} in line ${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`,
      );
    ts.forEachChild(node, walk);
  };
  walk(tree);
  return found;
}

/**
 * Members of `Math` for which the standard defines one exact result. Others, such as `Math.exp`, may be
 * approximated.
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

/** `new Date(x)` of a number: the standard defines the moment, and its parts in UTC. */
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
