/** How long short work takes: the least of many runs, since whatever else the machine does only adds. */

/** In milliseconds: calls are timed in runs of about this length, for so long in all. */
const runLength = 0.1;
const measuringTime = 3;

/** Milliseconds of one call; it takes some milliseconds to tell. */
export function leastTime(work: () => void): number {
  let calls = 1;
  let last = timeOf(work, calls);
  for (; last < runLength; last = timeOf(work, calls)) calls *= 2;
  let least = last;
  for (const end = performance.now() + measuringTime; performance.now() < end;)
    least = Math.min(least, timeOf(work, calls));
  return least / calls;
}

function timeOf(work: () => void, calls: number): number {
  const start = performance.now();
  for (let call = 0; call < calls; call++) work();
  return performance.now() - start;
}
