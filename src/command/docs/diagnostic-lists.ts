/** The diagnostics reference, from the table of codes. */
import { codeGroups, diagnosticCodes } from "../../compiler/diagnostics/codes.ts";

/** All codes with cause and fix, a section for each group. */
export function diagnosticSections(): string {
  return Object.entries(codeGroups)
    .map(([group, title]) => `## ${title}\n\n${codesOf(group)}`)
    .join("\n\n");
}

const codesOf = (group: string): string =>
  Object.entries(diagnosticCodes)
    .filter(([code]) => code.startsWith(group))
    .map(([code, { title, cause, fix }]) => `### ${code}: ${title}\n\n${cause}\n\n**Fix:** ${fix}`)
    .join("\n\n");
