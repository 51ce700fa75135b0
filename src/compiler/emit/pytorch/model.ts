/**
 * The class `Model`: one line for each layer, named as in the spec. A layer that is more than one expression is a
 * function, or a module of its own if it has parameters. Layers with equal code share it.
 */
import { invariant } from "../../diagnostics/errors.ts";
import { leafName, operandsOf } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { Context } from "./context.ts";
import type { Helper, Recognised } from "./context.ts";
import { rules } from "./operators.ts";
import { className, identifier, identifiers, moduleMembers } from "./python-text.ts";
import { findFunctions } from "./recognise-functions.ts";
import type { UsedNodes } from "./recognise-functions.ts";
import { findModule } from "./recognise.ts";
import type { FoundModule, LayerNodes } from "./recognise.ts";

/** What a layer computes in one mode. */
export interface LayerValues {
  readonly value: Node;
  readonly mask: Node | undefined;
  /** The next value of each running statistic, by the name of its parameter. */
  readonly statistics: ReadonlyMap<string, Node>;
}

export interface LayerPlan {
  readonly name: string;
  readonly type: string;
  readonly training: LayerValues;
  readonly evaluation: LayerValues;
}

export interface ParameterPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly layer: string;
}

/** A value that layers and losses read: an input, or its mask. */
export interface GivenValue {
  readonly name: string;
  readonly training: Node;
  readonly evaluation: Node;
  /** The mask of padding. */
  readonly mask?: { readonly training: Node; readonly evaluation: Node };
}

export interface ModelPlan {
  readonly name: string;
  readonly inputs: readonly GivenValue[];
  readonly layers: readonly LayerPlan[];
  readonly parameters: readonly ParameterPlan[];
  /** The values that losses and metrics read, in training mode. */
  readonly outputs: readonly Node[];
  /** Lines that add other tensors to the model, such as class weights. */
  readonly buffers: readonly string[];
}

/** Where PyTorch keeps a parameter of our library. */
export interface ParameterPlace {
  /** The name in the model: `memory.weight`. */
  readonly at: string;
  /** The order of our axes in PyTorch's tensor; undefined if it is the same. */
  readonly axes?: readonly number[] | undefined;
}

export interface WrittenModel {
  /** Functions and classes of layers, each a list of lines. */
  readonly definitions: readonly (readonly string[])[];
  readonly lines: readonly string[];
  readonly places: ReadonlyMap<string, ParameterPlace>;
  readonly usesRandom: boolean;
  /** The names of the inputs that `forward` takes, in order. */
  readonly inputs: readonly string[];
}

/** The nodes between known values and the outputs, operands first, and the known values among their operands. */
export function bodyOf(outputs: readonly Node[], known: ReadonlySet<Node>) {
  const nodes: Node[] = [];
  const read: Node[] = [];
  const done = new Set<Node>();
  const stack = outputs.map((node) => ({ node, isOpen: false })).reverse();
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, isOpen } = top;
    if (isOpen) nodes.push(node);
    if (isOpen || done.has(node)) continue;
    done.add(node);
    if (known.has(node)) {
      read.push(node);
      continue;
    }
    const operands = operandsOf(node).map((operand) => ({ node: operand, isOpen: false }));
    stack.push({ node, isOpen: true }, ...operands.reverse());
  }
  return { nodes, read };
}

interface Code {
  readonly definition: readonly string[];
  readonly name: string;
}

class ModelWriter {
  private readonly plan: ModelPlan;
  private readonly helpers: Set<Helper>;
  private readonly identify: (hint: string) => string;
  private readonly taken: Set<string>;
  /** The variables of the values in `forward`, by their nodes in either mode. */
  private readonly known = new Map<Node, string>();
  private readonly codes = new Map<string, Code>();
  private readonly typeNames: (hint: string) => string;
  private readonly attributes = identifiers([...moduleMembers, "class_weights"]);
  /** The names of parameters within their layers: `weight` for `dense1.weight`. */
  private readonly ownNames: ReadonlyMap<string, string>;
  private readonly places = new Map<string, ParameterPlace>();
  private readonly setup: string[] = [];
  private readonly forward: string[] = [];
  private usesRandom = false;

  constructor(plan: ModelPlan, helpers: Set<Helper>, taken: Iterable<string>) {
    this.plan = plan;
    this.helpers = helpers;
    this.taken = new Set(taken);
    this.identify = identifiers(this.taken);
    this.typeNames = identifiers(this.taken);
    this.ownNames = ownNamesOf(plan.parameters);
  }

  write(): WrittenModel {
    const { plan } = this;
    const inputs = plan.inputs.map((input) => ({ ...input, variable: this.identify(input.name) }));
    for (const { training, evaluation, variable } of inputs) this.know(variable, training, evaluation);
    const read = this.readNodes();
    for (const { mask, variable } of inputs)
      if (mask && read.has(mask.training)) this.writeMask(variable, mask);
    for (const layer of plan.layers) this.writeLayer(layer, read);
    const results = plan.outputs.map((node) => this.known.get(node) ?? "");
    invariant(!results.includes(""), "every output of the model is the value of a layer");
    const names = new Set([...read].map(leafName));
    const used = inputs.filter(({ name }) => names.has(name));
    return {
      definitions: [...this.codes.values()].map(({ definition }) => definition),
      lines: this.modelLines(
        used.map(({ variable }) => variable),
        results,
      ),
      places: this.places,
      usesRandom: this.usesRandom,
      inputs: used.map(({ name }) => name),
    };
  }

  private know(variable: string, ...nodes: readonly (Node | undefined)[]): void {
    for (const node of nodes) if (node !== undefined) this.known.set(node, variable);
  }

  /** All nodes on which the outputs and the statistics depend in training mode. */
  private readNodes(): ReadonlySet<Node> {
    const { outputs, layers } = this.plan;
    const statistics = layers.flatMap(({ training }) => [...training.statistics.values()]);
    const { nodes } = bodyOf([...outputs, ...statistics], new Set());
    return new Set(nodes);
  }

  private modelLines(inputs: readonly string[], results: readonly string[]): readonly string[] {
    const draws = this.usesRandom ? ["self.draws = draws = Draws()"] : [];
    const usesBatch = this.forward.some((line) => /\bn\b/.test(line));
    const setup = [...draws, ...this.setup, ...this.plan.buffers];
    return [
      "class Model(nn.Module):",
      "    def __init__(self):",
      "        super().__init__()",
      ...setup.map((line) => `        ${line}`),
      "",
      `    def forward(self, ${inputs.join(", ")}):`,
      ...(usesBatch ? [`        n = len(${inputs[0]})`] : []),
      ...this.forward.map((line) => `        ${line}`),
      `        return ${results.join(", ")}`,
    ];
  }

  private ownName(parameter: string): string {
    const name = this.ownNames.get(parameter);
    invariant(name !== undefined, `the layers have no parameter ${parameter}`);
    return name;
  }

  private context(
    leaf: (storage: string) => string,
    taken: Iterable<string>,
    recognised: ReadonlyMap<Node, Recognised> = new Map(),
    prefixes: readonly string[] = [],
  ): Context {
    return new Context({ rules, leaf, helpers: this.helpers, recognised }, taken, prefixes);
  }

  private writeMask(variable: string, { training, evaluation }: NonNullable<GivenValue["mask"]>): void {
    const name = this.identify(`${variable}_mask`);
    const c = this.context(identifier, this.taken);
    for (const [node, known] of this.known) c.bind(node, known);
    // A mask may read the lengths of sequences, which are another input.
    const [text] = c.write([training]);
    this.forward.push(...c.lines, `${name} = ${text}`);
    this.know(name, training, evaluation);
  }

  private writeLayer(layer: LayerPlan, read: ReadonlySet<Node>): void {
    const { training, evaluation, name } = layer;
    const own = this.plan.parameters.filter((parameter) => parameter.layer === name);
    const isMaskNew =
      training.mask !== undefined && read.has(training.mask) && !this.known.has(training.mask);
    const values = [training.value, ...(isMaskNew ? [training.mask] : [])];
    const known = this.known.get(training.value);
    if (known !== undefined && !isMaskNew) {
      this.know(known, evaluation.value);
      return;
    }
    const variable = this.identify(name);
    const attribute = this.attributes(name);
    const results = isMaskNew ? [variable, this.identify(`${name}_mask`)] : [variable];
    const { nodes, read: operands } = bodyOf(
      [...values, ...training.statistics.values()],
      new Set(this.known.keys()),
    );
    const facts = {
      ...usedNodes(nodes, values),
      type: layer.type,
      result: training.value,
      module: `self.${attribute}`,
    };
    const found = findModule(facts);
    const covered = found?.parameters.map((parameter) => parameter.name) ?? [];
    const module = own.every((parameter) => covered.includes(parameter.name)) ? found : undefined;
    if (module !== undefined) this.useModule(attribute, module);
    const parts = { layer, own, nodes, values, operands, results, attribute, facts, module };
    const text = this.inlineText(parts);
    if (text !== undefined) this.forward.push(`${variable} = ${text}`);
    else this.writeCall(parts);
    this.know(results[0], training.value, evaluation.value);
    if (isMaskNew) this.know(results[1], training.mask, evaluation.mask);
  }

  private useModule(attribute: string, { constructor_, parameters }: FoundModule): void {
    this.setup.push(`self.${attribute} = ${constructor_}`);
    if (constructor_.startsWith("Dropout")) this.usesRandom = true;
    for (const { name, own, axes } of parameters) this.places.set(name, { at: `${attribute}.${own}`, axes });
  }

  /** The layer as one expression, if it is one. */
  private inlineText(parts: LayerParts): string | undefined {
    const { layer, values, own, module, facts, attribute, nodes, results } = parts;
    const hasStates = layer.training.statistics.size > 0;
    const isRandom = nodes.some(({ op }) => op === "random") && module === undefined;
    if (values.length > 1 || hasStates || isRandom) return undefined;
    const c = this.context(
      (storage) => `self.${attribute}.${this.ownName(storage)}`,
      this.taken,
      recognisedIn(facts, module),
    );
    for (const [node, variable] of this.known) c.bind(node, variable);
    const [text] = c.write(values);
    if (c.lines.length > 0 || text.length + results[0].length > mostInline) return undefined;
    if (module === undefined && own.length > 0) {
      const shapes = own.map(({ name, shape }) => `${this.ownName(name)}=(${shape.join(", ")},)`);
      this.setup.push(
        `self.${attribute} = Parameters(${shapes.join(", ").replaceAll(/, (\d+),\)/g, ", $1)")})`,
      );
      this.place(attribute, own);
    }
    return text;
  }

  private place(attribute: string, own: readonly ParameterPlan[]): void {
    for (const { name } of own) this.places.set(name, { at: `${attribute}.${this.ownName(name)}` });
  }

  /** The layer, or what it computes after its module, as a call of a function or of a module. */
  private writeCall(parts: LayerParts): void {
    const { layer, own, module, nodes, operands, results, attribute } = parts;
    const hasRandom = nodes.some(({ op }) => op === "random");
    const isFunction =
      (own.length === 0 || module !== undefined) && layer.training.statistics.size === 0 && !hasRandom;
    if (isFunction && module !== undefined) {
      this.writeAfterModule(parts, module);
      return;
    }
    const variables = operands.map((node) => this.known.get(node) ?? "");
    if (isFunction) {
      const name = this.functionOf(parts, operands);
      this.forward.push(`${results.join(", ")} = ${name}(${variables.join(", ")})`);
      return;
    }
    const type = this.moduleOf(parts);
    if (hasRandom) this.usesRandom = true;
    this.setup.push(`self.${attribute} = ${type}(${hasRandom ? "draws" : ""})`);
    this.place(attribute, own);
    this.forward.push(`${results.join(", ")} = self.${attribute}(${variables.join(", ")})`);
  }

  /** The function of the value that the module computes. */
  private writeAfterModule(parts: LayerParts, module: FoundModule): void {
    const { values, results, facts } = parts;
    const c = this.context(identifier, this.taken, recognisedIn(facts, module));
    for (const [node, variable] of this.known) c.bind(node, variable);
    const [text] = c.write([module.node]);
    const { read } = bodyOf(values, new Set([...this.known.keys(), module.node]));
    const name = this.functionOf(parts, read);
    const given = read.map((node) => (node === module.node ? text : (this.known.get(node) ?? "")));
    this.forward.push(...c.lines, `${results.join(", ")} = ${name}(${given.join(", ")})`);
  }

  /** The name of the function that computes the values from the operands. */
  private functionOf({ layer, values, facts }: LayerParts, operands: readonly Node[]): string {
    const names = argumentNames(operands);
    const taken = [...this.taken, ...names];
    const c = this.context(identifier, taken, recognisedIn(facts, undefined), [layer.name]);
    operands.forEach((node, i) => c.bind(node, names[i]));
    const body = bodyLines(c, values, operands, names);
    const { composite = layer.type } = values[0].origin;
    const code = [`(${names.join(", ")}):`, `    """${composite}"""`, ...body.map((line) => `    ${line}`)];
    return this.shared(code, this.typeNames, `${identifier(composite)}_of`, (name) => [
      `def ${name}${code[0]}`,
      ...code.slice(1),
    ]);
  }

  /** The name of the module that computes the values from the operands. */
  private moduleOf(parts: LayerParts): string {
    const { layer, own, operands, nodes } = parts;
    const names = argumentNames(operands);
    const training = this.modeLines(parts, layer.training, operands, names, true);
    const others = this.evaluationOperands(parts);
    const evaluation = this.modeLines(parts, layer.evaluation, others, names, false);
    const hasRandom = nodes.some(({ op }) => op === "random");
    const statistics = [...layer.training.statistics.keys()].map((parameter) => this.ownName(parameter));
    const isOneMode = training.join("\n") === evaluation.join("\n");
    const forward = isOneMode
      ? training
      : ["if not self.training:", ...evaluation.map((line) => `    ${line}`), ...training];
    const code = [
      `    """A layer of the type ${layer.type}."""`,
      "",
      ...(statistics.length === 0
        ? []
        : [`    statistics = [${statistics.map((each) => `"${each}"`).join(", ")}]`, ""]),
      `    def __init__(self${hasRandom ? ", draws" : ""}):`,
      "        super().__init__()",
      ...(hasRandom ? ["        self.draws = draws"] : []),
      ...own.map(({ name, shape }) => {
        const key = this.ownName(name);
        const zeros = `torch.zeros(${shape.join(", ")})`;
        return statistics.includes(key)
          ? `        self.register_buffer("${key}", ${zeros})`
          : `        self.${key} = nn.Parameter(${zeros})`;
      }),
      "",
      `    def forward(self, ${names.join(", ")}):`,
      ...forward.map((line) => `        ${line}`),
    ];
    return this.shared(code, this.typeNames, className(layer.type), (name) => [
      `class ${name}(nn.Module):`,
      ...code,
    ]);
  }

  /** The operands in evaluation mode, in the order of those in training mode. */
  private evaluationOperands({ operands }: LayerParts): readonly (Node | undefined)[] {
    const variables = operands.map((node) => this.known.get(node));
    return variables.map(
      (variable, i) =>
        [...this.known].findLast(([node, name]) => name === variable && node !== operands[i])?.[0],
    );
  }

  private modeLines(
    { layer, values: { length }, facts }: LayerParts,
    { value, mask, statistics }: LayerValues,
    operands: readonly (Node | undefined)[],
    names: readonly string[],
    isTraining: boolean,
  ): readonly string[] {
    const values = length > 1 && mask !== undefined ? [value, mask] : [value];
    const known = [...this.known.keys()];
    const { nodes } = bodyOf(values, new Set(known));
    const own = isTraining ? facts : usedNodes(nodes, values);
    const c = this.context(
      (storage) => `self.${this.ownName(storage)}`,
      [...this.taken, ...names],
      recognisedIn(own, undefined),
      [layer.name],
    );
    operands.forEach((node, i) => {
      if (node !== undefined) c.bind(node, names[i]);
    });
    const moved = isTraining
      ? [...statistics].map(([parameter, node]) => [this.ownName(parameter), node] as const)
      : [];
    const given = operands.filter((node) => node !== undefined);
    return bodyLines(c, values, given, names, moved);
  }

  /** The name of this code, which is written once. */
  private shared(
    code: readonly string[],
    names: (hint: string) => string,
    hint: string,
    define: (name: string) => readonly string[],
  ): string {
    const key = code.join("\n");
    const known = this.codes.get(key);
    if (known !== undefined) return known.name;
    const name = names(hint);
    this.codes.set(key, { name, definition: define(name) });
    return name;
  }
}

/** The longest name and expression in one line. */
const mostInline = 105;

interface LayerParts {
  readonly layer: LayerPlan;
  readonly own: readonly ParameterPlan[];
  readonly nodes: readonly Node[];
  readonly values: readonly Node[];
  /** The values of other layers that this one reads. */
  readonly operands: readonly Node[];
  readonly results: readonly string[];
  readonly attribute: string;
  readonly facts: LayerNodes;
  readonly module: FoundModule | undefined;
}

/** `dense1.weight` is `weight` in its layer. */
function ownNamesOf(parameters: readonly ParameterPlan[]): ReadonlyMap<string, string> {
  const makers = new Map<string, (hint: string) => string>();
  return new Map(
    parameters.map(({ name, layer }) => {
      const make = makers.get(layer) ?? identifiers(moduleMembers);
      makers.set(layer, make);
      return [name, make(name.slice(layer.length + 1))];
    }),
  );
}

/** The nodes with their uses by each other and as results. */
export function usedNodes(nodes: readonly Node[], results: readonly Node[]): UsedNodes {
  const uses = new Map<Node, number>();
  for (const node of [...nodes.flatMap((each) => operandsOf(each)), ...results])
    uses.set(node, (uses.get(node) ?? 0) + 1);
  return { nodes, usesOf: (node) => uses.get(node) ?? 0 };
}

function recognisedIn(facts: UsedNodes, module: FoundModule | undefined): ReadonlyMap<Node, Recognised> {
  const found = new Map(findFunctions(facts));
  if (module !== undefined) found.set(module.node, module);
  return found;
}

/** `x`, or `x1`, `x2` …; masks are `mask`. */
function argumentNames(operands: readonly Node[]): readonly string[] {
  const isMask = ({ type }: Node) => type.element === "bool";
  const values = operands.filter((node) => !isMask(node));
  const masks = operands.filter(isMask);
  const numbered = (name: string, list: readonly Node[], node: Node) =>
    list.length === 1 ? name : `${name}${list.indexOf(node) + 1}`;
  return operands.map((node) => (isMask(node) ? numbered("mask", masks, node) : numbered("x", values, node)));
}

/** The statements of a function, its size of the batch, and its results. */
function bodyLines(
  c: Context,
  values: readonly Node[],
  operands: readonly Node[],
  names: readonly string[],
  statistics: readonly (readonly [string, Node])[] = [],
): readonly string[] {
  const texts = c.write([...values, ...statistics.map(([, node]) => node)]);
  statistics.forEach(([name], i) => {
    c.line(`self.next_${name} = ${texts[values.length + i]}`);
  });
  c.line(`return ${texts.slice(0, values.length).join(", ")}`);
  const counted = operands.findIndex(({ type }) => type.shape[0] === "n");
  const size = c.usesBatchSize && counted >= 0 ? [`n = len(${names[counted]})`] : [];
  return [...size, ...c.lines];
}

/** Writes the model. `taken`: the names of the emitted file that variables must not hide. */
export const writeModel = (plan: ModelPlan, helpers: Set<Helper>, taken: Iterable<string>): WrittenModel =>
  new ModelWriter(plan, helpers, taken).write();
