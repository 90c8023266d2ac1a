import { createInterface } from 'node:readline/promises'

import { HouseError } from '../../errors.ts'
import type { Plan } from '../../plan/action.ts'
import { isDestructive, isDifference } from '../../plan/action.ts'
import type { Progress as EngineProgress } from '../../reconcile/deps.ts'
import { accept } from '../../reconcile/accept.ts'
import { nothingMore } from '../../reconcile/loop.ts'
import type { ResourceKey } from '../../resource/key.ts'
import type { RequestBody } from '../../store/types.ts'
import type { StoreView } from '../../store/index.ts'
import type { DefineCommand } from '../command.ts'
import { examples } from '../command.ts'
import type { Context } from '../context.ts'
import type { Control } from '../control.ts'
import { LOCK_TIMEOUT_MS, hold, liveWatcher, submit } from '../control.ts'
import { requireDuration } from '../duration.ts'
import { refresh, watchState } from '../live.ts'
import { lookOf } from '../look.ts'
import type { Facts } from '../outcomes.ts'
import { exitCodeFor, isBlind, outcomeOf } from '../outcomes.ts'
import { outlook } from '../outlook.ts'
import { planToJson } from '../output/plan-json.ts'
import { renderPlan } from '../output/plan.ts'
import type { Progress } from '../output/progress.ts'
import { createProgress } from '../output/progress.ts'
import type { SavedPlan } from '../saved-plan.ts'
import { checkFresh, readSavedPlan } from '../saved-plan.ts'
import type { ValidWish, WishFlags } from '../wish.ts'
import { describeSource, loadValidWish } from '../wish.ts'

interface Flags extends WishFlags {
  readonly plan?: string
  readonly wait: boolean
  readonly timeout: string
  readonly lockTimeout: string
  readonly yes?: boolean
}

const DEFAULT_TIMEOUT = '5m'

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
    .action(async (flags: Flags) => act(async context => apply(context, flags)))
}

async function apply(context: Context, flags: Flags): Promise<number> {
  const saved = flags.plan === undefined ? undefined : readSavedPlan(flags.plan)
  const wanted = { ...flags, ...saved?.flags }
  const job: Job = {
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

interface Job {
  readonly context: Context
  readonly flags: Flags
  readonly saved: SavedPlan | undefined
  readonly valid: ValidWish
  readonly timeoutMs: number
}

async function applyOurselves(job: Job, control: Control, progress: Progress): Promise<number> {
  const { context, flags } = job
  const plan = await agree(job, control.store)
  const { keys, problems } = await accept(control.engine.deps, requestOf(job))
  for (const key of keys) control.engine.wake(key)
  progress.start(plan)
  const beat = setInterval(() => {
    progress.heartbeat()
  }, 1000)
  try {
    const told = new Set<ResourceKey>()
    const end = await control.run({
      reacting: false,
      serving: false,
      signal: context.signal,
      timeoutMs: job.timeoutMs,
      until: (cycle, engine) => {
        tell(progress, control.store, keys, told)
        if (!flags.wait) return nothingMore(cycle, engine)
        return (
          engine.jobs.busy === 0 &&
          keys.every(key => outcomeOf(control.store, key) !== undefined) &&
          !cycle.changed
        )
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
async function applyThroughWatcher(job: Job, store: StoreView): Promise<number> {
  const { context, flags } = job
  const plan = await agree(job, store)
  const result = await submit(context, requestOf(job))
  const progress = newProgress(context)
  progress.start(plan)
  const keys = job.valid.wish.resources.map(
    resource => `${resource.kind}/${resource.name}` as const,
  )
  const pruned = plan.actions.filter(action => action.action === 'prune').map(action => action.key)
  const all = [...keys, ...pruned]
  const problem = result.error
  if (!result.ok && result.exitCode !== 1) {
    progress.close()
    throw new HouseError(
      result.exitCode === 3 ? 'Conflict' : 'Failed',
      problem?.message ?? 'the watcher refused it',
      problem?.next === undefined ? {} : { next: problem.next },
    )
  }
  const deadline = performance.now() + job.timeoutMs
  const watch = watchState(store.paths)
  const told = new Set<ResourceKey>()
  try {
    while (flags.wait) {
      refresh(store)
      tell(progress, store, all, told)
      progress.heartbeat()
      if (told.size === all.length || performance.now() >= deadline) break
      if (context.signal.aborted)
        throw new HouseError('Interrupted', 'apply was interrupted; the watcher goes on', {
          next: 'ao get -w',
        })
      await watch.changed(context.signal)
    }
  } finally {
    watch.close()
    progress.close()
  }
  const problems = result.ok ? [] : [new HouseError('Failed', problem?.message ?? 'refused')]
  const timedOut = flags.wait && told.size < all.length
  return finish(job, { facts: store, keys: all, plan, problems, timedOut, progress, watched: true })
}

/** Shows the plan, refuses a stale one, and asks before something is taken away. */
async function agree(job: Job, store: StoreView | Control['store']): Promise<Plan> {
  const { context, flags, valid, saved } = job
  const { plan } = await outlook(context, valid.wish, store)
  if (saved !== undefined) checkFresh(saved, valid, plan)
  if (context.output !== 'json' && context.output !== 'jsonl') {
    const text = renderPlan(plan, {
      ...lookOf(context),
      source: describeSource(context, valid),
      purpose: 'apply',
    })
    context.stdout(text)
  }
  const destructive = plan.actions.filter(isDestructive)
  if (destructive.length === 0 || flags.yes === true) return plan
  const what = destructive.map(action => `${action.action} ${action.key}`).join(', ')
  if (!context.isTTY || process.stdin.isTTY !== true) {
    throw new HouseError('Usage', `this takes something away (${what}) and nobody can be asked`, {
      next: `ao ${process.argv.slice(2).join(' ')} --yes`,
    })
  }
  const question = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await question.question(`Carry this out (${what})? [y/N] `, {
      signal: context.signal,
    })
    if (/^y(es)?$/i.test(answer.trim())) return plan
  } finally {
    question.close()
  }
  throw new HouseError('Interrupted', 'nothing was changed')
}

function requestOf(job: Job): Extract<RequestBody, { readonly type: 'apply' }> {
  const { loaded, wish } = job.valid
  return {
    type: 'apply',
    source: loaded.source,
    resources: wish.resources,
    digest: loaded.digest,
    prune: wish.prune,
    partial: wish.partial,
    replace: wish.replace,
  }
}

/** Tells each object's outcome as it is reached. */
function tell(
  progress: Progress,
  facts: Facts,
  keys: readonly ResourceKey[],
  told: Set<ResourceKey>,
): void {
  for (const key of keys) {
    const outcome = outcomeOf(facts, key)
    if (outcome === undefined) told.delete(key)
    else if (!told.has(key)) {
      told.add(key)
      progress.done(key, outcome)
    }
  }
}

interface Finished {
  readonly facts: Facts
  readonly keys: readonly ResourceKey[]
  readonly plan: Plan
  readonly problems: readonly HouseError[]
  readonly timedOut: boolean
  readonly progress: Progress
  readonly watched: boolean
}

function finish(job: Job, finished: Finished): number {
  const { context } = job
  const { facts, keys, plan, problems, progress } = finished
  const outcomes = keys.map(key => ({ key, outcome: outcomeOf(facts, key) }))
  const stalled = outcomes.some(({ outcome }) => outcome?.state === 'stalled')
  const pending = outcomes.filter(({ outcome }) => outcome === undefined)
  for (const problem of problems) progress.note(problem.message)
  progress.finish()
  if (context.output === 'json') {
    const results = outcomes.map(({ key, outcome }) => ({
      key,
      state: outcome?.state ?? 'pending',
      message: outcome?.message ?? '',
    }))
    context.stdout(`${JSON.stringify({ ...planToJson(plan), results }, undefined, 2)}\n`)
  }
  if (finished.timedOut) {
    context.stderr(
      `timed out after ${job.flags.timeout} waiting for ${pending.map(({ key }) => key).join(', ')}\n`,
    )
  }
  if (!finished.watched && plan.actions.some(isDifference)) {
    context.stderr(
      'Reactions (CI failures, reviews, merges, restarts) run under: ao reconcile --watch\n',
    )
  }
  return exitCodeFor({
    stalled,
    failed: problems.length > 0,
    blind: pending.some(({ key }) => isBlind(facts, key)),
    timedOut: finished.timedOut,
  })
}

function newProgress(context: Context): Progress {
  const columns = Number.isFinite(context.errWidth) ? context.errWidth : 120
  return createProgress({
    write: context.output === 'jsonl' ? context.stdout : context.stderr,
    isTTY: process.stderr.isTTY === true && context.output !== 'jsonl',
    width: columns,
    height: process.stderr.rows,
    color: context.errColor,
    now: context.now,
    output: context.output === 'jsonl' ? 'jsonl' : 'text',
  })
}

function forward(progress: Progress, event: EngineProgress): void {
  switch (event.type) {
    case 'step':
      progress.step(event.key, event.step, 'started')
      return
    case 'failed':
      progress.step(event.key, event.error.message, 'started')
      return
    case 'done':
    case 'event':
  }
}
