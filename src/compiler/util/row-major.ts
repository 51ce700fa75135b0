/** Arrays in Fortran's order, which NumPy writes for a transposed one, brought into ours. */

/** Values whose first index runs fastest, with the last fastest instead. */
export function rowMajor<T>(values: ArrayLike<T>, shape: readonly number[]): T[] {
  return Array.from({ length: values.length }, (_, at) => {
    let [rest, from, stride] = [at, 0, values.length];
    for (const extent of [...shape].reverse()) {
      stride /= extent;
      from += (rest % extent) * stride;
      rest = Math.floor(rest / extent);
    }
    return values[from];
  });
}
