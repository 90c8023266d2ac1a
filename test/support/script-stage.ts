import { execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'

import { build } from 'esbuild'

import type { AgentReport } from '../../src/plugins/agent.ts'
import { createGitRepo } from './git-repo.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/** The scripted agent, bundled as it is for people. */
export interface BuiltProgram {
  readonly path: string
  remove(): void
}

export async function buildScriptProgram(): Promise<BuiltProgram> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'ao-script-')))
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  await build({
    absWorkingDir: ROOT,
    entryPoints: { 'script-agent': 'src/plugins/agent/script-program.ts' },
    outdir: directory,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: { js: REQUIRE },
  })
  return {
    path: join(directory, 'script-agent.js'),
    remove() {
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export interface PlayedAttempt {
  readonly child: ChildProcess
  /** Resolves when the process is gone. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Everything it has printed. */
  output(): string
  /** Writes to its FIFO what a runtime would. */
  write(text: string): void
}

/** A worktree, a home and a FIFO for one session of the script agent; `strike` ends and removes everything. */
export interface ScriptStage {
  readonly uid: string
  readonly workspace: string
  readonly promptFile: string
  readonly tmuxSocket: string
  readonly env: Readonly<Record<string, string>>
  /** First on the session's PATH. */
  readonly bin: string
  /** The person's git in the workspace. */
  git(...args: readonly string[]): string
  /** What was reported so far, oldest first. */
  reports(): readonly AgentReport[]
  /** In the workspace, or elsewhere. */
  play(argv: readonly string[], attempt?: number, cwd?: string): PlayedAttempt
  tmux(args: readonly string[], input?: string): string
  strike(): Promise<void>
}

export function setScriptStage(): ScriptStage {
  const repo = createGitRepo()
  const workspace = join(repo.root, 'workspace')
  const spool = join(repo.home, 'spool')
  const bin = join(repo.root, 'bin')
  const fifo = join(repo.root, 'input')
  const promptFile = join(repo.root, 'prompt')
  const tmuxSocket = join(repo.root, 't.sock')
  mkdirSync(spool, { recursive: true })
  mkdirSync(bin)
  writeFileSync(promptFile, 'Make the shop better.\n')
  repo.run(['worktree', 'add', '--quiet', '-b', 'ao/w-1', workspace])
  execFileSync('mkfifo', [fifo])
  const uid = 'f3b0c442-98fc-4c14-9afb-f4c8996fb924'
  const env = {
    ...repo.env,
    PATH: `${bin}:${repo.env['PATH'] ?? ''}`,
    AO_HOME: repo.home,
    AO_UID: uid,
    AO_ATTEMPT: '1',
    AO_SESSION_ID: 'w-1',
    AO_PROMPT_FILE: promptFile,
  }
  const played: PlayedAttempt[] = []

  const tmux = (args: readonly string[], input = ''): string =>
    execFileSync('tmux', ['-S', tmuxSocket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      input,
      env: { ...env, TERM: 'xterm-256color' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })

  return {
    uid,
    workspace,
    promptFile,
    tmuxSocket,
    env,
    bin,
    git: (...args) => repo.run(args, workspace),
    reports: () => reportsIn(spool),
    play(argv, attempt = 1, cwd = workspace) {
      const log = join(repo.root, `${attempt}.log`)
      const attemptEnv = { ...env, AO_ATTEMPT: String(attempt) }
      const one = playOver(fifo, log, argv, { cwd, env: attemptEnv })
      played.push(one)
      return one
    },
    tmux,
    async strike() {
      for (const { child } of played) child.kill('SIGKILL')
      await Promise.all(played.map(one => one.ended))
      try {
        tmux(['kill-server'])
      } catch {
        // There was none.
      }
      repo.remove()
    },
  }
}

function playOver(
  fifo: string,
  log: string,
  argv: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): PlayedAttempt {
  const input = openSync(fifo, 'r+')
  const output = openSync(log, 'a')
  const [program = '', ...args] = argv
  const child = spawn(program, args, { ...options, stdio: [input, output, output], detached: true })
  closeSync(output)
  const ended = new Promise<{ code: number | null; signal: string | null }>(resolve => {
    child.on('exit', (code, signal) => {
      closeSync(input)
      resolve({ code, signal })
    })
  })
  return {
    child,
    ended,
    output: () => readFileSync(log, 'utf8'),
    write(text) {
      writeSync(input, text)
    },
  }
}

function reportsIn(spool: string): readonly AgentReport[] {
  return readdirSync(spool)
    .filter(name => !name.startsWith('.'))
    .sort()
    .map(name => JSON.parse(readFileSync(join(spool, name), 'utf8')) as AgentReport)
}
