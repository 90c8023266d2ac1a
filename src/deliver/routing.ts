import type { NotificationPriority } from '../resource/notification.ts'
import type { Desired, DesiredNotifier } from '../resource/spec.ts'

export interface Routing {
  readonly priority: NotificationPriority
  /** `reactions.<name>.notifiers`. */
  readonly reaction?: readonly string[] | undefined
  /** `defaults.notifiers` of the project. */
  readonly project?: readonly string[] | undefined
}

/**
 * Who hears of something. A reaction that names its notifiers is heard by exactly these, whatever they else take; otherwise it is those that the
 * project names (every one, when it names none) and that take the priority.
 */
export function notifiersFor(
  objects: Iterable<Desired>,
  { priority, reaction, project }: Routing,
): readonly DesiredNotifier[] {
  return [...objects].filter((object): object is DesiredNotifier => {
    if (object.kind !== 'Notifier' || object.deletionTimestamp !== undefined) return false
    if (reaction !== undefined) return reaction.includes(object.name)
    const isNamed = project === undefined || project.includes(object.name)
    return isNamed && object.spec.routes.includes(priority)
  })
}
