/** Generates excerpts of emitted trainers. */
import { parse } from "yaml";
import { compile } from "../../compiler/compile.ts";

/** A function of the trainer that the page's first YAML block compiles to, with the comment above it. */
export async function emittedFunction(name: string, page: string): Promise<string> {
  const [, spec] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  const { code } = await compile(parse(spec ?? ""));
  const [excerpt] = new RegExp(`(^//.*\\n)*^function ${name}\\([^]*?^}\\n`, "m").exec(code) ?? [];
  if (excerpt === undefined) throw new Error(`the trainer has no function ${name}`);
  return `\`\`\`ts\n${excerpt}\`\`\``;
}
