/**
 * A picture of the model's predictions, updated during training. The kind of picture depends on the inputs
 * and the target.
 */
import type { TrainerScript } from "../../browser/messages.ts";
import * as answers from "../../../runtime/prediction/interpretations.ts";
import { curveView } from "./curve-view.ts";
import { element } from "../shared/element.ts";
import { forecastView } from "./forecast-view.ts";
import { planeGrid } from "./plane-grid.ts";
import { rowsView } from "./rows-view.ts";
import { surfaceView } from "./surface-view.ts";
import type { ModelView, Shown } from "./shown-model.ts";

/** Returns undefined if there is no data, or if the predictions cannot be drawn for any target. */
export function modelView(trainer: TrainerScript): ModelView | undefined {
  const targets = Object.keys(trainer.facts.targets);
  const shown = targets.flatMap((target) => shownOf(trainer, target) ?? []);
  if (shown.length === 0) return undefined;
  if (targets.length === 1) return viewOf(shown[0]);
  // Forecasts show only some of the rows, so they are not drawn together with other views.
  const forecasts = shown.filter(isForecast);
  const drawn = forecasts.length > 0 ? forecasts : shown;
  return joined(drawn.map((own) => ({ own, view: onRows(own) })));
}

const isForecast = ({ trainer, classes }: Shown): boolean =>
  trainer.horizon !== undefined && classes.length === 0;

function viewOf(shown: Shown): ModelView {
  const { classes, inputs, inputSize, targetSize } = shown;
  const isPlain = inputs.length === 1 && targetSize === 1;
  const plane = planeGrid(shown.trainer);
  if (isPlain && classes.length > 0 && !("problem" in plane)) return surfaceView(shown, plane);
  if (isPlain && classes.length === 0 && inputSize === 1) return curveView(shown);
  return onRows(shown);
}

/** The view of predictions on held-out rows. */
const onRows = (shown: Shown): ModelView => (isForecast(shown) ? forecastView(shown) : rowsView(shown));

/** The views of several targets. All of them show the same rows. */
function joined(all: readonly { readonly own: Shown; readonly view: ModelView }[]): ModelView {
  const sections = all.map(({ own, view }) =>
    element("section", { class: "target" }, element("h3", {}, own.target), view.element),
  );
  return {
    element: element("div", { class: "targets" }, ...sections),
    probe: all[0].view.probe,
    draw: (outputs) => all.forEach(({ view }) => view.draw(outputs)),
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

function shownOf(trainer: TrainerScript, target: string): Shown | undefined {
  const { facts, data } = trainer;
  const name = trainer.answers[target];
  const known = Object.entries(answers).find(([each]) => each === name)?.[1];
  const inputs = Object.entries(facts.inputs).filter(([, { onlyLoss }]) => onlyLoss !== true);
  const { classes = 0, shape } = facts.targets[target];
  const field = data?.fields.find((each) => each.name === target);
  if (data === undefined || field === undefined || known === undefined) return undefined;
  // A class at each position is not drawn.
  if (classes > 0 && sizeOf(shape) !== 1) return undefined;
  const [[input, { shape: inputShape }]] = inputs;
  const { classNames, scales = [] } = field;
  const names = classNames?.length ? classNames : Array.from({ length: classes }, (_, index) => index);
  const isBinary = name === "ofLogit" && sizeOf(shape) === 1;
  const own = isBinary && names.length === 0 ? [0, 1] : names;
  const { validation, test, train } = data;
  return {
    trainer,
    train,
    heldOut: validation ?? test ?? train,
    heldOutName: validation ? "validation" : test ? "test" : "training",
    inputs: inputs.map(([each]) => each),
    input,
    inputSize: sizeOf(inputShape),
    target,
    targetSize: sizeOf(shape),
    scales,
    classes: own,
    answer: (scores, column = 0) => {
      const cells = known(scores, names, scales[column]);
      if (!isBinary || names.length > 0) return cells;
      const [probability] = cells;
      return [Number(probability) > 0.5 ? 1 : 0, 1 - Number(probability), probability];
    },
  };
}
