import { idOf, queuedNotification } from '../deliver/queued.ts'
import { causeOf, goneCauses } from '../lifecycle/causes.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { DesiredNotifier } from '../resource/spec.ts'
import type { OpenCause } from '../store/channels.ts'
import type { Deps } from './deps.ts'
import { reactionInputOf } from './reaction-input.ts'
import { companiesOf } from './world.ts'

export interface ResolveInput {
  readonly deps: Deps
  readonly views: ReadonlyMap<ResourceKey, SessionView>
}

/** Puts a notification into the outbox for every open cause that is gone, for the channels that told of it. Says whether any was put. */
export async function resolveCauses({ deps, views }: ResolveInput): Promise<boolean> {
  let any = false
  for (const { name, open } of deps.store.channels.all().values()) {
    const notifier = deps.store.desired.get(keyOf('Notifier', name))
    if (open.length === 0 || notifier?.kind !== 'Notifier') continue
    if (!tracksCauses(deps, notifier)) continue
    const gone = goneOf(open, views, deps)
    for (const cause of gone) any = (await putResolved(deps, name, cause)) || any
  }
  return any
}

/** Whether a channel, as it is declared now, keeps track of causes. */
export function tracksCauses({ registry }: Deps, { spec }: DesiredNotifier): boolean {
  return registry.find('notifier', spec.plugin)?.tracksCauses?.(spec.config) === true
}

function goneOf(
  open: readonly OpenCause[],
  views: ReadonlyMap<ResourceKey, SessionView>,
  deps: Deps,
): readonly OpenCause[] {
  const all = [...views.values()]
  const byUid = new Map(all.map(view => [view.object.uid, view]))
  const companies = companiesOf(all)
  return open.filter(({ cause, uid }) => {
    const view = uid === undefined ? undefined : byUid.get(uid)
    // Whoever is not there any more needs nobody.
    if (view === undefined) return uid === undefined || !isKnown(deps, uid)
    const short = cause.slice(causeOf(view.object, '').length)
    const company = companies.get(view.object.spec.project)
    return goneCauses(reactionInputOf(view, deps, company), [short]).length > 0
  })
}

function isKnown({ store }: Deps, uid: string): boolean {
  return [...store.desired.all().values()].some(object => object.uid === uid)
}

async function putResolved(deps: Deps, to: string, open: OpenCause): Promise<boolean> {
  const { cause, uid, project, session } = open
  const id = idOf('r', [open.id, to])
  return deps.store.outbox.put(
    queuedNotification(id, to, {
      id,
      priority: 'info',
      title: `${session ?? project}: ${withoutOwner(open)} is over`,
      message: 'nobody is needed for it any more',
      project,
      ...(session === undefined ? {} : { session }),
      ...(uid === undefined ? {} : { uid }),
      cause,
      resolved: true,
      createdAt: deps.now().toISOString(),
    }),
  )
}

/** The cause as people know it, who read beside it whose it is. */
function withoutOwner({ cause, project, session, uid = '' }: OpenCause): string {
  const owner = `${project}/${session ?? ''}/${uid.slice(0, 8)}/`
  return cause.startsWith(owner) ? cause.slice(owner.length) : cause
}
