// Pictures of graphs. If a test fails, boxes overlap, an edge ends nowhere, or a value is missing.
import { expect, it } from "vitest";
import { explainNodes } from "../../../src/studio/explain/explain-nodes.ts";
import { explainPictures } from "../../../src/studio/explain/explain-picture.ts";
import type {
  ExplainedNode,
  Picture,
  PictureBox,
  Point,
  Rectangle,
} from "../../../src/studio/explanation.ts";
import { sceneOf } from "../../../src/studio/picture/scene.ts";
import type { Scene } from "../../../src/studio/picture/scene.ts";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";

const training = { epochs: 1, batchSize: 4 };
const specs: Readonly<Record<string, object>> = {
  dense: {
    inputs: { x: { shape: [4] } },
    targets: { y: { classes: 3 } },
    network: [
      { type: "dense", units: 5, activation: "tanh" },
      { type: "dense", units: 3 },
    ],
    loss: "cross-entropy",
    regularization: { l2: 0.1 },
    optimizer: { type: "adam", clip: { norm: 1 } },
  },
  branched: {
    inputs: { x: { shape: [4] } },
    targets: { y: { shape: [4] } },
    network: [
      { type: "dense", name: "stem", units: 4, activation: "gelu" },
      { type: "dense", name: "left", from: "stem", units: 4 },
      { type: "dense", name: "right", from: "stem", units: 4, activation: "relu" },
      { type: "multiply", name: "gate", from: ["left", "right"] },
      { type: "add", name: "sum", from: ["gate", "stem"] },
    ],
    loss: "mse",
    optimizer: "sgd",
  },
  recurrent: {
    inputs: { x: { shape: [7, 2] } },
    targets: { y: { shape: [3] } },
    network: [{ type: "gru", units: 3 }],
    loss: "mse",
    optimizer: "sgd",
  },
  images: {
    inputs: { x: { shape: [6, 6, 1] } },
    targets: { y: { classes: 2 } },
    network: [
      { type: "conv2d", filters: 2, kernel: 3, activation: "relu" },
      { type: "max-pool2d", size: 2 },
      { type: "batch-norm" },
      { type: "flatten" },
      { type: "dropout", rate: 0.5 },
      { type: "dense", units: 2 },
    ],
    loss: "cross-entropy",
    optimizer: "sgd",
  },
  blocks: {
    inputs: { text: { shape: [4], dtype: "i32" } },
    targets: { next: { classes: 5, shape: [4] } },
    network: [
      { type: "embedding", vocabulary: 5, units: 4 },
      { type: "dropout", rate: 0.1 },
      {
        type: "repeat",
        name: "block",
        times: 2,
        layers: [
          {
            type: "residual",
            name: "attention",
            layers: [
              { type: "attention", heads: 2, causal: true },
              { type: "dropout", rate: 0.1 },
            ],
          },
          {
            type: "residual",
            name: "mlp",
            layers: [{ type: "dense", name: "hidden", units: 4, activation: "tanh" }],
          },
        ],
      },
      { type: "dense", units: 5 },
    ],
    loss: "cross-entropy",
    optimizer: "sgd",
  },
  accumulated: {
    inputs: { x: { shape: [4] } },
    targets: { y: { shape: [2] } },
    network: [{ type: "batch-norm" }, { type: "dense", units: 2 }],
    loss: "mse",
    optimizer: "sgd",
    training: { ...training, accumulate: 2, average: { decay: 0.9 } },
  },
};

const memory = new Map<string, ReturnType<typeof explainNew>>();

/** The nodes and pictures of a spec, which are created once for all tests. */
function explained(name: string) {
  const made = memory.get(name) ?? explainNew(name);
  memory.set(name, made);
  return made;
}

function explainNew(name: string) {
  const model = parseModel({ name, training, ...specs[name] });
  const nodes = explainNodes({
    compilation: compileFor(model, { dtype: "f32" }),
    reports: [],
    of: undefined,
  });
  return { nodes, pictures: explainPictures(nodes, model.network) };
}

/** All boxes of a picture and of the groups in it. */
const boxesIn = ({ boxes }: Picture): PictureBox[] =>
  boxes.flatMap((box) => (box.inside === undefined ? [box] : [box, ...boxesIn(box.inside)]));

/** A picture and the pictures of all groups in it. */
const picturesIn = (picture: Picture): Picture[] => [
  picture,
  ...picture.boxes.flatMap(({ inside }) => (inside === undefined ? [] : picturesIn(inside))),
];

/** The scenes of a picture with all groups closed, with all open, and with every other group open. */
function scenesOf(picture: Picture): Scene[] {
  const groups = boxesIn(picture)
    .filter(({ inside }) => inside !== undefined)
    .map(({ id }) => id);
  const choices = [(_: string) => false, (_: string) => true, (id: string) => groups.indexOf(id) % 2 === 0];
  return choices.map((isOpen) => sceneOf(picture, isOpen));
}

const overlap = (a: Rectangle, b: Rectangle): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const contains = (a: Rectangle, b: Rectangle): boolean =>
  a.x <= b.x && a.y <= b.y && a.x + a.width >= b.x + b.width && a.y + a.height >= b.y + b.height;

const near = 0.01;
const isOnBorder = ([x, y]: Point, { x: left, y: top, width, height }: Rectangle): boolean => {
  const isIn = x >= left - near && x <= left + width + near && y >= top - near && y <= top + height + near;
  const distances = [x - left, left + width - x, y - top, top + height - y].map(Math.abs);
  return isIn && Math.min(...distances) < near;
};

for (const name of Object.keys(specs))
  it(`${name}: no boxes overlap, whatever is open, and all are within their group and the picture`, async () => {
    for (const { picture } of await explained(name).pictures)
      for (const { width, height, boxes } of scenesOf(picture)) {
        const groups = new Map(boxes.map((box) => [box.id, box]));
        for (const box of boxes) {
          const others = boxes.filter((other) => other !== box && other.group === box.group);
          expect(others.filter((other) => overlap(box, other)).map(({ id }) => `${box.id} on ${id}`)).toEqual(
            [],
          );
          const around = box.group === undefined ? { x: 0, y: 0, width, height } : groups.get(box.group);
          expect(around !== undefined && contains(around, box), `${box.id} is within ${box.group}`).toBe(
            true,
          );
        }
      }
  });

for (const name of Object.keys(specs))
  it(`${name}: every wire starts and ends at its boxes, in horizontal and vertical lines`, async () => {
    for (const { picture } of await explained(name).pictures)
      for (const { boxes, wires } of scenesOf(picture)) {
        const byId = new Map(boxes.map((box) => [box.id, box]));
        for (const { from, to, points, hasHead, isJoint } of wires) {
          const [start, end] = [byId.get(from ?? ""), byId.get(to ?? "")];
          if (start !== undefined && !start.isOpen && !isJoint)
            expect(isOnBorder(points[0], start), `${from} → ${to}`).toBe(true);
          if (hasHead && end !== undefined)
            expect(isOnBorder(points[points.length - 1], end), `${from} → ${to}`).toBe(true);
          points.slice(1).forEach(([x, y], index) => {
            const [fromX, fromY] = points[index];
            expect(Math.min(Math.abs(x - fromX), Math.abs(y - fromY)), `${from} → ${to}`).toBeLessThan(near);
          });
        }
      }
  });

for (const name of Object.keys(specs))
  it(`${name}: every node is in some box, every name that a formula reads has a wire from its box`, async () => {
    const { nodes, pictures } = explained(name);
    const shown = new Set<string>();
    for (const { picture } of await pictures) {
      for (const { nodes: ids } of picture.boxes) for (const id of ids) shown.add(id);
      const carried = new Map<string, Set<string>>();
      for (const { to, nodes: ids } of picturesIn(picture).flatMap(({ wires }) => wires))
        for (const id of ids) carried.set(to ?? "", (carried.get(to ?? "") ?? new Set()).add(id));
      for (const node of boxedNodes(nodes, picture))
        for (const operand of node.operands.filter((id) => nodes.find((each) => each.id === id)?.isNamed))
          expect(carried.get(node.id)?.has(operand), `${operand} → ${node.id}`).toBe(true);
    }
    expect(nodes.filter(({ id }) => !shown.has(id)).map(({ id }) => id)).toEqual([]);
  });

/** The nodes that have a separate box. */
function boxedNodes(nodes: readonly ExplainedNode[], picture: Picture): ExplainedNode[] {
  const ids = new Set(boxesIn(picture).map(({ id }) => id));
  return nodes.filter(({ id }) => ids.has(id));
}

it("a layer and its gradients are at the same height, forward on the left", async () => {
  const [{ picture }] = await explained("branched").pictures;
  for (const layer of ["stem", "left", "right"]) {
    const [forward, backward] = ["forward", "backward"].map((region) =>
      picture.boxes.find(({ id }) => id === `group:${region}/${layer}`),
    );
    expect(backward?.y).toBe(forward?.y);
    expect(backward?.x).toBeGreaterThan((forward?.x ?? 0) + (forward?.width ?? 0));
  }
});

it("blocks are groups of layers, and copies of a block are groups of their own", async () => {
  const [{ picture }] = await explained("blocks").pictures;
  const block = picture.boxes.find(({ id }) => id === "group:forward/block.1");
  const labels = (inside: Picture | undefined) => inside?.boxes.map(({ label }) => label).sort();
  expect(labels(block?.inside)).toEqual(["attention", "mlp"]);
  const mlp = block?.inside?.boxes.find(({ id }) => id === "group:forward/block.1.mlp");
  expect(labels(mlp?.inside)).toEqual(["block.1.mlp", "hidden"]);
  expect(mlp?.detail).toBe("residual · 2 layers");
  expect(picture.boxes.map(({ id }) => id)).toContain("group:backward/block.2");
});

it("random state and constants are copied to the layers that read them, so they connect no layers", async () => {
  const { nodes, pictures } = explained("blocks");
  const [{ picture }] = await pictures;
  const seed = nodes.find(({ id }) => id === "gradient/random:seed");
  expect(seed?.users.length).toBeGreaterThan(2);
  const mask = nodes.find(({ op, isNamed, users }) => op === "lessEqual" && isNamed && users.length > 1);
  const sources = picturesIn(picture).flatMap(({ wires }) =>
    wires.filter(({ from, to }) => from === undefined || to === undefined || from.startsWith("group:")),
  );
  const carried = new Set(sources.flatMap((wire) => wire.nodes));
  for (const id of [seed?.id, "gradient/optimizer:step"]) expect(carried).not.toContain(id);
  expect(mask?.id).toBeDefined();
  const copies = boxesIn(picture).filter(({ nodes: own }) => own.includes("gradient/random:seed"));
  expect(copies.filter(({ kind }) => kind === "leaf")).toHaveLength(seed?.users.length ?? 0);
});

it("the update reads the gradients of all parameters", async () => {
  const [{ picture }] = await explained("dense").pictures;
  const into = picture.wires.filter(({ from, to }) => from?.includes("backward/") && to?.includes("update/"));
  const names = into.flatMap(({ nodes }) => nodes).map((id) => id.replace("gradient/", ""));
  expect([...new Set(names)].sort()).toEqual([
    "d_dense1.bias",
    "d_dense1.weight",
    "d_dense2.bias",
    "d_dense2.weight",
  ]);
});

it("equal graphs give equal pictures", async () => {
  expect(await explainNew("branched").pictures).toEqual(await explained("branched").pictures);
});
