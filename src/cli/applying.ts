/** What `ao apply` does the same way whether it holds the home itself or a watcher does: agreeing, telling, judging. */
import { HouseError } from '../errors.ts'
import type { Plan, PlannedAction } from '../plan/action.ts'
import { isDestructive, isDifference } from '../plan/action.ts'
import type { Progress as EngineProgress } from '../reconcile/deps.ts'
import type { Seen } from '../reconcile/engine.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { Store, StoreView } from '../store/index.ts'
import type { RequestBody } from '../store/types.ts'
import { isAgreed } from './confirm.ts'
import type { Context } from './context.ts'
import { lookOf } from './look.ts'
import type { Facts, ObjectOutcome } from './outcomes.ts'
import { crashOf, exitCodeFor, isBlind, outcomeOf } from './outcomes.ts'
import { outlook } from './outlook.ts'
import { planToJson } from './output/plan-json.ts'
import { renderPlan } from './output/plan.ts'
import type { Progress } from './output/progress.ts'
import { createProgress } from './output/progress.ts'
import type { SavedPlan } from './saved-plan.ts'
import { checkFresh } from './saved-plan.ts'
import { isTerminal } from './terminal.ts'
import type { ValidWish, WishFlags } from './wish.ts'
import { describeSource } from './wish.ts'

export interface ApplyFlags extends WishFlags {
  readonly plan?: string
  readonly wait: boolean
  readonly timeout: string
  readonly lockTimeout: string
  readonly yes?: boolean
}

/** One apply, as it was typed. */
export interface ApplyJob {
  readonly context: Context
  readonly flags: ApplyFlags
  readonly saved: SavedPlan | undefined
  readonly valid: ValidWish
  readonly timeoutMs: number
}

/** What is to be done, and the look that says so; without one when something is taken away, which wants a look of its own. */
export interface Agreed {
  readonly plan: Plan
  readonly seen: Seen | undefined
}

/** Shows the plan, refuses a stale one, and asks before something is taken away. */
export async function agree(job: ApplyJob, store: StoreView | Store): Promise<Agreed> {
  const { context, flags, valid, saved } = job
  const at = performance.now()
  const { plan, world } = await outlook(context, valid.wish, store)
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
  if (destructive.length === 0) return { plan, seen: { snapshot: world.snapshot, at } }
  const what = destructive.map(action => `${action.action} ${action.key}`).join(', ')
  const question = `Carry this out (${what})?`
  if (await isAgreed(context, { question, yes: flags.yes })) return { plan, seen: undefined }
  // What is missing from a folder was not named by anybody, as it is to `ao delete`.
  throw new HouseError('Usage', `this takes something away (${what}) and nobody can be asked`, {
    next: `ao ${process.argv.slice(2).join(' ')} --yes`,
  })
}

/** The request that the job comes down to: the manifests, and of removals no more than the plan shows. */
export function requestOf(
  job: ApplyJob,
  plan: Plan,
): Extract<RequestBody, { readonly type: 'apply' }> {
  const { loaded, wish } = job.valid
  return {
    type: 'apply',
    source: loaded.source,
    resources: wish.resources,
    digest: loaded.digest,
    prune: wish.prune,
    pruneOnly: plan.actions.filter(({ action }) => action === 'prune').map(({ key }) => key),
    partial: wish.partial,
    replace: wish.replace,
  }
}

/** What an apply is about, as far as telling of it goes. */
export interface Told {
  readonly facts: Facts
  readonly keys: readonly ResourceKey[]
  readonly plan: Plan
  /** Keys whose outcome was told. */
  readonly told: Set<ResourceKey>
}

/** Tells each object's outcome as it is reached. */
export function tell(progress: Progress, { facts, keys, plan, told }: Told): void {
  const refusals = refusalsIn(plan)
  for (const key of new Set([...keys, ...refusals.keys()])) {
    const outcome = refusals.get(key) ?? outcomeOf(facts, key)
    if (outcome === undefined) told.delete(key)
    else if (!told.has(key)) {
      told.add(key)
      progress.done(key, outcome)
    }
  }
}

/** What the plan blocks leaves its object as it was, which may well be Ready: what was asked for has not come about all the same. */
function refusalsIn(plan: Plan): ReadonlyMap<ResourceKey, ObjectOutcome & { next?: string }> {
  const refused = plan.actions.filter(isRefused)
  return new Map(
    refused.map(({ key, reason, guards }) => {
      const next = guards.find(({ passed }) => !passed)?.unblock
      return [key, { state: 'blocked', message: reason, ...(next === undefined ? {} : { next }) }]
    }),
  )
}

/** A change or a removal that was asked for and is not even begun. An annotation that keeps an object is what somebody wants. */
function isRefused({ action, code, blockedVerb }: PlannedAction): boolean {
  if (code === 'ReplaceRefused') return true
  return action === 'blocked' && blockedVerb === 'prune' && code !== 'PruneAnnotation'
}

/** How an apply came out. */
export interface Finished {
  readonly facts: Facts
  readonly keys: readonly ResourceKey[]
  readonly plan: Plan
  readonly problems: readonly HouseError[]
  readonly timedOut: boolean
  readonly progress: Progress
  readonly watched: boolean
}

/** Says how everything came out, and gives the exit code it deserves. */
export function finish(job: ApplyJob, finished: Finished): number {
  const { context } = job
  const { facts, keys, plan, problems, progress } = finished
  const refusals = refusalsIn(plan)
  const outcomes = [...new Set([...keys, ...refusals.keys()])].map(key => ({
    key,
    outcome: refusals.get(key) ?? outcomeOf(facts, key) ?? crash(finished, key),
  }))
  for (const { key, outcome } of outcomes) {
    if (outcome?.state === 'failed') progress.done(key, outcome)
  }
  const held = outcomes.filter(({ outcome }) => outcome?.state === 'stalled')
  const stalled = held.some(({ key }) => !isBlind(facts, key))
  const pending = outcomes.filter(({ outcome }) => outcome === undefined)
  if (refusals.size === 0) for (const problem of problems) progress.note(problem.message)
  const [refusal] = refusals.values()
  progress.finish(held.length > 0 || refusal === undefined ? undefined : { next: refusal.next })
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
    context.stderr('Reactions (CI failures, reviews, merges) run under: ao reconcile --watch\n')
  }
  return exitCodeFor({
    stalled: stalled || refusals.size > 0,
    failed: problems.length > 0 || outcomes.some(({ outcome }) => outcome?.state === 'failed'),
    blind: [...held, ...pending].some(({ key }) => isBlind(facts, key)),
    timedOut: finished.timedOut,
  })
}

/** A watcher starts again what ended, so that it is still in progress there. */
function crash({ facts, watched }: Finished, key: ResourceKey): ObjectOutcome | undefined {
  return watched ? undefined : crashOf(facts, key)
}

/** Progress for people on stderr, or for programs on stdout. */
export function newProgress(context: Context): Progress {
  const columns = Number.isFinite(context.errWidth) ? context.errWidth : 120
  return createProgress({
    write: context.output === 'jsonl' ? context.stdout : context.stderr,
    isTTY: isTerminal(process.stderr) && context.output !== 'jsonl',
    width: columns,
    height: process.stderr.rows,
    color: context.errColor,
    now: context.now,
    output: context.output === 'jsonl' ? 'jsonl' : 'text',
  })
}

/** What the engine tells, as progress shows it. */
export function forward(progress: Progress, event: EngineProgress): void {
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
