// Lets the worker process messages between tests. Otherwise, during a file of long synchronous tests, the
// worker would not reply to the runner. On a busy machine, the runner could then assume that the worker has
// failed.
import { afterEach } from "vitest";

afterEach(() => new Promise<void>((resolve) => setImmediate(resolve)));
