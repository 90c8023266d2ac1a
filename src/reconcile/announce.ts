import type { SessionView } from '../lifecycle/facts.ts'
import { AMBIGUOUS } from '../lifecycle/reaction-merge.ts'
import type { PlannedAction } from '../plan/action.ts'
import { driftOf } from '../plan/drift.ts'
import { findCondition } from '../resource/conditions.ts'
import { keyOf } from '../resource/key.ts'
import type { SessionStatus } from '../resource/status.ts'
import type { NewEvent } from '../store/types.ts'

/** Drift that nothing else makes an event of: exits and starts tell themselves. */
const TOLD = new Set(['DirectoryMissing', 'BranchSwitched', 'Moved', 'IndexLocked'])

/** What an action that was carried out is called in the event log. */
export const EVENT_WORDS: Readonly<Partial<Record<PlannedAction['action'], string>>> = {
  create: 'Created',
  restart: 'Restarted',
  resume: 'Resumed',
  suspend: 'Suspended',
  update: 'CleanedUp',
  delete: 'Removed',
  replace: 'Removed',
  prune: 'Removed',
}

/** Since when drift that is worth an event has been seen, for `SessionStatus.since`. */
export function driftSince(
  view: SessionView,
  action: PlannedAction,
  previous: SessionStatus | undefined,
  now: Date,
): SessionStatus['since'] {
  const names = driftOf(view, action).flatMap(({ reason }) =>
    TOLD.has(reason) ? [`drift:${reason}`] : [],
  )
  return Object.fromEntries(names.map(name => [name, previous?.since[name] ?? now.toISOString()]))
}

/** What this look shows for the first time and a person should hear of: outside changes, and what stands in the way. */
export function firstSeen(
  view: SessionView,
  action: PlannedAction,
  before: SessionStatus | undefined,
  after: SessionStatus,
): readonly NewEvent[] {
  const { object, record } = view
  const base = {
    type: 'Warning',
    object: keyOf(object.kind, object.name),
    attempt: record.attempt,
  } as const
  const drift = driftOf(view, action)
    .filter(({ reason }) => TOLD.has(reason) && before?.since[`drift:${reason}`] === undefined)
    .map(({ reason, message, consequence }) => ({
      ...base,
      reason,
      message: `${message}; ${consequence}`,
    }))
  if (action.action === 'adopt') {
    const adopted = {
      type: 'Normal',
      reason: 'Adopted',
      message: `Adopted: ${action.reason}`,
    } as const
    return [...drift, { ...base, ...adopted }]
  }
  const was = findCondition(before?.conditions ?? [], 'Stalled')
  const is = findCondition(after.conditions, 'Stalled')
  // Nothing keeps the session from running there, and yet only a person can say how it goes on.
  const isAmbiguous = is?.reason === 'AmbiguousPullRequest'
  const isPersons = action.action === 'blocked' || isAmbiguous
  if (!isPersons || is === undefined || is.reason === was?.reason) return drift
  const cause = isAmbiguous ? { cause: AMBIGUOUS } : {}
  return [...drift, { ...base, ...cause, reason: is.reason, message: is.message }]
}
