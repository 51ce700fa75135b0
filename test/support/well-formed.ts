// Whether a text is well-formed XML, to the extent that our pictures use it: one root, matching tags, quoted
// attributes, no unescaped characters.

/** The error, or undefined. */
export function faultOfXml(text: string): string | undefined {
  const open: string[] = [];
  let roots = 0;
  let rest = text.trimEnd();
  while (rest !== "") {
    const tag = /^<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/.exec(rest);
    const plain = tag === null ? /^[^<]+/.exec(rest) : null;
    const found = tag ?? plain;
    if (found === null) return `no tag: ${rest.slice(0, 60)}`;
    rest = rest.slice(found[0].length);
    const content = tag === null ? found[0] : tag[3];
    if (/&(?!(amp|lt|gt|quot|apos|#\d+);)/.test(content)) return `a bare &: ${content.slice(0, 60)}`;
    // The characters that XML 1.0 does not allow.
    if (
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])/.test(content)
    )
      return `a character that XML has not: ${content.slice(0, 60)}`;
    if (tag === null) {
      if (open.length === 0 && found[0].trim() !== "") return `text outside of the root: ${found[0]}`;
      continue;
    }
    const names = [...tag[3].matchAll(/\s([\w:-]+)=/g)].map(([, name]) => name);
    if (new Set(names).size < names.length) return `an attribute twice: ${tag[0]}`;
    if (tag[1] === "/") {
      if (open.pop() !== tag[2]) return `</${tag[2]}> closes nothing`;
    } else {
      if (open.length === 0) roots++;
      if (tag[4] === "") open.push(tag[2]);
    }
  }
  if (open.length > 0) return `<${open.join("><")}> is not closed`;
  return roots === 1 ? undefined : `${roots} roots`;
}
