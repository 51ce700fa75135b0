/** Writes plain data into emitted code, with the origin of each part in the spec. */
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import type { MarkingWriter } from "./line-origins.ts";
import type { Fact } from "./module-parts.ts";

/** The depth up to which each part has its own origin. */
const deepest = 2;

export function writeFact(writer: MarkingWriter, { about, declaration, value, placeOf }: Fact): void {
  const within = (keys: SpecPath, write: () => void): void => {
    const path = placeOf?.(keys);
    writer.marked(path && { kernels: [], nodes: [], path, name: undefined }, write);
  };
  const writeValue = (part: unknown, keys: SpecPath): void => {
    if (keys.length >= deepest || typeof part !== "object" || part === null) {
      writer.write(JSON.stringify(part));
      return;
    }
    const isList = Array.isArray(part);
    writer.write(isList ? "[" : "{");
    // JSON omits undefined values.
    const entries = Object.entries(part).filter(([, each]) => each !== undefined);
    entries.forEach(([key, each], index) => {
      const inside = [...keys, isList ? index : key];
      if (index > 0) writer.write(",");
      within(inside, () => {
        if (!isList) writer.write(`${JSON.stringify(key)}:`);
        writeValue(each, inside);
      });
    });
    writer.write(isList ? "]" : "}");
  };
  within([], () => {
    if (about !== undefined) writer.writeLine(`/** ${about} */`);
    writer.write(`${declaration} = `);
    writeValue(value, []);
    writer.write(";").newLine();
  });
}
