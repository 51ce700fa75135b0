/** What a project can be made of. Each template and each spec is a project of examples/. */

interface Choice {
  /** The folder of examples/. */
  readonly example: string;
  readonly about: string;
}

export const templates = {
  page: { example: "worker", about: "a page that trains in a worker and draws the losses" },
  react: { example: "react", about: "the same page with React" },
  node: { example: "node", about: "a Node program" },
  library: { example: "library", about: "an npm package that contains a trained model" },
} satisfies Record<string, Choice>;

export const specs = {
  digits: { example: "worker", about: "classifies handwritten digits" },
  "two-moons": { example: "react", about: "classifies points on two moons, with an activation as a formula" },
  iris: { example: "deno", about: "classifies iris flowers" },
  diabetes: { example: "node", about: "predicts a number from ten measurements" },
} satisfies Record<string, Choice>;

export type TemplateName = keyof typeof templates;
export type SpecName = keyof typeof specs;

/** The files in `src/` that depend on the spec. A template without one of them does not need it. */
export const modelFiles = ["model.tapeless.yaml", "data.csv", "data.ts"];

/** The name of `.gitignore` in the package. */
export const gitignore = "_gitignore";
