import { createHash } from 'node:crypto'

import type { SessionFacts } from '../lifecycle/facts.ts'
import { HouseError, toHouseError } from '../errors.ts'
import { agentTraits } from '../plugins/agent.ts'
import type { Registry } from '../plugins/registry.ts'
import type { DesiredSession } from '../resource/spec.ts'
import { typableText } from '../resource/text.ts'
import type { OutboxMessage } from '../store/types.ts'

/** The digest agents acknowledge a message by: of its text as it is typed (control characters gone), trimmed, line ends as \n. */
export function messageDigest(text: string): string {
  return createHash('sha256').update(typableText(text).trim()).digest('hex')
}

export type DeliveryMoment = { readonly now: true } | { readonly now: false; readonly why: string }

/**
 * Whether this is the moment to type into a session. An agent that reports must have said something since it started, for text typed before it
 * listens is lost; automatic messages also wait while a person types, a dialog is open, or the agent waits for an answer.
 */
export function deliveryMoment(
  facts: SessionFacts,
  origin: OutboxMessage['origin'],
  agentReports: boolean,
): DeliveryMoment {
  if (facts.process.state !== 'alive') return { now: false, why: 'the session is not running' }
  if (agentReports && facts.activity === 'unknown') {
    return { now: false, why: 'the agent has not said yet that it listens' }
  }
  if (origin === 'person') return { now: true }
  if (facts.process.personTyping) return { now: false, why: 'a person is typing' }
  if (facts.activity === 'needs-permission')
    return { now: false, why: 'a permission dialog is open' }
  // What is typed now is taken for the answer, which another session may well give.
  if (origin === 'automatic' && facts.activity === 'needs-input') {
    return { now: false, why: 'the agent waits for an answer' }
  }
  return { now: true }
}

export interface WriteInput {
  readonly registry: Registry
  readonly object: DesiredSession
  readonly facts: SessionFacts
  readonly message: OutboxMessage
  /** Persists the message's new state before this resolves. */
  readonly save: (message: OutboxMessage) => Promise<void>
  readonly now: () => Date
  readonly signal: AbortSignal
}

export interface Written {
  readonly message: OutboxMessage
  /** Why it is not written: `queued` may be tried again, `failed` can't be typed, and of `unconfirmed` nobody knows. */
  readonly error?: HouseError
}

/** Types one message, at most once: `writing` is on disk before the first byte, and what is found so after a crash is never sent again. */
export async function writeMessage(input: WriteInput): Promise<Written> {
  const { process } = input.facts
  if (process.state !== 'alive') return { message: input.message }
  const update = async (change: Partial<OutboxMessage>): Promise<OutboxMessage> => {
    const message = { ...input.message, ...change, updatedAt: input.now().toISOString() }
    await input.save(message)
    return message
  }
  const tries = input.message.tries + 1
  await update({ state: 'writing', tries, attempt: process.attempt })
  const runtime = input.registry.get('runtime', process.runtime)
  const { agent: choice } = input.object.spec
  const { bracketedPaste } = agentTraits(input.registry.get('agent', choice.plugin), choice)
  const session = { session: input.object.name, uid: input.object.uid, handle: process.handle }
  const text = { text: input.message.text, bracketed: bracketedPaste }
  try {
    await runtime.send(session, text, input.signal)
  } catch (error) {
    const failure = toHouseError(error)
    const state = stateAfter(error)
    const { attempt } = process
    const where = state === 'queued' ? {} : { attempt }
    const message = await update({ state, tries, ...where, lastError: failure.message })
    return { message, error: failure }
  }
  return { message: await update({ state: 'written', tries, attempt: process.attempt }) }
}

/** Runtimes promise that after the first byte a failure is `Ambiguous`; of what nobody foresaw nobody knows. */
function stateAfter(error: unknown): 'queued' | 'failed' | 'unconfirmed' {
  if (!(error instanceof HouseError) || error.code === 'Ambiguous') return 'unconfirmed'
  const mayPass = error.retryable || error.code === 'NotFound' || error.code === 'Interrupted'
  return mayPass ? 'queued' : 'failed'
}
