// Kernels, and the programs that call them, must not create objects. If a test fails, garbage collection
// slows training down, and more so with more rows. (`npm run bench -- --limits` measures what the engine
// itself leaves on the heap.)
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
/** The types of the memory that only kernels and programs use. */
const arenaTypes = /^(Numbers|Float64Array|Int32Array|N)$/;
const project = new Project({ useInMemoryFileSystem: true });

/** The expressions that create objects in functions over the arena, with the name of the function. */
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
