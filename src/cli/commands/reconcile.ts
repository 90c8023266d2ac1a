import { setFlagsFromString } from 'node:v8'

import { HouseError } from '../../errors.ts'
import { isDone, wanted } from '../../lifecycle/facts.ts'
import { accept } from '../../reconcile/accept.ts'
import type { Progress } from '../../reconcile/deps.ts'
import type { Cycle, Engine } from '../../reconcile/engine.ts'
import { nothingMore } from '../../reconcile/loop.ts'
import { SourceFollower } from '../../reconcile/sources.ts'
import { verdictOf } from '../../reconcile/verdict.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import type { Control } from '../control.ts'
import { LOCK_TIMEOUT_MS, hold, liveWatcher, submit } from '../control.ts'
import { requireDuration } from '../duration.ts'
import { exitCodeFor, outcomeOf } from '../outcomes.ts'
import { sourceLoader } from '../source-loader.ts'
import type { ValidWish } from '../wish.ts'
import { loadValidWish } from '../wish.ts'

interface Flags {
  readonly filename?: readonly string[]
  readonly once?: boolean
  readonly watch?: boolean
  readonly prune?: boolean
  readonly until?: string
  readonly timeout?: string
}

export const define: DefineCommand = (command, act) => {
  command
    .option(
      '-f, --filename <path...>',
      'Manifests to accept first and to keep following. Without it: what was accepted before.',
    )
    .option('--once', 'One pass over everything, until nothing more can be done now (default).')
    .option(
      '--watch',
      'Keep everything as declared for as long as this runs; follow the manifests.',
    )
    .option(
      '--prune',
      'Also remove what a source declared before and no longer does, after two equal looks.',
    )
    .option('--until <what>', '`done`: run until every worker is Done.')
    .option('--timeout <duration>', 'End after this long; exit 5.')
    .addHelpText(
      'after',
      examples(
        'ao reconcile --once',
        'ao reconcile --watch',
        'ao reconcile -f .ao/ --until done --timeout 1h',
      ),
    )
    .action(async (flags: Flags) => act(async context => reconcile(context, flags)))
}

async function reconcile(context: Context, flags: Flags): Promise<number> {
  if (flags.until !== undefined && flags.until !== 'done') {
    throw new HouseError('Usage', `--until takes "done", not "${flags.until}"`, {
      next: 'ao reconcile --help',
    })
  }
  if (flags.once === true && flags.watch === true) {
    throw new HouseError('Usage', '--once and --watch exclude each other', {
      next: 'ao reconcile --help',
    })
  }
  // It lives for days beside agents that need the memory: room for what is young grows with the start and would never be given back.
  if (flags.watch === true) setFlagsFromString('--semi-space-growth-factor=1')
  const wishes: ValidWish[] = []
  for (const filename of flags.filename ?? []) {
    wishes.push(
      await loadValidWish(context, { filename, ...(flags.prune === true ? { prune: true } : {}) }),
    )
  }
  const store = context.store()
  const oneShot = flags.watch !== true && flags.until === undefined
  const watcher =
    oneShot && store !== undefined ? await liveWatcher(context, store.paths) : undefined
  if (watcher !== undefined) {
    context.stderr(`the watcher (pid ${watcher.pid}) makes the pass\n`)
    return askWatcher(context, wishes)
  }
  const mode = oneShot ? 'once' : 'watch'
  const lockTimeoutMs = flags.watch === true ? 0 : LOCK_TIMEOUT_MS
  return hold(context, { mode, lockTimeoutMs, onProgress: talk(context) }, async control =>
    run(context, control, flags, wishes),
  )
}

/** Beside a watcher, one pass is the watcher's: it gets a token, and its result is ours. */
async function askWatcher(context: Context, wishes: readonly ValidWish[]): Promise<number> {
  for (const { loaded, wish } of wishes) {
    const result = await submit(context, {
      type: 'apply',
      source: loaded.source,
      resources: wish.resources,
      digest: loaded.digest,
      prune: wish.prune,
      partial: wish.partial,
      replace: false,
    })
    const code = result.ok ? 0 : fail(context, result)
    // What is refused of a source holds up nothing else; the pass says how everything stands.
    if (code !== 0 && result.error?.code !== 'Stalled') return code
  }
  const result = await submit(context, { type: 'reconcile' }, { timeoutMs: 10 * LOCK_TIMEOUT_MS })
  return result.ok ? 0 : fail(context, result)
}

function fail(
  context: Context,
  result: {
    readonly exitCode: number
    readonly error?: { readonly message: string; readonly next?: string }
  },
): number {
  const next = result.error?.next === undefined ? '' : `\n  next: ${result.error.next}`
  context.stderr(`error: ${result.error?.message ?? 'failed'}${next}\n`)
  return result.exitCode
}

async function run(
  context: Context,
  control: Control,
  flags: Flags,
  wishes: readonly ValidWish[],
): Promise<number> {
  const { engine } = control
  for (const { loaded, wish } of wishes) {
    const { keys } = await accept(engine.deps, {
      type: 'apply',
      source: loaded.source,
      resources: wish.resources,
      digest: loaded.digest,
      prune: wish.prune,
      partial: wish.partial,
      replace: false,
    })
    for (const key of keys) engine.wake(key)
  }
  const follower = new SourceFollower(
    engine,
    sourceLoader(context, flags.prune === true),
    control.wake,
  )
  if (flags.watch === true) {
    context.stderr(`Watching ${control.store.paths.root} (pid ${process.pid}); end with Ctrl-C\n`)
    await follower.watch()
  }
  try {
    await follower.readAll()
    const end = await control.run({
      reacting: true,
      serving: flags.watch === true || flags.until !== undefined,
      signal: context.signal,
      timeoutMs:
        flags.timeout === undefined ? undefined : requireDuration(flags.timeout, '--timeout'),
      before: async () => follower.readChanged(),
      until: endOf(flags, control),
    })
    if (end === 'interrupted' && flags.watch === true) return 130
    if (end === 'interrupted')
      throw new HouseError('Interrupted', 'reconcile was interrupted; what was done stays done')
    return judge(context, control, { timedOut: end === 'timeout', flags })
  } finally {
    await follower.close()
  }
}

function endOf(flags: Flags, control: Control): (cycle: Cycle, engine: Engine) => boolean {
  if (flags.watch === true && flags.until === undefined) return () => false
  if (flags.until === undefined) return nothingMore
  return (cycle, engine) => {
    if (!nothingMore(cycle, engine)) return false
    // What is over is cleaned up before we go: nobody may come after us.
    if (cycle.actions.some(({ code }) => code === 'Grace')) return false
    const workers = [...cycle.world.views.values()].filter(
      view => view.object.kind === 'Worker' && wanted(view.object) === 'running',
    )
    const open = workers.filter(view => !isDone(view.record))
    if (open.length === 0) return true
    return open.every(view => isHopeless(control, `Worker/${view.object.name}`))
  }
}

/** A person is needed: nothing will come of waiting. */
function isHopeless(control: Control, key: `Worker/${string}`): boolean {
  return outcomeOf(control.store, key)?.state === 'stalled'
}

/** Nobody is left alone with a number: what is worst is told with it. */
function judge(
  context: Context,
  control: Control,
  { timedOut, flags }: { readonly timedOut: boolean; readonly flags: Flags },
): number {
  const { exitCode, message, next } = verdictOf(control.store)
  const watched = flags.watch === true
  const judged = exitCodeFor({
    invalid: exitCode === 2,
    stalled: exitCode === 6,
    failed: exitCode === 4 && !watched,
    blind: exitCode === 7 && !watched,
    timedOut,
  })
  if (judged === 0) return 0
  const error =
    judged === exitCode
      ? { message, next }
      : { message: `not done within ${flags.timeout ?? ''}`, next: 'ao get' }
  return fail(context, { exitCode: judged, error })
}

/** One line for each thing that happens, on stderr. */
function talk(context: Context): (progress: Progress) => void {
  return progress => {
    if (progress.type === 'event') {
      context.stderr(
        `${context.now().toISOString().slice(11, 19)}  ${progress.warning ? '!' : '·'} ${progress.key}  ${progress.reason}  ${progress.message}\n`,
      )
    } else if (progress.type === 'step' && context.verbose) {
      context.stderr(
        `${context.now().toISOString().slice(11, 19)}    ${progress.key}  ${progress.step}\n`,
      )
    }
  }
}
