import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { stringify } from 'yaml'

import type { Condition } from '../../src/resource/conditions.ts'
import { checkConditions } from '../../src/status/invariants.ts'
import { eventually } from '../support/eventually.ts'
import type { GitRepo } from '../support/git-repo.ts'
import { createGitRepo } from '../support/git-repo.ts'
import type { Sentinel } from '../support/sentinel.ts'
import { plantSentinel } from '../support/sentinel.ts'

const program = fileURLToPath(new URL('../../dist/ao.cjs', import.meta.url))
/** No other program sleeps so long, so that our agents are known among all processes. */
const AGENT_SLEEPS = '98765'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  readonly ended: Promise<Ended>
  /** What it has said so far. */
  stderr(): string
  /** Sends a signal and waits until the system has taken the process away. */
  kill(signal?: NodeJS.Signals): Promise<Ended>
}

export interface RunSettings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** An object as `ao get -o json` shows it, as far as the tests look. */
export interface Shown {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly generation: number
    readonly creationTimestamp: string
  }
  readonly spec: Readonly<Record<string, unknown>>
  readonly status: {
    readonly conditions: readonly Condition[]
    readonly observedGeneration: number
    readonly display?: string
    readonly attempt?: number
    readonly workspace?: string
    readonly branch?: string
    readonly runtime?: { readonly pid?: number }
  }
}

export interface PlanShown {
  readonly actions: readonly {
    readonly action: string
    readonly kind: string
    readonly name: string
    readonly reason: string
    readonly guards: readonly { readonly guard: string; readonly passed: boolean }[]
  }[]
  readonly summary: Readonly<Record<string, number>>
}

export interface EventShown {
  readonly time: string
  readonly type: string
  readonly reason: string
  readonly object: string
  readonly message: string
}

/** One start of an agent, as the agent itself wrote it down. */
export interface Launch {
  readonly session: string
  readonly uid: string
  readonly attempt: number
  readonly pid: number
}

/** A person's machine with the built program: a repository, a folder of manifests, a home, and foreign things beside them. */
export interface Stage {
  readonly repo: GitRepo
  readonly home: string
  readonly manifests: string
  readonly sentinel: Sentinel
  /** Runs `ao` to its end, whatever that is. */
  ao(args: readonly string[], settings?: RunSettings): Promise<Ended>
  /** Runs `ao` and fails unless it ends with `code`. */
  must(args: readonly string[], code?: number, settings?: RunSettings): Promise<Ended>
  start(args: readonly string[], settings?: RunSettings): Running
  /** Starts `reconcile --watch` and waits until it follows everything. */
  watch(args?: readonly string[], settings?: RunSettings): Promise<Running>
  /** Writes documents into a file of the manifests' folder. */
  write(file: string, ...documents: readonly object[]): void
  read(file: string): string
  get(name: string): Promise<Shown>
  list(): Promise<readonly Shown[]>
  plan(args?: readonly string[]): Promise<PlanShown>
  events(): Promise<readonly EventShown[]>
  /** Puts a program of that name before the real one, which its lines of shell are followed by; gives the PATH to use. */
  fake(program: string, lines: string): string
  launches(): readonly Launch[]
  /** The agents that live now, by uid of their session. */
  agents(): ReadonlyMap<string, readonly number[]>
  /** What must hold at any moment: one living agent for a uid, one start for an attempt, and everything owned is known. */
  checkNever(): void
  /** Ends everything that was started and removes everything. The checks of foreign things are part of it. */
  close(): Promise<void>
}

export interface StageOptions {
  /** Default `process`, which is quicker. */
  readonly runtime?: 'tmux' | 'process'
  /** Default: below the stage's own folder. */
  readonly home?: string
}

export function createStage(options: StageOptions = {}): Stage {
  const repo = createGitRepo()
  const home = options.home ?? join(repo.root, 'h')
  const manifests = join(repo.root, 'manifests')
  mkdirSync(manifests)
  const sentinel = plantSentinel(repo)
  const launchFile = join(repo.root, 'launches')
  writeFileSync(launchFile, '')
  writeAgents(repo.root, launchFile)
  const foreign = options.runtime === 'tmux' ? foreignServer(repo) : undefined
  const children = new Set<Running>()

  const start = (args: readonly string[], settings: RunSettings = {}): Running => {
    const running = startProgram(args, {
      cwd: settings.cwd ?? repo.root,
      env: { ...repo.env, AO_HOME: home, USER: 'sam', COLUMNS: '500', ...settings.env },
      input: settings.input,
    })
    children.add(running)
    void running.ended.then(() => children.delete(running))
    return running
  }
  const ao = async (args: readonly string[], settings?: RunSettings): Promise<Ended> =>
    start(args, settings).ended
  const must = async (
    args: readonly string[],
    code = 0,
    settings?: RunSettings,
  ): Promise<Ended> => {
    const ended = await ao(args, settings)
    const said = `ao ${args.join(' ')}\n${ended.stdout}\n${ended.stderr}`
    expect(ended.code, said).toBe(code)
    return ended
  }
  const list = async (): Promise<readonly Shown[]> => {
    const { stdout } = await must(['get', '-o', 'json'])
    return (JSON.parse(stdout) as { readonly items: readonly Shown[] }).items
  }
  const agents = (): ReadonlyMap<string, readonly number[]> => liveAgents(home)
  const launches = (): readonly Launch[] => readLaunches(launchFile)
  const stage: Stage = {
    repo,
    home,
    manifests,
    sentinel,
    ao,
    must,
    start,
    watch: async (args = [], settings) => {
      const running = start(['reconcile', '--watch', ...args], settings)
      await eventually('the watcher to watch', () => running.stderr().includes('Watching '))
      return running
    },
    write: (file, ...documents) => {
      const text = documents.map(document => stringify(document)).join('---\n')
      mkdirSync(dirname(join(manifests, file)), { recursive: true })
      writeFileSync(join(manifests, file), text)
    },
    read: file => readFileSync(join(manifests, file), 'utf8'),
    list,
    get: async name => {
      const found = (await list()).find(item => item.metadata.name === name)
      if (found === undefined) throw new Error(`${name} is not there`)
      return found
    },
    plan: async (args = []) => {
      const ended = await ao(['diff', '-f', manifests, '-o', 'json', ...args])
      if (ended.code !== 0 && ended.code !== 1) throw new Error(ended.stderr)
      return JSON.parse(ended.stdout) as PlanShown
    },
    events: async () => {
      const { stdout } = await must(['events', '-o', 'jsonl'])
      return stdout
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as EventShown)
    },
    fake: (name, lines) => {
      const bin = join(repo.root, 'fake')
      mkdirSync(bin, { recursive: true })
      const real = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
      const script = `#!/bin/sh\n${lines}\nexec '${real}' "$@"\n`
      writeFileSync(join(bin, name), script, { mode: 0o755 })
      return `${bin}${delimiter}${repo.env['PATH'] ?? ''}`
    },
    launches,
    agents,
    checkNever: () => {
      for (const [uid, pids] of agents()) expect(pids, `living agents of ${uid}`).toHaveLength(1)
      const starts = launches().map(launch => `${launch.uid} ${launch.attempt}`)
      expect(new Set(starts).size, `a prompt twice in an attempt: ${starts.join(', ')}`).toBe(
        starts.length,
      )
    },
    close: async () => {
      try {
        stage.checkNever()
        if (existsSync(join(home, 'version'))) {
          for (const { kind, metadata, status } of await list()) {
            const problems = checkConditions(
              status.conditions,
              metadata.generation,
              status.observedGeneration,
            )
            expect(problems, `${kind}/${metadata.name}`).toEqual([])
          }
        }
        foreign?.check()
        sentinel.check()
      } finally {
        for (const child of children) await child.kill()
        foreign?.end()
        endTmux(join(home, 'tmux.sock'))
        await endSessions(home)
        repo.remove()
      }
    },
  }
  return stage
}

/** A project on the stage's repository. */
export function project(stage: Stage, spec: object = {}): object {
  return {
    apiVersion: 'ao.dev/v1alpha1',
    kind: 'Project',
    metadata: { name: 'app' },
    spec: { path: stage.repo.path, defaults: { runtime: 'process' }, ...spec },
  }
}

/** A worker whose agent says that it started and then lives on. */
export function worker(stage: Stage, name: string, spec: object = {}): object {
  return {
    apiVersion: 'ao.dev/v1alpha1',
    kind: 'Worker',
    metadata: { name },
    spec: { project: 'app', prompt: `Work on ${name}`, agent: agent(stage, 'stays'), ...spec },
  }
}

/** `stays` lives on; `works` commits, leaves changes and files, and lives on; `ends` exits with 0. */
export function agent(stage: Stage, program: 'stays' | 'works' | 'ends'): object {
  return { plugin: 'custom', command: ['sh', join(stage.repo.root, `${program}.sh`)] }
}

export function condition(shown: Shown, type: string): Condition | undefined {
  return shown.status.conditions.find(candidate => candidate.type === type)
}

/** Adds a byte somewhere in the middle of a file's content, as a bad disk might. */
export function flipByte(file: string): void {
  const bytes = readFileSync(file)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
}

function startProgram(
  args: readonly string[],
  options: {
    readonly cwd: string
    readonly env: Readonly<Record<string, string>>
    readonly input: string | undefined
  },
): Running {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const ended = new Promise<Ended>(resolve => {
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr })
    })
  })
  return {
    child,
    pid: child.pid ?? 0,
    ended,
    stderr: () => stderr,
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal)
      return ended
    },
  }
}

function writeAgents(root: string, launchFile: string): void {
  const say = `printf '%s %s %s %s\\n' "$AO_SESSION_ID" "$AO_UID" "$AO_ATTEMPT" "$$" >> '${launchFile}'\n`
  const stay = `exec sleep ${AGENT_SLEEPS}\n`
  const work = [
    'if [ "$AO_ATTEMPT" = 1 ]; then',
    '  echo "by $AO_SESSION_ID" > committed.txt',
    '  git add committed.txt',
    '  git -c user.name=Robin -c user.email=robin@example.org commit -q -m "Work of $AO_SESSION_ID"',
    '  echo edited >> README.md',
    '  echo untracked > untracked.txt',
    'fi',
    ': > .worked',
    '',
  ].join('\n')
  writeFileSync(join(root, 'stays.sh'), `${say}${stay}`)
  writeFileSync(join(root, 'works.sh'), `${say}${work}${stay}`)
  writeFileSync(join(root, 'ends.sh'), `${say}exit 0\n`)
}

function readLaunches(file: string): readonly Launch[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const [session = '', uid = '', attempt = '', pid = ''] = line.split(' ')
      return { session, uid, attempt: Number(attempt), pid: Number(pid) }
    })
}

/** Processes of this home's sessions, with their environments. */
function processesOf(home: string): readonly { readonly pid: number; readonly line: string }[] {
  return execFileSync('ps', ['axeww', '-o', 'pid=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
    .split('\n')
    .filter(line => line.includes(` AO_HOME=${home} `) && line.includes(' AO_UID='))
    .map(line => ({ pid: Number.parseInt(line, 10), line: line.trim().replace(/^\d+ /, '') }))
}

function liveAgents(home: string): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>()
  for (const { pid, line } of processesOf(home)) {
    if (!line.startsWith(`sleep ${AGENT_SLEEPS} `)) continue
    const uid = / AO_UID=(\S+)/.exec(line)?.[1] ?? ''
    found.set(uid, [...(found.get(uid) ?? []), pid])
  }
  return found
}

async function endSessions(home: string): Promise<void> {
  await eventually('every session to end', () => {
    const rest = processesOf(home)
    for (const { pid } of rest) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
    return rest.length === 0
  })
}

function endTmux(socket: string): void {
  if (!existsSync(socket)) return
  try {
    execFileSync('tmux', ['-S', socket, 'kill-server'], { stdio: 'ignore' })
  } catch {
    // The server has ended already.
  }
}

/** A person's own tmux server, with a session that is named like one of ours. */
function foreignServer(repo: GitRepo): { check(): void; end(): void } {
  const socket = join(repo.root, 'person.sock')
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], {
      env: repo.env,
      encoding: 'utf8',
    })
  tmux('new-session', '-d', '-s', 'app-1', '-x', '80', '-y', '24', 'sleep 3000')
  const look = (): string => tmux('list-panes', '-a', '-F', '#{session_name} #{pane_pid}')
  const before = look()
  return {
    check: () => {
      expect(look()).toBe(before)
    },
    end: () => {
      endTmux(socket)
      rmSync(socket, { force: true })
    },
  }
}

/** Plants a person's own session on the home's own tmux server; its check says that nobody touched it. */
export function plantSession(stage: Stage): () => void {
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-S', join(stage.home, 'tmux.sock'), ...args], {
      env: stage.repo.env,
      encoding: 'utf8',
    })
  tmux('new-session', '-d', '-s', 'persons-own', 'sleep 3000')
  const look = (): string =>
    tmux('list-panes', '-a', '-F', '#{session_name} #{pane_pid} #{pane_dead}')
      .split('\n')
      .filter(line => line.startsWith('persons-own'))
      .join()
  const before = look()
  return () => {
    expect(look()).toBe(before)
  }
}

/** Breaks a manifest: adds a line that is no field of anything. */
export function spoil(stage: Stage, file: string): void {
  appendFileSync(join(stage.manifests, file), 'nonsense: true\n')
}
