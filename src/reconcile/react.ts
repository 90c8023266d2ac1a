import { createHash } from 'node:crypto'

import { messageDigest } from '../deliver/messages.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import type { DueReaction } from '../lifecycle/reactions.ts'
import { keyOf } from '../resource/key.ts'
import type { Notification } from '../resource/notification.ts'
import type { DesiredNotifier, ProjectSpec } from '../resource/spec.ts'
import type { Store } from '../store/index.ts'
import type { NewEvent } from '../store/types.ts'

export interface ReactInput {
  readonly store: Store
  readonly view: SessionView
  readonly project: ProjectSpec
  readonly now: Date
}

/**
 * Puts a reaction into the outbox and remembers that it was answered, in this order: what is put there is known by what it answers, so a crash in
 * between repeats nothing. Merges are carried out elsewhere.
 */
export async function react(input: ReactInput, due: DueReaction): Promise<void> {
  switch (due.action) {
    case 'sendToAgent':
      await putMessage(input, due)
      return answered(input, due)
    case 'notify':
      await putNotifications(input, due)
      return answered(input, due)
    case 'merge':
    case 'restart':
      // The planner restarts; merging is a job.
      return undefined
  }
}

/** Remembers the signature and the budget of what was just answered. */
export async function answered(input: ReactInput, due: DueReaction): Promise<void> {
  const { store, view } = input
  await store.records.update(view.object.uid, record =>
    record === undefined
      ? undefined
      : {
          ...record,
          handled: { ...record.handled, [due.cause]: due.signature },
          answers: { ...record.answers, [due.cause]: (record.answers?.[due.cause] ?? 0) + 1 },
          budgets:
            due.budget === undefined
              ? record.budgets
              : { ...record.budgets, [due.cause]: due.budget },
        },
  )
}

async function putMessage(input: ReactInput, due: DueReaction): Promise<void> {
  const { store, view, now } = input
  const text = due.text ?? due.why
  const at = now.toISOString()
  const put = await store.outbox.put({
    type: 'message',
    id: reactionId('m', view, due, ''),
    createdAt: at,
    updatedAt: at,
    tries: 0,
    to: view.object.uid,
    session: view.object.name,
    text,
    digest: messageDigest(text),
    origin: 'automatic',
    cause: due.cause,
    state: 'queued',
  })
  if (put)
    await decided(input, due, {
      type: 'Normal',
      reason: REASON_WORDS[due.reaction],
      message: due.why,
    })
}

async function putNotifications(input: ReactInput, due: DueReaction): Promise<void> {
  const { store, view, now } = input
  const notifiers = notifiersFor(input, due)
  const notification = notificationOf(input, due)
  const at = now.toISOString()
  for (const notifier of notifiers) {
    await store.outbox.put({
      type: 'notification',
      id: reactionId('n', view, due, notifier.name),
      createdAt: at,
      updatedAt: at,
      tries: 0,
      to: notifier.name,
      notification,
      state: 'queued',
    })
  }
  const told =
    notifiers.length === 0
      ? 'no notifier takes it'
      : `told ${notifiers.map(notifier => notifier.name).join(', ')}`
  await decided(input, due, {
    type: 'Warning',
    reason: due.budget === undefined ? 'Notified' : 'Escalated',
    message: `${due.why} (${told})`,
  })
}

function notifiersFor(input: ReactInput, due: DueReaction): readonly DesiredNotifier[] {
  const { notifiers } = input.project
  return [...input.store.desired.all().values()].filter(
    (object): object is DesiredNotifier =>
      object.kind === 'Notifier' &&
      object.deletionTimestamp === undefined &&
      object.spec.routes.includes(due.priority) &&
      (notifiers === undefined || notifiers.includes(object.name)),
  )
}

function notificationOf(input: ReactInput, due: DueReaction): Notification {
  const { object, facts } = input.view
  const url = facts.review.state === 'found' ? facts.review.pullRequest.url : undefined
  return {
    id: reactionId('n', input.view, due, ''),
    priority: due.priority,
    title: `${object.name}: ${due.reaction}`,
    message: due.why,
    project: object.spec.project,
    session: object.name,
    ...(url === undefined ? {} : { pullRequestUrl: url }),
    next: nextCommand(input, due),
    createdAt: input.now.toISOString(),
  }
}

function nextCommand(input: ReactInput, due: DueReaction): string {
  const { object, facts } = input.view
  const number = facts.review.state === 'found' ? facts.review.pullRequest.number : undefined
  switch (due.reaction) {
    case 'approved-and-green':
      return number === undefined
        ? `ao describe ${object.kind}/${object.name}`
        : `ao pr merge ${number}`
    case 'agent-exited':
      return `ao restart ${object.name}`
    case 'agent-stuck':
    case 'ci-failed':
    case 'changes-requested':
      return `ao attach ${object.name}`
  }
}

const REASON_WORDS = {
  'ci-failed': 'CIFailureSent',
  'changes-requested': 'ReviewSent',
  'approved-and-green': 'MergeDecided',
  'agent-exited': 'RestartDecided',
  'agent-stuck': 'StuckNoticed',
} as const

async function decided(
  input: ReactInput,
  due: DueReaction,
  { type, reason, message }: Pick<NewEvent, 'type' | 'reason' | 'message'>,
): Promise<void> {
  const { object, record } = input.view
  await input.store.events.append({
    type,
    reason,
    object: keyOf(object.kind, object.name),
    attempt: record.attempt,
    message: `${due.reaction}: ${message}`,
  })
}

/** The same for the same answer to the same cause until it is written down as given, whenever it is decided; never again after that. */
function reactionId(
  prefix: string,
  { object, record }: SessionView,
  due: DueReaction,
  to: string,
): string {
  const given = record.answers?.[due.cause] ?? 0
  const text = [object.uid, due.cause, due.signature, due.action, given, to].join('\n')
  return `${prefix}-${createHash('sha256').update(text).digest('hex').slice(0, 20)}`
}
