/**
 * The page's side of the worker that walks: of requests that come while it is busy only the newest of each
 * kind is kept.
 */
import { texts, workerOf } from "../texts.ts";
import type { WalkAnswer, WalkRequest } from "./messages.ts";

export type Walker = (request: WalkRequest) => void;

export function startWalker(hear: (answer: WalkAnswer) => void): Walker {
  const worker = workerOf(texts().walker);
  const waiting = new Map<WalkRequest["kind"], WalkRequest>();
  let isBusy = false;
  const next = () => {
    const [request] = waiting.values();
    isBusy = request !== undefined;
    if (!isBusy) return;
    waiting.delete(request.kind);
    worker.postMessage(request);
  };
  worker.onmessage = ({ data: answer }: MessageEvent<WalkAnswer>) => {
    hear(answer);
    next();
  };
  return (request) => {
    waiting.set(request.kind, request);
    if (!isBusy) next();
  };
}
