import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { HouseError, errnoOf } from '../../errors.ts'
import { launchEnv, prepareLaunch } from '../launcher.ts'
import type { Launch } from '../runtime.ts'
import {
  type ProcessPlace,
  entryFile,
  handleOf,
  namesDir,
  readEntry,
  readIfThere,
} from './process-files.ts'
import { ATTEMPT_TAKEN, NAME_TAKEN, SHIM } from './process-shim.ts'

const START_MS = 10_000
const FIRST_POLL_MS = 5
const LONGEST_POLL_MS = 50

/** Starts one attempt behind a shim and waits until its agent's process is there, or has come and gone. */
export async function startProcess(
  place: ProcessPlace,
  shell: string,
  launch: Launch,
  signal: AbortSignal,
): Promise<{ readonly handle: string }> {
  const { uid, attempt, session, runDir } = launch
  if (runDir !== join(place.root, uid, String(attempt))) {
    throw new HouseError('Internal', `${runDir} is not the directory of attempt ${attempt}`)
  }
  await prepareLaunch(launch)
  await mkdir(namesDir(place), { recursive: true, mode: 0o700 })
  if ((await readEntry(place, session)) !== undefined) throw nameTaken(session)
  await linkLog(launch)
  const files = [runDir, entryFile(place, session), launch.logFile, launch.cwd]
  const shim = spawn(shell, ['-c', SHIM, 'ao-shim', ...files, ...launch.argv], {
    cwd: runDir,
    env: launchEnv(launch),
    detached: true,
    stdio: 'ignore',
  })
  shim.unref()
  await waitUntilUp(shim, launch, signal)
  return { handle: handleOf(launch) }
}

async function waitUntilUp(
  shim: ChildProcess,
  { runDir, session, attempt }: Launch,
  signal: AbortSignal,
): Promise<void> {
  let failure: Error | undefined
  shim.once('error', error => {
    failure = error
  })
  const deadline = performance.now() + START_MS
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LONGEST_POLL_MS)) {
    if (failure !== undefined) throw cannotStart(session, failure.message, failure)
    // The files of an attempt are one shim's only, but whose they are shows when the others have left.
    if (await isUp(runDir, shim.pid)) return
    const code = shim.exitCode
    if (code === NAME_TAKEN) throw nameTaken(session)
    if (code === ATTEMPT_TAKEN) {
      throw new HouseError('Conflict', `attempt ${attempt} of ${session} was started before`)
    }
    if (code !== null || shim.signalCode !== null) {
      throw cannotStart(session, `its shim ended with ${code ?? shim.signalCode}`)
    }
    if (performance.now() > deadline) {
      throw new HouseError('Timeout', `session ${session} did not come up within ${START_MS} ms`, {
        retryable: true,
      })
    }
    await sleep(pause, undefined, { signal }).catch((cause: unknown) => {
      throw new HouseError('Interrupted', `the start of ${session} was interrupted`, { cause })
    })
  }
}

/** Whether this very shim has an agent, or had one. */
async function isUp(runDir: string, shimPid: number | undefined): Promise<boolean> {
  const shim = await readIfThere(join(runDir, 'shim'))
  if (shim?.split('\n')[1] !== String(shimPid)) return false
  if ((await readIfThere(join(runDir, 'agent'))) !== undefined) return true
  const exit = await readIfThere(join(runDir, 'exit'))
  if (exit === undefined) return false
  throw new HouseError('Failed', `the agent's shell could not be run or log in ${runDir}`)
}

/** So that the log can be found by the handle alone. */
async function linkLog({ runDir, logFile }: Launch): Promise<void> {
  try {
    await symlink(logFile, join(runDir, 'log'))
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
}

function nameTaken(session: string): HouseError {
  return new HouseError('Conflict', `a process session for ${session} is already there`)
}

function cannotStart(session: string, reason: string, cause?: Error): HouseError {
  return new HouseError('Failed', `session ${session} could not be started: ${reason}`, {
    cause,
    retryable: true,
  })
}
