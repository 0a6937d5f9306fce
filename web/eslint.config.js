import js from '@eslint/js';
import { configs as lit } from 'eslint-plugin-lit';
import globals from 'globals';
import ts from 'typescript-eslint';

// Run from the root of the repository (`npm run lint` does), for plugins' panels and the browser tests live outside web/.
export default ts.config(
  { ignores: ['**/dist/', '**/node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...ts.configs.strictTypeChecked, lit['flat/recommended']],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: new URL('.', import.meta.url).pathname },
    },
    rules: {
      // Lit's decorators and `assertNever` default branches read better without these three.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Handlers of elements are bound by Lit itself.
      '@typescript-eslint/unbound-method': 'off',
      eqeqeq: ['error', 'always'],
    },
  },
  { files: ['**/public/*.js', '**/panel/**/*.js'], languageOptions: { globals: globals.browser } },
  {
    files: ['**/tests/browser/**/*.{js,mjs}', '**/eslint.config.js'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
);
