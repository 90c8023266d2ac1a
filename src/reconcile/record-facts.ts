import type { ProcessFact, SessionView } from '../lifecycle/facts.ts'
import { isLive, pullRequestsOf, wanted } from '../lifecycle/facts.ts'
import { answersAfter, settleBudgets } from '../lifecycle/budgets.ts'
import { graceMsOf } from '../plan/grace.ts'
import { ADOPTED } from '../plan/launch.ts'
import { keyOf } from '../resource/key.ts'
import type { ExitRecord, SessionRecord } from '../resource/record.ts'
import { isSameJson } from '../resource/same-json.ts'
import type { ProjectSpec } from '../resource/spec.ts'
import type { NewEvent } from '../store/types.ts'
import { endAfterLook } from './outcome.ts'

/** A run this long makes the restarts before it count no more. */
const STABLE_RUN_MS = 10 * 60_000

export interface Recorded {
  readonly record: SessionRecord
  readonly changed: boolean
  readonly events: readonly NewEvent[]
}

interface About {
  /** The attempt whose start was cut off before there was anything of it. */
  readonly cutShort?: number | undefined
  /** Its project, which says how long what is over stays. */
  readonly project?: ProjectSpec | undefined
}

/** What a look adds to a session's record: how its process ended, that it is done, budgets given back. Pure. */
export function recordAfterLook(
  view: SessionView,
  now: Date,
  { cutShort, project }: About = {},
): Recorded {
  const events: NewEvent[] = []
  const budgets = settleBudgets(view.record, view.facts, now.getTime())
  let record: SessionRecord = {
    ...view.record,
    budgets,
    handled: answersAfter(view.record, view.facts, budgets),
  }
  record = withAdoptedPulls(record, view)
  const attempt = foundAttempt(view)
  if (attempt > record.attempt)
    record = { ...record, attempt, launches: adoptedLaunch(view, attempt, now) }
  const exit = newExit({ ...view, record }, now)
  if (exit !== undefined && cutShort === exit.attempt) {
    record = { ...record, lastExit: { ...exit, reason: 'Stopped' } }
    events.push(cutShortEvent(view, exit.attempt))
  } else if (exit !== undefined) {
    record = { ...record, lastExit: exit, restarts: restartsAfter({ ...view, record }, now) }
    events.push(exitEvent(view, exit))
  }
  if (record.lastExit?.reason === 'Stopped' && isRunningAgain(view, record)) {
    const { lastExit: _undone, ...rest } = record
    record = rest
  }
  const ended = endAfterLook({ ...view, record }, now, graceMsOf(project))
  events.push(...ended.events)
  return { record: ended.record, changed: !isSameJson(ended.record, view.record), events }
}

/** What is open of a branch that was taken over stays its own when it is merged or closed. */
function withAdoptedPulls(
  record: SessionRecord,
  { facts: { review } }: SessionView,
): SessionRecord {
  const { adopted } = record
  if (adopted === undefined) return record
  const open = pullRequestsOf(review).filter(
    each => each.headBranch === adopted.branch && isLive(each),
  )
  const pullRequests = [...new Set([...adopted.pullRequests, ...open.map(({ number }) => number)])]
  return pullRequests.length === adopted.pullRequests.length
    ? record
    : { ...record, adopted: { ...adopted, pullRequests } }
}

function foundAttempt(view: SessionView): number {
  const { process } = view.facts
  return process.state === 'alive' || process.state === 'exited' ? process.attempt : 0
}

/** A running attempt that the record does not know: the record was lost, the session says itself which attempt it is. */
function adoptedLaunch(view: SessionView, attempt: number, now: Date): SessionRecord['launches'] {
  const { process } = view.facts
  const runtime = 'runtime' in process ? process.runtime : view.object.spec.runtime.plugin
  const launch = {
    attempt,
    at: now.toISOString(),
    promptDigest: ADOPTED,
    specDigest: ADOPTED,
    runtime,
  }
  return [...view.record.launches, launch]
}

/** An end that is seen for the first time; undefined for one that is known, or that was our own doing. */
function newExit(view: SessionView, now: Date): ExitRecord | undefined {
  const { record, facts } = view
  const { process } = facts
  const at = now.toISOString()
  if (process.state === 'exited') {
    const known = record.lastExit?.attempt === process.attempt ? record.lastExit : undefined
    return known === undefined || known.reason === 'ProcessGone' ? exitOf(process, at) : undefined
  }
  const launched = record.launches.at(-1)?.attempt === record.attempt
  if (process.state !== 'absent' || !launched || record.lastExit?.attempt === record.attempt) {
    return undefined
  }
  return { attempt: record.attempt, at, reason: process.serverGone ? 'ServerGone' : 'ProcessGone' }
}

function exitOf(
  { attempt, exitCode, signal }: Extract<ProcessFact, { readonly state: 'exited' }>,
  at: string,
): ExitRecord {
  if (signal !== undefined && signal !== 0) return { attempt, at, signal, reason: 'KilledBySignal' }
  return { attempt, at, ...(exitCode === undefined ? {} : { exitCode }), reason: 'Exited' }
}

/** By how long it ran, not by when somebody looked; only where its runtime keeps no end the look has to do. */
function restartsAfter({ record, facts: { process } }: SessionView, now: Date): number {
  const startedAt = record.launches.at(-1)?.at
  if (startedAt === undefined) return record.restarts
  const exitedAt = process.state === 'exited' ? process.exitedAt : undefined
  const ran = (exitedAt ?? now.getTime()) - Date.parse(startedAt)
  return ran > STABLE_RUN_MS ? 0 : record.restarts
}

/** We meant to stop it, and did not: it lives, and what ends it later is not our doing. */
function isRunningAgain(view: SessionView, record: SessionRecord): boolean {
  const { process } = view.facts
  return (
    process.state === 'alive' &&
    process.attempt === record.lastExit?.attempt &&
    wanted(view.object) === 'running'
  )
}

function exitEvent(view: SessionView, exit: ExitRecord): NewEvent {
  const how =
    exit.signal === undefined
      ? exit.exitCode === undefined
        ? 'is gone'
        : `exited with ${exit.exitCode}`
      : `was killed by signal ${exit.signal}`
  return {
    type: exit.exitCode === 0 ? 'Normal' : 'Warning',
    reason: exit.reason === 'Exited' ? 'AgentExited' : exit.reason,
    object: keyOf(view.object.kind, view.object.name),
    attempt: exit.attempt,
    cause: 'agent-exited',
    message:
      exit.reason === 'ServerGone' ? `Agent is gone with its runtime server` : `Agent ${how}`,
  }
}

function cutShortEvent({ object }: SessionView, attempt: number): NewEvent {
  return {
    type: 'Warning',
    reason: 'Interrupted',
    object: keyOf(object.kind, object.name),
    attempt,
    message: `The start of attempt ${attempt} was cut short; it counts as no failure`,
  }
}
