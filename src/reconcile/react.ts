import { messageDigest } from '../deliver/messages.ts'
import { idOf, queuedNotification } from '../deliver/queued.ts'
import { notifiersFor } from '../deliver/routing.ts'
import type { Failpoints } from '../execute/failpoint.ts'
import { causeOf } from '../lifecycle/causes.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import { orchestratorText } from '../lifecycle/feedback.ts'
import type { DueCall, DueMessage, DueReaction } from '../lifecycle/reaction.ts'
import { withTold } from '../lifecycle/missed.ts'
import { keyOf } from '../resource/key.ts'
import type { Notification } from '../resource/notification.ts'
import type { DesiredSession, ProjectSpec } from '../resource/spec.ts'
import { plainAddress } from '../resource/text.ts'
import type { Store } from '../store/index.ts'
import type { NewEvent } from '../store/types.ts'

export interface ReactInput {
  readonly store: Store
  readonly view: SessionView
  /** The project's, where it has one. */
  readonly orchestrator: SessionView | undefined
  readonly project: ProjectSpec
  readonly now: Date
  readonly failpoints: Failpoints
}

/** All that one cause makes due at one look, such as to tell the agent and to call a person; the last one's budget counts. */
export type Round = readonly [DueReaction, ...DueReaction[]]

/**
 * Puts a round into the outbox and remembers that it was answered, in this order: what is put there is known by what it answers, so a crash anywhere in
 * between repeats nothing, and loses nothing. Merges are carried out elsewhere.
 */
export async function react(input: ReactInput, round: Round): Promise<void> {
  await input.failpoints('answer', 'before')
  for (const [index, due] of round.entries()) {
    if (index > 0) await input.failpoints('answer', 'during')
    await putAnswer(input, due)
  }
  await input.failpoints('answer', 'after')
  await answered(input, round)
}

async function putAnswer(input: ReactInput, due: DueReaction): Promise<void> {
  switch (due.action) {
    case 'sendToAgent':
      return tellAgent(input, due)
    case 'tellOrchestrator':
      return tellOrchestrator(input, due)
    case 'notify':
      return putNotifications(input, due)
    case 'merge':
    case 'restart':
      // The planner restarts; merging is a job.
      return undefined
  }
}

/** Remembers the signature and the budget of what was just answered; what the agent is to hear is told only when it has it. */
export async function answered(
  { store, view }: Pick<ReactInput, 'store' | 'view'>,
  round: Round,
): Promise<void> {
  const [{ cause, signature }] = round
  const budget = round.findLast(due => due.budget !== undefined)?.budget
  const isForAgent = round.some(({ action }) => action === 'sendToAgent')
  await store.records.update(view.object.uid, record =>
    record === undefined
      ? undefined
      : {
          ...(isForAgent ? record : withTold(record, view.facts.review, { cause, signature })),
          handled: { ...record.handled, [cause]: signature },
          answers: { ...record.answers, [cause]: (record.answers?.[cause] ?? 0) + 1 },
          budgets: budget === undefined ? record.budgets : { ...record.budgets, [cause]: budget },
        },
  )
}

async function tellAgent(input: ReactInput, due: DueMessage): Promise<void> {
  await putMessage(input, due, { to: input.view.object, text: due.text })
  await decided(input, due, {
    type: 'Normal',
    reason: SENT_REASONS[due.reaction],
    message: due.why,
  })
}

async function tellOrchestrator(input: ReactInput, due: DueCall): Promise<void> {
  const { orchestrator, view } = input
  // It went away meanwhile: the next step up is a person.
  if (orchestrator === undefined) return putNotifications(input, due)
  const { reaction, why, pullRequest } = due
  const { object: to } = orchestrator
  const url = pullRequest === undefined ? {} : { url: pullRequest.url }
  const text = orchestratorText(view.object, { reaction, why, ...url })
  await putMessage(input, due, { to, text })
  const message = `${why} (told ${to.name})`
  await decided(input, due, { type: 'Warning', reason: 'Escalated', message })
}

async function putMessage(
  input: ReactInput,
  due: DueMessage | DueCall,
  { to, text }: { readonly to: DesiredSession; readonly text: string },
): Promise<void> {
  const { store, view, now } = input
  const at = now.toISOString()
  await store.outbox.put({
    type: 'message',
    id: reactionId('m', view, due, ''),
    createdAt: at,
    updatedAt: at,
    tries: 0,
    to: to.uid,
    session: to.name,
    text,
    digest: messageDigest(text),
    origin: 'automatic',
    cause: due.cause,
    signature: due.signature,
    state: 'queued',
  })
}

async function putNotifications(input: ReactInput, due: DueCall): Promise<void> {
  const { store, view } = input
  const notifiers = notifiersFor(store.desired.all().values(), {
    priority: due.priority,
    reaction: due.notifiers,
    project: input.project.notifiers,
  })
  const notification = notificationOf(input, due)
  for (const { name } of notifiers) {
    const id = reactionId('n', view, due, name)
    await store.outbox.put(queuedNotification(id, name, notification))
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

function notificationOf(input: ReactInput, due: DueCall): Notification {
  const { object, facts } = input.view
  const seen = facts.review.state === 'found' ? facts.review.pullRequest : undefined
  const pull = due.pullRequest ?? seen
  const url = plainAddress(pull?.url)
  return {
    id: reactionId('n', input.view, due, ''),
    priority: due.priority,
    title: `${object.name}: ${due.reaction}`,
    message: due.text ?? due.why,
    project: object.spec.project,
    session: object.name,
    uid: object.uid,
    reaction: due.reaction,
    cause: causeOf(object, due.cause),
    ...(url === undefined ? {} : { pullRequestUrl: url }),
    ...(pull === undefined ? {} : { pullRequestNumber: pull.number }),
    next: due.next ?? nextCommand(input, due),
    createdAt: input.now.toISOString(),
  }
}

function nextCommand({ view: { object } }: ReactInput, due: DueCall): string {
  switch (due.reaction) {
    case 'approved-and-green':
      return due.pullRequest === undefined
        ? `ao describe ${object.kind}/${object.name}`
        : `ao pr merge ${due.pullRequest.number} --project ${object.spec.project}`
    case 'agent-exited':
      return `ao restart ${object.name}`
    case 'pr-closed':
      return `ao delete ${object.kind}/${object.name}`
    case 'all-complete':
      return `ao get workers`
    case 'agent-stuck':
    case 'agent-idle':
    case 'agent-needs-input':
    case 'report-no-acknowledge':
    case 'report-stale':
    case 'ci-failed':
    case 'changes-requested':
    case 'bugbot-comments':
    case 'merge-conflicts':
      return `ao attach ${object.name}`
  }
}

const SENT_REASONS: Readonly<Record<DueMessage['reaction'], string>> = {
  'ci-failed': 'CIFailureSent',
  'changes-requested': 'ReviewSent',
  'bugbot-comments': 'BotCommentsSent',
  'merge-conflicts': 'ConflictSent',
  'agent-idle': 'IdleSent',
}

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
    cause: due.cause,
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
  return idOf(prefix, [object.uid, due.cause, due.signature, due.action, given, to])
}
