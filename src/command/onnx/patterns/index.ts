/**
 * The table of patterns: each row recognises nodes of an ONNX file as one layer. For a node, the rows with its operator
 * are tried in order, so patterns of several nodes come before those of single nodes.
 */
import type { Pattern } from "../recognition.ts";
import { arrangement } from "./arrangement.ts";
import { attentionPatterns } from "./attention.ts";
import { composedPatterns } from "./composed.ts";
import { pointwise } from "./pointwise.ts";
import { products } from "./products.ts";
import { recurrentPatterns } from "./recurrent.ts";

export const patterns: readonly Pattern[] = [
  ...attentionPatterns,
  ...composedPatterns,
  ...recurrentPatterns,
  ...products,
  ...pointwise,
  ...arrangement,
];
