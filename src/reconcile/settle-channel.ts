import { keyOf } from '../resource/key.ts'
import type { DesiredNotifier } from '../resource/spec.ts'
import type { NotifierStatus } from '../resource/status.ts'
import type { Deps } from './deps.ts'
import { settleNotifier } from './settle-static.ts'

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
