/** Who may know whom: the rules of docs/architecture.md. */
/** The floors of the house, from the ground up: each uses those below it, and of those above their types only. */
const FLOORS = [
  'config',
  'runtime',
  'problems',
  'fields',
  'database',
  'http',
  'query',
  'rows',
  'crud',
  'access',
  'changes',
  'background',
  'modules',
  'observability',
  'health',
  'privacy',
  'openapi',
  'process',
  'scaffold',
  'testing',
];
const floors = FLOORS.slice(0, -1).map((floor, at) => ({
  name: `${floor}-uses-what-is-below`,
  severity: 'error',
  from: { path: `^src/${floor}/`, pathNot: '\\.spec\\.ts$' },
  to: { path: `^src/(${FLOORS.slice(at + 1).join('|')})/`, dependencyTypesNot: ['type-only'] },
}));

module.exports = {
  forbidden: [
    ...floors,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'kernel-does-not-know-modules',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: '^src/modules/' },
      to: { path: '^src/modules/' },
    },
    {
      name: 'modules-through-the-public-entry',
      severity: 'error',
      from: { path: '^src/modules/' },
      to: { path: '^src/', pathNot: '^src/(modules/|plinth\\.ts$)' },
    },
    {
      name: 'the-public-entry-is-for-modules',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(modules/|main\\.ts$)' },
      to: { path: '^src/plinth\\.ts$' },
    },
    {
      name: 'controller-sees-service-and-resource',
      severity: 'error',
      from: { path: '\\.controller\\.ts$' },
      to: { path: '\\.repository\\.ts$|node_modules/(typeorm|mysql2|better-sqlite3)/' },
    },
    {
      name: 'sql-only-where-it-belongs',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(database|fields|rows|crud|changes|access|testing)/|schema\\.ts$|\\.(entity|repository|module|migration|spec)\\.ts$',
      },
      to: { path: 'node_modules/(typeorm|mysql2|better-sqlite3)/' },
    },
    {
      name: 'modules-through-their-front-door',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/' },
      to: { path: '^src/modules/', pathNot: ['^src/modules/$1/', '\\.(module|service|events|entity)\\.ts$'] },
    },
    {
      name: 'source-does-not-know-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(test|tools|bench|client)/' },
    },
    {
      // It is a package of its own, and for browsers too.
      name: 'client-stands-alone',
      severity: 'error',
      from: { path: '^client/' },
      to: { path: '^(src|test|tools|bench)/' },
    },
    {
      name: 'client-runs-in-browsers',
      severity: 'error',
      from: { path: '^client/' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
