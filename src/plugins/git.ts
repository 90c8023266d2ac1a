import { HouseError } from '../errors.ts'
import { run, type RunResult } from './exec.ts'
import { toGitError } from './git-error.ts'

const DEFAULT_TIMEOUT_MS = 60_000
/** Long enough for git to remove its own lock files when it is told to stop. */
const GRACE_MS = 2000
const MAX_OUTPUT = 256 * 1024 * 1024

/** Settings of the person's that must not act in our own plumbing: hooks, daemons and work in the background. */
const PLUMBING = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
]

/** The only variables of git's own that a starter may hand down; the others would point us at another repository or index. */
const GIT_VARIABLES = new Set([
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSL_CAINFO',
  'GIT_EXEC_PATH',
])

export interface GitOptions {
  /** Emptied allow-list: PATH, HOME, and SSH_AUTH_SOCK where there is one. */
  readonly env: Readonly<Record<string, string>>
  /** The program; default `git`, found on PATH of `env`. */
  readonly gitPath?: string
}

export interface GitCall {
  readonly input?: string
  /** Default one minute. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** Added last, so it may set what is otherwise kept out, such as GIT_INDEX_FILE. */
  readonly env?: Readonly<Record<string, string>>
  /** Exit codes that are answers; default only 0. */
  readonly allow?: readonly number[]
}

/** Runs git in a directory and gives its output; an exit code that isn't allowed throws a HouseError that says which command and why. */
export type Git = (cwd: string, args: readonly string[], call?: GitCall) => Promise<RunResult>

/** Who the objects are by that we write ourselves, such as preserve commits. */
export const OWN_IDENTITY = {
  GIT_AUTHOR_NAME: 'ao',
  GIT_AUTHOR_EMAIL: 'ao@localhost',
  GIT_COMMITTER_NAME: 'ao',
  GIT_COMMITTER_EMAIL: 'ao@localhost',
} as const

/**
 * Git as plumbing: no prompts, no hooks, no optional locks, English messages, a process group of its own. Never removes a lock
 * file. A linked worktree that vanishes while git reads it (`commondir`) is tried once more.
 */
export function createGit(options: GitOptions): Git {
  const program = options.gitPath ?? 'git'
  const base = gitEnvironment(options.env)
  const settings = PLUMBING.flatMap(setting => ['-c', setting])
  return async function git(cwd, args, call = {}) {
    const once = async (): Promise<RunResult> =>
      run(program, ['-C', cwd, ...settings, ...args], {
        // The directory is given by -C, so that a missing one is git's answer and not "git is not installed".
        cwd: '/',
        env: { ...base, ...call.env },
        ...(call.input === undefined ? {} : { input: call.input }),
        timeoutMs: call.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        signal: call.signal,
        graceMs: GRACE_MS,
        maxBuffer: MAX_OUTPUT,
      }).catch((error: unknown) => {
        throw nameCommand(error, cwd, args)
      })
    let result = await once()
    if (isAnswer(result, call)) return result
    if (result.stderr.includes('commondir')) result = await once()
    if (isAnswer(result, call)) return result
    throw toGitError(cwd, args, result)
  }
}

function gitEnvironment(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(env).filter(
    ([name]) => !name.startsWith('GIT_') || GIT_VARIABLES.has(name),
  )
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    // An empty program is "nobody to ask", also over core.askPass.
    GIT_ASKPASS: '',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_EDITOR: 'true',
    GIT_PAGER: 'cat',
  }
}

function isAnswer(result: RunResult, call: GitCall): boolean {
  return (call.allow ?? [0]).includes(result.exitCode)
}

/** `run` knows only the program and its first arguments, which are ours; the person needs the command. */
function nameCommand(error: unknown, cwd: string, args: readonly string[]): unknown {
  if (!(error instanceof HouseError) || error.code === 'EnvironmentMissing') return error
  return new HouseError(
    error.code,
    `git ${args.slice(0, 3).join(' ')} in ${cwd}: ${error.message}`,
    {
      cause: error,
      retryable: error.retryable,
      ...(error.next === undefined ? {} : { next: error.next }),
    },
  )
}
