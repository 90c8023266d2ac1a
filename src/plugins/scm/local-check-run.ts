import { spawn } from 'node:child_process'

import { HouseError } from '../../errors.ts'

const GRACE_MS = 2000
/** Enough of the raw end that 8 KiB of plain text remain of it. */
const KEPT_BYTES = 64 * 1024

export interface CommandRun {
  readonly command: string
  readonly cwd: string
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Told once the process is there. */
  readonly onStart: (pid: number) => Promise<void>
}

export interface CommandEnd {
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  readonly timedOut: boolean
  /** The end of what it wrote to both streams. */
  readonly output: string
}

/**
 * Runs a shell command in a process group of its own and keeps the end of its output, however much there is. When it is over, by
 * itself or not, nothing of the group remains. Throws `Interrupted` after an abort.
 */
export async function runCommand(run: CommandRun, signal: AbortSignal): Promise<CommandEnd> {
  if (signal.aborted) throw interrupted()
  const child = spawn('sh', ['-c', run.command], {
    cwd: run.cwd,
    env: run.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = keepEnd()
  child.stdout.on('data', output.add)
  child.stderr.on('data', output.add)

  let timedOut = false
  let kill: NodeJS.Timeout | undefined
  const end = (): void => {
    signalGroup(child.pid, 'SIGTERM')
    kill ??= setTimeout(() => {
      signalGroup(child.pid, 'SIGKILL')
    }, GRACE_MS)
  }
  const timer = setTimeout(() => {
    timedOut = true
    end()
  }, run.timeoutMs)
  signal.addEventListener('abort', end, { once: true })
  try {
    const ended = exitOf(child)
    // A note that failed is no reason to judge otherwise; it is only missed after a crash.
    const noted =
      child.pid === undefined ? undefined : run.onStart(child.pid).catch(() => undefined)
    const [result] = await Promise.all([ended, noted])
    // What the command left running in the background holds the pipes, and has no right to outlive the check.
    signalGroup(child.pid, 'SIGKILL')
    await closed(child)
    if (signal.aborted) throw interrupted()
    return { ...result, timedOut, output: output.text() }
  } finally {
    clearTimeout(timer)
    clearTimeout(kill)
    signal.removeEventListener('abort', end)
  }
}

type Child = ReturnType<typeof spawn>

async function exitOf(child: Child): Promise<Pick<CommandEnd, 'exitCode' | 'signal'>> {
  return new Promise((resolve, reject) => {
    child.once('error', error => {
      reject(
        new HouseError('EnvironmentMissing', `sh could not be started: ${error.message}`, {
          cause: error,
          next: 'ao doctor',
        }),
      )
    })
    child.once('exit', (exitCode, signal) => {
      resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined })
    })
  })
}

/** Waits for the last output, but not for a process that left the group and keeps the pipe. */
async function closed(child: Child): Promise<void> {
  if (isDrained(child)) return
  await new Promise<void>(resolve => {
    const give = setTimeout(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve()
    }, GRACE_MS)
    child.once('close', () => {
      clearTimeout(give)
      resolve()
    })
  })
}

function isDrained(child: Child): boolean {
  return child.stdout?.closed === true && child.stderr?.closed === true
}

function keepEnd(): { readonly add: (chunk: Buffer) => void; readonly text: () => string } {
  let kept = Buffer.alloc(0)
  return {
    add: chunk => {
      kept = Buffer.concat([kept, chunk]).subarray(-KEPT_BYTES)
    },
    text: () => kept.toString(),
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // Already gone.
  }
}

function interrupted(): HouseError {
  return new HouseError('Interrupted', 'the check was interrupted')
}
