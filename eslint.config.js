// The rules of the linter. They bound the length of lines and functions and the depth of conditionals, and
// require that promises are awaited.
import tseslint from "typescript-eslint";

/**
 * Reports the third conditional of a chain. Three conditionals should be a table, or a function with returns.
 */
const nestedConditional = {
  meta: {
    type: "suggestion",
    schema: [],
    messages: { deep: "Conditionals are nested deeper than two: write a table, or a function with returns." },
  },
  create: (context) => ({
    ConditionalExpression(node) {
      let depth = 1;
      for (let outer = node.parent; outer?.type === "ConditionalExpression"; outer = outer.parent) depth++;
      if (depth === 3) context.report({ node, messageId: "deep" });
    },
  }),
};

const literalInLiteral = (outer, inner) => ({
  selector: `${outer} > SpreadElement > ${inner}`,
  message: "A literal is spread into a literal: write its elements where they belong.",
});

const typed = [
  "await-thenable",
  "no-deprecated",
  "no-explicit-any",
  "no-floating-promises",
  "no-for-in-array",
  "no-meaningless-void-operator",
  "no-misused-promises",
  "only-throw-error",
  "restrict-plus-operands",
  "return-await",
];

export default [
  // Ignores code from the parser generator, from this compiler, from other projects and from the fuzzer, builds, and
  // programs for engines whose types are not installed.
  {
    ignores: [
      "**/formula/tables.ts",
      "**/onnx/onnx_pb.js",
      "generated/",
      "playground/",
      "vitest.config.ts",
      "examples/*/vite.config.ts",
      "**/dist/",
      "docs/site/pages/",
      "examples/{bun,deno}/",
      "packages/create-tapeless/templates/",
      "test/reference/cases/",
      "test/fuzz/cases/",
      "**/node_modules/",
    ],
  },
  {
    files: ["**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: {
      "@typescript-eslint": tseslint.plugin,
      house: { rules: { "nested-conditional": nestedConditional } },
    },
    rules: {
      ...Object.fromEntries(typed.map((rule) => [`@typescript-eslint/${rule}`, "error"])),
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "house/nested-conditional": "error",
      "max-len": ["error", { code: 120, tabWidth: 2, ignoreRegExpLiterals: true }],
      "no-cond-assign": ["error", "always"],
      "no-restricted-imports": [
        "error",
        {
          name: "typescript",
          message: "Import `ts` of ts-morph: TypeScript 7 does not have the compiler API.",
        },
      ],
      "no-restricted-syntax": [
        "error",
        literalInLiteral("ArrayExpression", "ArrayExpression"),
        literalInLiteral("ObjectExpression", "ObjectExpression"),
      ],
      "no-sequences": "error",
    },
  },
  {
    // The title of a test is one sentence of any length.
    files: ["test/**/*.ts"],
    rules: {
      "max-len": [
        "error",
        {
          code: 120,
          tabWidth: 2,
          ignoreStrings: true,
          ignoreTemplateLiterals: true,
          ignoreRegExpLiterals: true,
        },
      ],
    },
  },
  {
    // Code of trainers asserts that a value is defined only where "noUncheckedIndexedAccess" requires it.
    files: ["src/runtime/**/*.ts"],
    rules: { "@typescript-eslint/no-unnecessary-type-assertion": "error" },
  },
  {
    files: ["src/**/*.ts"],
    rules: { "max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }] },
  },
];
