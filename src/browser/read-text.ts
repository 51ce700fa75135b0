/** A spec as the editor holds it: JSON or YAML. One in TypeScript would be code, and what comes with a link must never become code. */
import { readJson } from "../spec/read/json.ts";
import { specOfTree, type ReadSpec } from "../spec/read/spec-of-tree.ts";
import { readYaml } from "../spec/read/yaml.ts";

/** JSON begins with a brace, and so may YAML: but what is meant as JSON is told its faults as JSON. */
export const isJson = (text: string): boolean => /^\s*[{[]/.test(text);

/** @throws DiagnosticError with everything that is wrong, each with its line and column */
export const readText = (text: string): Promise<ReadSpec> =>
  isJson(text)
    ? specOfTree("spec.json", text, readJson(text))
    : specOfTree("spec.yaml", text, readYaml(text));
