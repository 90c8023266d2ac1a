import { setTimeout as sleep } from 'node:timers/promises'

import { HouseError, exitCodeOf, toHouseError } from '../errors.ts'
import { durationMs } from '../resource/duration.ts'
import { HOME_OBJECT } from '../store/events.ts'
import { watchDirectory } from '../store/watch-directory.ts'
import { finishRequest, readRequests } from '../store/requests.ts'
import type { Request } from '../store/types.ts'
import { accept } from './accept.ts'
import type { Cycle, Engine } from './engine.ts'
import { verdictOf } from './verdict.ts'

/** How soon everything is looked at again when nothing wakes us: while something happens, and when it has been quiet. */
const BUSY_TICK_MS = 1000
const QUIET_TICK_MS = 5000
const QUIET_AFTER_MS = 30_000
/** While much is being done, one look serves all that ends within this time. */
const GATHER_MS = 50
/** How long a loop that goes on rests after a pass that failed as a whole: doubling up to this. */
const FIRST_REST_MS = 1000
const LONGEST_REST_MS = 60_000

export interface RunOptions {
  readonly reacting: boolean
  /** Carry out what other commands ask for. */
  readonly serving: boolean
  /** Asked after every cycle: whether to end. */
  readonly until: (cycle: Cycle, engine: Engine) => boolean
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal
  /** Called before every cycle, such as for re-reading manifests. */
  readonly before?: () => Promise<void>
}

export type RunEnd = 'met' | 'timeout' | 'interrupted'

/** Something that ends a pause early. */
export class Wake {
  #asked = false
  #resolve: () => void = () => undefined

  wake(): void {
    this.#asked = true
    this.#resolve()
  }

  /** Resolves when woken (also if that was before the call), after `ms`, or at the signal. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#asked && !signal.aborted) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(end, ms)
        function end(): void {
          clearTimeout(timer)
          signal.removeEventListener('abort', end)
          resolve()
        }
        signal.addEventListener('abort', end, { once: true })
        this.#resolve = end
      })
    }
    this.#asked = false
  }

  /** Lets more happen, until `done` or for `ms`: all of it is seen by the look that follows. */
  async gather(done: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
    const pause = sleep(ms, undefined, { signal }).catch(() => undefined)
    await Promise.race([done, pause])
    this.#asked = false
  }
}

/** Runs cycles until the end that was asked for. Whatever runs in the background is ended, and waited for, before this resolves. */
export async function runLoop(engine: Engine, wake: Wake, options: RunOptions): Promise<RunEnd> {
  const { store } = engine.deps
  const deadline =
    options.timeoutMs === undefined ? Infinity : performance.now() + options.timeoutMs
  const watches = [store.paths.spool, store.paths.requests].map(dir => followDirectory(dir, wake))
  let lastChange = performance.now()
  let failures = 0
  const waiting: Request[] = []
  try {
    for (;;) {
      if (options.signal.aborted) return 'interrupted'
      const cycle = await onePass(engine, options, waiting)
      if (cycle === 'interrupted') return 'interrupted'
      if (cycle === 'failed') {
        if (performance.now() >= deadline) return 'timeout'
        await rest(failures, deadline, options.signal)
        failures += 1
        continue
      }
      failures = 0
      if (cycle.changed || engine.jobs.busy > 0) lastChange = performance.now()
      if (nothingMore(cycle, engine)) await answerWaiting(engine, waiting)
      if (options.until(cycle, engine)) return 'met'
      if (performance.now() >= deadline) return 'timeout'
      const isQuiet = performance.now() - lastChange > QUIET_AFTER_MS
      await pause(engine, wake, { cycle, isQuiet, deadline, signal: options.signal })
    }
  } finally {
    for (const watch of watches) watch.close()
    engine.jobs.abortAll()
    await engine.jobs.drain()
  }
}

interface Pause {
  readonly cycle: Cycle
  readonly isQuiet: boolean
  /** On the clock of `performance`. */
  readonly deadline: number
  readonly signal: AbortSignal
}

/** Waits for the next reason to look. */
async function pause(
  engine: Engine,
  wake: Wake,
  { cycle, isQuiet, deadline, signal }: Pause,
): Promise<void> {
  const { jobs, deps } = engine
  const tick = cycle.changed && jobs.busy === 0 ? 0 : tickOf(engine, isQuiet)
  const timer = cycle.nextAt === undefined ? Infinity : cycle.nextAt - deps.now().getTime()
  await wake.wait(Math.max(0, Math.min(tick, timer, deadline - performance.now())), signal)
  if (jobs.busy > 0) await wake.gather(jobs.drain(), GATHER_MS, signal)
}

/** How long to sleep when nothing wakes us: never longer than the shortest `interval` of a project. */
function tickOf(engine: Engine, isQuiet: boolean): number {
  const projects = [...engine.deps.store.desired.all().values()].filter(
    object => object.kind === 'Project',
  )
  const intervals = projects.map(project => durationMs(project.spec.interval))
  return Math.min(isQuiet ? QUIET_TICK_MS : BUSY_TICK_MS, ...intervals)
}

/**
 * Takes in what was asked and what manifests say, and makes one cycle. A pass that is cut short by the signal is no failure. A loop that is to go
 * on outlives any other failure, such as a full disk, but the loss of the lock.
 */
async function onePass(
  engine: Engine,
  options: RunOptions,
  waiting: Request[],
): Promise<Cycle | 'interrupted' | 'failed'> {
  try {
    // Whoever was stopped for a while may not be the one any more.
    await engine.deps.fence()
    if (options.serving) waiting.push(...(await serveRequests(engine)))
    await options.before?.()
    return await engine.cycle({ reacting: options.reacting }, options.signal)
  } catch (error) {
    if (options.signal.aborted) return 'interrupted'
    const { code, message } = toHouseError(error)
    if (!options.serving || code === 'Locked') throw error
    const told = `${message}; everything is looked at again`
    engine.deps.onProgress({
      type: 'event',
      key: HOME_OBJECT,
      reason: code,
      message: told,
      warning: true,
    })
    return 'failed'
  }
}

async function rest(failures: number, deadline: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** failures, deadline - performance.now())
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined)
}

function followDirectory(dir: string, wake: Wake): { close(): void } {
  const watch = watchDirectory(dir)
  const controller = new AbortController()
  const follow = async (): Promise<void> => {
    while (!controller.signal.aborted) {
      await watch.changed(60_000, controller.signal)
      wake.wake()
    }
  }
  follow().catch(() => undefined)
  return {
    close: () => {
      controller.abort()
      watch.close()
    },
  }
}

/** Carries out what was asked; gives back the requests that are answered only when everything has settled. */
async function serveRequests(engine: Engine): Promise<readonly Request[]> {
  const { store, now } = engine.deps
  const later: Request[] = []
  for (const request of readRequests(store.paths, now()).requests) {
    const known = engine.taken.has(request.token)
    if (known) continue
    engine.taken.add(request.token)
    try {
      const { keys, problems } = await accept(engine.deps, request.body)
      for (const key of keys) engine.wake(key)
      if (request.body.type === 'cleanup') engine.clean(keys)
      if (request.body.type === 'reconcile') later.push(request)
      else await answer(engine, request, problems[0])
    } catch (error) {
      await answer(engine, request, toHouseError(error))
    }
  }
  return later
}

async function answer(
  engine: Engine,
  request: Request,
  error: HouseError | undefined,
  exitCode = error === undefined ? 0 : exitCodeOf(error.code),
): Promise<void> {
  const { store, now } = engine.deps
  await finishRequest(store.paths, {
    token: request.token,
    finishedAt: now().toISOString(),
    ok: error === undefined,
    exitCode,
    ...(error === undefined
      ? {}
      : {
          error: {
            code: error.code,
            message: error.message,
            ...(error.next === undefined ? {} : { next: error.next }),
          },
        }),
  })
}

/** Whoever asked for a pass learns how everything stands after it, as if they had made it themselves. */
async function answerWaiting(engine: Engine, waiting: Request[]): Promise<void> {
  const requests = waiting.splice(0)
  if (requests.length === 0) return
  const { exitCode, message, next } = verdictOf(engine.deps.store)
  const problem = exitCode === 0 ? undefined : new HouseError('Failed', message, { next })
  for (const request of requests) await answer(engine, request, problem, exitCode)
}

/** Whether nothing more can be done now: nothing runs, and the last look, which began after everything ended, changed nothing. */
export function nothingMore(cycle: Cycle, engine: Engine): boolean {
  return !cycle.changed && engine.jobs.isAtRest(cycle.tick)
}
