/** The comments at the head of a module that explain its notation. */

/** The sentence about the mark of elements, which JavaScript does not have. */
export const notationOfMark = " f[i]! is f[i]:\n// the mark ! tells TypeScript that the element exists.";

/** The notation of the formulas above the kernels. */
export const notation: readonly string[] = [
  "// Notation: a · b is the product of matrices or numbers, aᵀ a transpose; ⊙ and all other operators work element",
  "// by element. Σ_i sums over axis i: i is the row, j the last axis, and k, l, m are the axes between; loops name",
  "// their variables independently. [c] is 1 where c holds, else 0. d_x is the derivative of the loss with respect",
  '// to x; "Gradient of y = f(x) [f.vjp]" computes d_x from d_y (vector-Jacobian product). x_again is x, recomputed',
  `// for the backward pass. at_x is the offset of x in the arena; n is the number of rows of a batch.${notationOfMark}`,
];

/** How to read kernels that are plain loops. */
export const notationOfLoops: readonly string[] = [
  "// Loops: each kernel computes the formulas above it, in their order. f is the arena with all values. Element [i, j]",
  "// of a value x with 10 columns is f[at_x + i * 10 + j]. Offsets that do not change in a loop are computed before it:",
  "// at_x_i is where row i of x begins. A loop adds up a sum in a variable before it stores the sum. With",
  "// `tapeless inspect SPEC --show kernels` you see the same loops next to their costs.",
];
