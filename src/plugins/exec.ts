import { setMaxListeners } from 'node:events'

import { execa } from 'execa'

import { HouseError } from '../errors.ts'

/** How long the output of a program that was ended may take to come to its end. */
const LET_GO_MS = 200

export interface RunOptions {
  readonly cwd?: string
  /** The complete environment of the child; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly input?: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** How long the group may clean up after itself (SIGTERM) before it is killed; default 0: killed at once. */
  readonly graceMs?: number
  /** Bytes kept of each stream; default 16 MiB. */
  readonly maxBuffer?: number
}

export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end, with an argument array, in a process group of its own, so that a time-out or an abort ends everything it
 * started. An exit code other than 0 is a result, not an error. Throws `EnvironmentMissing` when the program isn't there, `Timeout` and
 * `Interrupted` after the group was killed.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const child = execa(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env,
    extendEnv: false,
    input: options.input ?? '',
    detached: true,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: options.maxBuffer ?? 16 * 1024 * 1024,
  })
  const limits = watchLimits(child.pid, options)
  let letGo: NodeJS.Timeout | undefined
  child.once('exit', () => {
    if (limits.ended() === undefined) return
    // Somebody outside the group may hold the other ends, such as a server that was handed them: nobody waits for that.
    letGo = setTimeout(
      () => {
        child.stdout.destroy()
        child.stderr.destroy()
      },
      LET_GO_MS + (options.graceMs ?? 0),
    )
  })
  try {
    const result = await child
    const what = `${program} ${args.slice(0, 3).join(' ')}`
    if (limits.ended() === 'timeout') {
      throw new HouseError('Timeout', `${what} took longer than ${options.timeoutMs} ms`, {
        retryable: true,
      })
    }
    if (limits.ended() === 'abort') throw new HouseError('Interrupted', `${what} was interrupted`)
    if (result.code === 'ENOENT') {
      throw new HouseError('EnvironmentMissing', `${program} is not installed or not on PATH`, {
        cause: result,
        next: 'ao doctor',
      })
    }
    if (result.exitCode === undefined && result.signal === undefined) {
      throw new HouseError('CommandFailed', `${what} could not be run: ${result.shortMessage}`, {
        cause: result,
        retryable: true,
      })
    }
    return {
      exitCode: result.exitCode ?? 128,
      stdout: result.stdout,
      stderr: result.stderr,
    }
  } finally {
    clearTimeout(letGo)
    limits.stop()
  }
}

interface Limits {
  /** Why the child was ended by us, if it was. */
  ended(): 'timeout' | 'abort' | undefined
  stop(): void
}

/** Ends the group when its time is over or the signal says so. */
function watchLimits(pid: number | undefined, options: RunOptions): Limits {
  const { signal, graceMs, timeoutMs } = options
  let ended: 'timeout' | 'abort' | undefined
  let killer: NodeJS.Timeout | undefined
  const end = (why: 'timeout' | 'abort'): void => {
    ended ??= why
    killGroup(pid, graceMs === undefined ? 'SIGKILL' : 'SIGTERM')
    if (graceMs === undefined) return
    killer ??= setTimeout(() => {
      killGroup(pid, 'SIGKILL')
    }, graceMs)
  }
  const timer = setTimeout(() => {
    end('timeout')
  }, timeoutMs)
  const onAbort = (): void => {
    end('abort')
  }
  if (signal !== undefined) {
    // Many children under one signal are no leak.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  }
  return {
    ended: () => ended,
    stop: () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      if (killer === undefined) return
      clearTimeout(killer)
      // The leader ended in time; what it started and left behind has had its grace as well.
      killGroup(pid, 'SIGKILL')
    },
  }
}

/**
 * Gives the terminal to a program until it ends, and gives its exit code. The program is in our own process group, so that the terminal's
 * signals reach it.
 */
export async function runInteractive(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const result = await execa(program, args, {
    env,
    extendEnv: false,
    stdio: 'inherit',
    reject: false,
  })
  if (result.code === 'ENOENT') {
    throw new HouseError('EnvironmentMissing', `${program} is not installed or not on PATH`, {
      cause: result,
      next: 'ao doctor',
    })
  }
  return result.exitCode ?? 128
}

/** Signals a child that leads its own process group, and all it started. */
function killGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // Already gone.
  }
}
