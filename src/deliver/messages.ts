import { createHash } from 'node:crypto'

import type { SessionFacts } from '../lifecycle/facts.ts'
import { HouseError } from '../errors.ts'
import { agentTraits } from '../plugins/agent.ts'
import type { Registry } from '../plugins/registry.ts'
import type { DesiredSession } from '../resource/spec.ts'
import { plainText } from '../resource/text.ts'
import type { OutboxMessage } from '../store/types.ts'

/** The digest agents acknowledge a message by: of its text as it is typed (control characters gone), trimmed, line ends as \n. */
export function messageDigest(text: string): string {
  return createHash('sha256').update(plainText(text).trim()).digest('hex')
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

/** Types one message, at most once: `writing` is on disk before the first byte, and what is found so after a crash is never sent again. */
export async function writeMessage(input: WriteInput): Promise<OutboxMessage> {
  const { process } = input.facts
  if (process.state !== 'alive') return input.message
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
    if (error instanceof HouseError && error.code === 'NotFound') {
      return update({ state: 'queued', tries, lastError: error.message })
    }
    const lastError = error instanceof Error ? error.message : String(error)
    return update({ state: 'unconfirmed', tries, attempt: process.attempt, lastError })
  }
  return update({ state: 'written', tries, attempt: process.attempt })
}
