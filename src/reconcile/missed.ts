import type { SessionView } from '../lifecycle/facts.ts'
import { doubted, takenBack, withTold } from '../lifecycle/missed.ts'
import { keyOf } from '../resource/key.ts'
import type { SessionRecord } from '../resource/record.ts'
import type { OutboxMessage } from '../store/types.ts'
import type { Deps } from './deps.ts'

/** Why a message ends without having reached its agent for sure. */
export interface Miss {
  /** `over`, `replaced`: never begun. `unsure`: perhaps typed, so never typed again. `refused`: it can't be typed, today or tomorrow. */
  readonly how: 'over' | 'replaced' | 'unsure' | 'refused'
  readonly why: string
}

/** Ends a message. What follows for its cause is written down first: killed in between, the next look ends it again, which changes nothing more. */
export async function endMessage(
  deps: Deps,
  view: SessionView | undefined,
  message: OutboxMessage,
  miss: Miss,
): Promise<void> {
  const { store, now } = deps
  const { how, why } = miss
  await rememberMiss(deps, view, message, how)
  const isDropped = how === 'over' || how === 'replaced'
  if (!isDropped) await rememberTold(deps, view, message)
  if (view !== undefined) {
    const { object, record } = view
    const about = message.cause === undefined ? '' : ` (${message.cause})`
    await store.events.append({
      type: isDropped ? 'Normal' : 'Warning',
      reason: isDropped ? 'MessageDropped' : 'MessageNotWritten',
      object: keyOf(object.kind, object.name),
      attempt: record.attempt,
      ...(message.cause === undefined ? {} : { cause: message.cause }),
      message: `Message ${message.id}${about} is ${isDropped ? 'dropped' : stateOf(how)}: ${why}`,
    })
  }
  const updatedAt = now().toISOString()
  await store.outbox.update(message.id, item =>
    item.type === 'message' ? { ...item, state: stateOf(how), lastError: why, updatedAt } : item,
  )
}

/** Writes down what it means for a session's own cause that a message about it did not reach the agent for sure. */
export async function rememberMiss(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  view: SessionView | undefined,
  { id, origin, cause }: OutboxMessage,
  how: Miss['how'],
): Promise<void> {
  // What an orchestrator is told is about a worker, whose clock runs on by itself.
  if (view?.object.kind !== 'Worker' || origin !== 'automatic' || cause === undefined) return
  const at = now().toISOString()
  await store.records.update(view.object.uid, record =>
    record === undefined ? undefined : afterMiss(record, { id, cause, at, how }),
  )
}

/** Writes down what its own agent was told with a message, as far as that can be: nothing is told again. */
export async function rememberTold(
  { store }: Pick<Deps, 'store'>,
  view: SessionView | undefined,
  { cause = '', signature }: OutboxMessage,
): Promise<void> {
  // What an orchestrator is told is about a worker.
  if (view?.object.kind !== 'Worker') return
  await store.records.update(view.object.uid, record =>
    record === undefined ? undefined : withTold(record, view.facts.review, { cause, signature }),
  )
}

function afterMiss(
  record: SessionRecord,
  { id, cause, at, how }: Pick<Miss, 'how'> & Readonly<Record<'id' | 'cause' | 'at', string>>,
): SessionRecord {
  return how === 'over' || how === 'replaced'
    ? takenBack(record, { id, cause, isReplaced: how === 'replaced' })
    : doubted(record, cause, at)
}

function stateOf(how: Miss['how']): 'unconfirmed' | 'failed' {
  return how === 'unsure' ? 'unconfirmed' : 'failed'
}
