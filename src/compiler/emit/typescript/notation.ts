/** The comments at the head of a module that explain its notation. */

/** The line about the mark `!` after elements. It is omitted in JavaScript, which has no such mark. */
export const notationOfMark =
  "//   f[i]!       the element f[i]; the mark ! tells TypeScript that the element exists\n";

/** The notation of the formulas above the kernels. */
export const notation: readonly string[] = [
  "// Notation",
  "//   a · b       the product of matrices or numbers; aᵀ is the transpose",
  "//   a ⊙ b       the elementwise product; all other operators are elementwise, too",
  "//   Σ_i a       the sum over axis i: i is the axis of rows, j the last axis, and k, l, m the axes between",
  "//               them. Loop variables in the code may have other names.",
  "//   axis 1      the second axis of a value; axis 0 is that of rows",
  "//   [c]         1 where the condition c is true, 0 elsewhere",
  "//   d_x         the derivative of the loss with respect to x",
  "//   [f.vjp]     the gradient of y = f(x) by a vector-Jacobian product, which computes d_x from d_y",
  "//   x_again     the value x, recomputed for the backward pass",
  "//   at_x        the offset of x in the arena, the block of memory that contains all tensors",
  "//   n           the number of rows of the batch",
  notationOfMark.trimEnd(),
];

/** Explains kernels that are plain loops. */
export const notationOfLoops: readonly string[] = [
  "// Loops: each kernel computes the formulas above it, in their order. f is the arena with all values.",
  "// Element [i, j] of a value x with 10 columns is f[at_x + i * 10 + j]. Offsets that do not change in a loop",
  "// are computed before it: at_x_i is where row i of x begins. A loop adds up a sum in a variable before it",
  "// stores the sum. With `tapeless inspect SPEC --show kernels` you see the same loops next to their costs.",
];
