/** Debian's Python, and whether the packages that a test needs are installed. */
import { spawnSync } from "node:child_process";

export const python = "/usr/bin/python3";

const lookUp =
  "import importlib.util as util, sys; sys.exit(any(util.find_spec(name) is None for name in sys.argv[1:]))";

/** Whether Python finds these modules. It does not import them, because PyTorch alone would take seconds. */
export const hasModules = (...names: readonly string[]): boolean =>
  spawnSync(python, ["-c", lookUp, ...names], { stdio: "ignore" }).status === 0;

/** Whether tests skip what needs these modules. With CI=true they do not, and fail if a module is missing. */
export const lacksModules = (...names: readonly string[]): boolean =>
  process.env.CI !== "true" && !hasModules(...names);
