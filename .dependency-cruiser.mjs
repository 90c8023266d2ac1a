/**
 * The house's layers as rules that run: `npm run boundaries`. Each comment says why the wall is
 * there, for the person who just walked into it. A library or a node module that a rule names is
 * named by the path it resolves to.
 */

const packages = (...names) => `^node_modules/(${names.join('|')})/`
const own = (...folders) => `^src/(${folders.join('|')})/`

const ERRORS = '^src/errors\\.ts$'
const SCHEMAS = '^schemas/[^/]+\\.json$'
/** The slots and what they have in common. The other files beside them are tools of adapters. */
const CONTRACTS =
  '^src/plugins/(agent|notifier|runtime|scm|tracker|workspace|plugin|registry)\\.ts$'
const PLUGIN_ROOM = '^src/plugins/[^/]+\\.ts$'
const BOTTOM = [own('resource'), ERRORS]

/** Modules of node that compute and touch nothing. */
const CALCULATION =
  '^(node:)?(crypto|path|path/posix|url|util|buffer|string_decoder|assert|events)$'
const FILES = '^(node:)?(fs|fs/promises)$'
const SOCKETS = '^(node:)?(net|http|https|http2|tls|dgram|dns|dns/promises)$'
const PROCESSES = '^(node:)?(child_process|cluster|worker_threads)$'
const EXECA = packages('execa')
const ANY_CORE = { dependencyTypes: ['core'] }

/** Libraries that may be part of the product; everything else in node_modules is a tool. */
const LIBRARIES = packages(
  '@gitbeaker/rest',
  '@linear/sdk',
  '@octokit/[^/]+',
  'ajv',
  'ajv-formats',
  'chokidar',
  'commander',
  'execa',
  'fastest-levenshtein',
  'get-east-asian-width',
  'nodemailer',
  'picocolors',
  'xstate',
  'yaml',
)

/** The folder may import these and nothing else; what node offers is the business of the rules on effects. */
function layer(name, from, allowed, comment) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: from },
    to: { pathNot: allowed, dependencyTypesNot: ['core'], couldNotResolve: false },
  }
}

function wall(name, from, to, comment) {
  return { name, comment, severity: 'error', from, to }
}

const layers = [
  layer(
    'machines-stand-alone',
    '^machines/',
    ['^machines/', packages('xstate')],
    'A machine is a picture of the lifecycle that other programs can open. It imports xstate and nothing of ours outside this folder; what it needs to know comes in its events.',
  ),
  layer(
    'resource-is-the-bottom',
    '^src/(resource/|errors\\.ts$)',
    BOTTOM,
    'Everybody stands on resource/ and errors.ts, so they stand on nothing: if you need something from above, pass it in as an argument or move the word down here.',
  ),
  layer(
    'manifest-reads-words',
    own('manifest'),
    [
      ...BOTTOM,
      own('manifest'),
      SCHEMAS,
      packages(
        'yaml',
        'ajv',
        'ajv-formats',
        'fastest-levenshtein',
        'get-east-asian-width',
        'picocolors',
      ),
    ],
    'manifest/ turns text into resources. It knows schemas and YAML, and nothing about what happens with the resources later.',
  ),
  layer(
    'plan-lifecycle-status-know-facts',
    own('plan', 'lifecycle', 'status'),
    [...BOTTOM, own('plan', 'lifecycle', 'status'), '^machines/', packages('xstate')],
    'These rooms decide; others look and act. They get a snapshot and give back data. If a decision needs one more fact, add it to the snapshot.',
  ),
  layer(
    'plugin-contracts-are-thin',
    CONTRACTS,
    [...BOTTOM, CONTRACTS],
    'A contract is what somebody must read to write a plugin. It speaks of resources and errors; it does not know its adapters, their tools, nor who calls it.',
  ),
  layer(
    'tools-of-adapters-know-no-adapter',
    PLUGIN_ROOM,
    [...BOTTOM, PLUGIN_ROOM, '^node_modules/'],
    'What several adapters share lives beside the contracts and serves them all. What only one of them needs lives with that one.',
  ),
  layer(
    'adapters-are-strangers',
    '^src/plugins/([^/]+)/([^/.-]+)',
    [...BOTTOM, '^src/plugins/[^/]+\\.ts$', '^src/plugins/$1/$2[-./]', '^node_modules/'],
    'An adapter can be deleted without its neighbours noticing. It imports its contract, exec.ts and files that share its first word (tmux.ts, tmux-keys.ts); what two adapters share belongs in src/plugins/.',
  ),
  layer(
    'observe-looks-through-plugins',
    own('observe'),
    [...BOTTOM, own('observe', 'plan', 'lifecycle', 'store'), CONTRACTS],
    'observe/ makes one snapshot from what the plugins see. It reaches the world through contracts, and does not know who will read the snapshot.',
  ),
  layer(
    'execute-acts-through-plugins',
    own('execute'),
    [...BOTTOM, own('execute', 'observe', 'plan', 'lifecycle', 'deliver', 'store'), CONTRACTS],
    'execute/ does the actions of a plan, as they were planned. It speaks in the words of observe/, which comes before it, and of the planner, but knows nobody who comes after it: whatever it needs of the loop comes in its context.',
  ),
  layer(
    'deliver-carries-letters',
    own('deliver'),
    [...BOTTOM, own('deliver', 'observe', 'plan', 'lifecycle', 'store'), CONTRACTS],
    'deliver/ brings texts to agents and waits for the receipt. It speaks in the words of observe/, and decides nothing about the worker that gets them.',
  ),
  layer(
    'store-keeps-things',
    own('store'),
    [...BOTTOM, own('store')],
    'store/ writes down what it is given and reads it back. It has no opinion about the contents.',
  ),
  layer(
    'reconcile-joins-the-rooms',
    own('reconcile'),
    [
      ...BOTTOM,
      own(
        'reconcile',
        'manifest',
        'observe',
        'lifecycle',
        'plan',
        'execute',
        'deliver',
        'status',
        'store',
      ),
      CONTRACTS,
      '^machines/',
      packages('chokidar', 'xstate'),
    ],
    'reconcile/ is the loop that joins the rooms below it. It works the same with no server and no terminal, so it imports neither.',
  ),
  layer(
    'dashboard-is-a-client',
    own('dashboard'),
    [...BOTTOM, own('dashboard')],
    'The page knows what the API tells it, like every other client. It needs words from resource/ and nothing else.',
  ),
]

const directions = [
  wall(
    'nobody-imports-the-top',
    { path: '^(src|machines)/', pathNot: '^src/(cli/|index\\.ts$)' },
    { path: '^src/(cli/|index\\.ts$)' },
    'cli/ and index.ts put the others together. Whatever you need from there can be passed in as an argument.',
  ),
  wall(
    'the-public-api-is-no-program',
    { path: '^src/index\\.ts$' },
    { path: own('cli') },
    'index.ts is for programs that embed the controller; they have no terminal.',
  ),
  wall(
    'only-the-cli-starts-the-server',
    { path: '^(src|machines)/', pathNot: '^src/(cli/|server/|index\\.ts$)' },
    { path: own('server') },
    'The server shows what the controller does. A controller that needs its own window to work is built the wrong way round.',
  ),
  wall(
    'only-the-server-serves-the-dashboard',
    { path: '^(src|machines)/', pathNot: own('server', 'dashboard') },
    { path: own('dashboard') },
    'The page reaches people through the server, and through nothing else.',
  ),
  wall(
    'only-context-names-adapters',
    { path: '^(src|machines)/', pathNot: '^src/(plugins/|cli/context\\.ts$)' },
    { path: '^src/plugins/[^/]+/' },
    'cli/context.ts is the one place where a name becomes an adapter. Ask the registry for a plugin by its slot and name.',
  ),
  wall(
    'schemas-enter-through-manifest',
    { path: '^src/', pathNot: own('manifest', 'cli', 'server') },
    { path: '^schemas/' },
    'Only manifest/ reads schemas (and cli/ and server/ show them). The others use the types in resource/types.gen.ts.',
  ),
  wall(
    'product-code-stays-in-the-product',
    { path: '^(src|machines)/' },
    { path: '^(test|examples|dist|build\\.mjs|schemas/generate\\.ts)' },
    'What ships must not lean on tests, examples or build scripts: they are not there when it runs.',
  ),
]

const effects = [
  wall(
    'pure-rooms-touch-nothing',
    { path: ['^machines/', own('resource', 'lifecycle', 'plan', 'status'), ERRORS] },
    { ...ANY_CORE, pathNot: CALCULATION },
    'These rooms are tested by calling them, without a disk, a clock or a process. Do the effect in an adapter and pass in what it found.',
  ),
  wall(
    'only-load-reads-manifests',
    { path: own('manifest'), pathNot: '^src/manifest/load[^/]*\\.ts$' },
    { ...ANY_CORE, pathNot: CALCULATION },
    'load.ts reads the files, the rest of manifest/ works on text. So a manifest from a test, a pipe or a server is checked in the same way.',
  ),
  wall(
    'effects-at-the-edge',
    { path: [own('observe', 'execute', 'deliver'), CONTRACTS] },
    { ...ANY_CORE, path: FILES },
    'These rooms touch the world through a plugin or the store. A file read here is one that no plugin can replace and no test can see.',
  ),
  wall(
    'only-the-edge-opens-sockets',
    { path: '^(src|machines)/', pathNot: ['^src/plugins/[^/]+/', own('server', 'cli')] },
    { path: SOCKETS },
    'Sockets belong to adapters and the server (and to the commands that talk to it). It keeps the list of doors short.',
  ),
  wall(
    'only-adapters-start-processes',
    { path: '^(src|machines)/', pathNot: '^src/plugins/(exec\\.ts$|[^/]+/)' },
    { path: [PROCESSES, EXECA] },
    'Processes are started in src/plugins/exec.ts and in adapters, with argument arrays, a limit and a signal. Then there is one place to look for what may run on this machine.',
  ),
  wall(
    'exec-is-for-the-edge',
    { path: '^src/', pathNot: '^src/(plugins|cli)/' },
    { path: '^src/plugins/(exec|git)\\.ts$' },
    'A room that runs a program by itself is an adapter in disguise. Add a method to the contract and do it there.',
  ),
]

const hygiene = [
  wall(
    'no-circular',
    {},
    { circular: true },
    'Two files that need each other are one file or three. Type imports count: the circle is in the thought, not in the run.',
  ),
  wall(
    'not-to-tools',
    { path: '^(src|machines)/' },
    { path: '^node_modules/', pathNot: LIBRARIES },
    'Only the libraries listed above are bundled into what people install; this one is a tool, or a stranger that came in with another package.',
  ),
  wall(
    'no-unresolvable',
    {},
    { couldNotResolve: true },
    'This import leads nowhere. Relative imports carry their extension: ./plan.ts.',
  ),
  wall(
    'no-deprecated-core',
    {},
    { dependencyTypes: ['core'], path: '^(node:)?(punycode|domain|constants|sys|_linklist)$' },
    'Node keeps this module for old programs only.',
  ),
]

export default {
  forbidden: [...layers, ...directions, ...effects, ...hygiene],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'types', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
}
