// Between tests the worker lets messages through: a file of long synchronous tests would otherwise not answer
// the runner for so long that it is taken for lost on a loaded machine.
import { afterEach } from "vitest";

afterEach(() => new Promise<void>((resolve) => setImmediate(resolve)));
