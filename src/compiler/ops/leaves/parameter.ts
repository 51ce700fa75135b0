/** A tensor that training moves (or, frozen, leaves alone). The name is that of its storage. */
import { defineOp } from "../define.ts";
import { leaf } from "./leaf.ts";

export const parameter = defineOp({ name: "parameter", ...leaf });
