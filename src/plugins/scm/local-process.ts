import type { ProcessIdentity } from '../process-identity.ts'

/** A process that cannot be mistaken for another one that got its number later. */
export interface ProcessMark {
  readonly pid: number
  readonly bootId: string
  readonly start: string
}

/** The mark of a process; undefined when there is none of that number. */
export async function markOf(
  identity: ProcessIdentity,
  pid: number,
): Promise<ProcessMark | undefined> {
  const start = await identity.startTimeOf(pid)
  return start === undefined ? undefined : { pid, bootId: identity.bootId, start }
}

/** Whether that very process still runs. Throws when it could not look. */
export async function isAlive(identity: ProcessIdentity, mark: ProcessMark): Promise<boolean> {
  return mark.bootId === identity.bootId && (await identity.startTimeOf(mark.pid)) === mark.start
}
