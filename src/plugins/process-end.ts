import { setTimeout as sleep } from 'node:timers/promises'

import { HouseError, errnoOf } from '../errors.ts'
import {
  type ProcessEntry,
  type ProcessOwner,
  findProcesses,
  readProcesses,
} from './process-tree.ts'

const FIRST_POLL_MS = 10
const LONGEST_POLL_MS = 100
/** How long a process may take to go after SIGKILL before we say that it doesn't. */
const KILL_MS = 5000

/**
 * Ends a session's processes: asks (SIGTERM, hang-up), waits up to `graceMs`, then kills, also those that left the group or were started
 * meanwhile. Resolves when none is left, at once when there is none. Throws `Timeout` for one that survives SIGKILL (such as one of
 * another user, or stuck in the kernel), `Interrupted` when aborted while waiting.
 */
export async function endProcesses(
  owner: ProcessOwner,
  graceMs: number,
  signal: AbortSignal,
): Promise<void> {
  let left = await findProcesses(owner)
  if (left.length === 0) return
  for (const name of ['SIGTERM', 'SIGHUP', 'SIGCONT'] as const) signalAll(left, name)
  left = await waitUntilGone(left, graceMs, signal)

  const roots = [...owner.roots, ...owner.formerRoots]
  const deadline = performance.now() + KILL_MS
  for (;;) {
    const uid = owner.uid
    left = await findProcesses({ roots: left.map(({ pid }) => pid), formerRoots: roots, uid })
    if (left.length === 0) return
    signalAll(left, 'SIGKILL')
    left = await waitUntilGone(left, LONGEST_POLL_MS, signal)
    if (performance.now() > deadline && left.length > 0) {
      throw new HouseError('Timeout', `process ${left[0]?.pid} does not end, even by SIGKILL`, {
        retryable: true,
      })
    }
  }
}

/** Those that are still there after at most `limitMs`. */
async function waitUntilGone(
  entries: readonly ProcessEntry[],
  limitMs: number,
  signal: AbortSignal,
): Promise<readonly ProcessEntry[]> {
  const deadline = performance.now() + limitMs
  let left = entries
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LONGEST_POLL_MS)) {
    left = await stillThere(left)
    const rest = deadline - performance.now()
    if (left.length === 0 || rest <= 0) return left
    await sleep(Math.min(pause, rest), undefined, { signal }).catch((cause: unknown) => {
      throw new HouseError('Interrupted', 'interrupted while a session ends', { cause })
    })
  }
}

async function stillThere(entries: readonly ProcessEntry[]): Promise<readonly ProcessEntry[]> {
  const now = await readProcesses(entries.map(({ pid }) => pid))
  const startTimes = new Map(now.map(({ pid, startTime }) => [pid, startTime]))
  return entries.filter(({ pid, startTime }) => startTimes.get(pid) === startTime)
}

function signalAll(entries: readonly ProcessEntry[], name: NodeJS.Signals): void {
  for (const { pid } of entries) {
    try {
      process.kill(pid, name)
    } catch (error) {
      const code = errnoOf(error)
      // Gone meanwhile, or not ours to signal: whoever stays is named when the time is over.
      if (code !== 'ESRCH' && code !== 'EPERM') throw error
    }
  }
}
