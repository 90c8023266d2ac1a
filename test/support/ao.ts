import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { eventually } from './eventually.ts'
import { createGitRepo } from './git-repo.ts'
import type { GitRepo, GitRepoOptions } from './git-repo.ts'

/** The built program. */
export const PROGRAM = fileURLToPath(new URL('../../dist/ao.cjs', import.meta.url))
const TIMEOUT_MS = 60_000

export interface AoResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface AoOptions {
  /** The person's main checkout by default. */
  readonly cwd?: string
  /** Added to the clean environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly timeoutMs?: number
}

/** An `ao` that goes on running. */
export interface AoProcess {
  readonly pid: number
  readonly exit: Promise<AoResult>
  /** What it has said so far. */
  stdout(): string
  stderr(): string
  signal(name: NodeJS.Signals): void
}

/** A person's place to try the built program: a repository with history and origin, a home of its own, nothing of the tester's environment. */
export interface AoStage extends GitRepo {
  /** Runs `ao` with these arguments to its end; never throws for an exit code. */
  ao(args: readonly string[], options?: AoOptions): Promise<AoResult>
  /** The same, with what it printed as JSON; throws with everything it said when it failed. */
  json<T>(args: readonly string[], options?: AoOptions): Promise<T>
  start(args: readonly string[], options?: AoOptions): AoProcess
  /** Ends everything that was started here, by pid, and removes the directory. */
  close(): Promise<void>
}

/** Call `close` in an `afterEach`. Tests run the built program, so `npm test` builds first. */
export function createAoStage(options: GitRepoOptions = {}): AoStage {
  if (!existsSync(PROGRAM)) throw new Error('dist/ao.cjs is not built; run: node build.mjs')
  const repo = createGitRepo(options)
  const running = new Set<ChildProcess>()
  const env = {
    ...repo.env,
    PATH: [dirname(process.execPath), repo.env['PATH'] ?? ''].join(delimiter),
    AO_HOME: repo.home,
    LANG: 'C.UTF-8',
  }

  const start = (args: readonly string[], given: AoOptions = {}): AoProcess => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: given.cwd ?? repo.path,
      env: { ...env, ...given.env },
      stdio: 'pipe',
    })
    running.add(child)
    const said = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text
    })
    // It may end without having read what it was given.
    child.stdin.on('error', () => undefined)
    child.stdin.end(given.input ?? '')
    const exit = new Promise<AoResult>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        running.delete(child)
        resolve({ code: code ?? (signal === null ? -1 : 128), ...said })
      })
    })
    return {
      pid: child.pid ?? -1,
      exit,
      stdout: () => said.stdout,
      stderr: () => said.stderr,
      signal: name => child.kill(name),
    }
  }

  const ao = async (args: readonly string[], given: AoOptions = {}): Promise<AoResult> => {
    const process_ = start(args, given)
    const timer = setTimeout(() => {
      process_.signal('SIGKILL')
    }, given.timeoutMs ?? TIMEOUT_MS)
    try {
      return await process_.exit
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    ...repo,
    env,
    ao,
    start,
    json: async <T>(args: readonly string[], given: AoOptions = {}) => {
      const { code, stdout, stderr } = await ao([...args, '-o', 'json'], given)
      if (code === 0) return JSON.parse(stdout) as T
      throw new Error(`ao ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`)
    },
    close: async () => {
      const ends = [...running].map(child => child.pid ?? -1)
      for (const pid of ends) kill(pid)
      await endSessions(repo.home)
      await eventually('everything that was started has ended', () => running.size === 0)
      repo.remove()
    },
  }
}

/** The tmux server on the home's own socket, and every process that carries the home in its environment. */
async function endSessions(home: string): Promise<void> {
  const left = (): readonly number[] => [...serverOf(home), ...carriersOf(home)]
  await eventually('the sessions have ended', () => {
    const pids = left()
    for (const pid of pids) kill(pid)
    return pids.length === 0
  })
}

function serverOf(home: string): readonly number[] {
  const socket = join(home, 'tmux.sock')
  if (!existsSync(socket)) return []
  const { stdout } = spawnSync('tmux', ['-S', socket, 'display-message', '-p', '#{pid}'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '' },
  })
  const pid = Number((stdout ?? '').trim())
  return pid > 1 ? [pid] : []
}

/** Elsewhere than on Linux nobody tells a process's environment: there the server's end is what ends its sessions. */
function carriersOf(home: string): readonly number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(name => environmentOf(name).includes(`\0AO_HOME=${home}\0`))
    .map(Number)
}

function environmentOf(pid: string): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}\0`
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  if (pid <= 1) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Ended by itself.
  }
}
