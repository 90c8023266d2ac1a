/**
 * Makes a working copy ready to run: installs dependencies and builds dist/ when they are missing
 * or out of date, and names in one line each what this system lacks. Says nothing when there is
 * nothing to do. Plain Node, because it runs before anything is installed; two may run at once.
 *
 *   node test/support/prepare.mjs                for the tests and the benchmark
 *   node test/support/prepare.mjs --for demo     for the demo
 *   node test/support/prepare.mjs --for check    for the checks, which need no build
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  linkSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MISSING = 7
const NEEDED_NODE = [20, 19]
const NEEDED_GIT = [2, 38]
const LOCK_POLL_MS = 200
const SOURCES = [
  'src',
  'machines',
  'schemas',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'build.mjs',
  'build-warm.mjs',
]
const OUTPUTS = ['dist/ao.cjs', 'dist/index.js', 'dist/script-agent.js']

const root = fileURLToPath(new URL('../../', import.meta.url))
const purpose = process.argv[2] === '--for' ? process.argv[3] : 'test'
const at = path => join(root, path)

checkSystem()
if (needsInstall()) await alone(() => needsInstall() && install())
if (purpose !== 'check' && needsBuild()) await alone(() => needsBuild() && build())

function checkSystem() {
  const node = process.versions.node
  if (isOlder(node, NEEDED_NODE))
    lack(`Node ${NEEDED_NODE.join('.')} or newer is needed; this is ${node}`)
  const git = versionOf('git', '--version')
  if (git === undefined) lack(`git is not installed: ao needs git ${NEEDED_GIT.join('.')} or newer`)
  else if (isOlder(git, NEEDED_GIT))
    lack(`git ${git} is too old: ao needs ${NEEDED_GIT.join('.')} or newer`)
  if (purpose !== 'check' && versionOf('tmux', '-V') === undefined)
    say('tmux is not installed: sessions use the process runtime')
}

function versionOf(program, flag) {
  const { status, stdout } = spawnSync(program, [flag], { encoding: 'utf8' })
  if (status !== 0) return undefined
  return /\d+(\.\d+)*/.exec(stdout)?.[0] ?? '0'
}

function isOlder(version, [major, minor]) {
  const [hasMajor, hasMinor = 0] = version.split('.').map(Number)
  return hasMajor < major || (hasMajor === major && hasMinor < minor)
}

/** npm keeps a copy of the lock file for what it installed; the two are compared by content. */
function needsInstall() {
  const record = at('node_modules/.package-lock.json')
  if (!existsSync(record)) return true
  if (mtime(record) > mtime(at('package-lock.json'))) return false
  const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(record, 'utf8')).packages
  const isPresent = ([path, entry]) =>
    path === '' || present[path]?.version === entry.version || (entry.optional && !present[path])
  return !Object.entries(wanted).every(isPresent)
}

function needsBuild() {
  if (!OUTPUTS.every(file => existsSync(at(file)))) return true
  const built = mtime(at('dist/ao.cjs'))
  return SOURCES.some(path => isNewer(at(path), built))
}

/** A folder counts too: its date moves when a file in it is removed. */
function isNewer(path, moment) {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return false
  if (found.mtimeMs > moment) return true
  return found.isDirectory() && readdirSync(path).some(name => isNewer(join(path, name), moment))
}

function install() {
  run('Installing dependencies', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
}

function build() {
  run('Building dist', process.execPath, ['build.mjs'])
}

function run(title, program, args) {
  say(title)
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status === 0) return
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`)
  console.error(`${title} failed: ${program === 'npm' ? 'npm' : 'node'} ${args.join(' ')}`)
  process.exit(1)
}

/** Runs the work while no other prepare of this folder does; a lock whose owner is gone is taken. */
async function alone(work) {
  const lock = join(
    tmpdir(),
    `aoctl-prepare-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`,
  )
  const claim = `${lock}.${process.pid}`
  writeFileSync(claim, String(process.pid))
  const release = () => rmSync(lock, { force: true })
  try {
    while (!isTaken(claim, lock)) await sleep(LOCK_POLL_MS)
  } finally {
    rmSync(claim, { force: true })
  }
  process.once('exit', release)
  work()
  process.off('exit', release)
  release()
}

function isTaken(claim, lock) {
  try {
    linkSync(claim, lock)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    removeIfAbandoned(lock)
    return false
  }
}

function removeIfAbandoned(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
  } catch (error) {
    if (error.code === 'ESRCH') rmSync(lock, { force: true })
  }
}

function mtime(path) {
  return statSync(path).mtimeMs
}

function say(line) {
  console.log(line)
}

function lack(line) {
  console.error(line)
  process.exit(MISSING)
}
