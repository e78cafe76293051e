/**
 * typescript-eslint needs TypeScript 6, which is `typescript` in package.json; `tsc` is TypeScript 7, `@typescript/native` there.
 * One package is enough again as soon as typescript-eslint supports TypeScript 7.
 */
import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import noUnsanitized from "eslint-plugin-no-unsanitized";
import globals from "globals";
import tseslint from "typescript-eslint";

const FRONTEND = "custom_components/moosicbox/frontend/**/*.js";
const TESTS = "tests/frontend/**/*.js";
/** Scripts that Python puts into pages: of benchmarks/sync/tab.py and tests/e2e/test_stream.py, for example. */
const INJECTED = ["benchmarks/**/*.js", "tests/e2e/**/*.js"];

const ARIA_ATTRIBUTES = [
  ...["activedescendant", "atomic", "busy", "checked", "controls", "current", "describedby", "disabled", "expanded"],
  ...["haspopup", "hidden", "invalid", "label", "labelledby", "level", "live", "modal", "multiselectable"],
  ...["orientation", "posinset", "pressed", "readonly", "required", "roledescription", "selected", "setsize"],
  ...["sort", "valuemax", "valuemin", "valuenow", "valuetext"],
].join("|");
const ROLES = [
  ...["alert", "alertdialog", "button", "checkbox", "dialog", "grid", "group", "heading", "img", "link", "list"],
  ...["listbox", "listitem", "log", "menu", "menuitem", "menuitemcheckbox", "menuitemradio", "navigation", "none"],
  ...["option", "presentation", "progressbar", "radio", "radiogroup", "region", "search", "slider", "status"],
  ...["switch", "tab", "table", "tablist", "tabpanel", "toolbar"],
].join("|");

/** A call of `el(tag, props)` in `ui/dom.js`, by its tag. */
const element = (/** @type {string} */ tags) => `CallExpression[callee.name="el"][arguments.0.value=/^(${tags})$/]`;

/** Rules for elements that are created by `el()`, like those of eslint-plugin-jsx-a11y. axe checks the pages in tests/e2e. */
const ACCESSIBILITY = [
  {
    selector: `${element("img")}:not(:has(Property[key.name="alt"]))`,
    message: "An image needs `alt`; an empty one if it is decoration.",
  },
  {
    selector: `${element("button")}:not(:has(Property[key.name="type"]))`,
    message: "A button needs a `type`.",
  },
  {
    selector: `${element("a")}:not(:has(Property[key.name="href"]))`,
    message: "A link needs `href`; without one it is a button.",
  },
  {
    selector: `${element("div|span|p|li|ul|section|td|tr")} > ObjectExpression > Property[key.name="on"] Property[key.name=/^(click|pointerdown|keypress)$/]`,
    message: "Elements that are no controls can't be reached by keyboard: use a button or a link.",
  },
  {
    selector: 'Property[key.name="attributes"] Property[key.name="tabindex"][value.value=/^[1-9]/]',
    message: "A positive tabindex breaks the order of the keyboard focus.",
  },
  {
    selector: 'Property[key.name="attributes"] Property[key.name=/^(autofocus|accesskey)$/]',
    message: "Don't move the focus when the page loads, and define no access keys.",
  },
  {
    selector: `Property[key.value=/^aria-/]:not([key.value=/^aria-(${ARIA_ATTRIBUTES})$/])`,
    message: "Unknown ARIA attribute.",
  },
  {
    selector: `Property[key.name="attributes"] Property[key.name="role"] > Literal:not([value=/^(${ROLES})$/])`,
    message: "Unknown ARIA role.",
  },
];

export default defineConfig(
  globalIgnores([
    "custom_components/moosicbox/frontend/vendor/",
    "custom_components/moosicbox/frontend/**/*.d.ts",
    ".artifacts/",
    ".demo/",
    ".venv/",
  ]),
  {
    extends: [js.configs.recommended],
    linterOptions: { reportUnusedDisableDirectives: "error", reportUnusedInlineConfigs: "error" },
    rules: {
      curly: "error",
      eqeqeq: "error",
      "no-console": ["error", { allow: ["debug"] }],
      "no-else-return": ["error", { allowElseIf: false }],
      "no-implicit-coercion": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  {
    files: [FRONTEND],
    extends: [tseslint.configs.strictTypeChecked, noUnsanitized.configs.recommended],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      "@typescript-eslint/no-shadow": "error",
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true, varsIgnorePattern: "^_$" }],
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true, number: true } }],
      "@typescript-eslint/prefer-optional-chain": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "no-restricted-syntax": ["error", ...ACCESSIBILITY],
    },
  },
  {
    files: [TESTS, "eslint.config.js"],
    extends: [tseslint.configs.strict],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    rules: {
      // Tests fake parts of the browser and of messages.
      "@typescript-eslint/no-dynamic-delete": "off",
    },
  },
  {
    files: INJECTED,
    languageOptions: { sourceType: "script", globals: { ...globals.browser, PPM: "readonly" } },
  },
);
