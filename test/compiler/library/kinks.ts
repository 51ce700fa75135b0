/**
 * Functions and their derivatives at kinks, corners and infinities, and PyTorch's values there.
 * docs/numerics.md shows the table; the tests read it from here.
 */
import type { ModelSpec } from "../../../src/compiler/spec/schema.ts";

type Function = Extract<ModelSpec["network"][number], { type: "activation" }>["fn"];

export interface Kink {
  /** The notation in the documentation. */
  readonly name: string;
  readonly fn: Function;
  readonly keys?: {
    readonly slope?: number;
    readonly alpha?: number;
    readonly lambda?: number;
    readonly threshold?: number;
    readonly value?: number;
    readonly surrogate?: "straight-through";
  };
  /** The function as a PyTorch expression of the tensor x. */
  readonly torch: string;
  readonly x: readonly [number, number, number];
  readonly y: readonly [number, number, number];
  readonly dx: readonly [number, number, number];
  /** PyTorch's derivative, if it differs from `dx`. */
  readonly torchDx?: readonly [number, number, number];
}

const formula = (text: string): Function => ({ formula: text });
const [inf, e] = [Infinity, Math.E];

export const kinks: readonly Kink[] = [
  {
    name: "abs(x)",
    fn: formula("abs(x)"),
    torch: "torch.abs(x)",
    x: [-2, 0, 3],
    y: [2, 0, 3],
    dx: [-1, 0, 1],
  },
  { name: "relu", fn: "relu", torch: "F.relu(x)", x: [-2, 0, 3], y: [0, 0, 3], dx: [0, 0, 1] },
  {
    name: "sign(x) + x",
    fn: formula("sign(x) + x"),
    torch: "torch.sign(x) + x",
    x: [-2, 0, 3],
    y: [-3, 0, 4],
    dx: [1, 1, 1],
  },
  {
    name: "floor(x) + x",
    fn: formula("floor(x) + x"),
    torch: "torch.floor(x) + x",
    x: [-0.5, 0, 3],
    y: [-1.5, 0, 6],
    dx: [1, 1, 1],
  },
  {
    name: "max(x, 0)",
    fn: formula("max(x, 0)"),
    torch: "torch.maximum(x, torch.zeros_like(x))",
    x: [-2, 0, 3],
    y: [0, 0, 3],
    dx: [0, 0.5, 1],
  },
  {
    name: "min(x, 0)",
    fn: formula("min(x, 0)"),
    torch: "torch.minimum(x, torch.zeros_like(x))",
    x: [-2, 0, 3],
    y: [-2, 0, 0],
    dx: [1, 0.5, 0],
  },
  {
    name: "clamp(x, -1, 1)",
    fn: formula("clamp(x, -1, 1)"),
    torch: "torch.clamp(x, -1, 1)",
    x: [-1, 1, 3],
    y: [-1, 1, 1],
    dx: [1, 1, 0],
  },
  {
    name: "leaky-relu",
    fn: "leaky-relu",
    keys: { slope: 0.25 },
    torch: "F.leaky_relu(x, 0.25)",
    x: [-2, 0, 3],
    y: [-0.5, 0, 3],
    dx: [0.25, 0.25, 1],
  },
  {
    name: "elu, alpha 2",
    fn: "elu",
    keys: { alpha: 2 },
    torch: "F.elu(x, 2.0)",
    x: [-1000, 0, 1000],
    y: [-2, 0, 1000],
    dx: [0, 2, 1],
  },
  {
    name: "celu, alpha 2",
    fn: "celu",
    keys: { alpha: 2 },
    torch: "F.celu(x, 2.0)",
    x: [-1000, 0, 1000],
    y: [-2, 0, 1000],
    dx: [0, 1, 1],
  },
  {
    name: "selu",
    fn: "selu",
    torch: "F.selu(x)",
    x: [-1000, 0, 1000],
    y: [-1.7580993408473766, 0, 1050.7009873554805],
    dx: [0, 1.7580993408473766, 1.0507009873554805],
  },
  {
    name: "hard-sigmoid",
    fn: "hard-sigmoid",
    torch: "F.hardsigmoid(x)",
    x: [-3, 0, 3],
    y: [0, 0.5, 1],
    dx: [0, 1 / 6, 0],
  },
  { name: "hard-tanh", fn: "hard-tanh", torch: "F.hardtanh(x)", x: [-1, 0, 1], y: [-1, 0, 1], dx: [0, 1, 0] },
  { name: "relu6", fn: "relu6", torch: "F.relu6(x)", x: [0, 3, 6], y: [0, 3, 6], dx: [0, 1, 0] },
  {
    name: "hard-swish",
    fn: "hard-swish",
    torch: "F.hardswish(x)",
    x: [-3, 0, 3],
    y: [0, 0, 3],
    dx: [-0.5, 0.5, 1.5],
  },
  {
    name: "threshold",
    fn: "threshold",
    keys: { threshold: 0.5, value: -1 },
    torch: "F.threshold(x, 0.5, -1.0)",
    x: [0.25, 0.5, 2],
    y: [-1, -1, 2],
    dx: [0, 0, 1],
  },
  {
    name: "hard-shrink",
    fn: "hard-shrink",
    torch: "F.hardshrink(x)",
    x: [-0.5, 0.5, 1],
    y: [0, 0, 1],
    dx: [0, 0, 1],
  },
  {
    name: "soft-shrink, lambda 1",
    fn: "soft-shrink",
    keys: { lambda: 1 },
    torch: "F.softshrink(x, 1.0)",
    x: [-3, 1, 2],
    y: [-2, 0, 1],
    dx: [1, 0, 1],
  },
  {
    name: "log-sigmoid",
    fn: "log-sigmoid",
    torch: "F.logsigmoid(x)",
    x: [-1000, 0, 1000],
    y: [-1000, -Math.LN2, 0],
    dx: [1, 0.5, 0],
  },
  {
    name: "tanh-shrink",
    fn: "tanh-shrink",
    torch: "F.tanhshrink(x)",
    x: [-1000, 0, 1000],
    y: [-999, 0, 999],
    dx: [1, 0, 1],
  },
  {
    name: "softsign",
    fn: "softsign",
    torch: "F.softsign(x)",
    x: [-3, 0, 1],
    y: [-0.75, 0, 0.5],
    dx: [1 / 16, 1, 1 / 4],
  },
  {
    name: "softplus",
    fn: "softplus",
    torch: "F.softplus(x)",
    x: [-1000, 0, 1000],
    y: [0, Math.LN2, 1000],
    dx: [0, 0.5, 1],
  },
  {
    name: "sigmoid",
    fn: "sigmoid",
    torch: "torch.sigmoid(x)",
    x: [-1000, 0, 1000],
    y: [0, 0.5, 1],
    dx: [0, 0.25, 0],
  },
  { name: "tanh", fn: "tanh", torch: "torch.tanh(x)", x: [-1000, 0, 1000], y: [-1, 0, 1], dx: [0, 1, 0] },
  { name: "silu", fn: "silu", torch: "F.silu(x)", x: [-1000, 0, 1000], y: [0, 0, 1000], dx: [0, 0.5, 1] },
  { name: "gelu", fn: "gelu", torch: "F.gelu(x)", x: [-1000, 0, 1000], y: [0, 0, 1000], dx: [0, 0.5, 1] },
  { name: "mish", fn: "mish", torch: "F.mish(x)", x: [-1000, 0, 1000], y: [0, 0, 1000], dx: [0, 0.6, 1] },
  {
    name: "log1p(x)",
    fn: formula("log1p(x)"),
    torch: "torch.log1p(x)",
    x: [-1, 0, 1],
    y: [-inf, 0, Math.LN2],
    dx: [inf, 1, 0.5],
  },
  {
    name: "log(x)",
    fn: formula("log(x)"),
    torch: "torch.log(x)",
    x: [0, 1, e],
    y: [-inf, 0, 1],
    dx: [inf, 1, 1 / e],
  },
  {
    name: "sqrt(x)",
    fn: formula("sqrt(x)"),
    torch: "torch.sqrt(x)",
    x: [0, 0.25, 4],
    y: [0, 0.5, 2],
    dx: [0, 1, 0.25],
    torchDx: [inf, 1, 0.25],
  },
  {
    name: "sqrt(x^2)",
    fn: formula("sqrt(x^2)"),
    torch: "torch.sqrt(x ** 2)",
    x: [-2, 0, 3],
    y: [2, 0, 3],
    dx: [-1, 0, 1],
    torchDx: [-1, NaN, 1],
  },
  { name: "x^0", fn: formula("x^0 + x"), torch: "x ** 0 + x", x: [-1, 0, 2], y: [0, 1, 3], dx: [1, 1, 1] },
  {
    name: "x^0.25",
    fn: formula("x^0.25"),
    torch: "x ** 0.25",
    x: [0, 1, 16],
    y: [0, 1, 2],
    dx: [0, 0.25, 1 / 32],
    torchDx: [inf, 0.25, 1 / 32],
  },
  { name: "x^1.5", fn: formula("x^1.5"), torch: "x ** 1.5", x: [0, 1, 4], y: [0, 1, 8], dx: [0, 1.5, 3] },
  {
    name: "x^x",
    fn: formula("x^x"),
    torch: "x ** x",
    x: [0, 1, 2],
    y: [1, 1, 4],
    dx: [0, 1, 4 * (1 + Math.LN2)],
  },
  {
    name: "0^x",
    fn: formula("0^x"),
    torch: "torch.pow(torch.zeros_like(x), x)",
    x: [0, 1, 2],
    y: [1, 0, 0],
    dx: [0, 0, 0],
  },
  {
    name: "where(x > 0, log(x), 0)",
    fn: formula("where(x > 0, log(x), 0)"),
    torch: "torch.where(x > 0, torch.log(x), 0.0)",
    x: [-1, 0, 1],
    y: [0, 0, 0],
    dx: [0, 0, 1],
    torchDx: [0, NaN, 1],
  },
  {
    name: "where(x > 0, sqrt(x), x)",
    fn: formula("where(x > 0, sqrt(x), x)"),
    torch: "torch.where(x > 0, torch.sqrt(x), x)",
    x: [-1, 0, 4],
    y: [-1, 0, 2],
    dx: [1, 1, 0.25],
    torchDx: [NaN, NaN, 0.25],
  },
  {
    name: "where(x < 50, exp(x), 1)",
    fn: formula("where(x < 50, exp(x), 1)"),
    torch: "torch.where(x < 50, torch.exp(x), 1.0)",
    x: [0, 50, 1000],
    y: [1, 1, 1],
    dx: [1, 0, 0],
    torchDx: [1, 0, NaN],
  },
  {
    name: "where(x == 0, 1, sin(x) / x)",
    fn: formula("where(x == 0, 1, sin(x) / x)"),
    torch: "torch.where(x == 0, 1.0, torch.sin(x) / x)",
    x: [-1000, 0, 0.5],
    y: [Math.sin(1000) / 1000, 1, Math.sin(0.5) * 2],
    dx: [(1000 * Math.cos(1000) - Math.sin(1000)) / -1e6, 0, (0.5 * Math.cos(0.5) - Math.sin(0.5)) * 4],
    torchDx: [
      (1000 * Math.cos(1000) - Math.sin(1000)) / -1e6,
      NaN,
      (0.5 * Math.cos(0.5) - Math.sin(0.5)) * 4,
    ],
  },
  {
    name: "step, straight-through",
    fn: "step",
    keys: { surrogate: "straight-through" },
    torch: "x + ((x >= 0).double() - x).detach()",
    x: [-2, 0, 3],
    y: [0, 1, 1],
    dx: [1, 1, 1],
  },
  {
    name: "huber",
    fn: formula("where(abs(x) < 1, x^2 / 2, abs(x) - 0.5)"),
    torch: "F.huber_loss(x, torch.zeros_like(x), reduction='none')",
    x: [-3, 0, 1],
    y: [2.5, 0, 0.5],
    dx: [-1, 0, 1],
  },
];
