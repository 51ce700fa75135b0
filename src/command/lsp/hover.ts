/**
 * The description of the key or value at the cursor: what it is, its default, its keys and its equations. Layers,
 * activations and losses also have derivatives.
 */
import { MarkupKind } from "vscode-languageserver";
import type { Hover } from "vscode-languageserver";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { leafName } from "../../compiler/ir/nodes.ts";
import { formNamed, mustBe, nodeAtPath } from "../../compiler/spec/json-schema.ts";
import type { SchemaNode } from "../../compiler/spec/json-schema.ts";
import { member, textOf } from "../../compiler/spec/raw-spec.ts";
import type { Located, Span } from "../../compiler/spec/read/locations.ts";
import {
  activationEquations,
  layerEquations,
  lossEquations,
  partEquations,
} from "../../studio/editor/equations.ts";
import type { Equations } from "../../studio/editor/equations.ts";
import { describe } from "../../studio/editor/suggest.ts";
import type { BuiltModel, SpecText } from "./analyse.ts";
import { factsText } from "./layer-facts.ts";
import type { LayerFacts } from "./layer-facts.ts";
import { contains, rangeOf } from "./positions.ts";

/** What hovers need besides the text. Without a built model, layers have no equations and no shapes. */
export interface HoverContext {
  readonly schema: SchemaNode;
  readonly built: BuiltModel | undefined;
  readonly layers: readonly LayerFacts[];
}

export function hoverAt(spec: SpecText, offset: number, context: HoverContext): Hover | undefined {
  const place = placeAt(spec.located, offset);
  if (place === undefined || place.path.length === 0) return undefined;
  const { path, isKey, span } = place;
  const name = isKey ? undefined : nameAt(spec, path, context.schema);
  const parts = name === undefined ? keyParts(spec, path, context) : nameParts(spec, name, context);
  if (parts.length === 0) return undefined;
  return {
    range: rangeOf(spec.index, span),
    contents: { kind: MarkupKind.Markdown, value: parts.join("\n\n") },
  };
}

interface Place {
  readonly path: SpecPath;
  readonly isKey: boolean;
  readonly span: Span;
}

/** The innermost key or value at the offset. */
function placeAt(node: Located, offset: number, path: SpecPath = []): Place | undefined {
  for (const [step, each] of node.members) {
    const own = [...path, step];
    if (each.key !== undefined && contains(each.key, offset))
      return { path: own, isKey: true, span: each.key };
    const inside = contains(each, offset) ? placeAt(each, offset, own) : undefined;
    if (inside !== undefined) return inside;
  }
  return node.members.size === 0 ? { path, isKey: false, span: node } : undefined;
}

// A name of the library, such as that of a layer: its form in the schema, and where its object is.

interface NameInSpec {
  readonly name: string;
  readonly form: SchemaNode;
  /** The path of the value that the name selects: of the object whose `type` it is, or of the name itself. */
  readonly path: SpecPath;
}

function nameAt({ outline: { spec } }: SpecText, path: SpecPath, schema: SchemaNode): NameInSpec | undefined {
  const name = textOf(path.reduce(member, spec));
  if (name === undefined) return undefined;
  const last = path.at(-1);
  const tag = last === "fn" ? "fn" : "type";
  const place = last === tag ? path.slice(0, -1) : path;
  const choices = nodeAtPath(schema, place, spec);
  const form = choices && formNamed(choices, tag, name);
  return form && { name, form, path: tag === "fn" ? path : place };
}

function nameParts(spec: SpecText, { name, form, path }: NameInSpec, context: HoverContext): string[] {
  return [
    `**${name}**: ${form.description ?? ""}`,
    ...factsOf(path, context),
    ...equationParts(equationsOf(spec, path, context)),
    ...keysOf(form),
    source(path),
  ];
}

const factsOf = (path: SpecPath, { layers }: HoverContext): string[] =>
  layers.filter((layer) => JSON.stringify(layer.path) === JSON.stringify(path)).map(factsText);

/** The keys of the form with their rules and defaults. */
function keysOf({ properties = {} }: SchemaNode): string[] {
  const rows = Object.entries(properties).flatMap(([key, node]) => {
    if (typeof node !== "object" || node.const !== undefined) return [];
    const preset = node.default === undefined ? "" : `, \`${JSON.stringify(node.default)}\` by default`;
    return [`- \`${key}\`: ${mustBe(node, "a name or an object")}${preset}`];
  });
  return rows.length === 0 ? [] : [rows.join("\n")];
}

const equationParts = (equations: Equations | undefined): string[] => {
  const { forward, gradient } = equations ?? { forward: [], gradient: [] };
  const block = (lines: readonly string[]) => `\`\`\`text\n${lines.join("\n")}\n\`\`\``;
  return [
    ...(forward.length === 0 ? [] : [block(forward)]),
    ...(gradient.length === 0 ? [] : [`Derivatives, where y is the output:\n${block(gradient)}`]),
  ];
};

function equationsOf({ outline }: SpecText, path: SpecPath, { built }: HoverContext): Equations | undefined {
  const last = path.at(-1);
  const value: unknown = path.reduce(member, outline.spec);
  if (last === "activation" || last === "fn") return activationEquations(value);
  if (last === "loss") return lossEquations(value);
  if (path.at(-2) === "metrics") return partEquations("metrics", [value], ["metrics", 0]);
  if (path[0] === "optimizer" && last === "optimizer") return partEquations("optimizer", value);
  if (path[0] === "optimizer" && last === "learningRate")
    return partEquations("optimizer", { type: "sgd", learningRate: value }, path);
  const layer = built?.model.network.find((each) => JSON.stringify(each.path) === JSON.stringify(path));
  if (built === undefined || layer === undefined) return undefined;
  const { nodes } = built.graphs.training;
  return layerEquations(built.model, layer, (name) =>
    nodes.find((node) => node.name === name || (node.op === "input" && leafName(node) === name)),
  );
}

/** Where the documentation describes what the path selects. */
const source = ([first]: SpecPath): string => `Source: docs/${first === "network" ? "layers" : "spec"}.md`;

function keyParts({ outline: { spec } }: SpecText, path: SpecPath, { schema }: HoverContext): string[] {
  const { detail, about } = describe(schema, { path, at: "value", spec });
  const equations =
    path[0] === "regularization"
      ? partEquations("regularization", member(spec, "regularization"))
      : undefined;
  return [
    ...(detail === "" ? [] : [`**${String(path.at(-1))}**: ${detail}`]),
    ...(about === "" ? [] : [about]),
    ...equationParts(equations),
    ...(equations === undefined ? [] : [source(path)]),
  ];
}
