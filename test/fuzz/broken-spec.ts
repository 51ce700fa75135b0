// Generates a broken spec from a seed and a number. The result is a mutated file in one of the three formats,
// or a mutated value.
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Broken } from "./check-spec.ts";
import { asYaml, below, mutatedBytes, mutatedText, mutatedTree, pick, randomOf } from "./mutate-spec.ts";

const graphs = new URL("../../graphs/", import.meta.url);

export interface GoodSpecs {
  /** The specs as values, except those in TypeScript. */
  readonly trees: readonly unknown[];
  readonly texts: readonly { readonly ending: "json" | "yaml" | "ts"; readonly text: string }[];
}

/** All specs of graphs/. */
export function goodSpecs(): GoodSpecs {
  const texts = readdirSync(graphs)
    .sort()
    .flatMap((name) => {
      const ending = (["json", "yaml", "ts"] as const).find((each) => name.endsWith(`.${each}`));
      return ending === undefined ? [] : [{ ending, text: readFileSync(new URL(name, graphs), "utf8") }];
    });
  const data = texts.filter(({ ending }) => ending !== "ts");
  return { texts, trees: data.map(({ text }): unknown => parse(text)) };
}

export function brokenSpec({ trees, texts }: GoodSpecs, seed: number, number: number): Broken {
  const random = randomOf(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const form = below(random, 10);
  if (form < 4) {
    const { ending, text } = pick(random, texts);
    return {
      ending,
      text: form === 3 && random() < 0.3 ? mutatedBytes(text, random) : mutatedText(text, random),
    };
  }
  const isText = form < 8;
  const value = mutatedTree(pick(random, trees), trees, random, isText);
  if (!isText) return { value };
  if (form >= 6) return { ending: "yaml", text: asYaml(value) ?? "" };
  const text = JSON.stringify(value, undefined, pick(random, [undefined, 2])) ?? "";
  return { ending: "json", text: random() < 0.2 ? mutatedText(text, random) : text };
}
