/** What the page was made with: `pageHtml` puts it into an element of its own. */
export function pageData(): unknown {
  return JSON.parse(document.getElementById("data")?.textContent ?? "null");
}
