// What may be wrong with emitted code: to a strict compiler that knows no host, or because it is not to be
// there at all.
import { Project, ts } from "ts-morph";

/** A project that knows the language of 2022 and no host: neither the DOM nor Node. */
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

/** What a strict compiler has against the code. */
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

/** What emitted code never holds. */
export function forbiddenIn(code: string): string[] {
  const tree = ts.createSourceFile("trainer.ts", code, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const walk = (node: ts.Node): void => {
    const what = forbidden.get(node.kind);
    const isEval = ts.isIdentifier(node) && (node.text === "eval" || node.text === "Function");
    // At the top of the module nothing may wait.
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
 * What the standard asks of these is one number, the same in every engine; of the others, such as `Math.exp`,
 * a good approximation.
 */
const exactOfMath: ReadonlySet<string> = new Set(
  "abs ceil clz32 floor fround imul max min PI round sign sqrt trunc".split(" "),
);
/** Whose answers the engine, its settings or the hour choose. */
const chosenElsewhere: ReadonlySet<string> = new Set(
  "Date Intl localeCompare performance toLocaleLowerCase toLocaleString toLocaleUpperCase".split(" "),
);

/** Where the code's results are another's choice: its bits would not be the same in every engine. */
export function engineChoicesIn(code: string): string[] {
  const tree = ts.createSourceFile("trainer.ts", code, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const walk = (node: ts.Node): void => {
    if (isPower(node) || isInexactMath(node) || (ts.isIdentifier(node) && chosenElsewhere.has(node.text)))
      found.push(
        `${node.getText(tree)} in line ${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`,
      );
    ts.forEachChild(node, walk);
  };
  walk(tree);
  return found;
}

const isPower = (node: ts.Node): boolean =>
  ts.isBinaryExpression(node) &&
  [ts.SyntaxKind.AsteriskAsteriskToken, ts.SyntaxKind.AsteriskAsteriskEqualsToken].includes(
    node.operatorToken.kind,
  );

/** `Math.exp`; and `Math` by itself or in brackets, of which one cannot say what is taken from it. */
function isInexactMath(node: ts.Node): boolean {
  const isMath = (part: ts.Node) => ts.isIdentifier(part) && part.text === "Math";
  if (ts.isPropertyAccessExpression(node) && isMath(node.expression)) return !exactOfMath.has(node.name.text);
  return isMath(node) && !(ts.isPropertyAccessExpression(node.parent) && node.parent.expression === node);
}
