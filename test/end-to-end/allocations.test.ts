// Kernels, and the programs that call them, make no objects. If this fails, training stutters under the
// garbage collector, and more so with every row. (What an engine leaves on the heap is measured by `npm run
// bench -- --limits`.)
import { Project, SyntaxKind } from "ts-morph";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import { specs } from "../support/specs.ts";

const making = [
  SyntaxKind.NewExpression,
  SyntaxKind.ArrayLiteralExpression,
  SyntaxKind.ObjectLiteralExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.FunctionExpression,
  SyntaxKind.TemplateExpression,
  SyntaxKind.SpreadElement,
];
/** The memory that only kernels and programs work on. */
const arenaTypes = /^(Numbers|Float64Array|Int32Array|N)$/;
const project = new Project({ useInMemoryFileSystem: true });

/** What functions over the arena make, with the function's name. */
async function madeBy(name: string): Promise<{ functions: number; made: string[] }> {
  const { code } = await compile(specs[name]);
  const file = project.createSourceFile(`${name}.ts`, code, { overwrite: true });
  const own = file
    .getFunctions()
    .filter((each) => arenaTypes.test(each.getParameters()[0]?.getTypeNode()?.getText() ?? ""))
    .filter((each) => /^(f|integers|doubles)$/.test(each.getParameters()[0].getName()))
    .filter((each) => /^(void|number)$/.test(each.getReturnTypeNode()?.getText() ?? ""));
  const made = own.flatMap((each) =>
    making.flatMap((kind) =>
      each.getDescendantsOfKind(kind).map((part) => `${each.getName()}: ${part.getText()}`),
    ),
  );
  return { functions: own.length, made };
}

describe("kernels and programs allocate nothing", () => {
  it.each(Object.keys(specs))("%s", async (name) => {
    const { functions, made } = await madeBy(name);
    expect(functions).toBeGreaterThan(3);
    expect(made).toEqual([]);
  });
});
