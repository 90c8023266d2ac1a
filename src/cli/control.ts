import { userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

import { HouseError, exitCodeOf, toHouseError } from '../errors.ts'
import { createFailpoints, noFailpoints, parseFailpoint } from '../execute/failpoint.ts'
import type { Failpoints } from '../execute/failpoint.ts'
import { accept } from '../reconcile/accept.ts'
import type { Deps, Progress } from '../reconcile/deps.ts'
import { Engine } from '../reconcile/engine.ts'
import type { RunEnd, RunOptions } from '../reconcile/loop.ts'
import { Wake, runLoop } from '../reconcile/loop.ts'
import { makePrivateDirectory } from '../store/files.ts'
import { prepareScratch } from '../store/scratch.ts'
import { HOME_OBJECT } from '../store/events.ts'
import { openHome } from '../store/home.ts'
import type { Home } from '../store/home.ts'
import { openStore } from '../store/index.ts'
import type { Store, StoreDeps } from '../store/index.ts'
import { acquireLock, liveHolder, readLock } from '../store/lock.ts'
import type { HomePaths } from '../store/paths.ts'
import { awaitResult, submitRequest, withdrawRequest } from '../store/requests.ts'
import type { Event, LockInfo, NewEvent, RequestBody, RequestResult } from '../store/types.ts'
import type { Context } from './context.ts'
import { writeOwnCommand } from './context.ts'
import { readValue } from './secrets.ts'

/** How long a holder that is not a watcher is waited for, unless said otherwise. */
export const LOCK_TIMEOUT_MS = 60_000
const ANSWER_TIMEOUT_MS = 60_000

/** The home, held: we alone write to it and act for it. */
export interface Control {
  readonly store: Store
  readonly engine: Engine
  /** Ends a pause of the loop early. */
  readonly wake: Wake
  run(options: RunOptions): Promise<RunEnd>
}

export interface HoldOptions {
  readonly mode: LockInfo['mode']
  readonly lockTimeoutMs: number
  readonly onProgress?: (progress: Progress) => void
}

/** Takes the home's lock, does the work, and lets go whatever happens. Throws `Locked` naming the holder. */
export async function hold<T>(
  context: Context,
  options: HoldOptions,
  work: (control: Control) => Promise<T>,
): Promise<T> {
  const home = await openHome(context.home, { version: context.version, now: context.now() })
  const identity = await context.identity()
  const lock = await acquireLock(home.paths, await lockInfo(context, options.mode), {
    identity,
    timeoutMs: options.lockTimeoutMs,
    signal: context.signal,
  })
  try {
    const store = await openTelling(
      home,
      {
        now: context.now,
        id: context.newId,
        bootId: identity.bootId,
        lock,
      },
      options.onProgress,
    )
    try {
      makePrivateDirectory(store.paths.spool)
      makePrivateDirectory(store.paths.requests)
      await prepareScratch(store.paths, context.now())
      writeOwnCommand(store.paths)
      await reportCorrupt(store)
      const wake = new Wake()
      const deps: Deps = {
        ...(await dependencies(context, store, async () => lock.holds(), options.onProgress)),
        forge: {
          ask: options.mode === 'watch' ? 'due' : 'now',
          news: () => {
            wake.wake()
          },
        },
      }
      const engine = new Engine(deps, () => {
        wake.wake()
      })
      return await work({ store, engine, wake, run: async run => runLoop(engine, wake, run) })
    } finally {
      await store.close()
    }
  } finally {
    await lock.release()
  }
}

/** The watcher that holds the home's lock now, if one does. */
export async function liveWatcher(
  context: Context,
  paths: HomePaths,
): Promise<LockInfo | undefined> {
  if (readLock(paths).state === 'absent') return undefined
  const holder = await liveHolder(paths, await context.identity())
  return holder?.mode === 'watch' ? holder : undefined
}

export interface SubmitOptions {
  readonly lockTimeoutMs?: number
  readonly timeoutMs?: number
  /** What to do after the request was accepted by ourselves; without it one pass is made, as far as it goes now. */
  readonly afterwards?: (control: Control) => Promise<void>
}

/**
 * Has a request carried out: by the watcher that holds the lock, whose answer is waited for, else by ourselves. The answer's exit code is the
 * command's.
 */
export async function submit(
  context: Context,
  body: RequestBody,
  options: SubmitOptions = {},
): Promise<RequestResult> {
  const home = await openHome(context.home, { version: context.version, now: context.now() })
  const deadline = performance.now() + (options.lockTimeoutMs ?? LOCK_TIMEOUT_MS)
  for (;;) {
    if ((await liveWatcher(context, home.paths)) !== undefined) {
      const answer = await handOver(
        context,
        home.paths,
        body,
        options.timeoutMs ?? ANSWER_TIMEOUT_MS,
      )
      if (answer !== undefined) return answer
    }
    try {
      return await hold(context, { mode: 'command', lockTimeoutMs: 500 }, async control =>
        carryOut(context, control, body, options),
      )
    } catch (error) {
      if (!(error instanceof HouseError) || error.code !== 'Locked') throw error
      if (performance.now() >= deadline) throw error
    }
  }
}

/** Undefined when the watcher ended before it answered: then the request is withdrawn and tried anew. */
async function handOver(
  context: Context,
  paths: HomePaths,
  body: RequestBody,
  timeoutMs: number,
): Promise<RequestResult | undefined> {
  const token = context.newId()
  await submitRequest(paths, {
    token,
    createdAt: context.now().toISOString(),
    pid: process.pid,
    body,
  })
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      return await awaitResult(paths, token, { timeoutMs: 1000, signal: context.signal })
    } catch (error) {
      if (!(error instanceof HouseError) || error.code !== 'Timeout') throw error
      if (performance.now() >= deadline) throw error
    }
    if ((await liveWatcher(context, paths)) === undefined) {
      await withdrawRequest(paths, token)
      await sleep(20)
      return undefined
    }
  }
}

async function carryOut(
  context: Context,
  control: Control,
  body: RequestBody,
  options: SubmitOptions,
): Promise<RequestResult> {
  const token = context.newId()
  try {
    const { keys, problems } = await accept(control.engine.deps, body)
    for (const key of keys) control.engine.wake(key)
    if (body.type === 'cleanup') control.engine.clean(keys)
    const isGone = (): boolean => keys.every(key => control.store.desired.get(key) === undefined)
    const isDone = body.type === 'delete' ? isGone : () => false
    if (options.afterwards === undefined) await settleOnce(context, control, isDone)
    else await options.afterwards(control)
    const [problem] = problems
    if (problem !== undefined) throw problem
  } catch (error) {
    const failure = toHouseError(error)
    return {
      token,
      finishedAt: context.now().toISOString(),
      ok: false,
      exitCode: exitCodeOf(failure.code),
      error: {
        code: failure.code,
        message: failure.message,
        ...(failure.next === undefined ? {} : { next: failure.next }),
      },
    }
  }
  return { token, finishedAt: context.now().toISOString(), ok: true, exitCode: 0 }
}

/** As far as it goes now; what is left when the request is carried out is not its business. */
async function settleOnce(
  context: Context,
  control: Control,
  isDone: () => boolean,
): Promise<void> {
  await control.run({
    reacting: false,
    serving: false,
    until: (cycle, engine) => engine.jobs.isAtRest(cycle.tick) && (!cycle.changed || isDone()),
    timeoutMs: ANSWER_TIMEOUT_MS,
    signal: context.signal,
  })
}

/** The store, telling a person of every event as it is written. */
async function openTelling(
  home: Home,
  deps: StoreDeps,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Store> {
  const store = await openStore(home, deps)
  const append = async (event: NewEvent): Promise<Event | undefined> => {
    const written = await store.events.append(event)
    const { object: key, reason, message, type } = event
    onProgress({ type: 'event', key, reason, message, warning: type === 'Warning' })
    return written
  }
  const { events } = store
  return {
    ...store,
    events: { append, lastSeq: () => events.lastSeq(), close: async () => events.close() },
  }
}

async function dependencies(
  context: Context,
  store: Store,
  holds: () => Promise<boolean>,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Omit<Deps, 'forge'>> {
  return {
    store,
    registry: await context.registry(),
    env: context.env,
    baseEnv: context.baseEnv,
    userHome: context.userHome,
    now: context.now,
    newId: context.newId,
    random: Math.random,
    failpoints: failpointsOf(context),
    fence: async () => {
      if (await holds()) return
      throw new HouseError(
        'Locked',
        `the lock of ${store.paths.root} was taken by another process`,
        { next: 'ao doctor' },
      )
    },
    readValue: async value => readValue(value, { env: context.env, cwd: context.userHome }),
    onProgress,
  }
}

function failpointsOf(context: Context): Failpoints {
  const text = context.env['AO_FAILPOINT']
  if (text === undefined || text === '') return noFailpoints
  return createFailpoints(parseFailpoint(text), () => {
    process.kill(process.pid, 'SIGKILL')
  })
}

async function lockInfo(context: Context, mode: LockInfo['mode']): Promise<LockInfo> {
  const identity = await context.identity()
  return {
    pid: process.pid,
    startTime: (await identity.startTimeOf(process.pid)) ?? '',
    bootId: identity.bootId,
    nonce: context.newId(),
    mode,
    command: `ao ${process.argv.slice(2).join(' ')}`.slice(0, 200),
    user: context.env['USER'] ?? context.env['LOGNAME'] ?? accountName(),
    since: context.now().toISOString(),
    version: context.version,
  }
}

function accountName(): string {
  try {
    return userInfo().username
  } catch {
    // An account without an entry, as in some containers.
    return String(process.getuid?.() ?? '')
  }
}

async function reportCorrupt(store: Store): Promise<void> {
  for (const corrupt of store.corrupt) {
    await store.events.append({
      type: 'Warning',
      reason: 'StateDamaged',
      object: HOME_OBJECT,
      attempt: 0,
      message: `${corrupt.file} was damaged (${corrupt.reason}) and moved aside; nothing is pruned until one clean apply`,
    })
  }
}
