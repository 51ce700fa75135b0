/** What the step of a recurrence sees of one operand of its scan. It stands in the bodies of recurrences alone. */
import { defineOp } from "../define.ts";
import { leaf } from "./leaf.ts";

export const argument = defineOp({ name: "argument", ...leaf });
