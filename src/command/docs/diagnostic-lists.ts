/** Generates the diagnostics reference from the table of codes. */
import { codeGroups, diagnosticCodes } from "../../compiler/diagnostics/codes.ts";

/** Returns all codes with their cause and fix, in a section for each group. */
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
