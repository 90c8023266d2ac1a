import { createHash } from 'node:crypto'

import type { CheckResult } from '../scm.ts'
import { unreported } from '../unreported-check.ts'
import type { BranchRules, Context, FailedJob } from './github-facts.ts'

/** A head's checks may still get company: a workflow that starts another, an application that is slow to hear of a push. */
const LATE_MS = 120_000
const SILENT_MS = 600_000

/** The newest result of each check, and what is required and was never reported as pending. */
export function checkResults(
  contexts: readonly Context[],
  about: {
    readonly sha: string
    readonly rules: BranchRules | undefined
    /** The project's own answer to what is required. */
    readonly required: readonly string[] | undefined
    readonly jobs: Readonly<Record<string, FailedJob>>
  },
): readonly CheckResult[] {
  const latest = latestContexts(contexts)
  const names = new Set(about.required ?? about.rules?.checks ?? [])
  // Most repositories require nothing by a rule, and still nobody means to merge what is red.
  const isFree =
    about.required === undefined && names.size === 0 && latest.every(context => !context.required)
  const results = latest.map(context => {
    const counts = isFree && stateOf(context) !== 'skipped' && !isReplaced(latest, context)
    const required = about.required === undefined ? context.required || counts : false
    return toResult(context, {
      sha: about.sha,
      name: nameIn(latest, context),
      required: required || names.has(context.name),
      job: context.runId === undefined ? undefined : about.jobs[context.runId],
    })
  })
  const reported = new Set(latest.map(context => context.name))
  const missing = [...names]
    .filter(name => !reported.has(name))
    .map(name => unreported(name, about.sha))
  return [...results, ...missing].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** The newest of each name and origin: the same check, run again, replaces its older self. */
export function latestContexts(contexts: readonly Context[]): readonly Context[] {
  const latest = new Map<string, Context>()
  for (const context of contexts) {
    const key = `${context.origin}\n${context.name}`
    const known = latest.get(key)
    if (known === undefined || isNewer(context, known)) latest.set(key, context)
  }
  return [...latest.values()]
}

export function stateOf({ state }: Context): CheckResult['state'] {
  switch (state) {
    case 'success':
      return 'success'
    case 'cancelled':
    case 'stale':
      return 'cancelled'
    case 'skipped':
    case 'neutral':
      return 'skipped'
    case 'failure':
    case 'error':
    case 'timed_out':
    case 'startup_failure':
      return 'failure'
    case 'in_progress':
      return 'running'
    // `action_required` waits for a person; words we don't know yet are not good news either.
    default:
      return 'pending'
  }
}

/** Whether a head's checks need no more looking at: all have a verdict that nobody is likely to change, and no more are to be expected. */
export function isSettled(
  contexts: readonly Context[],
  {
    rules,
    headSince,
    now,
  }: {
    readonly rules: BranchRules | undefined
    /** When this head was first seen. */
    readonly headSince: number
    readonly now: number
  },
): boolean {
  const latest = latestContexts(contexts)
  const names = new Set(latest.map(context => context.name))
  if (rules?.checks.some(name => !names.has(name)) === true) return false
  if (latest.length === 0) return now - headSince > SILENT_MS
  if (latest.some(context => !['success', 'skipped'].includes(stateOf(context)))) return false
  const times = latest.map(({ at }) => (at === undefined ? 0 : Date.parse(at)))
  return now - Math.max(headSince, ...times) > LATE_MS
}

/** The same for the same results, whether a list or the batch told them. */
export function digestOf(
  results: readonly { readonly name: string; readonly state: string; readonly runId?: number }[],
): string {
  const lines = results.map(({ name, state, runId }) => `${runId ?? ''} ${state} ${name}`).sort()
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
}

function isNewer(context: Context, known: Context): boolean {
  if (context.runId !== undefined && known.runId !== undefined) return context.runId > known.runId
  return (context.at ?? '') >= (known.at ?? '')
}

/** What was cancelled has no verdict; another run of that name, such as for the same commit's other event, may have one. */
function isReplaced(latest: readonly Context[], context: Context): boolean {
  if (stateOf(context) !== 'cancelled') return false
  return latest.some(other => other.name === context.name && stateOf(other) !== 'cancelled')
}

/** Two workflows may have a job of the same name. */
function nameIn(latest: readonly Context[], context: Context): string {
  const isAlone = latest.every(other => other === context || other.name !== context.name)
  return isAlone ? context.name : `${context.origin} / ${context.name}`
}

function toResult(
  context: Context,
  about: {
    readonly sha: string
    readonly name: string
    readonly required: boolean
    readonly job: FailedJob | undefined
  },
): CheckResult {
  const { sha, name, required, job } = about
  const state = stateOf(context)
  const isOver = state !== 'pending' && state !== 'running'
  const logTail = job?.logTail ?? context.description
  const isFailure = state === 'failure'
  return {
    name,
    sha,
    state,
    required,
    ...(isFailure && job?.step !== undefined ? { step: job.step } : {}),
    ...(isFailure && logTail !== undefined ? { logTail } : {}),
    ...(context.url === undefined ? {} : { url: context.url }),
    ...(isOver && context.at !== undefined ? { completedAt: context.at } : {}),
  }
}
