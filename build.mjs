/**
 * Builds dist/: the program, the scripted agent, the public API and the machines, each bundled
 * with the libraries it uses, so that an installed package loads few files and starts quickly.
 *
 *   node build.mjs            what running needs
 *   node build.mjs --types    also the type declarations (for publishing)
 *   node build.mjs --clean    also removes what earlier builds left behind
 *
 * A build never disturbs a program that runs from dist/ at the same time: every file arrives by
 * rename, chunks before the entries that name them, and old chunks stay for a day.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(fileURLToPath(import.meta.url))
const dist = join(root, 'dist')
const flags = new Set(process.argv.slice(2))
const startedAt = new Date()
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const PROGRAM = 'ao.cjs'
const STALE_AFTER_MS = 24 * 60 * 60 * 1000
const SHEBANG = '#!/usr/bin/env node\n'
const BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/** What all bundles have in common. */
const COMMON = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  // Its build for Node looks for a debugging variable in the environment at every token, and can't be taken in part.
  alias: { yaml: join(root, 'node_modules', 'yaml', 'browser', 'index.js') },
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
}

/**
 * What makes a file CommonJS that others can be required from. A program starts sooner as one such file than as many modules: node looks up,
 * reads and links every module by itself, and of its own `fs` it loads all to list the names in it.
 */
const ONE_FILE = {
  ...COMMON,
  metafile: true,
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  minifyWhitespace: true,
  supported: { 'dynamic-import': false },
  banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
  define: { AO_VERSION: JSON.stringify(version), 'import.meta.url': '__url' },
}

/** What the quick commands load now and then. */
const QUICK_PARTS = { './yaml.ts': './yaml.cjs', './exec.ts': './exec.cjs' }
const QUICK_INLINE = new Set(['./context.ts', './output/error.ts'])

const WITHOUT_THE_REST = {
  name: 'without-the-rest',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ kind, path }) => {
      if (kind !== 'dynamic-import' || QUICK_INLINE.has(path)) return undefined
      return { path: QUICK_PARTS[path] ?? './not-a-quick-command.cjs', external: true }
    })
    // Commander can start programs for subcommands; ours are none, and loading what it takes is not for free.
    build.onResolve({ filter: /^node:child_process$/ }, ({ path }) => ({ path, namespace: 'none' }))
    build.onLoad({ filter: /./, namespace: 'none' }, () => ({ contents: 'module.exports = {}' }))
  },
}

const staging = makeStaging()
try {
  const bundles = [
    await bundle(),
    await bundleProgram(),
    ...(await bundleQuick()),
    ...(await bundleWhole()),
  ]
  const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  writeFileSync(join(staging, 'THIRD-PARTY-LICENSES.txt'), licensesOf(inputs))
  if (flags.has('--types')) emitTypes()
  makeExecutable(join(staging, PROGRAM))
  warmUp()
  const files = [...filesUnder(staging)]
  publish(files)
  removeLeftovers(files)
} catch (error) {
  console.error(`The build failed: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(staging, { recursive: true, force: true })
}

function makeStaging() {
  const parent = join(root, 'node_modules', '.cache', 'aoctl')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, 'build-'))
}

function bundle() {
  return build({
    ...COMMON,
    entryPoints: entryPoints(),
    outdir: staging,
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    format: 'esm',
    // A machine handed to a caller must meet the caller's own copy of xstate.
    external: ['xstate', 'xstate/*'],
    loader: { '.html': 'text', '.svg': 'text' },
    banner: { js: BANNER },
    define: { AO_VERSION: JSON.stringify(version) },
    metafile: true,
  })
}

/** The program's door, so small that it brings no banner along. */
function bundleProgram() {
  return build({
    ...ONE_FILE,
    entryPoints: { ao: 'src/cli/main.ts' },
    outdir: staging,
    banner: {},
    define: { ...ONE_FILE.define, 'import.meta.dirname': '__dirname' },
  })
}

/** The quick commands in one file: with 100 sessions, `ao get` took 2.2 times a bare node in forty chunks, and 1.8 times in one file. */
async function bundleQuick() {
  return [
    await build({
      ...ONE_FILE,
      entryPoints: { quick: 'src/cli/quick.ts' },
      outdir: staging,
      plugins: [WITHOUT_THE_REST],
    }),
    await build({
      ...ONE_FILE,
      entryPoints: { exec: 'src/plugins/exec.ts', yaml: 'src/cli/output/yaml.ts' },
      outdir: staging,
    }),
  ]
}

/**
 * All commands in one file, and each library that the code imports only when it is needed in a file of its own, as is the one file of ours
 * that is nothing but a library's dress.
 */
async function bundleWhole() {
  const libraries = new Map()
  const librariesApart = {
    name: 'libraries-apart',
    setup(build) {
      build.onResolve({ filter: /^[@a-z]/ }, ({ kind, path }) => {
        if (kind !== 'dynamic-import' || path.startsWith('node:')) return undefined
        libraries.set(path, path)
        return { path: `./libraries/${path}.cjs`, external: true }
      })
      build.onResolve({ filter: /^\.\/compile-schema\.ts$/ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        libraries.set('compile-schema', join(resolveDir, path))
        return { path: './libraries/compile-schema.cjs', external: true }
      })
    },
  }
  const whole = await build({
    ...ONE_FILE,
    entryPoints: { whole: 'src/cli/whole.ts' },
    outdir: staging,
    plugins: [librariesApart],
  })
  const apart = await build({
    ...ONE_FILE,
    entryPoints: Object.fromEntries(libraries),
    outdir: join(staging, 'libraries'),
  })
  return [whole, apart]
}

function entryPoints() {
  const entries = {
    'script-agent': 'src/plugins/agent/script-program.ts',
    index: 'src/index.ts',
  }
  for (const file of readdirSync(join(root, 'machines'))) {
    if (file.endsWith('.ts')) entries[`machines/${basename(file, '.ts')}`] = `machines/${file}`
  }
  return entries
}

/** The licences of the bundled libraries ask to travel with their code. */
function licensesOf(inputs) {
  const folders = new Set()
  for (const input of inputs) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)
    if (match) folders.add(match[1])
  }
  const sections = [...folders].sort().map(folder => {
    const about = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const file = readdirSync(join(root, folder)).find(name => /^licen[cs]e/i.test(name))
    const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : ''
    return `${about.name} ${about.version} (${about.license})\n\n${text}\n`
  })
  return `Libraries bundled with aoctl and their licences.\n\n${sections.join('\n---\n\n')}`
}

function emitTypes() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', join(staging, 'types')]
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error('The type declarations could not be written')
}

/**
 * Lets V8 write down what it made of the program while it ran, which a program that starts would have to make again. In a process of its
 * own: it ends as the program does. A part without such notes works as well, and later.
 */
function warmUp() {
  for (const part of ['quick.cjs', 'whole.cjs']) {
    const file = join(staging, part)
    const digest = createHash('sha256').update(readFileSync(file)).digest('hex')
    appendFileSync(file, `//${digest}\n`)
    const notes = join(staging, 'code-cache', `${digest}.${process.version}-${process.arch}`)
    const { stderr } = spawnSync(process.execPath, [join(root, 'build-warm.mjs'), file, notes], {
      cwd: root,
      encoding: 'utf8',
    })
    if (!existsSync(notes))
      console.error(`There are no notes for ${part}, which starts later: ${stderr}`)
  }
}

/** Moves the new files in, chunks first, dated to the moment the build read its sources. */
function publish(files) {
  for (const file of files.toSorted(chunksFirst)) {
    const from = join(staging, file)
    const to = join(dist, file)
    mkdirSync(dirname(to), { recursive: true })
    utimesSync(from, startedAt, startedAt)
    renameSync(from, to)
  }
}

function makeExecutable(program) {
  const code = readFileSync(program, 'utf8')
  if (!code.startsWith('#!')) writeFileSync(program, SHEBANG + code)
  chmodSync(program, 0o755)
}

/** A program that started from an earlier build may still want its chunks: they stay for a day. */
function removeLeftovers(files) {
  const current = new Set(files)
  for (const file of filesUnder(dist)) {
    const path = join(dist, file)
    if (current.has(file)) continue
    const age = startedAt.getTime() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    // Notes are read at the very start or not at all.
    const isDone = file.startsWith('code-cache/') && age > 0
    if (flags.has('--clean') || isDone || age > STALE_AFTER_MS) rmSync(path, { force: true })
  }
}

function chunksFirst(a, b) {
  const rank = file => (file === PROGRAM ? 2 : file.startsWith('chunks/') ? 0 : 1)
  return rank(a) - rank(b)
}

function* filesUnder(folder, base = folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesUnder(path, base)
    else yield relative(base, path)
  }
}
