import js from '@eslint/js';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  {
    ignores: [
      'dist/',
      'client/dist/',
      'client/src/openapi.ts',
      'node_modules/',
      'coverage/',
      'data/',
      'bench/tutorial/',
      'bench/peers/dataui-crud/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...ts.configs.strictTypeChecked, ...ts.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // The compiler's `verbatimModuleSyntax` says when a type import is one; a DTO that Nest validates must not be.
      '@typescript-eslint/consistent-type-imports': 'off',
      // `!` after a check that the compiler can't follow is used with care, and shorter than a branch that can't be reached.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Nest injects by the types of a constructor's parameters.
      '@typescript-eslint/no-useless-constructor': 'off',
      // Nest's modules and DTOs are classes without members.
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'error',
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The bodies of requests and rows of the database are plain data.
      '@typescript-eslint/no-misused-spread': 'off',
      // Rows, configurations and module options are plain objects of a declared shape.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config/environment.ts', 'src/testing/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config reads the environment.' },
      ],
    },
  },
  { files: ['src/**/*.cli.ts', 'tools/**', 'bench/**'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**', 'src/testing/**', '**/*.spec.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: globals.node },
  },
);
