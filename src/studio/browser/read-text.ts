/**
 * A spec as the editor holds it: JSON or YAML. One in TypeScript would be code, and what comes with a link
 * must never become code.
 */
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { readJson } from "../../compiler/spec/read/json.ts";
import { specOfTree, type ReadSpec } from "../../compiler/spec/read/spec-of-tree.ts";
import { readYaml } from "../../compiler/spec/read/yaml.ts";

/** JSON begins with a brace, and so may YAML: but what is meant as JSON is told its faults as JSON. */
export const isJson = (text: string): boolean => /^\s*[{[]/.test(text);

/** Begins with a statement of TypeScript, behind comments: no key of YAML is two words without a colon. */
const isCode =
  /^(?:\s|\/\/.*|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:import|export|const|let|var|function|class|type|interface)\s+[\w$*{"']/;

const codeRefused = (): DiagnosticError =>
  new DiagnosticError([
    {
      code: "T1008",
      severity: "error",
      message: "this is a spec in TypeScript, which is code, and the playground takes none",
      hint: "keep it in a file and use the command line: npx tapeless train spec.ts; here write JSON or YAML",
      path: [],
    },
  ]);

/** @throws DiagnosticError with everything that is wrong, each with its line and column */
export async function readText(text: string): Promise<ReadSpec> {
  if (isJson(text)) return specOfTree("spec.json", text, readJson(text));
  if (isCode.test(text)) throw codeRefused();
  return specOfTree("spec.yaml", text, readYaml(text));
}
