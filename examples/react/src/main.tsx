/** The page as a React component: a hook owns the worker, and the component draws its state. */
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { curvePoints } from "./curve.ts";
import type { EpochReport, Summary } from "./model.tapeless.yaml";
import type { Message } from "./worker.ts";

interface Training {
  readonly reports: readonly EpochReport[];
  readonly result?: Summary;
  readonly failure?: string;
}

/** Trains from the first render on. Ends the worker when the component is removed. */
function useTraining(): Training {
  const [training, setTraining] = useState<Training>({ reports: [] });
  useEffect(() => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      setTraining(({ reports }) => {
        if (data.kind === "trained") return { reports, result: data.result };
        // Epoch 1 begins a training: the first one, or that of an edited spec.
        return { reports: data.report.epoch === 1 ? [data.report] : [...reports, data.report] };
      });
    });
    worker.addEventListener("error", ({ message }) => {
      setTraining((before) => ({ ...before, failure: message }));
    });
    return () => {
      worker.terminate();
      setTraining({ reports: [] });
    };
  }, []);
  return training;
}

const textOf = (values: Record<string, number>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join("  ");

function statusOf({ reports, result, failure }: Training): string {
  const last = reports.at(-1);
  if (failure !== undefined) return `the training failed: ${failure}`;
  if (result !== undefined) return `trained: ${textOf(result)}`;
  return last === undefined
    ? "starting…"
    : `epoch ${last.epoch}: ${textOf({ loss: last.loss, ...last.metrics })}`;
}

function App() {
  const training = useTraining();
  const losses = training.reports.map(({ loss }) => loss);
  const held = training.reports.flatMap(({ validation }) =>
    validation === undefined ? [] : [validation.loss],
  );
  const top = Math.max(...losses, ...held);
  return (
    <>
      <h1>Training</h1>
      <svg viewBox="0 0 600 200" role="img" aria-label="Loss of each epoch">
        <polyline className="training" points={curvePoints(losses, top)} />
        <polyline className="validation" points={curvePoints(held, top)} />
      </svg>
      <p>
        <span className="training">training loss</span> <span className="validation">validation loss</span>
      </p>
      <output>{statusOf(training)}</output>
    </>
  );
}

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
