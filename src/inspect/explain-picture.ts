/**
 * Pictures of the graphs of a model: a step of training (forward and backward pass beside one another, and the update), and each other
 * program. They are laid out with every group closed; who draws them opens groups (`picture/scene.ts`).
 */
import type { ProgramName } from "../pipeline.ts";
import type { ExplainedNode, ExplainedPicture } from "./explanation.ts";
import type { LayerName } from "./picture/box-texts.ts";
import { chooseBoxes, type Drawn } from "./picture/choose-boxes.ts";
import { createLayOut, type LayOut } from "./picture/elk-layout.ts";
import { groupBoxes } from "./picture/group-boxes.ts";
import { lanesPicture } from "./picture/lanes-picture.ts";
import type { LanePlan } from "./picture/place-lanes.ts";

const titles: Readonly<Record<ExplainedPicture["name"], string>> = {
  step: "A step of training",
  begin: "Before the first batch",
  measure: "Each batch of several",
  gradient: "Gradients",
  update: "Update",
  predict: "Prediction",
  evaluate: "Evaluation of a batch",
  probe: "A look inside",
  summarise: "Loss and metrics from their sums",
};

/** `layers` gives the types of layers; names that no layer has stay as they are. */
export async function explainPictures(
  nodes: readonly ExplainedNode[],
  layers: readonly LayerName[],
): Promise<ExplainedPicture[]> {
  const programs = [...new Set(nodes.map(({ program }) => program))];
  const others = programs.filter((program) => program !== "gradient" && program !== "update");
  const layOut = createLayOut();
  const names: readonly ExplainedPicture["name"][] = ["step", ...others];
  return Promise.all(names.map(async (name) => ({ name, title: titles[name], picture: await pictureOf(name, nodes, layers, layOut) }))); // prettier-ignore
}

function pictureOf(
  name: ExplainedPicture["name"],
  nodes: readonly ExplainedNode[],
  layers: readonly LayerName[],
  layOut: LayOut,
) {
  if (name === "step") return stepPicture(nodes, layers, layOut);
  const { groups, links } = groupBoxes(chooseBoxes(ofProgram(nodes, name)));
  const lane = { region: "evaluation", label: titles[name], groups, isMirror: false } as const;
  return lanesPicture([lane], links, layers, layOut);
}

const ofProgram = (nodes: readonly ExplainedNode[], ...names: readonly ProgramName[]): ExplainedNode[] =>
  nodes.filter(({ program }) => names.includes(program));

function stepPicture(nodes: readonly ExplainedNode[], layers: readonly LayerName[], layOut: LayOut) {
  const drawn = chooseBoxes(ofProgram(nodes, "gradient", "update"));
  const { groups, links } = groupBoxes(withGradients(drawn));
  const lanes: readonly LanePlan[] = [
    { region: "forward", label: "Forward: values, down to the loss", isMirror: false, groups: groups.filter(({ region }) => region === "forward" || region === "evaluation") }, // prettier-ignore
    { region: "backward", label: "Backward: gradients, up from the loss", isMirror: true, groups: groups.filter(({ region }) => region === "backward") }, // prettier-ignore
    { region: "update", label: "Update", isMirror: false, groups: groups.filter(({ region }) => region === "update") }, // prettier-ignore
  ];
  return lanesPicture(lanes.filter((lane) => lane.groups.length > 0), links, layers, layOut); // prettier-ignore
}

/** What the update reads as gradients, one or all of them in one, is what the gradient graph left there. */
function withGradients(drawn: readonly Drawn[]): Drawn[] {
  const gradients = drawn.flatMap(({ node }) =>
    node.outputs
      .filter((storage) => storage.startsWith("gradient:"))
      .map((storage) => ({ storage, id: node.id })),
  );
  return drawn.map((box) => {
    const { node, kind } = box;
    if (node.program !== "update" || kind !== "leaf") return box;
    const read = gradients.filter(({ storage }) => storage === node.name || node.name === "flat:gradients");
    return { ...box, reads: [...new Set(read.map(({ id }) => id))] };
  });
}
