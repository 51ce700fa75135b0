/** A figure as it stands in JSON, which has no NaN: what is not finite is written as null, and read as NaN. */
import * as z from "zod";

export const jsonFigure = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);
