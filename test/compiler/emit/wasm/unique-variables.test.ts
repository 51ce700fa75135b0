// Unique variable names within a kernel. If the test fails, two variables with the same name share a
// WebAssembly local, and one overwrites the other.
import { expect, it } from "vitest";
import { uniqueVariables } from "../../../../src/compiler/emit/wasm/scope.ts";
import { add, integer, number, variable } from "../../../../src/compiler/loop/expressions.ts";
import { printStatements } from "../../../../src/compiler/loop/print.ts";
import { define, loop, store } from "../../../../src/compiler/loop/statements.ts";
import { load } from "../../../support/loop-program.ts";

it("variables get unique names where a name means another variable in another block", () => {
  const [i, j, s] = [variable("i", "i32"), variable("j", "i32"), variable("s", "f64")];
  const body = [
    loop("i", 4, "parallel", [
      loop("j", 2, "parallel", [define("s", load("x", [add(i, j)])), store("y", [j], s)]),
    ]),
    define("s", number(1, "f64")),
    loop("j", 4, "parallel", [
      loop("i", 2, "parallel", [store("y", [add(j, integer(1))], s), store("y", [i], s)]),
    ]),
  ];
  expect(printStatements(uniqueVariables(body)).join("\n")).toMatchInlineSnapshot(`
    "for i in 0 .. 4: parallel
      for j in 0 .. 2: parallel
        let s: f64 = x[i + j]
        y[j] = s
    let s$2: f64 = 1
    for j$2 in 0 .. 4: parallel
      for i$2 in 0 .. 2: parallel
        y[j$2 + 1] = s$2
        y[i$2] = s$2"
  `);
});
