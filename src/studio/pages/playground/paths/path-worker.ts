/**
 * The worker that runs the optimizers. It sets the two parameters of each emitted trainer to a start, runs
 * the steps, and records the positions.
 */
import type { Trainer } from "../../../../runtime/trainer/trainer.ts";
import { importEmitted } from "../compiler.ts";
import type { EmittedModule } from "../compiler.ts";
import { texts, workerOf } from "../texts.ts";
import type { Path, PathReply, PathRequest } from "./messages.ts";
import { coordinates, planeBatch } from "./spec-of-path.ts";
import type { Point, Range } from "./state.ts";

// The page's interface to the worker. While the worker is busy, only the newest request of each kind waits.

type PathWorker = (request: PathRequest) => void;

export function startPathWorker(handleReply: (reply: PathReply) => void): PathWorker {
  const worker = workerOf(texts().pathWorker);
  const waiting = new Map<PathRequest["kind"], PathRequest>();
  let isBusy = false;
  const next = () => {
    const [request] = waiting.values();
    isBusy = request !== undefined;
    if (!isBusy) return;
    waiting.delete(request.kind);
    worker.postMessage(request);
  };
  worker.onmessage = ({ data: reply }: MessageEvent<PathReply>) => {
    handleReply(reply);
    next();
  };
  return (request) => {
    waiting.set(request.kind, request);
    if (!isBusy) next();
  };
}

/** The maximum number of cached modules. Each learning rate that the user tries adds one. */
const maxModules = 60;

const send = (reply: PathReply): void => self.postMessage(reply);

function start(): void {
  const modules = new Map<string, Promise<EmittedModule>>();
  /** Returns a trainer before its first step, when the optimizer's state is zero. */
  const freshTrainer = async (script: string): Promise<Trainer> => {
    if (modules.size >= maxModules) modules.clear();
    const module = modules.get(script) ?? importEmitted(script);
    modules.set(script, module);
    return (await module).createTrainer();
  };
  const replyTo = async (request: PathRequest): Promise<PathReply> => {
    if (request.kind === "heights") {
      const { script, range, side } = request;
      return { kind: "heights", heights: heightsOf(await freshTrainer(script), range, side) };
    }
    const { scripts, start, steps } = request;
    const paths: Record<string, Path> = {};
    for (const [name, script] of Object.entries(scripts))
      paths[name] = pathOf(await freshTrainer(script), start, steps);
    return { kind: "paths", paths };
  };
  self.onmessage = ({ data: request }: MessageEvent<PathRequest>) => {
    replyTo(request).then(send, (error: unknown) =>
      send({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
    );
  };
}

/** The two coordinates and their gradients, as views of the trainer's memory: they change with every step. */
function viewsOf({ parameters, gradients }: Trainer) {
  const [x, y] = coordinates;
  return { x: parameters[x], y: parameters[y], dx: gradients[x], dy: gradients[y] };
}

function pathOf(trainer: Trainer, [startX, startY]: Point, steps: number): Path {
  const { x, y, dx, dy } = viewsOf(trainer);
  [x[0], y[0]] = [startX, startY];
  const at: { x: number; y: number; loss: number; slope: number }[] = [];
  for (let step = 0; step <= steps; step++) {
    const [currentX, currentY] = [x[0], y[0]];
    // After the last position there is no further step, so only the loss and its gradient are computed.
    const loss = finiteOr(() => (step < steps ? trainer.step(planeBatch) : trainer.gradient(planeBatch)));
    if (!Number.isFinite(currentX + currentY + loss)) break;
    at.push({ x: currentX, y: currentY, loss, slope: Math.hypot(dx[0], dy[0]) });
  }
  const column = (key: "x" | "y" | "loss" | "slope") => Float64Array.from(at, (each) => each[key]);
  return { x: column("x"), y: column("y"), loss: column("loss"), slope: column("slope") };
}

function heightsOf(trainer: Trainer, [left, right, bottom, top]: Range, side: number): Float64Array {
  const { x, y } = viewsOf(trainer);
  const heights = new Float64Array(side * side);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      x[0] = left + (column / (side - 1)) * (right - left);
      y[0] = bottom + (row / (side - 1)) * (top - bottom);
      heights[row * side + column] = finiteOr(() => trainer.evaluate(planeBatch).loss);
    }
  return heights;
}

/**
 * Returns the loss, or NaN if the trainer throws because the loss is not finite. In that case, the position
 * is outside the domain of the loss.
 */
function finiteOr(compute: () => number): number {
  try {
    return compute();
  } catch {
    return NaN;
  }
}

start();
