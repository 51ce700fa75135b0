/**
 * How threads share a kernel. Its outermost loop is divided into parts. Idle threads and the thread that runs
 * the program claim parts one by one. Every thread computes a part in the same way, so results do not depend
 * on timing. No thread waits for a thread that has not claimed a part.
 *
 * Threads synchronise through a control block in memory, with these byte offsets:
 *
 *   0    counter that idle threads wait on       4    not 0: threads must end
 *   8    index of the kernel in the table        12   rows   16   extent of the loop   20   size of a part
 *   24   not 0: a thread has failed while it computed a part
 *   64   ticket: sequence · 256 + number of parts that no thread has claimed
 *   128  number of completed parts               132  number of waiting threads
 */

export const controlBytes = 192;

/**
 * The number of parts per thread. With two parts, a late thread delays the others by at most half of its
 * share of the work.
 */
const partsOfThread = 2;
/** The number of polls before an idle thread sleeps. Together they take about ten microseconds. */
const patience = 10_000;

const control = "(global.get $control)";

/** Claims a part and computes it. Returns 0 if no part is left, and 1 if another call may find one. */
const claim = `(func $claim (result i32)
  (local $ticket i32) (local $from i32) (local $to i32)
  (local.set $ticket (i32.atomic.load offset=64 ${control}))
  (if (i32.eqz (i32.and (local.get $ticket) (i32.const 255))) (then (return (i32.const 0))))
  ;; another thread has claimed this part, but more may be left
  (if (i32.ne (local.get $ticket)
      (i32.atomic.rmw.cmpxchg offset=64 ${control} (local.get $ticket) (i32.sub (local.get $ticket) (i32.const 1))))
    (then (return (i32.const 1))))
  (local.set $from (i32.mul
    (i32.sub (i32.and (local.get $ticket) (i32.const 255)) (i32.const 1))
    (i32.load offset=20 ${control})))
  (local.set $to (i32.add (local.get $from) (i32.load offset=20 ${control})))
  (if (i32.gt_s (local.get $to) (i32.load offset=16 ${control})) (then (local.set $to (i32.load offset=16 ${control}))))
  (call_indirect (type $part)
    (i32.load offset=12 ${control}) (local.get $from) (local.get $to) (i32.load offset=8 ${control}))
  (drop (i32.atomic.rmw.add offset=128 ${control} (i32.const 1)))
  (i32.const 1))`;

/** Publishes the parts of a kernel, claims some, and returns when all are done. */
const parallel = `(func $parallel (param $kernel i32) (param $n i32) (param $extent i32) (param $multiple i32)
  (local $size i32) (local $parts i32)
  (local.set $parts (i32.mul (global.get $threads) (i32.const ${partsOfThread})))
  ;; the size of a part: the multiples in the extent, divided by the number of parts, both rounded up
  (local.set $size (i32.div_s
    (i32.add (local.get $extent) (i32.sub (local.get $multiple) (i32.const 1)))
    (local.get $multiple)))
  (local.set $size (i32.mul (local.get $multiple) (i32.div_s
    (i32.add (local.get $size) (i32.sub (local.get $parts) (i32.const 1)))
    (local.get $parts))))
  (if (i32.le_s (local.get $extent) (local.get $size)) (then
    (call_indirect (type $part) (local.get $n) (i32.const 0) (local.get $extent) (local.get $kernel))
    (return)))
  (local.set $parts (i32.div_s
    (i32.add (local.get $extent) (i32.sub (local.get $size) (i32.const 1)))
    (local.get $size)))
  (i32.store offset=8 ${control} (local.get $kernel))
  (i32.store offset=12 ${control} (local.get $n))
  (i32.store offset=16 ${control} (local.get $extent))
  (i32.store offset=20 ${control} (local.get $size))
  (i32.atomic.store offset=128 ${control} (i32.const 0))
  (global.set $sequence (i32.add (global.get $sequence) (i32.const 256)))
  (i32.atomic.store offset=64 ${control} (i32.or (global.get $sequence) (local.get $parts)))
  (drop (i32.atomic.rmw.add ${control} (i32.const 1)))
  (if (i32.atomic.load offset=132 ${control}) (then
    (drop (memory.atomic.notify ${control} (i32.const 255)))))
  (loop $more (br_if $more (call $claim)))
  (loop $late
    ;; the part of a failed thread is never completed
    (if (i32.atomic.load offset=24 ${control}) (then (unreachable)))
    (br_if $late (i32.lt_s (i32.atomic.load offset=128 ${control}) (local.get $parts)))))`;

/**
 * The loop of a worker thread until it is stopped. If work is published between polling and sleeping, the
 * thread wakes immediately.
 */
const serve = `(func $serve (export "serve")
  (local $counter i32) (local $tries i32)
  (loop $look
    (local.set $counter (i32.atomic.load ${control}))
    (if (i32.atomic.load offset=4 ${control}) (then (return)))
    (if (call $claim) (then (local.set $tries (i32.const 0)) (br $look)))
    (local.set $tries (i32.add (local.get $tries) (i32.const 1)))
    (br_if $look (i32.lt_s (local.get $tries) (i32.const ${patience})))
    (local.set $tries (i32.const 0))
    (drop (i32.atomic.rmw.add offset=132 ${control} (i32.const 1)))
    (drop (memory.atomic.wait32 ${control} (local.get $counter) (i64.const -1)))
    (drop (i32.atomic.rmw.sub offset=132 ${control} (i32.const 1)))
    (br $look)))`;

/**
 * The WebAssembly fields that parallel kernels need in a module. `kernels` lists the names of the kernel
 * functions, in the order of their numbers.
 */
export const sharingFields = (kernels: readonly string[]): string[] =>
  kernels.length === 0
    ? []
    : [
        "(type $part (func (param i32 i32 i32)))",
        `(table funcref (elem ${kernels.map((name) => `$${name}`).join(" ")}))`,
        "(global $sequence (mut i32) (i32.const 0))",
        claim,
        parallel,
        serve,
      ];
