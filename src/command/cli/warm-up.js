// Runs at the end of `npm ci` in a clone: one compilation in each kind of numbers, so that the first command
// of the user starts as quickly as any. Its words go to standard error, since `npm pack --json` runs this
// too; if it fails, the first command says why.
import { spawnSync } from "node:child_process";

const target = "node_modules/.cache/tapeless/first.ts";
for (const dtype of ["f32", "f64"])
  spawnSync(
    process.execPath,
    ["src/command/cli/tapeless.js", "compile", "graphs/perceptron.json", "--dtype", dtype, "-o", target],
    { stdio: ["ignore", 2, "ignore"] },
  );
