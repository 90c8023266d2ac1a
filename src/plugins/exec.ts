import { type ChildProcess, spawn } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import type { Readable } from 'node:stream'

import { HouseError, errnoOf } from '../errors.ts'

/** How long the output of a program that was ended may take to come to its end. */
const LET_GO_MS = 200
const MAX_BUFFER = 16 * 1024 * 1024
/** What a shell says of a program that did not exit by itself. */
const KILLED = 128

export interface RunOptions {
  readonly cwd?: string
  /** The complete environment of the child; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly input?: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** How long the group may clean up after itself (SIGTERM) before it is killed; default 0: killed at once. */
  readonly graceMs?: number
  /** Bytes kept of each stream, beyond which the program is ended; default 16 MiB. */
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
  const what = `${program} ${args.slice(0, 3).join(' ')}`
  const hasInput = options.input !== undefined && options.input !== ''
  // Node's own spawn: a library would cost more than most of the programs that are started here.
  const child = start(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env,
    detached: true,
    stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  const limits = watchLimits(child.pid, options)
  try {
    // A program that ends without reading its input is no failure of ours.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input)
    const ended = await untilEnd(child, limits, options)
    if (limits.ended() === 'timeout') {
      throw new HouseError('Timeout', `${what} took longer than ${options.timeoutMs} ms`, {
        retryable: true,
      })
    }
    if (limits.ended() === 'abort') throw new HouseError('Interrupted', `${what} was interrupted`)
    if (ended.failure !== undefined) throw notRun(program, what, ended.failure)
    return { exitCode: ended.exitCode ?? KILLED, stdout: ended.stdout, stderr: ended.stderr }
  } finally {
    limits.stop()
  }
}

interface Ended {
  /** Null for a program that was killed. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** Why it could not be started. */
  readonly failure: Error | undefined
}

/** Some failures to start are thrown and others are told later; here all are told later. */
function start(
  program: string,
  args: readonly string[],
  options: Parameters<typeof spawn>[2],
): ChildProcess {
  try {
    return spawn(program, args, options)
  } catch (error) {
    throw notRun(program, `${program} ${args.slice(0, 3).join(' ')}`, error)
  }
}

/** Resolves when the program has ended and so has its output. */
async function untilEnd(child: ChildProcess, limits: Limits, options: RunOptions): Promise<Ended> {
  const tooMuch = (): void => {
    killGroup(child.pid, 'SIGTERM')
  }
  const maxBuffer = options.maxBuffer ?? MAX_BUFFER
  const stdout = collect(child.stdout, maxBuffer, tooMuch)
  const stderr = collect(child.stderr, maxBuffer, tooMuch)
  let failure: Error | undefined
  let letGo: NodeJS.Timeout | undefined
  child.once('exit', () => {
    if (limits.ended() === undefined) return
    // Somebody outside the group may hold the other ends, such as a server that was handed them: nobody waits for that.
    letGo = setTimeout(
      () => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      },
      LET_GO_MS + (options.graceMs ?? 0),
    )
  })
  const exitCode = await new Promise<number | null>(resolve => {
    child.once('error', error => {
      failure = error
      // One that never ran has no end either.
      if (child.pid === undefined) resolve(null)
    })
    child.once('close', code => {
      resolve(code)
    })
  })
  clearTimeout(letGo)
  return { exitCode, stdout: stdout(), stderr: stderr(), failure }
}

/** Keeps what a stream says, up to a limit; gives it as text when asked. */
function collect(stream: Readable | null, limit: number, onLimit: () => void): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    if (size >= limit) return
    chunks.push(chunk.length > limit - size ? chunk.subarray(0, limit - size) : chunk)
    size += chunk.length
    if (size > limit) onLimit()
  })
  stream?.on('error', () => undefined)
  return () => Buffer.concat(chunks).toString('utf8')
}

function notRun(program: string, what: string, cause: unknown): HouseError {
  if (errnoOf(cause) === 'ENOENT') {
    return new HouseError('EnvironmentMissing', `${program} is not installed or not on PATH`, {
      cause,
      next: 'ao doctor',
    })
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new HouseError('CommandFailed', `${what} could not be run: ${reason}`, {
    cause,
    retryable: true,
  })
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
  const child = start(program, args, { env: { ...env }, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', error => {
      reject(notRun(program, program, error))
    })
    child.once('close', code => {
      resolve(code ?? KILLED)
    })
  })
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
