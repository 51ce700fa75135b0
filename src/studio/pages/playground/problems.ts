/** What is wrong with the spec, below the editor: each with its place, which a click or Enter goes to. */
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { element } from "../shared/element.ts";

export function showProblems(
  host: HTMLElement,
  diagnostics: readonly Diagnostic[],
  goTo: (line: number, column: number) => void,
): void {
  host.replaceChildren(
    ...diagnostics.map(({ severity, code, message, hint, notes = [], place }) => {
      const { line = 1, column = 1 } = place ?? {};
      const row = element(
        "button",
        { type: "button", class: `problem ${severity}` },
        element("span", { class: "where" }, `${line}:${column}`),
        element("span", {}, `${message} `, element("span", { class: "code" }, code)),
        ...[...(hint === undefined ? [] : [`hint: ${hint}`]), ...notes].map((text) =>
          element("span", { class: "hint" }, text),
        ),
      );
      row.addEventListener("click", () => goTo(line, column));
      return element("li", {}, row);
    }),
  );
}
