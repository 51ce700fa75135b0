/**
 * Where a transpose in a formula comes from, in words. It is asked of nearly every gradient: the rule of a
 * product of matrices has two of them, and both come from which sums the chain rule leaves.
 */
import { element } from "../shared/element.ts";
import type { ExplainedNode } from "../../explanation.ts";
import type { Context } from "./context.ts";
import { nodeLink } from "./links.ts";
import { math } from "../shared/math.ts";

/** Nothing for a node in whose formula no transpose stands. */
export function transposeNote(context: Context, node: ExplainedNode): readonly HTMLElement[] {
  const { op, formula, derivation } = node;
  const isView = op === "transpose";
  if (!isView && !formula.text.includes("ᵀ")) return [];
  const isOfProduct =
    derivation?.rule === "contract.vjp" && /^z = x (· )?y$/.test(derivation.general.forward.text);
  const said = isView ? viewText : isOfProduct ? productParts(context, node) : contractionText;
  return [
    element("h3", {}, "Why there is a transpose"),
    ...(typeof said === "string" ? [element("p", {}, said)] : said),
    ...(isView || hasPanels(context)
      ? []
      : [
          element(
            "p",
            { class: "quiet" },
            "No transposed copy is made: the loops read the values where they lie, along the other axis.",
          ),
        ]),
  ];
}

/** Kernels on vectors copy the panels that they read, so of them nothing is said. They are shown as text, too. */
const hasPanels = ({ index }: Context): boolean =>
  index.explanation.kernels.some(({ wat }) => wat !== undefined);

const viewText =
  "A transpose is a view: the same numbers with their axes in another order. It takes no operations; " +
  "whoever reads it reads in that order.";
const contractionText =
  "A product of matrices sums along the rows of its left factor and down the columns of its right one. " +
  "Where a sum runs over the other axis of a factor, that factor is written transposed.";

/**
 * z = x y, element by element:  z[i, j] = Σ_k x[i, k] · y[k, j].  The chain rule then leaves
 *     ∂L/∂y[k, j] = Σ_i x[i, k] · ∂L/∂z[i, j]    and    ∂L/∂x[i, k] = Σ_j ∂L/∂z[i, j] · y[k, j].
 */
function productParts(context: Context, { formula, derivation }: ExplainedNode): readonly HTMLElement[] {
  const isOfRight = !formula.text.endsWith("ᵀ");
  const [x, y] = (derivation?.forwardNode && context.index.nodes.get(derivation.forwardNode)?.operands) || [];
  const here =
    x === undefined || y === undefined
      ? []
      : [
          element(
            "p",
            {},
            "Here x is ",
            nodeLink(context, x),
            " and y is ",
            nodeLink(context, y),
            `; this is the gradient of ${isOfRight ? "y" : "x"}.`,
          ),
        ];
  const shown = (mathml: string, text: string) =>
    element("div", { class: "display" }, math({ mathml: `<math>${mathml}</math>`, text, tex: "" }, true));
  const [z, dz] = [at("z", "ij"), partial(at("z", "ij"))];
  const [xik, ykj] = [at("x", "ik"), at("y", "kj")];
  const forward = shown(`${z}<mo>=</mo>${sum("k")}${xik}${ykj}`, "z_ij = Σ_k x_ik y_kj");
  const gradient = isOfRight
    ? shown(`${partial(ykj)}<mo>=</mo>${sum("i")}${xik}${dz}`, "∂L/∂y_kj = Σ_i x_ik ∂L/∂z_ij")
    : shown(`${partial(xik)}<mo>=</mo>${sum("j")}${dz}${ykj}`, "∂L/∂x_ik = Σ_j ∂L/∂z_ij y_kj");
  return [
    ...here,
    element("p", {}, "Element by element the product is"),
    forward,
    isOfRight
      ? element(
          "p",
          {},
          "so an element of y meets the elements of one column of x, one in each row i, and the chain rule " +
            "adds these rows up:",
        )
      : element(
          "p",
          {},
          "so an element of x meets the elements of one row of y, one for each output j, and the chain rule " +
            "adds these outputs up:",
        ),
    gradient,
    isOfRight
      ? element(
          "p",
          {},
          "A product of matrices sums along the rows of its left factor, but this sum runs down the columns " +
            "of x. So x is written transposed.",
        )
      : element(
          "p",
          {},
          "A product of matrices sums down the columns of its right factor, but this sum runs along the " +
            "rows of y. So y is written transposed.",
        ),
  ];
}

const at = (name: string, indices: string): string =>
  `<msub><mi>${name}</mi><mrow>${[...indices].map((index) => `<mi>${index}</mi>`).join("")}</mrow></msub>`;
const sum = (index: string): string => `<munder><mo>∑</mo><mi>${index}</mi></munder>`;
const partial = (of: string): string =>
  `<mfrac><mrow><mo>∂</mo><mi>L</mi></mrow><mrow><mo>∂</mo>${of}</mrow></mfrac>`;
