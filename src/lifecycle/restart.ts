import type { Reason } from '../resource/conditions.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { DesiredSession } from '../resource/spec.ts'
import type { SessionFacts } from './facts.ts'

/** The pauses between restarts in a row, as Kubernetes' crash-loop backoff: the first at once, then 10 s doubling to 5 min. */
const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 300_000

export type RestartDecision =
  | { readonly type: 'restart'; readonly why: string }
  | { readonly type: 'wait'; readonly dueAt: number; readonly why: string }
  /** Policy says no, or restarts are used up: a person is needed. */
  | { readonly type: 'stay'; readonly reason: Reason; readonly why: string }

/** What to do about a session whose process is not there although it was started before. `now` in milliseconds since the epoch. */
export function decideRestart(
  object: DesiredSession,
  record: SessionRecord,
  facts: SessionFacts,
  now: number,
): RestartDecision {
  const exit = describeExit(record, facts)
  const { restartPolicy } = object.spec
  const reaction = object.spec.reactions['agent-exited']
  if (restartPolicy === 'Never' || !reaction.auto) {
    const why = restartPolicy === 'Never' ? 'restartPolicy is Never' : 'agent-exited.auto is false'
    return {
      type: 'stay',
      reason: exit.failed ? exit.reason : 'ExitedBeforeDone',
      why: `${exit.text}; ${why}`,
    }
  }
  if (restartPolicy === 'OnFailure' && !exit.failed) {
    return {
      type: 'stay',
      reason: 'ExitedBeforeDone',
      why: `${exit.text} before it was ${object.spec.doneWhen}; restartPolicy is OnFailure`,
    }
  }
  if (record.restarts >= reaction.retries) {
    return {
      type: 'stay',
      reason: 'RestartsExhausted',
      why: `${exit.text}; ${record.restarts} restarts in a row did not help`,
    }
  }
  // An end in the future was written down before the clock was set back: nobody knows how long ago that is.
  const dueAt = exit.at > now ? now : exit.at + restartPauseMs(record.restarts)
  const count = `restart ${record.restarts + 1} of ${reaction.retries}`
  if (dueAt > now) return { type: 'wait', dueAt, why: `${exit.text}; ${count}` }
  return { type: 'restart', why: `${exit.text}; ${count}, policy ${restartPolicy}` }
}

/** The pause before the next restart after `restarts` in a row. */
export function restartPauseMs(restarts: number): number {
  if (restarts === 0) return 0
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (restarts - 1))
}

interface ExitDescription {
  readonly failed: boolean
  readonly reason: Reason
  readonly text: string
  /** When it was first seen, milliseconds since the epoch; 0 when nobody wrote it down. */
  readonly at: number
}

/** How the newest attempt ended: as the runtime still shows it, else as it was recorded, else that it is gone. */
function describeExit(record: SessionRecord, { process }: SessionFacts): ExitDescription {
  const known = record.lastExit?.attempt === record.attempt ? record.lastExit : undefined
  const at = known === undefined ? 0 : Date.parse(known.at)
  if (process.state === 'exited') return { ...describeEnd(process), at }
  if (known?.reason === 'Exited' || known?.reason === 'KilledBySignal') {
    return { ...describeEnd(known), at }
  }
  // What was recorded first says more than a later look: another server may run by then.
  const serverGone =
    known === undefined
      ? process.state === 'absent' && process.serverGone
      : known.reason === 'ServerGone'
  return serverGone
    ? { failed: true, reason: 'ServerGone', text: 'runtime server is gone', at }
    : { failed: true, reason: 'ProcessGone', text: 'session is gone', at }
}

function describeEnd(end: {
  readonly exitCode?: number | undefined
  readonly signal?: number | undefined
}): Omit<ExitDescription, 'at'> {
  const { exitCode, signal } = end
  return signal === undefined || signal === 0
    ? {
        failed: exitCode !== 0,
        reason: 'Exited',
        text: `agent exited with ${exitCode ?? 'an unknown code'}`,
      }
    : { failed: true, reason: 'KilledBySignal', text: `agent was killed by signal ${signal}` }
}
