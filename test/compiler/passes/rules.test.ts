// Every rewrite rule on the smallest graph to which it applies, as text before and after. If a test fails, a
// rule differs from its equation, or a rule has no example here.
import { describe, expect, it } from "vitest";
import type { Graph } from "../../../src/compiler/ir/nodes.ts";
import { rewriteGraph } from "../../../src/compiler/ir/builder.ts";
import { verifyGraph } from "../../../src/compiler/ir/verify.ts";
import { createBuilder, ops } from "../../../src/compiler/ops/index.ts";
import type { Rule } from "../../../src/compiler/passes/rules/define.ts";
import { rules } from "../../../src/compiler/passes/simplify.ts";
import { interpret } from "../../../src/compiler/reference/interpret.ts";
import { graphFrom, plainText } from "../../support/graph-text.ts";
import { anyStorage, compareStorage, isIdentical } from "../../support/tensors.ts";

const zeros = `%0: f64[] = constant {"value":0,"element":"f64"}\n%zeros: f64[n,4] = broadcast %0 {"shape":["n",4]}`;
const ones = `%1: f64[] = constant {"value":1,"element":"f64"}\n%ones: f64[n,4] = broadcast %1 {"shape":["n",4]}`;
const twos = `%2: f64[] = constant {"value":2,"element":"f64"}\n%twos: f64[n,4] = broadcast %2 {"shape":["n",4]}`;
const threes = `%3: f64[] = constant {"value":3,"element":"f64"}\n%threes: f64[n,4] = broadcast %3 {"shape":["n",4]}`;
const fours = `%4: f64[] = constant {"value":4,"element":"f64"}\n%fours: f64[n,4] = broadcast %4 {"shape":["n",4]}`;
/** x − mean x along the last axis. */
const centred = `
  %sum: f64[n] = reduceSum %x {"axes":[1]}
  %four: f64[] = constant {"value":4,"element":"f64"}
  %count: f64[n] = broadcast %four {"shape":["n"]}
  %mean: f64[n] = divide %sum, %count
  %repeated: f64[n,4] = broadcast %mean {"shape":["n",4],"axes":[0]}
  %centred: f64[n,4] = subtract %x, %repeated`;
const nothing = 'output "z" = %x';

/** For each rule, by name: graphs before and after the rule. */
const rows: Readonly<Record<string, readonly (readonly [before: string, after: string])[]>> = {
  "add-zero": [
    [`${zeros}\n%z: f64[n,4] = add %x, %zeros`, nothing],
    [`${zeros}\n%z: f64[n,4] = add %zeros, %x`, nothing],
  ],
  "choose-once": [
    [
      `%c: bool[n,4] = less %x, %y
       %0: f64[n,4] = select %c, %x, %y
       %1: f64[n,4] = multiply %0, %x
       %z: f64[n,4] = select %c, %1, %y`,
      `%c: bool[n,4] = less %x, %y
       %1: f64[n,4] = multiply %x, %x
       %z: f64[n,4] = select %c, %1, %y`,
    ],
    [
      `%c: bool[n,4] = less %x, %y
       %0: f64[n,4] = select %c, %x, %y
       %z: f64[n,4] = select %c, %x, %0`,
      `%c: bool[n,4] = less %x, %y
       %z: f64[n,4] = select %c, %x, %y`,
    ],
  ],
  "join-choices": [
    [
      `${zeros}
       %c: bool[n,4] = less %x, %y
       %0: f64[n,4] = select %c, %x, %zeros
       %1: f64[n,4] = select %c, %zeros, %y
       %z: f64[n,4] = add %0, %1`,
      `${zeros}
       %c: bool[n,4] = less %x, %y
       %0: f64[n,4] = add %x, %zeros
       %1: f64[n,4] = add %zeros, %y
       %z: f64[n,4] = select %c, %0, %1`,
    ],
    [
      `${zeros}
       %0: f64[n,4] = select %m, %x, %zeros
       %1: f64[n,4] = select %m, %zeros, %y
       %z: f64[n,4] = subtract %0, %1`,
      `${zeros}
       %0: f64[n,4] = subtract %x, %zeros
       %1: f64[n,4] = subtract %zeros, %y
       %z: f64[n,4] = select %m, %0, %1`,
    ],
  ],
  "subtract-zero": [[`${zeros}\n%z: f64[n,4] = subtract %x, %zeros`, nothing]],
  "subtract-from-zero": [[`${zeros}\n%z: f64[n,4] = subtract %zeros, %x`, "%z: f64[n,4] = negate %x"]],
  "multiply-by-one": [
    [`${ones}\n%z: f64[n,4] = multiply %x, %ones`, nothing],
    [`${ones}\n%z: f64[n,4] = multiply %ones, %x`, nothing],
  ],
  "multiply-by-zero": [[`${zeros}\n%z: f64[n,4] = multiply %x, %zeros`, `${zeros}\noutput "z" = %zeros`]],
  "multiply-by-minus-one": [
    [
      `%0: f64[] = constant {"value":-1,"element":"f64"}
       %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
       %z: f64[n,4] = multiply %x, %1`,
      "%z: f64[n,4] = negate %x",
    ],
  ],
  "divide-by-one": [[`${ones}\n%z: f64[n,4] = divide %x, %ones`, nothing]],
  "divide-by-scalar": [
    [
      `%0: f64[n,4] = broadcast %c {"shape":["n",4]}
       %z: f64[n,4] = divide %x, %0`,
      `%1: f64[] = constant {"value":1,"element":"f64"}
       %r: f64[] = divide %1, %c
       %2: f64[n,4] = broadcast %r {"shape":["n",4]}
       %z: f64[n,4] = multiply %x, %2`,
    ],
  ],
  "negate-negate": [["%0: f64[n,4] = negate %x\n%z: f64[n,4] = negate %0", nothing]],
  "add-negated": [
    ["%0: f64[n,4] = negate %y\n%z: f64[n,4] = add %x, %0", "%z: f64[n,4] = subtract %x, %y"],
    ["%0: f64[n,4] = negate %y\n%z: f64[n,4] = add %0, %x", "%z: f64[n,4] = subtract %x, %y"],
  ],
  "subtract-negated": [
    ["%0: f64[n,4] = negate %y\n%z: f64[n,4] = subtract %x, %0", "%z: f64[n,4] = add %x, %y"],
  ],
  "negate-factor": [
    [
      "%0: f64[n,4] = negate %x\n%z: f64[n,4] = multiply %0, %y",
      "%0: f64[n,4] = multiply %x, %y\n%z: f64[n,4] = negate %0",
    ],
  ],
  "negate-dividend": [
    [
      "%0: f64[n,4] = negate %x\n%z: f64[n,4] = divide %0, %y",
      "%0: f64[n,4] = divide %x, %y\n%z: f64[n,4] = negate %0",
    ],
  ],
  "negate-difference": [
    ["%0: f64[n,4] = subtract %x, %y\n%z: f64[n,4] = negate %0", "%z: f64[n,4] = subtract %y, %x"],
  ],
  double: [["%z: f64[n,4] = add %x, %x", `${twos}\n%z: f64[n,4] = multiply %twos, %x`]],
  "multiply-constants": [
    [
      `${twos}
       %0: f64[n,4] = multiply %x, %twos
       %z: f64[n,4] = multiply %twos, %0`,
      `%4: f64[] = constant {"value":4,"element":"f64"}
       %fours: f64[n,4] = broadcast %4 {"shape":["n",4]}
       %z: f64[n,4] = multiply %fours, %x`,
    ],
  ],
  "power-of-two": [[`${twos}\n%z: f64[n,4] = power %x, %twos`, "%z: f64[n,4] = multiply %x, %x"]],
  "constant-outward": [
    [
      `${twos}
       %0: f64[n,4] = multiply %twos, %y
       %z: f64[n,4] = multiply %x, %0`,
      `${twos}
       %0: f64[n,4] = multiply %x, %y
       %z: f64[n,4] = multiply %twos, %0`,
    ],
  ],
  "power-of-constant": [
    [
      `${threes}\n%z: f64[n,4] = power %threes, %x`,
      `%0: f64[] = constant {"value":${Math.log(3)},"element":"f64"}
       %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
       %2: f64[n,4] = multiply %x, %1
       %z: f64[n,4] = exp %2`,
    ],
  ],
  "power-of-one": [[`${ones}\n%z: f64[n,4] = power %x, %ones`, nothing]],
  "select-same": [["%z: f64[n,4] = select %m, %x, %x", nothing]],
  "cast-same": [['%z: f64[n,4] = cast %x {"element":"f64"}', nothing]],

  "normalise-exponentials": [
    [
      `%e: f64[n,4] = exp %x
       %sum: f64[n] = reduceSum %e {"axes":[1]}
       %0: f64[n] = divide %s, %sum
       %1: f64[n,4] = broadcast %0 {"shape":["n",4],"axes":[0]}
       %z: f64[n,4] = multiply %1, %e`,
      `%1: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %e: f64[n,4] = exp %x
       %sum: f64[n] = reduceSum %e {"axes":[1]}
       %2: f64[n,4] = broadcast %sum {"shape":["n",4],"axes":[0]}
       %softmax: f64[n,4] = divide %e, %2
       %z: f64[n,4] = multiply %1, %softmax`,
    ],
  ],
  "common-factor": [
    [
      `%f: f64[n,4] = broadcast %c {"shape":["n",4]}
       %0: f64[n,4] = multiply %f, %x
       %1: f64[n,4] = multiply %y, %f
       %z: f64[n,4] = subtract %0, %1`,
      `%f: f64[n,4] = broadcast %c {"shape":["n",4]}
       %0: f64[n,4] = subtract %x, %y
       %z: f64[n,4] = multiply %f, %0`,
    ],
    [
      `%f: f64[n,4] = broadcast %c {"shape":["n",4]}
       %0: f64[n,4] = multiply %f, %x
       %1: f64[n,4] = multiply %f, %y
       %z: f64[n,4] = add %0, %1`,
      `%f: f64[n,4] = broadcast %c {"shape":["n",4]}
       %0: f64[n,4] = add %x, %y
       %z: f64[n,4] = multiply %f, %0`,
    ],
  ],
  "negate-choice": [
    [
      `${zeros}
       %0: f64[n,4] = negate %x
       %z: f64[n,4] = select %m, %0, %zeros`,
      `${zeros}
       %0: f64[n,4] = select %m, %x, %zeros
       %z: f64[n,4] = negate %0`,
    ],
    [
      `${zeros}
       %0: f64[n,4] = negate %x
       %z: f64[n,4] = select %m, %zeros, %0`,
      `${zeros}
       %0: f64[n,4] = select %m, %zeros, %x
       %z: f64[n,4] = negate %0`,
    ],
  ],
  "softmax-cross-entropy": [
    [
      `%f: f64[n,4] = broadcast %c {"shape":["n",4]}
       ${zeros}
       %0: f64[n,4] = multiply %f, %y
       %1: f64[n,4] = select %m, %f, %zeros
       %z: f64[n,4] = subtract %0, %1`,
      `%f: f64[n,4] = broadcast %c {"shape":["n",4]}
       %1: f64[n,4] = cast %m {"element":"f64"}
       %2: f64[n,4] = subtract %y, %1
       %z: f64[n,4] = multiply %f, %2`,
    ],
  ],

  "reshape-nothing": [['%z: f64[n,4] = reshape %x {"shape":["n",4]}', nothing]],
  "reshape-reshape": [
    [
      `%0: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
       %z: f64[n,1,4] = reshape %0 {"shape":["n",1,4]}`,
      '%z: f64[n,1,4] = reshape %x {"shape":["n",1,4]}',
    ],
  ],
  "transpose-nothing": [['%z: f64[n,4] = transpose %x {"permutation":[0,1]}', nothing]],
  "transpose-transpose": [
    [
      `%0: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
       %1: f64[2,n,2] = transpose %0 {"permutation":[1,0,2]}
       %z: f64[2,2,n] = transpose %1 {"permutation":[2,0,1]}`,
      `%0: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
       %z: f64[2,2,n] = transpose %0 {"permutation":[2,1,0]}`,
    ],
  ],
  "broadcast-nothing": [['%z: f64[n,4] = broadcast %x {"shape":["n",4],"axes":[0,1]}', nothing]],
  "broadcast-broadcast": [
    [
      `%0: f64[2,4] = broadcast %v {"shape":[2,4],"axes":[1]}
       %z: f64[n,2,4] = broadcast %0 {"shape":["n",2,4],"axes":[1,2]}`,
      '%z: f64[n,2,4] = broadcast %v {"shape":["n",2,4],"axes":[2]}',
    ],
  ],
  "compute-before-repeating": [
    [
      `%0: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %1: f64[n,4] = broadcast %c {"shape":["n",4]}
       %z: f64[n,4] = add %0, %1`,
      `%0: f64[n] = broadcast %c {"shape":["n"]}
       %1: f64[n] = add %s, %0
       %z: f64[n,4] = broadcast %1 {"shape":["n",4],"axes":[0]}`,
    ],
    [
      `%0: f64[n,4,2] = broadcast %v {"shape":["n",4,2],"axes":[1]}
       %1: f64[n,4,2] = broadcast %a {"shape":["n",4,2],"axes":[1,2]}
       %z: f64[n,4,2] = add %0, %1`,
      `%0: f64[4,2] = broadcast %v {"shape":[4,2],"axes":[0]}
       %1: f64[4,2] = add %0, %a
       %z: f64[n,4,2] = broadcast %1 {"shape":["n",4,2],"axes":[1,2]}`,
    ],
  ],
  "negate-before-view": [
    [
      `%0: f64[4] = negate %v
       %z: f64[n,4] = broadcast %0 {"shape":["n",4],"axes":[1]}`,
      `%0: f64[n,4] = broadcast %v {"shape":["n",4],"axes":[1]}
       %z: f64[n,4] = negate %0`,
    ],
  ],
  "sum-of-repeated": [
    [
      `%0: f64[n,2,4] = broadcast %v {"shape":["n",2,4],"axes":[2]}
       %z: f64[n] = reduceSum %0 {"axes":[1,2]}`,
      `%2: f64[] = constant {"value":2,"element":"f64"}
       %3: f64[n] = broadcast %2 {"shape":["n"]}
       %lean: f64[n,4] = broadcast %v {"shape":["n",4],"axes":[1]}
       %sum: f64[n] = reduceSum %lean {"axes":[1]}
       %z: f64[n] = multiply %3, %sum`,
    ],
    [
      `%0: f64[n,4] = broadcast %v {"shape":["n",4],"axes":[1]}
       %z: f64[4] = reduceSum %0 {"axes":[0]}`,
      `%n: f64[] = batchSize {"element":"f64"}
       %3: f64[4] = broadcast %n {"shape":[4]}
       %lean: f64[4] = broadcast %v {"shape":[4],"axes":[0]}
       %sum: f64[4] = reduceSum %lean
       %z: f64[4] = multiply %3, %sum`,
    ],
  ],
  "sum-of-nothing": [["%z: f64[n,4] = reduceSum %x", nothing]],
  "factor-out-of-sum": [
    [
      `%0: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %1: f64[n,4] = multiply %0, %x
       %z: f64[n] = reduceSum %1 {"axes":[1]}`,
      `%0: f64[n] = broadcast %s {"shape":["n"],"axes":[0]}
       %1: f64[n] = reduceSum %x {"axes":[1]}
       %z: f64[n] = multiply %0, %1`,
    ],
    [
      `%0: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %1: f64[n,4] = multiply %x, %0
       %2: f64[n,4] = multiply %1, %y
       %z: f64[n] = reduceSum %2 {"axes":[1]}`,
      `%0: f64[n] = broadcast %s {"shape":["n"],"axes":[0]}
       %1: f64[n,4] = multiply %x, %y
       %2: f64[n] = reduceSum %1 {"axes":[1]}
       %z: f64[n] = multiply %0, %2`,
    ],
  ],
  "contract-transposed": [
    [
      `%t: f64[4,n] = transpose %x {"permutation":[1,0]}
       %z: f64[n,2] = contract %t, %a {"sumX":[0],"sumY":[0]}`,
      '%z: f64[n,2] = contract %x, %a {"sumX":[1],"sumY":[0]}',
    ],
    [
      `%t: f64[2,4] = transpose %a {"permutation":[1,0]}
       %z: f64[n,2] = contract %x, %t {"sumX":[1],"sumY":[1]}`,
      '%z: f64[n,2] = contract %x, %a {"sumX":[1],"sumY":[0]}',
    ],
  ],
  "double-term": [
    [
      "%p: f64[n,4] = add %y, %x\n%z: f64[n,4] = add %p, %x",
      `%0: f64[] = constant {"value":2,"element":"f64"}
       %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
       %2: f64[n,4] = multiply %1, %x
       %z: f64[n,4] = add %y, %2`,
    ],
    [
      "%p: f64[n,4] = subtract %y, %x\n%z: f64[n,4] = subtract %p, %x",
      `%0: f64[] = constant {"value":2,"element":"f64"}
       %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
       %2: f64[n,4] = multiply %1, %x
       %z: f64[n,4] = subtract %y, %2`,
    ],
  ],
  "negate-out-of-sum": [
    [
      `%p: f64[n,4] = negate %x\n%z: f64[n] = reduceSum %p {"axes":[1]}`,
      `%0: f64[n] = reduceSum %x {"axes":[1]}\n%z: f64[n] = negate %0`,
    ],
  ],
  "divisor-out-of-sum": [
    [
      `%r: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %p: f64[n,4] = divide %x, %r
       %z: f64[n] = reduceSum %p {"axes":[1]}`,
      `%0: f64[n] = reduceSum %x {"axes":[1]}
       %1: f64[n] = broadcast %s {"shape":["n"],"axes":[0]}
       %z: f64[n] = divide %0, %1`,
    ],
  ],
  "join-quotients": [
    [
      `%r: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %p: f64[n,4] = divide %x, %r
       %q: f64[n,4] = divide %y, %r
       %z: f64[n,4] = subtract %p, %q`,
      `%0: f64[n,4] = subtract %x, %y
       %1: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %z: f64[n,4] = divide %0, %1`,
    ],
    [
      `%r: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %p: f64[n,4] = divide %x, %r
       %t: f64[n] = reduceSum %y {"axes":[1]}
       %u: f64[n] = divide %t, %s
       %v1: f64[n,4] = broadcast %u {"shape":["n",4],"axes":[0]}
       %q: f64[n,4] = multiply %v1, %y
       %z: f64[n,4] = subtract %p, %q`,
      `%0: f64[n] = reduceSum %y {"axes":[1]}
       %1: f64[n,4] = broadcast %0 {"shape":["n",4],"axes":[0]}
       %2: f64[n,4] = multiply %1, %y
       %3: f64[n,4] = subtract %x, %2
       %4: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %z: f64[n,4] = divide %3, %4`,
    ],
  ],
  "cancel-constants": [
    [
      `${twos}
       ${fours}
       %0: f64[n,4] = multiply %fours, %y
       %1: f64[n,4] = divide %x, %0
       %z: f64[n,4] = multiply %twos, %1`,
      `%0: f64[] = constant {"value":0.5,"element":"f64"}
       %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
       %2: f64[n,4] = divide %x, %y
       %z: f64[n,4] = multiply %1, %2`,
    ],
  ],
  "mean-first": [
    [
      `%t: f64[n] = reduceSum %x {"axes":[1]}
       %q: f64[n] = divide %t, %s
       %0: f64[] = constant {"value":4,"element":"f64"}
       %1: f64[n] = broadcast %0 {"shape":["n"]}
       %z: f64[n] = divide %q, %1`,
      `%t: f64[n] = reduceSum %x {"axes":[1]}
       %0: f64[] = constant {"value":4,"element":"f64"}
       %1: f64[n] = broadcast %0 {"shape":["n"]}
       %q: f64[n] = divide %t, %1
       %z: f64[n] = divide %q, %s`,
    ],
    [
      `%t: f64[n] = reduceSum %x {"axes":[1]}
       %q: f64[n] = divide %t, %s
       %1: f64[n] = broadcast %c {"shape":["n"]}
       %z: f64[n] = multiply %1, %q`,
      `%t: f64[n] = reduceSum %x {"axes":[1]}
       %1: f64[n] = broadcast %c {"shape":["n"]}
       %q: f64[n] = multiply %t, %1
       %z: f64[n] = divide %q, %s`,
    ],
  ],
  "reuse-quotient": [
    [
      `%r: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %q: f64[n,4] = divide %x, %r
       %p: f64[n,4] = multiply %y, %q
       %t: f64[n] = reduceSum %p {"axes":[1]}
       %u: f64[n] = divide %t, %s
       %w: f64[n,4] = broadcast %u {"shape":["n",4],"axes":[0]}
       %z: f64[n,4] = multiply %w, %x`,
      `%r: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %q: f64[n,4] = divide %x, %r
       %p: f64[n,4] = multiply %y, %q
       %t: f64[n] = reduceSum %p {"axes":[1]}
       %w: f64[n,4] = broadcast %t {"shape":["n",4],"axes":[0]}
       %z: f64[n,4] = multiply %w, %q`,
    ],
  ],
  "divide-factor": [
    [
      `%d: f64[n] = exp %s
       %0: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %1: f64[n,4] = broadcast %d {"shape":["n",4],"axes":[0]}
       %2: f64[n,4] = multiply %x, %0
       %z: f64[n,4] = divide %2, %1`,
      `%d: f64[n] = exp %s
       %0: f64[n] = divide %s, %d
       %1: f64[n,4] = broadcast %0 {"shape":["n",4],"axes":[0]}
       %z: f64[n,4] = multiply %1, %x`,
    ],
  ],
  "factor-repeated": [
    [
      `%d: f64[n] = reduceSum %y {"axes":[1]}
       %0: f64[n] = multiply %s, %d
       %1: f64[n,4] = broadcast %0 {"shape":["n",4],"axes":[0]}
       %2: f64[n,4] = multiply %1, %y
       %c: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %3: f64[n,4] = multiply %c, %x
       %z: f64[n,4] = subtract %3, %2`,
      `%c: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %d: f64[n] = reduceSum %y {"axes":[1]}
       %0: f64[n,4] = broadcast %d {"shape":["n",4],"axes":[0]}
       %1: f64[n,4] = multiply %0, %y
       %2: f64[n,4] = subtract %x, %1
       %z: f64[n,4] = multiply %c, %2`,
    ],
    [
      `%d: f64[n] = reduceSum %y {"axes":[1]}
       %e: f64[n] = exp %s
       %q: f64[n] = divide %s, %e
       %0: f64[n] = multiply %s, %d
       %1: f64[n] = divide %0, %e
       %2: f64[n,4] = broadcast %1 {"shape":["n",4],"axes":[0]}
       %c: f64[n,4] = broadcast %q {"shape":["n",4],"axes":[0]}
       %3: f64[n,4] = multiply %x, %c
       %z: f64[n,4] = add %2, %3`,
      `%e: f64[n] = exp %s
       %q: f64[n] = divide %s, %e
       %c: f64[n,4] = broadcast %q {"shape":["n",4],"axes":[0]}
       %d: f64[n] = reduceSum %y {"axes":[1]}
       %0: f64[n,4] = broadcast %d {"shape":["n",4],"axes":[0]}
       %1: f64[n,4] = add %0, %x
       %z: f64[n,4] = multiply %c, %1`,
    ],
  ],
  "scale-before-repeating": [
    [
      `${twos}
       %r: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %0: f64[n,4] = multiply %r, %x
       %z: f64[n,4] = multiply %twos, %0`,
      `%2: f64[] = constant {"value":2,"element":"f64"}
       %0: f64[n] = broadcast %2 {"shape":["n"]}
       %1: f64[n] = multiply %0, %s
       %r: f64[n,4] = broadcast %1 {"shape":["n",4],"axes":[0]}
       %z: f64[n,4] = multiply %r, %x`,
    ],
  ],
  "choose-nonzero": [
    [
      `${zeros}
       ${ones}
       %0: f64[n,4] = multiply %x, %x
       %1: f64[n,4] = add %0, %ones
       %2: f64[n,4] = sqrt %1
       %3: bool[n,4] = equal %2, %zeros
       %z: f64[n,4] = select %3, %x, %y`,
      'output "z" = %y',
    ],
  ],
  "drop-centred-term": [
    [
      `${centred}
       %w: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
       %0: f64[n,4] = multiply %w, %centred
       %1: f64[n,4] = subtract %y, %0
       %z: f64[n] = reduceSum %1 {"axes":[1]}`,
      '%z: f64[n] = reduceSum %y {"axes":[1]}',
    ],
    [
      `%sum: f64[4] = reduceSum %x {"axes":[0]}
       %rows: f64[] = batchSize {"element":"f64"}
       %1: f64[] = constant {"value":1,"element":"f64"}
       %0: f64[] = divide %1, %rows
       %reciprocal: f64[4] = broadcast %0 {"shape":[4]}
       %mean: f64[4] = multiply %sum, %reciprocal
       %repeated: f64[n,4] = broadcast %mean {"shape":["n",4],"axes":[1]}
       %centred: f64[n,4] = subtract %x, %repeated
       %2: f64[n,4] = subtract %centred, %y
       %z: f64[4] = reduceSum %2 {"axes":[0]}`,
      `%0: f64[4] = reduceSum %y {"axes":[0]}
       %z: f64[4] = negate %0`,
    ],
  ],
  "normalise-quotient": [
    [
      `%e: f64[n,4] = exp %x
       %t: f64[n] = reduceSum %e {"axes":[1]}
       %r: f64[n,4] = broadcast %t {"shape":["n",4],"axes":[0]}
       %p: f64[n,4] = divide %y, %r
       %z: f64[n,4] = multiply %p, %e`,
      `%0: f64[n,4] = exp %x
       %1: f64[n] = reduceSum %0 {"axes":[1]}
       %2: f64[n,4] = broadcast %1 {"shape":["n",4],"axes":[0]}
       %3: f64[n,4] = divide %0, %2
       %z: f64[n,4] = multiply %y, %3`,
    ],
  ],
  "slice-nothing": [[`%z: f64[n,4] = slice %x {"start":[0,0],"shape":["n",4]}`, nothing]],
  "pad-nothing": [[`%z: f64[n,4] = pad %x {"before":[0,0],"after":[0,0],"value":0}`, nothing]],
  "transpose-operands": [
    [
      `%r: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
       %p: f64[2,2,4] = contract %r, %y {"sumX":[0],"sumY":[0]}
       %z: f64[2,2,4] = transpose %p {"permutation":[1,0,2]}`,
      `%0: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
       %1: f64[n,2,2] = transpose %0 {"permutation":[0,2,1]}
       %z: f64[2,2,4] = contract %1, %y {"sumX":[0],"sumY":[0]}`,
    ],
  ],
  "windows-along-all": [
    [
      `%r: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
       %w: f64[n,1,2,2] = window %r {"axes":[1],"size":[2],"stride":[1],"dilation":[1]}
       %z: f64[n,1,1,2,2] = window %w {"axes":[2],"size":[2],"stride":[3],"dilation":[1]}`,
      `%r: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
       %z: f64[n,1,1,2,2] = window %r {"axes":[1,2],"size":[2,2],"stride":[1,3],"dilation":[1,1]}`,
    ],
  ],
  tiles: [
    [
      `%z: f64[n,2,2] = window %x {"axes":[1],"size":[2],"stride":[2],"dilation":[1]}`,
      `%0: f64[n,4] = slice %x {"start":[0,0],"shape":["n",4]}
       %1: f64[n,2,2] = reshape %0 {"shape":["n",2,2]}
       %z: f64[n,2,2] = transpose %1 {"permutation":[0,1,2]}`,
    ],
  ],
  "join-tiles": [
    [
      `%w: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
       %z: f64[n,5] = fold %w {"axes":[1],"size":[2],"stride":[2],"dilation":[1],"shape":["n",5]}`,
      `%0: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
       %1: f64[n,2,2] = transpose %0 {"permutation":[0,1,2]}
       %2: f64[n,4] = reshape %1 {"shape":["n",4]}
       %z: f64[n,5] = pad %2 {"before":[0,0],"after":[0,1],"value":0}`,
    ],
    [
      `%w: f64[n,1,1,1,2,2] = reshape %x {"shape":["n",1,1,1,2,2]}
       %z: f64[n,2,2,1] = fold %w {"axes":[1,2],"size":[2,2],"stride":[2,2],"dilation":[1,1],"shape":["n",2,2,1]}`,
      `%0: f64[n,1,1,1,2,2] = reshape %x {"shape":["n",1,1,1,2,2]}
       %1: f64[n,1,2,1,2,1] = transpose %0 {"permutation":[0,1,4,2,5,3]}
       %2: f64[n,2,2,1] = reshape %1 {"shape":["n",2,2,1]}
       %z: f64[n,2,2,1] = pad %2 {"before":[0,0,0,0],"after":[0,0,0,0],"value":0}`,
    ],
  ],
  "join-boxes": [
    [
      `%a: f64[n,1] = slice %x {"start":[0,0],"shape":["n",1]}
       %b: f64[n,3] = slice %y {"start":[0,0],"shape":["n",3]}
       %p: f64[n,4] = pad %a {"before":[0,3],"after":[0,0],"value":0}
       %q: f64[n,4] = pad %b {"before":[0,0],"after":[0,1],"value":0}
       %z: f64[n,4] = add %p, %q`,
      `%0: f64[n,3] = slice %y {"start":[0,0],"shape":["n",3]}
       %1: f64[n,1] = slice %x {"start":[0,0],"shape":["n",1]}
       %z: f64[n,4] = concat %0, %1 {"axis":1}`,
    ],
  ],
  "transpose-contraction": [
    [
      `%0: f64[3,2] = contract %b, %a {"sumX":[0],"sumY":[0]}
       %z: f64[2,3] = transpose %0 {"permutation":[1,0]}`,
      '%z: f64[2,3] = contract %a, %b {"sumX":[0],"sumY":[0]}',
    ],
  ],
};

/** Graphs that a rule must not change. */
const refusals: readonly (readonly [rule: string, why: string, text: string])[] = [
  [
    "contract-transposed",
    "free axes would be swapped",
    `%w: f64[n,2,2] = reshape %x {"shape":["n",2,2]}
     %t: f64[2,n,2] = transpose %w {"permutation":[1,0,2]}
     %z: f64[2,n,4] = contract %t, %a {"sumX":[2],"sumY":[1]}`,
  ],
  [
    "multiply-by-minus-one",
    "integers have no negation",
    `%i: i32[n,4] = cast %x {"element":"i32"}
     %0: i32[] = constant {"value":-1,"element":"i32"}
     %1: i32[n,4] = broadcast %0 {"shape":["n",4]}
     %z: i32[n,4] = multiply %i, %1`,
  ],
  [
    "subtract-from-zero",
    "integers have no negation",
    `%i: i32[n,4] = cast %x {"element":"i32"}
     %0: i32[] = constant {"value":0,"element":"i32"}
     %1: i32[n,4] = broadcast %0 {"shape":["n",4]}
     %z: i32[n,4] = subtract %1, %i`,
  ],
  ["double", "x + y is not twice a value", "%z: f64[n,4] = add %x, %y"],
  [
    "factor-out-of-sum",
    "the factor varies along the sum",
    `%0: f64[n,4] = broadcast %v {"shape":["n",4],"axes":[1]}
     %1: f64[n,4] = multiply %0, %x
     %z: f64[n] = reduceSum %1 {"axes":[1]}`,
  ],
  [
    "normalise-exponentials",
    "the sum has other terms",
    `%e: f64[n,4] = exp %x
     %sum: f64[n] = reduceSum %y {"axes":[1]}
     %0: f64[n] = divide %s, %sum
     %1: f64[n,4] = broadcast %0 {"shape":["n",4],"axes":[0]}
     %z: f64[n,4] = multiply %1, %e`,
  ],
  [
    "divisor-out-of-sum",
    "the divisor varies along the sum",
    `%0: f64[n,4] = broadcast %v {"shape":["n",4],"axes":[1]}
     %1: f64[n,4] = divide %x, %0
     %z: f64[n] = reduceSum %1 {"axes":[1]}`,
  ],
  [
    "common-factor",
    "the factors differ",
    `%f: f64[n,4] = broadcast %c {"shape":["n",4]}
     %d: f64[n,4] = broadcast %v {"shape":["n",4],"axes":[1]}
     %0: f64[n,4] = multiply %f, %x
     %1: f64[n,4] = multiply %d, %y
     %z: f64[n,4] = subtract %0, %1`,
  ],
  [
    "softmax-cross-entropy",
    "the factor is not the selected value",
    `%f: f64[n,4] = broadcast %c {"shape":["n",4]}
     ${zeros}
     %0: f64[n,4] = multiply %f, %y
     %1: f64[n,4] = select %m, %x, %zeros
     %z: f64[n,4] = subtract %0, %1`,
  ],
  [
    "join-boxes",
    "the boxes overlap",
    `%a2: f64[n,2] = slice %x {"start":[0,0],"shape":["n",2]}
     %b2: f64[n,2] = slice %y {"start":[0,0],"shape":["n",2]}
     %p: f64[n,4] = pad %a2 {"before":[0,0],"after":[0,2],"value":0}
     %q: f64[n,4] = pad %b2 {"before":[0,1],"after":[0,1],"value":0}
     %z: f64[n,4] = add %p, %q`,
  ],
  [
    "windows-along-all",
    "the second windows are along the elements of the first",
    `%w: f64[n,2,3] = window %x {"axes":[1],"size":[3],"stride":[1],"dilation":[1]}
     %z: f64[n,2,2,2] = window %w {"axes":[2],"size":[2],"stride":[1],"dilation":[1]}`,
  ],
  [
    "tiles",
    "positions inside a window are not adjacent",
    `%z: f64[n,1,2] = window %x {"axes":[1],"size":[2],"stride":[2],"dilation":[2]}`,
  ],
  [
    "subtract-zero",
    "−0 − (−0) is 0",
    `%0: f64[] = constant {"value":"-0","element":"f64"}
     %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
     %z: f64[n,4] = subtract %x, %1`,
  ],
  [
    "divide-by-scalar",
    "one division costs less than a division and a product",
    `%0: f64[1] = reshape %c {"shape":[1]}
     %d: f64[] = exp %c
     %1: f64[1] = broadcast %d {"shape":[1]}
     %z: f64[1] = divide %0, %1`,
  ],
  [
    "multiply-constants",
    "the product of the constants is 0",
    `%0: f64[] = constant {"value":1e-200,"element":"f64"}
     %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
     %2: f64[n,4] = multiply %1, %x
     %z: f64[n,4] = multiply %1, %2`,
  ],
  [
    "constant-outward",
    "an infinite constant makes NaN of a product that underflows",
    `%0: f64[] = constant {"value":"Infinity","element":"f64"}
     %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
     %2: f64[n,4] = multiply %1, %x
     %z: f64[n,4] = multiply %2, %y`,
  ],
  [
    "power-of-constant",
    "an infinite constant to the power of 0 is 1, and 0 · ∞ is NaN",
    `%0: f64[] = constant {"value":"Infinity","element":"f64"}
     %1: f64[n,4] = broadcast %0 {"shape":["n",4]}
     %z: f64[n,4] = power %1, %x`,
  ],
  [
    "join-quotients",
    "both quotients are repeated, so they are added before the repetition",
    `%0: f64[n] = divide %s, %s
     %1: f64[n,4] = broadcast %0 {"shape":["n",4],"axes":[0]}
     %z: f64[n,4] = subtract %1, %1`,
  ],
  [
    "join-quotients",
    "one large division would replace two small ones",
    `%0: f64[n] = divide %s, %s
     %1: f64[n,4] = broadcast %0 {"shape":["n",4],"axes":[0]}
     %2: f64[n,4] = multiply %1, %x
     %z: f64[n,4] = subtract %2, %1`,
  ],
  [
    "choose-nonzero",
    "the root of 0 is 0",
    `${zeros}
     %0: f64[n,4] = multiply %x, %x
     %1: f64[n,4] = sqrt %0
     %2: bool[n,4] = equal %1, %zeros
     %z: f64[n,4] = select %2, %x, %y`,
  ],
  [
    "choose-nonzero",
    "x + 1 is 0 at −1",
    `${zeros}
     ${ones}
     %0: f64[n,4] = add %x, %ones
     %1: bool[n,4] = equal %0, %zeros
     %z: f64[n,4] = select %1, %x, %y`,
  ],
  [
    "choose-nonzero",
    "a divisor of −0 makes −∞ of a square",
    `${zeros}
     ${ones}
     %0: f64[n,4] = multiply %x, %x
     %1: f64[n,4] = sqrt %y
     %2: f64[n,4] = divide %0, %1
     %3: f64[n,4] = add %2, %ones
     %4: bool[n,4] = equal %3, %zeros
     %z: f64[n,4] = select %4, %x, %y`,
  ],
  [
    "drop-centred-term",
    "the factor varies along the sum",
    `${centred}
     %0: f64[n,4] = multiply %y, %centred
     %1: f64[n,4] = subtract %y, %0
     %z: f64[n] = reduceSum %1 {"axes":[1]}`,
  ],
  [
    "drop-centred-term",
    "the mean is along another axis",
    `${centred}
     %0: f64[n,4] = subtract %y, %centred
     %z: f64[4] = reduceSum %0 {"axes":[0]}`,
  ],
  [
    "mean-first",
    "the dividend is not a sum, so the quotient might be computed twice",
    `%0: f64[n,4] = divide %x, %y
     %1: f64[n,4] = broadcast %c {"shape":["n",4]}
     %z: f64[n,4] = multiply %0, %1`,
  ],
  [
    "reuse-quotient",
    "x divided by the divisor is not computed elsewhere",
    `%t: f64[n] = reduceSum %y {"axes":[1]}
     %u: f64[n] = divide %t, %s
     %w: f64[n,4] = broadcast %u {"shape":["n",4],"axes":[0]}
     %z: f64[n,4] = multiply %w, %x`,
  ],
  [
    "divide-factor",
    "the quotient would be as large as the product",
    `%0: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
     %1: f64[n,4] = broadcast %v {"shape":["n",4],"axes":[1]}
     %2: f64[n,4] = multiply %x, %0
     %z: f64[n,4] = divide %2, %1`,
  ],
  [
    "factor-repeated",
    "the factor is missing in the other term",
    `%d: f64[n] = reduceSum %y {"axes":[1]}
     %0: f64[n] = multiply %d, %d
     %1: f64[n,4] = broadcast %0 {"shape":["n",4],"axes":[0]}
     %2: f64[n,4] = multiply %1, %y
     %c: f64[n,4] = broadcast %s {"shape":["n",4],"axes":[0]}
     %3: f64[n,4] = multiply %c, %x
     %z: f64[n,4] = subtract %3, %2`,
  ],
  [
    "cancel-constants",
    "a reciprocal is unchanged",
    `${ones}
     ${twos}
     %0: f64[n,4] = multiply %twos, %y
     %1: f64[n,4] = divide %ones, %0
     %z: f64[n,4] = multiply %twos, %1`,
  ],
  [
    "scale-before-repeating",
    "the repeated value is a scalar",
    `${twos}
     %r: f64[n,4] = broadcast %c {"shape":["n",4]}
     %0: f64[n,4] = multiply %r, %x
     %z: f64[n,4] = multiply %twos, %0`,
  ],
  ["power-of-two", "the exponent is 1", `${ones}\n%z: f64[n,4] = power %x, %ones`],
];

const applied = (graph: Graph, rule: Rule): Graph =>
  rewriteGraph(graph, createBuilder("f64"), (node, g) => rule.apply(node, g) ?? node);

const ruleNamed = (name: string): Rule => {
  const rule = rules.find((candidate) => candidate.name === name);
  if (rule === undefined) throw new Error(`there is no rule ${name}`);
  return rule;
};

describe.each(rules)("$name", (rule) => {
  const own = rows[rule.name] ?? [];
  it("has an example", () => {
    expect(own.length, `rule ${rule.name} (${rule.equation}) has no row in this test`).toBeGreaterThan(0);
  });
  it.each(own.map(([before, after]) => ({ before, after })))("$before", ({ before, after }) => {
    const graph = graphFrom(before);
    const result = applied(graph, rule);
    expect(plainText(result)).toBe(plainText(graphFrom(after)));
    expect(verifyGraph(ops, result)).toEqual([]);

    const values = anyStorage(graph, 3, 8);
    const expected = interpret(graph, values, 3);
    const actual = interpret(result, values, 3);
    expect(compareStorage(actual, expected).worst).toBeLessThan(1e-14);
    if (rule.fast !== undefined) return;
    // A rule that is not marked fast computes the same bits for all operands.
    for (const strange of [0, -0, NaN, Infinity, -Infinity, 5e-324, 1e308]) {
      const odd = new Map(
        [...values].map(([name, value]) => {
          const data = name === "m" ? value.data : value.data.map((x, i) => (i % 2 === 0 ? strange : x));
          return [name, { shape: value.shape, data }];
        }),
      );
      const [was, is] = [interpret(graph, odd, 3).get("z"), interpret(result, odd, 3).get("z")];
      const same = was !== undefined && is !== undefined && isIdentical(was, is);
      expect(same, `${strange}: ${was?.data.join()} became ${is?.data.join()}`).toBe(true);
    }
  });
});

describe("names, and graphs that do not match", () => {
  it("every example belongs to a rule, and every rule has a name of its own", () => {
    const names = rules.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(rows).filter((name) => !names.includes(name))).toEqual([]);
  });
  it.each(refusals)("the rule %s does not match: %s", (name, _, text) => {
    const graph = graphFrom(text);
    expect(applied(graph, ruleNamed(name))).toBe(graph);
  });
});
