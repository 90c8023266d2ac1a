import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createGitRepo } from '../support/git-repo.ts'
import type { GitRepo } from '../support/git-repo.ts'
import { plantSentinel } from '../support/sentinel.ts'
import type { Sentinel } from '../support/sentinel.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/ao.cjs', import.meta.url))
const GIVE_UP_MS = 45_000

/** How a command ended. */
export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that may still run. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ran>
  /** What it wrote so far to both streams. */
  said(): string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string
}

/** One launch of the test's agent, as it noted it itself. */
export interface AgentStart {
  readonly session: string
  readonly uid: string
  readonly attempt: number
  readonly pid: number
  readonly prompt: string
}

/** A machine of its own for one scenario: a home, a repository with origin, manifests, and a person's things beside them. */
export interface Stage {
  readonly repo: GitRepo
  /** AO_HOME. */
  readonly home: string
  /** The folder of the manifests. */
  readonly manifests: string
  readonly socket: string
  /** The person's things in and beside the repository, and on another tmux server. */
  readonly sentinel: Sentinel
  /** Writes a manifest; its text may use `{repo}`. */
  declare(file: string, text: string): void
  /** Runs the built program to its end. */
  ao(args: readonly string[], options?: RunOptions): Promise<Ran>
  /** Puts a program of that name before the real one; `$real` in its text is the real one's path. Gives the PATH to use. */
  fake(program: string, text: string): string
  /** Starts the built program. */
  start(args: readonly string[], options?: RunOptions): Running
  /** A person's tmux client on our server; gives its output, trimmed. */
  tmux(...args: readonly string[]): string
  /** What agents noted when they came up, oldest first. */
  starts(session?: string): readonly AgentStart[]
  /** Agents of that session whose process lives. */
  alive(session?: string): readonly AgentStart[]
  worktree(session: string, project?: string): string
  remove(): Promise<void>
}

/** What makes the project's workspaces ready, one shell command. */
export interface ProjectChanges {
  readonly name?: string
  readonly postCreate?: string
  readonly path?: string
  readonly more?: string
}

/** A project whose sessions are `agent.sh`, a few lines of shell. */
export function project(changes: ProjectChanges = {}): string {
  const { name = 'app', path = '../repo', postCreate = 'echo ready > .prepared', more } = changes
  return `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: ${name} }
spec:
  path: ${path}
  workspace: { postCreate: [${JSON.stringify(postCreate)}] }
  defaults: { agent: { plugin: custom, command: [sh, ./agent.sh, rest] } }
${more === undefined ? '' : indent(more)}`
}

/** A worker that does what `does` says: words for `agent.sh`. Its project is what its name begins with. */
export function worker(name: string, does = 'rest', more?: string): string {
  const words = ['sh', './agent.sh', ...does.split(' ')].map(word => JSON.stringify(word))
  return `apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: ${name} }
spec:
  project: ${name.split('-')[0] ?? ''}
  prompt: Do the work of ${name}.
  agent: { plugin: custom, command: [${words.join(', ')}] }
${more === undefined ? '' : indent(more)}`
}

function indent(text: string): string {
  return `  ${text.trim().split('\n').join('\n  ')}\n`
}

export function createStage(): Stage {
  const repo = createGitRepo()
  const { home, root } = repo
  const manifests = join(root, 'manifests')
  mkdirSync(manifests)
  writeFileSync(join(manifests, 'agent.sh'), AGENT)
  writeFileSync(join(manifests, 'starts'), '')
  const socket = join(home, 'tmux.sock')
  const otherSocket = join(root, 'other.sock')
  const env = { ...repo.env, LANG: 'C.UTF-8', AO_HOME: home, AO_NO_COLOR: '1' }
  const running = new Set<Running>()
  const client = (at: string, args: readonly string[]): string =>
    execFileSync('tmux', ['-u', '-S', at, '-f', '/dev/null', ...args], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 10_000,
    }).trim()
  client(otherSocket, ['new-session', '-d', '-s', 'app-one', 'exec sleep 1000'])
  const lookAtOther = (): string =>
    client(otherSocket, ['list-panes', '-a', '-F', '#{session_name} #{pane_pid} #{pane_dead}'])
  const other = lookAtOther()
  const things = plantSentinel(repo)
  const starts = (session?: string): readonly AgentStart[] =>
    readFileSync(join(manifests, 'starts'), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [name = '', uid = '', attempt = '', pid = '', prompt = ''] = line.split(' ')
        return { session: name, uid, attempt: Number(attempt), pid: Number(pid), prompt }
      })
      .filter(start => session === undefined || start.session === session)
  const alive = (session?: string): readonly AgentStart[] =>
    starts(session).filter(start => isOurAgent(start))

  const start = (args: readonly string[], options: RunOptions = {}): Running => {
    const one = run(args, { ...options, cwd: options.cwd ?? root, env: { ...env, ...options.env } })
    running.add(one)
    one.ended.then(() => running.delete(one)).catch(() => undefined)
    return one
  }
  return {
    repo,
    home,
    manifests,
    socket,
    sentinel: {
      check: () => {
        things.check()
        if (lookAtOther() !== other) throw new Error(`a foreign tmux server: ${lookAtOther()}`)
      },
    },
    declare: (file, text) => {
      const path = join(manifests, file)
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(path, text.replaceAll('{repo}', repo.path))
    },
    ao: async (args, options) => start(args, options).ended,
    fake: (program, text) => {
      const bin = join(root, 'fake')
      mkdirSync(bin, { recursive: true })
      const real = execFileSync('sh', ['-c', `command -v ${program} || :`], { encoding: 'utf8' })
      const script = `#!/bin/sh\nreal='${real.trim()}'\n${text}`
      writeFileSync(join(bin, program), script, { mode: 0o755 })
      return `${bin}${delimiter}${repo.env['PATH'] ?? ''}`
    },
    start,
    tmux: (...args) => client(socket, args),
    starts,
    alive,
    worktree: (session, project = 'app') => join(home, 'worktrees', project, session),
    remove: async () => {
      for (const one of running) one.child.kill('SIGKILL')
      await Promise.all([...running].map(async one => one.ended))
      for (const at of [socket, otherSocket]) {
        try {
          client(at, ['kill-server'])
        } catch {
          // None runs there.
        }
      }
      for (const pid of startedIn(root)) end(pid)
      repo.remove()
    },
  }
}

/** Notes that it was started, with which prompt; then does what its arguments say. */
const AGENT = `#!/bin/sh
here=$(dirname "$0")
sum=$(cksum <"$AO_PROMPT_FILE" | cut -d ' ' -f 1)
cat "$AO_PROMPT_FILE" >>"$here/prompt-$AO_SESSION_ID-$AO_ATTEMPT"
echo "$AO_SESSION_ID $AO_UID $AO_ATTEMPT $$ $sum" >>"$here/starts"
case $1 in
  exit) exit "$2" ;;
  signal) kill -"$2" $$; sleep 1000 ;;
  once) [ "$AO_ATTEMPT" -gt 1 ] || exit "$2" ;;
  work)
    if [ ! -e "$AO_SESSION_ID.txt" ]; then
      echo "committed by $AO_SESSION_ID" >"$AO_SESSION_ID.txt"
      git add "$AO_SESSION_ID.txt"
      git commit -q -m "Work of $AO_SESSION_ID"
      echo "staged by $AO_SESSION_ID" >staged-too.txt
      git add staged-too.txt
      echo "untracked by $AO_SESSION_ID" >untracked-too.txt
      echo "edited by $AO_SESSION_ID" >>README.md
    fi
    ;;
  open)
    if [ ! -e "$AO_SESSION_ID.txt" ]; then
      echo "committed by $AO_SESSION_ID" >"$AO_SESSION_ID.txt"
      git add "$AO_SESSION_ID.txt"
      git commit -q -m "Work of $AO_SESSION_ID"
    fi
    ao pr create --title "Work of $AO_SESSION_ID" >"$here/opened-$AO_SESSION_ID" 2>&1
    ;;
  read) while read -r line; do echo "$line" >>"$here/read-$AO_SESSION_ID"; done ;;
esac
touch "$here/rests-$AO_SESSION_ID-$AO_ATTEMPT"
exec sleep 1000
`

function run(
  args: readonly string[],
  options: RunOptions & { readonly env: Readonly<Record<string, string>> },
): Running {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: options.cwd,
    env: options.env,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(options.input)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ran>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`ao ${args.join(' ')} did not end:\n${stdout}\n${stderr}`))
    }, GIVE_UP_MS)
    child.once('error', reject)
    // What it started may hold the streams open, so its end is the process's own.
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      setImmediate(() => {
        resolve({ code, signal, stdout, stderr })
      })
    })
  })
  return { child, ended, said: () => stdout + stderr }
}

function isOurAgent({ pid, uid }: AgentStart): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`AO_UID=${uid}\0`)
  } catch {
    return false
  }
}

/** Processes whose environment names this stage: agents, and clients that hang. */
function startedIn(root: string): readonly number[] {
  if (!existsSync('/proc')) return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`=${root}/`)
      } catch {
        return false
      }
    })
    .map(Number)
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
