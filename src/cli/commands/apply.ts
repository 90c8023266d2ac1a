import { HouseError } from '../../errors.ts'
import { accept } from '../../reconcile/accept.ts'
import { nothingMore } from '../../reconcile/loop.ts'
import type { ResourceKey } from '../../resource/key.ts'
import type { StoreView } from '../../store/index.ts'
import type { ApplyFlags, ApplyJob, Told } from '../applying.ts'
import { agree, finish, forward, newProgress, requestOf, tell } from '../applying.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import type { Control } from '../control.ts'
import { LOCK_TIMEOUT_MS, hold, liveWatcher, submit } from '../control.ts'
import { requireDuration } from '../duration.ts'
import { refresh, watchState } from '../live.ts'
import { crashOf, isBlind, outcomeOf } from '../outcomes.ts'
import type { Progress } from '../output/progress.ts'
import { readSavedPlan } from '../saved-plan.ts'
import { loadValidWish } from '../wish.ts'

const DEFAULT_TIMEOUT = '5m'
const MAX_BLIND_LOOKS = 3

export const define: DefineCommand = (command, act) => {
  command
    .option(
      '-f, --filename <path>',
      'Manifests: a file, a directory, or - for standard input. Default: .ao/ of this repository.',
    )
    .option('--source <name>', 'What to call this source; default its real path.')
    .option('--prune', 'Also remove what the source declared before and no longer does.')
    .option('--replace', 'Replace objects whose fixed fields changed: their work is saved first.')
    .option(
      '--skip-invalid',
      'Apply what is valid although something is not. Nothing is pruned then.',
    )
    .option('--plan <file>', 'Carry out a plan saved by `ao diff --out`; refused when it is stale.')
    .option('--wait', 'End when every object is Ready, Waiting or Stalled (default).', true)
    .option('--no-wait', 'End when nothing more can be done right now.')
    .option('--timeout <duration>', 'How long to wait.', DEFAULT_TIMEOUT)
    .option(
      '--lock-timeout <duration>',
      'How long to wait for another command that holds the home.',
      `${LOCK_TIMEOUT_MS / 1000}s`,
    )
    .option('-y, --yes', 'Do not ask before something is taken away.')
    .addHelpText(
      'after',
      examples('ao apply', 'ao apply -f .ao/ --prune', 'ao apply --plan plan.json --yes'),
    )
    .action(async (flags: ApplyFlags) => act(async context => apply(context, flags)))
}

async function apply(context: Context, flags: ApplyFlags): Promise<number> {
  const saved = flags.plan === undefined ? undefined : readSavedPlan(flags.plan)
  const wanted = { ...flags, ...saved?.flags }
  const job: ApplyJob = {
    context,
    flags,
    saved,
    valid: await loadValidWish(context, wanted),
    timeoutMs: requireDuration(flags.timeout, '--timeout'),
  }
  const store = context.store()
  if (store !== undefined && (await liveWatcher(context, store.paths)) !== undefined) {
    return applyThroughWatcher(job, store)
  }
  const progress = newProgress(context)
  const lockTimeoutMs = requireDuration(flags.lockTimeout, '--lock-timeout')
  try {
    return await hold(
      context,
      { mode: 'apply', lockTimeoutMs, onProgress: event => forward(progress, event) },
      async control => applyOurselves(job, control, progress),
    )
  } finally {
    progress.close()
  }
}

async function applyOurselves(
  job: ApplyJob,
  control: Control,
  progress: Progress,
): Promise<number> {
  const { context, flags } = job
  const { plan, seen } = await agree(job, control.store)
  const { keys, problems } = await accept(control.engine.deps, requestOf(job, plan))
  for (const key of keys) control.engine.wake(key)
  if (seen !== undefined) control.engine.handOver(seen)
  progress.start(plan)
  const beat = setInterval(() => {
    progress.heartbeat()
  }, 1000)
  try {
    const told = new Set<ResourceKey>()
    let blindLooks = 0
    const end = await control.run({
      reacting: false,
      serving: false,
      signal: context.signal,
      timeoutMs: job.timeoutMs,
      until: (cycle, engine) => {
        tell(progress, { facts: control.store, keys, plan, told })
        if (!flags.wait) return nothingMore(cycle, engine)
        if (!engine.jobs.isAtRest(cycle.tick)) return false
        const pending = keys.filter(key => outcomeOf(control.store, key) === undefined)
        // Nobody restarts here what ends after it was started: that is for a reconcile.
        if (pending.every(key => crashOf(control.store, key) !== undefined)) return !cycle.acted
        // What can't be looked at time and again will not come about by waiting.
        blindLooks = pending.every(key => isBlind(control.store, key)) ? blindLooks + 1 : 0
        return blindLooks >= MAX_BLIND_LOOKS
      },
    })
    if (end === 'interrupted')
      throw new HouseError('Interrupted', 'apply was interrupted; what was done stays done', {
        next: 'ao apply',
      })
    return finish(job, {
      facts: control.store,
      keys,
      plan,
      problems,
      timedOut: end === 'timeout',
      progress,
      watched: false,
    })
  } finally {
    clearInterval(beat)
  }
}

/** Hands the manifests to the watcher, waits for its echo, then watches the objects come about. */
async function applyThroughWatcher(job: ApplyJob, store: StoreView): Promise<number> {
  const { context, flags } = job
  const { plan } = await agree(job, store)
  const result = await submit(context, requestOf(job, plan))
  const progress = newProgress(context)
  progress.start(plan)
  const keys = job.valid.wish.resources.map(
    resource => `${resource.kind}/${resource.name}` as const,
  )
  const pruned = plan.actions.filter(action => action.action === 'prune').map(action => action.key)
  const all = [...keys, ...pruned]
  const problem = result.error
  if (!result.ok && problem?.code !== 'Stalled') {
    progress.close()
    throw new HouseError(
      result.exitCode === 3 ? 'Conflict' : 'Failed',
      problem?.message ?? 'the watcher refused it',
      problem?.next === undefined ? {} : { next: problem.next },
    )
  }
  try {
    const followed = { keys: all, plan }
    const timedOut = flags.wait && !(await followObjects(job, store, progress, followed))
    if (!flags.wait) await lookOnce(job, store, progress, followed)
    const problems = result.ok ? [] : [new HouseError('Failed', problem?.message ?? 'refused')]
    return finish(job, {
      facts: store,
      keys: all,
      plan,
      problems,
      timedOut,
      progress,
      watched: true,
    })
  } finally {
    progress.close()
  }
}

type Followed = Pick<Told, 'keys' | 'plan'>

/** Lets the watcher do what can be done now, as we would without it, and tells how far the objects have come. */
async function lookOnce(
  { context, timeoutMs }: ApplyJob,
  store: StoreView,
  progress: Progress,
  followed: Followed,
): Promise<void> {
  // Its verdict is about everything there is; what we are asked about is judged from the files.
  await submit(context, { type: 'reconcile' }, { timeoutMs })
  refresh(store)
  tell(progress, { ...followed, facts: store, told: new Set() })
}

/** Watches the objects until each has come to an end, or the time is up: then false. */
async function followObjects(
  job: ApplyJob,
  store: StoreView,
  progress: Progress,
  followed: Followed,
): Promise<boolean> {
  const { keys } = followed
  const { signal } = job.context
  const deadline = performance.now() + job.timeoutMs
  const watch = watchState(store.paths)
  const told = new Set<ResourceKey>()
  try {
    for (;;) {
      refresh(store)
      tell(progress, { ...followed, facts: store, told })
      progress.heartbeat()
      if (keys.every(key => told.has(key))) return true
      if (performance.now() >= deadline) return false
      if (signal.aborted) {
        throw new HouseError('Interrupted', 'apply was interrupted; the watcher goes on', {
          next: 'ao get -w',
        })
      }
      await watch.changed(signal)
    }
  } finally {
    watch.close()
  }
}
