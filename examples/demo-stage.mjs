/**
 * Where the demo plays: a throw-away directory with a repository, its origin, an empty HOME and a home for `ao`; and the programs
 * that run in it. Whatever starts here is ended through here.
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeSampleRepo } from './sample-repo.mjs'

const PROGRAM = fileURLToPath(new URL('../dist/ao.cjs', import.meta.url))
const MARK = '.ao-demo.json'
const PATIENCE_MS = 10_000
/** All that the programs get to know of the person who starts the demo. */
const PASSED_ON = ['PATH', 'TERM', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TMPDIR', 'COLUMNS', 'NO_COLOR']

export function makeStage({ runtime }) {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'ao-demo-'))
  try {
    mkdirSync(join(directory, 'home'))
    makeSampleRepo(directory, '01-quickstart', folder => runtime && declare(folder, runtime))
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
  return new Stage(directory, runtime ?? (isInstalled('tmux') ? 'tmux' : 'process'))
}

/** A stage that `--keep` left running; undefined when the directory is none. */
export function reopenStage(directory) {
  const mark = join(resolve(directory), MARK)
  if (!existsSync(mark)) return undefined
  const { runtime, watcher } = JSON.parse(readFileSync(mark, 'utf8'))
  return new Stage(realpathSync(directory), runtime, watcher)
}

/** Ends everything and removes the directory; gives back whether nothing is left. Saves nothing: all of it is a sample. */
export async function endStage(stage) {
  stage.isEnding = true
  await stage.endPrograms()
  const failed = await stage.endSessions()
  if (failed) {
    console.error(`${failed}\nNot everything could be ended. What is left is in ${stage.directory};
look at it with:  AO_HOME='${stage.home}' node '${PROGRAM}' get`)
    return false
  }
  rmSync(stage.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  return true
}

class Stage {
  isEnding = false
  /** Sessions whose output is worth a look when something goes wrong. */
  sessions = []
  #programs = new Set()
  #watcher

  constructor(directory, runtime, watcherPid) {
    this.directory = directory
    this.runtime = runtime
    this.watcherPid = watcherPid
    this.repository = join(directory, 'shop')
    this.home = join(directory, 'ao')
    this.bin = join(this.home, 'bin')
  }

  /** Runs a command before the eyes of the person; fails when it exits otherwise than expected. */
  async show(program, args, { exits = [0], quiet = false } = {}) {
    console.log(`\n  $ ${[program, ...args].join(' ')}\n`)
    const child = this.start(program, args, ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'])
    const { code, signal } = await endOf(child)
    if (exits.includes(code) && !this.isEnding) return
    throw new Error(`\`${program} ${args.join(' ')}\` ended with ${signal ?? `exit code ${code}`}`)
  }

  /** As `show`, for what may fail. */
  async look(program, args) {
    await this.show(program, args).catch(error => console.log(error.message))
  }

  /** Runs a program until the stage is ended; what it prints goes to `onLine`. */
  follow(args, onLine) {
    const child = this.start('ao', args, ['ignore', 'pipe', 'ignore'])
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()
      for (const line of lines) onLine(line)
    })
  }

  /** `ao reconcile --watch`, which outlives the demo when it is kept. */
  startWatcher() {
    const log = openSync(join(this.directory, 'watch.log'), 'w')
    this.#watcher = this.start('ao', ['reconcile', '--watch'], ['ignore', log, log])
    closeSync(log)
    this.watcherPid = this.#watcher.pid
    const mark = { runtime: this.runtime, watcher: this.watcherPid }
    writeFileSync(join(this.directory, MARK), `${JSON.stringify(mark)}\n`)
  }

  isWatched() {
    return this.#programs.has(this.#watcher)
  }

  watcherOutput() {
    const log = join(this.directory, 'watch.log')
    return existsSync(log) ? readFileSync(log, 'utf8').trim() : ''
  }

  /** In a process group of its own, so that Ctrl-C on the terminal reaches it through here only. */
  start(program, args, stdio) {
    const words = program === 'ao' ? [process.execPath, PROGRAM, ...args] : [program, ...args]
    const child = spawn(words[0], words.slice(1), {
      cwd: this.repository,
      env: this.#environment(),
      stdio,
      detached: true,
    })
    this.#programs.add(child)
    child.once('error', () => this.#programs.delete(child))
    child.once('exit', () => this.#programs.delete(child))
    return child
  }

  /** Lets the sessions and their watcher run on when this process ends. */
  async keep() {
    const others = [...this.#programs].filter(child => child !== this.#watcher)
    await Promise.all(others.map(endChild))
    this.#watcher.unref()
  }

  async endPrograms() {
    await Promise.all([...this.#programs].map(endChild))
    if (this.#watcher === undefined && this.#holdsHome(this.watcherPid)) {
      process.kill(this.watcherPid, 'SIGTERM')
      await until(() => !this.#holdsHome(this.watcherPid))
    }
  }

  /** Gives back what went wrong, if something did. */
  async endSessions() {
    if (!existsSync(this.home)) return undefined
    const args = ['delete', '-f', '.ao', '--force', '--timeout', '20s']
    const child = this.start('ao', args, ['ignore', 'ignore', 'pipe'])
    let talk = ''
    child.stderr.setEncoding('utf8').on('data', text => (talk += text))
    const { code } = await endOf(child)
    return code === 0 ? undefined : talk.trim() || `ao delete ended with exit code ${code}`
  }

  /** The lock of the home names who holds it; a process that merely has the same number does not. */
  #holdsHome(pid) {
    try {
      process.kill(pid, 0)
      return JSON.parse(readFileSync(join(this.home, 'lock'), 'utf8')).pid === pid
    } catch {
      return false
    }
  }

  #environment() {
    const passed = PASSED_ON.filter(name => process.env[name] !== undefined)
    return {
      ...Object.fromEntries(passed.map(name => [name, process.env[name]])),
      HOME: join(this.directory, 'home'),
      AO_HOME: this.home,
      GIT_PAGER: 'cat',
    }
  }
}

function declare(folder, runtime) {
  const file = join(folder, 'project.yaml')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('\nspec:\n', `\nspec:\n  defaults: { runtime: ${runtime} }\n`))
}

function isInstalled(program) {
  return spawnSync(program, ['-V'], { stdio: 'ignore' }).status === 0
}

function endOf(child) {
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('close', (code, signal) => done({ code, signal }))
  })
}

/** Politely first: a controller ends what it is doing and lets go of the home. */
async function endChild(child) {
  const gone = () => child.exitCode !== null || child.signalCode !== null
  child.kill('SIGTERM')
  if (!(await until(gone))) child.kill('SIGKILL')
  await until(gone)
}

async function until(isSo) {
  const deadline = performance.now() + PATIENCE_MS
  while (!isSo()) {
    if (performance.now() > deadline) return false
    await sleep(20)
  }
  return true
}
