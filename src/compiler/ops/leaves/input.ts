/** A value of the batch: an input or a target, rows first. The name is that of its storage. */
import { defineOp } from "../define.ts";
import { leaf } from "./leaf.ts";

export const input = defineOp({ name: "input", ...leaf });
