/** One run of a model from its initial parameters: its worker, and the pictures that show its state. */
import type { LayerScript, Pace, TrainReply, TrainerScript, TrainRequest } from "../../browser/messages.ts";
import type { EpochReport } from "../../../runtime/trainer/trainer.ts";
import { modelView } from "./model-view.ts";
import { networkView, type NetworkView } from "./network-view.ts";
import { texts, workerOf } from "./texts.ts";

export interface TrainingRun {
  readonly trainer: TrainerScript;
  /** The picture of the predictions, if there is one. */
  readonly picture: HTMLElement | undefined;
  /** The reports of all epochs so far. */
  readonly reports: readonly EpochReport[];
  go(pace: Pace): void;
  /** Returns the picture of the network, which is drawn from now on. */
  watch(layers: LayerScript): HTMLElement;
  /** Asks for the state of the trainer. */
  save(): void;
  stop(): void;
}

/** @param onReply receives the replies of the worker after the pictures are drawn, until the run is stopped */
export function startRun(trainer: TrainerScript, onReply: (reply: TrainReply) => void): TrainingRun {
  const worker = workerOf(texts().trainer);
  const view = modelView(trainer);
  const reports: EpochReport[] = [];
  const send = (request: TrainRequest) => worker.postMessage(request);
  let network: NetworkView | undefined;
  worker.onmessage = ({ data: reply }: MessageEvent<TrainReply>) => {
    if (reply.kind === "epochs" || reply.kind === "done") reports.push(...reply.reports);
    if (reply.kind !== "failed" && reply.kind !== "saved") {
      if (reply.watched) network?.draw(reply.watched);
      if (reply.kind !== "watched" && reply.outputs) view?.draw(reply.outputs);
    }
    onReply(reply);
  };
  worker.onerror = (event) => {
    // The browser would report the error as one of the page.
    event.preventDefault();
    onReply({ kind: "failed", message: event.message, hasDiverged: false });
  };
  send({ kind: "start", trainer, probe: view?.probe });
  return {
    trainer,
    picture: view?.element,
    reports,
    go: (pace) => send({ kind: "go", pace }),
    watch(layers) {
      const made = networkView(layers, trainer, (probe) => send({ kind: "watch", layers, probe }));
      network = made;
      send({ kind: "watch", layers, probe: made.probe });
      return made.element;
    },
    save: () => send({ kind: "save" }),
    stop() {
      worker.onmessage = null;
      worker.onerror = null;
      worker.terminate();
    },
  };
}
