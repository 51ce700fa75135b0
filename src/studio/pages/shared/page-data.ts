/** Returns the data of the page, which `pageHtml` stores in an element. */
export function pageData(): unknown {
  return JSON.parse(document.getElementById("data")?.textContent ?? "null");
}
