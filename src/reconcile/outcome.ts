import type { ReviewFact, SessionView } from '../lifecycle/facts.ts'
import { isLive, seenUntil, wanted } from '../lifecycle/facts.ts'
import { closedWords } from '../plan/grace.ts'
import { keyOf } from '../resource/key.ts'
import type { ClosedPullRequest, Outcome, SessionRecord } from '../resource/record.ts'
import type { DesiredSession } from '../resource/spec.ts'
import type { NewEvent } from '../store/types.ts'

export interface Ended {
  readonly record: SessionRecord
  readonly events: readonly NewEvent[]
}

/** What a look says of a worker's end: that it is done, that its pull request is closed, or is open again. */
export function endAfterLook(view: SessionView, now: Date, graceMs: number): Ended {
  const { record } = view
  if (record.outcome !== undefined) return withdrawn(view, now) ?? { record, events: [] }
  const closed = closedNow(view, now, graceMs)
  const { pullRequestClosed: before, ...rest } = record
  const outcome = newOutcome(view, now, closed)
  return {
    record: {
      ...rest,
      ...(closed === undefined || outcome !== undefined ? {} : { pullRequestClosed: closed }),
      ...(outcome === undefined ? {} : { outcome }),
    },
    events: [
      ...closedEvents(view, before, closed),
      ...(outcome === undefined ? [] : [doneEvent(view, outcome)]),
    ],
  }
}

/** The only end that is taken back, and only by what was seen: somebody opened the pull request again, or merged it after all. */
function withdrawn(view: SessionView, now: Date): Ended | undefined {
  const { object, facts } = view
  const { outcome, ...record } = view.record
  if (outcome?.state !== 'Closed' || wanted(object) === 'deleted') return undefined
  const merged = newOutcome({ ...view, record }, now, undefined)
  if (merged !== undefined) {
    return { record: { ...record, outcome: merged }, events: [doneEvent(view, merged)] }
  }
  if (!isOpen(facts.review) || facts.process.state === 'unknown') return undefined
  const reopened = openNumber(facts.review, outcome.pullRequest)
  const isGone = facts.process.state === 'absent' || facts.process.state === 'foreign'
  const lastExit = { attempt: record.attempt, at: now.toISOString(), reason: 'Stopped' } as const
  return {
    record: {
      ...record,
      ...(reopened === undefined ? {} : { reopened }),
      // It ended by our doing, or before that: either way it is to run again.
      ...(isGone ? { lastExit } : {}),
    },
    events: [reopenedEvent(view, outcome.pullRequest)],
  }
}

function isOpen(review: ReviewFact): boolean {
  if (review.state === 'ambiguous') return true
  return review.state === 'found' && isLive(review.pullRequest)
}

/** Where two are open nobody has said yet which of them is meant. */
function openNumber(review: ReviewFact, closed: number | undefined): number | undefined {
  return review.state === 'found' ? review.pullRequest.number : closed
}

/** Since when the pull request is closed, and until when nothing comes of it. */
function closedNow(
  { object, record, facts }: SessionView,
  now: Date,
  graceMs: number,
): ClosedPullRequest | undefined {
  if (!endsWhenClosed(object)) return undefined
  const { pullRequestClosed: before } = record
  const { review } = facts
  // What can't be seen now may be closed still.
  if (review.state === 'unknown') return before
  if (review.state !== 'found' || review.pullRequest.state !== 'closed') return undefined
  const { number, headBranch } = review.pullRequest
  // Of another branch than its own it could not go on: that is left to a person.
  if (headBranch !== object.spec.branch) return undefined
  // What was first seen in the future was seen before the clock was set back.
  const isKnown = before?.number === number && Date.parse(before.at) <= now.getTime()
  const at = isKnown ? before.at : now.toISOString()
  return { number, at, until: new Date(Date.parse(at) + graceMs).toISOString() }
}

function endsWhenClosed({ kind, spec, deletionTimestamp }: DesiredSession): boolean {
  if (kind !== 'Worker' || deletionTimestamp !== undefined) return false
  return spec.doneWhen === 'merged' && spec.onPullRequestClosed !== 'keep'
}

function newOutcome(
  { object, record, facts }: SessionView,
  now: Date,
  closed: ClosedPullRequest | undefined,
): Outcome | undefined {
  if (object.kind !== 'Worker') return undefined
  const at = now.toISOString()
  const { preserved } = record
  switch (object.spec.doneWhen) {
    case 'merged': {
      if (facts.review.state !== 'found' || facts.review.others.length > 0) return undefined
      const { number, url, mergeSha, state } = facts.review.pullRequest
      const about = { at, pullRequest: number, pullRequestUrl: url, preserved }
      if (state === 'merged') {
        return { state: 'Merged', ...about, ...(mergeSha === undefined ? {} : { mergeSha }) }
      }
      const seen = seenUntil(facts.review.pullRequest, now.getTime())
      const isOver = closed !== undefined && Date.parse(closed.until) <= seen
      return state === 'closed' && isOver ? { state: 'Closed', ...about } : undefined
    }
    case 'exited':
      return record.lastExit?.reason === 'Exited' && record.lastExit.exitCode === 0
        ? { state: 'Exited', at, preserved }
        : undefined
    case 'reported':
      return record.reported?.outcome === 'done' ? { state: 'Reported', at, preserved } : undefined
  }
}

function doneEvent(view: SessionView, outcome: Outcome): NewEvent {
  const { state, pullRequest, mergeSha } = outcome
  if (state === 'Closed') {
    const message = `Closed: pull request #${pullRequest ?? '?'} was not opened again; what is left is cleaned up`
    return { ...aboutClosed(view, pullRequest), type: 'Warning', reason: 'Closed', message }
  }
  const merged =
    pullRequest === undefined ? '' : `: #${pullRequest} as ${mergeSha?.slice(0, 7) ?? '?'}`
  return {
    type: 'Normal',
    reason: 'Done',
    object: keyOf(view.object.kind, view.object.name),
    attempt: view.record.attempt,
    message: `Done (${state})${merged}`,
  }
}

/** Told once each: that it is closed and what comes of that, and that it is open again. */
function closedEvents(
  view: SessionView,
  before: ClosedPullRequest | undefined,
  after: ClosedPullRequest | undefined,
): readonly NewEvent[] {
  if (after !== undefined && after.number !== before?.number) {
    const message = closedWords(after).replace(/^p/, 'P')
    const about = aboutClosed(view, after.number)
    return [{ ...about, type: 'Warning', reason: 'PullRequestClosed', message }]
  }
  const isBack = before !== undefined && after === undefined && isOpen(view.facts.review)
  return isBack ? [reopenedEvent(view, before.number)] : []
}

/** Another one may have been opened in its place. */
function reopenedEvent(view: SessionView, closed: number | undefined): NewEvent {
  const open = openNumber(view.facts.review, closed)
  const how = open === closed ? 'open again' : `open in place of #${closed ?? '?'}`
  const message = `Pull request #${open ?? '?'} is ${how}: ${view.object.name} goes on`
  return { ...aboutClosed(view, closed), type: 'Normal', reason: 'PullRequestReopened', message }
}

function aboutClosed(
  { object, record }: SessionView,
  number: number | undefined,
): Pick<NewEvent, 'object' | 'attempt' | 'cause'> {
  const { attempt } = record
  return { object: keyOf(object.kind, object.name), attempt, cause: `pr-closed#${number ?? ''}` }
}
