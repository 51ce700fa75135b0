/**
 * Pictures of the graphs of a model. One picture shows a training step: the forward pass, the backward pass
 * and the update side by side. Each other program has its own picture. All groups are laid out closed; the
 * renderer opens them (`picture/scene.ts`).
 */
import { flatGradients, nameIn } from "../../compiler/ir/storage.ts";
import type { ProgramName } from "../../compiler/pipeline.ts";
import type { ExplainedNode, ExplainedPicture, RegionName } from "../explanation.ts";
import type { LayerName } from "../picture/box-texts.ts";
import { chooseBoxes, groupBoxes } from "../picture/choose-boxes.ts";
import type { Drawn } from "../picture/choose-boxes.ts";
import { createLayOut } from "../picture/elk-layout.ts";
import type { LanePlan, PicturePlan } from "../picture/place-lanes.ts";
import { lanesPicture } from "../picture/lanes-picture.ts";

const titles: Readonly<Record<ExplainedPicture["name"], string>> = {
  step: "A training step",
  begin: "Before the first batch",
  measure: "Each accumulated batch",
  gradient: "Gradients",
  update: "Update",
  predict: "Prediction",
  evaluate: "Evaluation of a batch",
  probe: "Probe: statistics of layers",
  summarise: "Loss and metrics from their sums",
};

/**
 * Lays out the pictures of all programs. A group whose name is in `layers` also shows the type of the layer.
 */
export async function explainPictures(
  nodes: readonly ExplainedNode[],
  layers: readonly LayerName[],
): Promise<ExplainedPicture[]> {
  return laidOut(planPictures(nodes), layers);
}

export function laidOut(
  plans: readonly PicturePlan[],
  layers: readonly LayerName[],
): Promise<ExplainedPicture[]> {
  const layOut = createLayOut();
  return Promise.all(
    plans.map(async ({ name, title, lanes, links }) => ({
      name,
      title,
      picture: await lanesPicture(lanes, links, layers, layOut),
    })),
  );
}

export function planPictures(nodes: readonly ExplainedNode[]): PicturePlan[] {
  const programs = [...new Set(nodes.map(({ program }) => program))];
  const others = programs.filter((program) => program !== "gradient" && program !== "update");
  const alone = others.map((name): PicturePlan => {
    const { groups, links } = groupBoxes(chooseBoxes(ofProgram(nodes, name)));
    const lane = { region: "evaluation", label: titles[name], groups, isMirror: false } as const;
    return { name, title: titles[name], lanes: [lane], links };
  });
  return [stepPlan(nodes), ...alone];
}

const ofProgram = (nodes: readonly ExplainedNode[], ...names: readonly ProgramName[]): ExplainedNode[] =>
  nodes.filter(({ program }) => names.includes(program));

function stepPlan(nodes: readonly ExplainedNode[]): PicturePlan {
  const drawn = chooseBoxes(ofProgram(nodes, "gradient", "update"));
  const { groups, links } = groupBoxes(withResults(drawn));
  const ofRegion = (name: RegionName) => groups.filter(({ region }) => region === name);
  const lanes: readonly LanePlan[] = [
    {
      region: "forward",
      label: "Forward: values",
      isMirror: false,
      groups: ofRegion("forward"),
    },
    {
      region: "backward",
      label: "Backward: gradients",
      isMirror: true,
      groups: ofRegion("backward"),
    },
    { region: "update", label: "Update: parameters", isMirror: false, groups: ofRegion("update") },
  ];
  return { name: "step", title: titles.step, lanes: lanes.filter((lane) => lane.groups.length > 0), links };
}

/**
 * Connects each leaf of the update that reads a result of the gradient graph to that result. The leaves read
 * batch statistics, and gradients either one by one or as one flat tensor.
 */
function withResults(drawn: readonly Drawn[]): Drawn[] {
  const left = drawn.flatMap(({ node }) =>
    node.program === "gradient" ? node.outputs.map((storage) => ({ storage, id: node.id })) : [],
  );
  return drawn.map((box) => {
    const { node, kind } = box;
    if (node.program !== "update" || kind !== "leaf") return box;
    const isRead = (storage: string) =>
      storage === node.name || (node.name === flatGradients && nameIn("gradient", storage) !== undefined);
    const read = left.filter(({ storage }) => isRead(storage));
    return { ...box, reads: [...new Set(read.map(({ id }) => id))] };
  });
}
