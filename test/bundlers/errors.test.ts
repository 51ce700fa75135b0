// The errors of a spec in each bundler. If a test fails, a user does not see where and how the spec is wrong.
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bundlers } from "./bundlers.ts";
import { newWorkspace, specText } from "./workspace.ts";

const workspace = newWorkspace();
const { folder } = workspace;
afterAll(() => workspace.remove());

workspace.write(
  "wrong.tapeless.yaml",
  specText.replace("units: 8", "units: -8").replace("loss: cross", "loss: kross"),
);
workspace.write("wrong.js", 'import { createTrainer } from "./wrong.tapeless.yaml";\ncreateTrainer();\n');
workspace.write("index.html", '<script type="module" src="./wrong.js"></script>\n');

const first = "error T1203: network[0].units must be a positive integer, got -8";

describe.each(bundlers)("$name", ({ build }) => {
  it("reports every error of a spec with its line, its code and its hint, without a stack", async () => {
    const failure = await build({ folder, out: join(folder, "out"), entries: ["wrong.js"] }).catch(String);
    expect(failure).toContain(first);
    expect(failure).toContain("wrong.tapeless.yaml:5:");
    expect(failure).toMatch(/error T1103: .*kross-entropy/);
    expect(failure).toContain('did you mean "cross-entropy"?');
    expect(failure).toMatch(/5 [|│].*units: -8/);
    expect(failure).not.toMatch(/compile-import|read-spec/);
  });
});
