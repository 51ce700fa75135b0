/**
 * A picture of the model's predictions, updated during training. The kind of picture depends on the inputs
 * and the target.
 */
import type { TrainerScript } from "../../browser/messages.ts";
import * as answers from "../../../runtime/prediction/interpretations.ts";
import { curveView } from "./curve-view.ts";
import { rowsView } from "./rows-view.ts";
import { surfaceView } from "./surface-view.ts";
import type { ModelView, Shown } from "./shown-model.ts";

/**
 * Returns undefined if there is no data, if the model has several inputs, or if its predictions are neither a
 * class nor a single number.
 */
export function modelView(trainer: TrainerScript): ModelView | undefined {
  const shown = shownOf(trainer);
  if (shown === undefined) return undefined;
  const { classes, inputSize } = shown;
  if (classes.length > 0 && inputSize === 2) return surfaceView(shown);
  if (classes.length === 0 && inputSize === 1) return curveView(shown);
  return rowsView(shown);
}

function shownOf(trainer: TrainerScript): Shown | undefined {
  const { facts, data } = trainer;
  const known = Object.entries(answers).find(([name]) => name === trainer.answer)?.[1];
  const inputs = Object.entries(facts.inputs).filter(([, { onlyLoss }]) => onlyLoss !== true);
  const [[target, { classes = 0, shape }]] = Object.entries(facts.targets);
  const isPlain = inputs.length === 1 && shape.reduce((size, extent) => size * extent, 1) === 1;
  if (data === undefined || known === undefined || !isPlain) return undefined;
  const [[input, { shape: inputShape }]] = inputs;
  const { classNames, scales } = data.fields[data.fields.length - 1];
  const names = classNames?.length ? classNames : Array.from({ length: classes }, (_, index) => index);
  const isBinary = trainer.answer === "ofLogit";
  const own = isBinary && names.length === 0 ? [0, 1] : names;
  const { validation, test, train } = data;
  return {
    trainer,
    train,
    heldOut: validation ?? test ?? train,
    heldOutName: validation ? "validation" : test ? "test" : "training",
    input,
    inputSize: inputShape.reduce((size, extent) => size * extent, 1),
    target,
    classes: own,
    answer: (scores) => {
      const cells = known(scores, names, scales?.[0]);
      if (!isBinary || names.length > 0) return cells;
      const [probability] = cells;
      return [Number(probability) > 0.5 ? 1 : 0, 1 - Number(probability), probability];
    },
  };
}
