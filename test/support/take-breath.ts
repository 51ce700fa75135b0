// Lets the worker process messages between tests. Otherwise a file of long synchronous tests would not reply
// to the runner for so long that, on a busy machine, the runner gives the worker up.
import { afterEach } from "vitest";

afterEach(() => new Promise<void>((resolve) => setImmediate(resolve)));
