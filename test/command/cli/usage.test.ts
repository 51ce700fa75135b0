// Help texts, and errors in the use of commands. If a test fails, a mistyped command gives no hint, or an
// exit code is wrong.
import { afterAll, describe, expect, it } from "vitest";
import { expectRefusal, flowers, workspace } from "./workspace.ts";

const place = workspace();
place.write("flowers.json", flowers);
afterAll(place.remove);

describe("help and version", () => {
  it("lists the commands, with examples", async () => {
    const { code, stdout } = await place.run("--help");
    for (const command of [
      "compile",
      "train",
      "search",
      "verify",
      "inspect",
      "export",
      "import",
      "bench",
      "schema",
    ])
      expect(stdout).toContain(command);
    expect(stdout).toContain("Examples:");
    expect(code).toBe(0);
  });

  it.each(["compile", "train", "search", "verify", "inspect", "export", "import", "bench", "schema"])(
    "explains %s, with examples",
    async (command) => {
      const { code, stdout } = await place.run(command, "--help");
      expect(stdout).toContain(`Usage: tapeless ${command}`);
      expect(stdout).toMatch(/Examples:\n {2}tapeless /);
      expect(code).toBe(0);
    },
  );

  it("prints the version", async () => {
    expect(await place.run("--version")).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
    });
  });

  it("without a command shows the help on standard error and exits with 2", async () => {
    const { code, stdout, stderr } = await place.run();
    expect(stderr).toContain("Usage: tapeless");
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});

describe("a typing error is reported with a suggestion", () => {
  it.each([
    [["comple", "flowers.json"], "unknown command 'comple'", "did you mean compile?"],
    [["train", "flowers.json", "--epoch", "3"], "unknown option '--epoch'", "did you mean --epochs?"],
    [["train", "flowers.json", "--epochs", "many"], "'many' is invalid", "an integer from 0 to 4294967295"],
    [["train", "flowers.json", "--epochs", "-1"], "'-1' is invalid", "an integer from 0 to 4294967295"],
    [["train", "flowers.json", "--seed", "4294967296"], "is invalid", "an integer from 0 to 4294967295"],
    [["compile"], "missing required argument 'spec'", "--help"],
    [["compile", "flowers.json", "--dtype", "f16"], "'f16' is invalid", "f32, f64"],
    [
      ["compile", "flowers.json", "--skip", "simplfy"],
      '--skip: unknown stage "simplfy"',
      'did you mean "simplify"?',
    ],
    [
      ["inspect", "flowers.json", "--skip", "compute-addresses"],
      '--skip: the stage "compute-addresses" cannot be skipped',
      "stages that can be skipped: erase-stop-gradients",
    ],
    [
      ["compile", "flowers.json", "--skip", "forward-stores"],
      '--skip: unknown stage "forward-stores"',
      'the stage is now named "scalar-replacement"',
    ],
    [["compile", "flowers.json", "--stop-after", "fuse"], '--stop-after: unknown stage "fuse"', "fuse-loops"],
    [["compile", "flowers.json", "other.json", "-o", "x.ts"], "-o names one output file", "2 specs"],
    [["compile", "flowers.json", "--check", "--watch"], "--check cannot be combined with --watch", "T1010"],
    [["inspect", "flowers.json", "--show", "gradient"], "'gradient' is invalid", "gradients"],
    [["inspect", "flowers.json", "--text", "loops"], "--text needs --show kernels", "T1010"],
    [
      ["inspect", "flowers.json", "--show", "kernels", "--text", "wat"],
      "--text wat needs --show kernels --target wasm",
      "T1010",
    ],
    [
      ["inspect", "flowers.json", "--show", "kernels", "--no-measure"],
      "--no-measure needs --show kernels --target wasm",
      "T1010",
    ],
    [["inspect", "flowers.json", "--show", "gradients", "--row", "0"], "'0' is invalid", "counted from 1"],
    [["inspect", "flowers.json", "--row", "1"], "--row needs --show gradients as text, JSON or TeX", "T1010"],
    [
      ["inspect", "flowers.json", "--show", "gradients", "--checkpoint", "a.ckpt"],
      "--checkpoint needs --row",
      "T1010",
    ],
    [["inspect", "flowers.json", "--of", "dense1.weight"], "--of needs --show gradients", "T1010"],
    [
      ["inspect", "flowers.json", "--show", "gradients", "--of", "dense1.wieght"],
      "no parameter",
      "did you mean dense1.weight?",
    ],
    [
      ["inspect", "flowers.json", "--show", "passes", "--format", "tex"],
      "--show passes does not support --format tex",
      "formats: text, json",
    ],
    [["schema", "--check"], "--check needs -o", "T1010"],
  ])("%j", async (args, ...said) => {
    expectRefusal(await place.run(...args), "error T1010: ", ...said);
  });

  it.each([
    [
      ["compile", "flowers.json", "--target", "wasm", "--predictor", "flowers.ckpt"],
      "--predictor does not support --target wasm yet",
    ],
  ])("an unsupported combination: %j", async (args, said) => {
    expectRefusal(await place.run(...args), "error T1901: ", said);
  });
});

it("none of these commands writes a file", () => {
  expect(place.made()).toEqual([]);
});
