import type { Condition } from '../resource/conditions.ts'
import { mergeConditions } from '../resource/conditions.ts'
import { keyOf } from '../resource/key.ts'
import type { DesiredNotifier } from '../resource/spec.ts'
import type { NotifierStatus } from '../resource/status.ts'
import type { Shortcoming } from '../plugins/notifier.ts'
import type { Part } from '../status/condition.ts'
import { condition, reconciling, stalled } from '../status/condition.ts'
import type { Channel } from '../store/channels.ts'
import type { OutboxItem } from '../store/types.ts'
import type { Deps } from './deps.ts'

/** A channel's status: what this machine lacks for it, what became of its last notifications, and what still waits. Nobody is asked. */
export async function settleChannel(
  { store, registry, now }: Deps,
  object: DesiredNotifier,
): Promise<NotifierStatus> {
  const { kind, name, spec } = object
  const facts = {
    missing: await registry.find('notifier', spec.plugin)?.missing?.(),
    channel: store.channels.get(name),
    pending: store.outbox.pendingFor(name),
  }
  const before = store.status.get(keyOf(kind, name))?.conditions ?? []
  return settleNotifier(object, facts, before, now())
}

/** What is known of a channel besides its manifest. */
export interface ChannelFacts {
  readonly missing: Shortcoming | undefined
  readonly channel: Channel | undefined
  /** What waits in the outbox for it. */
  readonly pending: readonly OutboxItem[]
}

/** The same from facts. */
export function settleNotifier(
  object: DesiredNotifier,
  facts: ChannelFacts,
  before: readonly Condition[],
  now: Date,
): NotifierStatus {
  const { generation: observedGeneration } = object
  const wanted = channelParts(object, facts).map(part => ({ ...part, observedGeneration }))
  return { observedGeneration, conditions: mergeConditions(before, wanted, now) }
}

function channelParts(
  { spec, deletionTimestamp }: DesiredNotifier,
  { missing, channel, pending }: ChannelFacts,
): readonly Part[] {
  if (deletionTimestamp !== undefined) return reconciling('Deleting', 'deletion was asked for')
  if (missing !== undefined) {
    return stalled('EnvironmentMissing', `${missing.message}; ${missing.next}`)
  }
  const [head] = pending
  if (head?.lastError !== undefined) {
    const message = `${pending.length} waiting; try ${head.tries} failed: ${head.lastError}`
    return reconciling('ProgressingWithRetry', message)
  }
  const failed = channel?.lastFailed
  if (failed !== undefined && failed.at > (channel?.lastSent?.at ?? '')) {
    return stalled('Failed', `"${failed.title}": ${failed.error}`)
  }
  const message = `accepted; ao sends ${spec.routes.join(', ')} through ${spec.plugin}`
  return [condition('Ready', 'True', 'Succeeded', message)]
}
