import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { readProcessIdentity } from '../../src/plugins/process-identity.ts'
import { readProcesses } from '../../src/plugins/process-tree.ts'
import { createProcessRuntime } from '../../src/plugins/runtime/process.ts'
import type { TmuxPlace } from '../../src/plugins/runtime/tmux-client.ts'
import { tmuxConfig } from '../../src/plugins/runtime/tmux-config.ts'
import { createTmuxRuntime } from '../../src/plugins/runtime/tmux.ts'
import type { Launch, Runtime, RuntimeListing, RuntimeSession } from '../../src/plugins/runtime.ts'
import { eventually } from './eventually.ts'

export const SIGNAL = new AbortController().signal
const AGENT = fileURLToPath(new URL('runtime-agent.mjs', import.meta.url))

/** What a test's agent wrote down when it came up. */
export interface AgentFacts {
  readonly pid: number
  readonly cwd: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** A home with one runtime, a sentinel beside its sessions, and agents that write down what happens to them. */
export interface RuntimeStage {
  readonly root: string
  readonly runtime: Runtime
  /** Another instance over the same home, as another process would have. */
  another(): Runtime
  /** What `runtime-starter.ts` needs to make the same runtime. */
  readonly starter: readonly [name: string, options: string]
  /** A launch of the test's agent, with the given arguments for it; `OUT` is where it writes. */
  launch(session: string, args?: readonly string[], changes?: Partial<Launch>): Launch
  facts(launch: Launch): Promise<AgentFacts>
  /** Waits until the agent has got that many messages. */
  messages(launch: Launch, count: number): Promise<readonly string[]>
  children(launch: Launch, count: number): Promise<readonly number[]>
  listing(): Promise<RuntimeListing>
  /** The session of that name; fails when there is none. */
  session(name: string): Promise<RuntimeSession>
  exited(name: string): Promise<RuntimeSession>
  /** Fails when what isn't ours was touched. */
  checkSentinel(): Promise<void>
  remove(): Promise<void>
}

export interface TmuxStage extends RuntimeStage {
  readonly place: TmuxPlace
  /** A person's own tmux client; gives its output, trimmed. */
  tmux(...args: readonly string[]): string
  serverPid(): number
}

export async function createTmuxStage(): Promise<TmuxStage> {
  const root = makeRoot()
  const place: TmuxPlace = {
    socket: join(root, 'tmux.sock'),
    configFile: join(root, 'tmux conf'),
    serverFile: join(root, "server's file"),
    runs: join(root, 'runs'),
    env: { PATH: process.env['PATH'] ?? '', HOME: root, LANG: 'C', LEAK: 'of-the-server' },
  }
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-u', '-S', place.socket, '-f', place.configFile, ...args], {
      env: place.env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 10_000,
    }).trim()
  writeFileSync(place.configFile, tmuxConfig(place))
  const look = (): string =>
    tmux('list-panes', '-t', '=sentinel', '-F', '#{pane_pid} #{pane_dead} #{@ao_uid}')
  tmux('new-session', '-d', '-s', 'sentinel', 'exec sleep 1000')
  const before = look()
  const create = (): Runtime => createTmuxRuntime({ ...place, now: () => Date.now() })
  const stage = createStage(root, create, {
    starter: ['tmux', JSON.stringify(place)],
    isSame: () => look() === before,
    end() {
      const pid = Number.parseInt(readIfThere(place.serverFile), 10)
      if (pid > 1) kill(pid)
    },
  })
  const serverPid = (): number => Number(tmux('display-message', '-p', '#{pid}'))
  return { ...stage, place, tmux, serverPid }
}

export async function createProcessStage(): Promise<RuntimeStage> {
  const root = makeRoot()
  const identity = await readProcessIdentity(process.platform)
  const options = { root: join(root, 'runs'), shell: '/bin/sh' }
  const sentinel = spawn('sleep', ['1000'], { stdio: 'ignore' })
  return createStage(root, () => createProcessRuntime({ ...options, identity }), {
    starter: ['process', JSON.stringify(options)],
    isSame: () => sentinel.exitCode === null && sentinel.signalCode === null,
    end() {
      sentinel.kill('SIGKILL')
    },
  })
}

function makeRoot(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'ao-rt-')))
  for (const folder of ['runs', 'work']) mkdirSync(join(root, folder))
  return root
}

interface Side {
  readonly starter: readonly [string, string]
  isSame(): boolean
  end(): void
}

function createStage(root: string, create: () => Runtime, side: Side): RuntimeStage {
  const runtime = create()
  const uids = new Set<string>()
  const listing = async (): Promise<RuntimeListing> => {
    const found = await runtime.list(SIGNAL)
    if (found.state !== 'found') throw new Error(found.reason)
    return found.value
  }
  const session = async (name: string): Promise<RuntimeSession> => {
    const { sessions } = await listing()
    const found = sessions.find(({ session }) => session === name)
    if (found === undefined) throw new Error(`no session ${name}: ${JSON.stringify(sessions)}`)
    return found
  }
  return {
    root,
    runtime,
    another: create,
    starter: side.starter,
    listing,
    session,
    launch(name, args = [], changes = {}) {
      const uid = changes.uid ?? randomUUID()
      const attempt = changes.attempt ?? 1
      uids.add(uid)
      const runDir = join(root, 'runs', uid, String(attempt))
      mkdirSync(runDir, { recursive: true, mode: 0o700 })
      const promptFile = join(runDir, 'prompt.txt')
      writeFileSync(promptFile, 'Do it.')
      return {
        session: name,
        uid,
        attempt,
        cwd: join(root, 'work'),
        argv: [process.execPath, AGENT, join(runDir, 'out'), ...args],
        env: { PATH: '/usr/bin:/bin', HOME: root, GREETING: 'grüße; "$HOME" #{pid} %H' },
        promptFile,
        logFile: join(root, 'logs', "it's 100%H #{pid}", name, `${attempt}.log`),
        runDir,
        ...changes,
      }
    },
    facts: launch =>
      eventually(`${launch.session} comes up`, () => {
        const text = readIfThere(join(launch.runDir, 'out'))
        return text === '' ? undefined : (JSON.parse(text) as AgentFacts)
      }),
    messages: (launch, count) =>
      eventually(`${launch.session} gets ${count} messages`, () => {
        const lines = readIfThere(join(launch.runDir, 'out.messages')).trimEnd().split('\n')
        const found = lines.filter(line => line !== '').map(line => JSON.parse(line) as string)
        return found.length >= count ? found : undefined
      }),
    children: (launch, count) =>
      eventually(`${launch.session} has ${count} children`, () => {
        const pids = readIfThere(join(launch.runDir, 'out.children')).trim().split('\n')
        return pids.length >= count && pids[0] !== '' ? pids.map(Number) : undefined
      }),
    exited: name =>
      eventually(`${name} exits`, async () => {
        const found = await session(name)
        return found.state === 'exited' ? found : undefined
      }),
    async checkSentinel() {
      if (!side.isSame()) throw new Error('the sentinel was touched')
    },
    async remove() {
      side.end()
      await endAll(uids)
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Whether a process is there and no zombie. */
export async function isRunning(pid: number): Promise<boolean> {
  return (await readProcesses([pid])).length > 0
}

/** Every file below a folder, as text, but FIFOs. */
export function allTextBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

/** Processes of this stage, by what only they carry in their environment. */
async function endAll(uids: ReadonlySet<string>): Promise<void> {
  for (const { pid } of await readProcesses()) {
    const environment = readIfThere(`/proc/${pid}/environ`)
    const uid = /(?:^|\0)AO_UID=([^\0]*)/.exec(environment)?.[1]
    if (uid === undefined || !uids.has(uid)) continue
    kill(pid)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Ended before.
  }
}

export function readIfThere(file: string): string {
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  } catch {
    return ''
  }
}
