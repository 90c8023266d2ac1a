import { findCondition } from '../resource/conditions.ts'
import type { ResourceKey } from '../resource/key.ts'
import { lacksEnvironment, standingOf } from '../status/wait.ts'
import type { Store } from '../store/index.ts'
import type { Source } from '../store/types.ts'

/** How everything stands after a pass: what is worst, and the code a command ends with that asked for the pass. */
export interface Verdict {
  /**
   * 2 when manifests that are followed are invalid, 6 when something needs a person, 4 when something failed and will be tried again, 7 when this machine lacks
   * something, else 0.
   */
  readonly exitCode: 0 | 2 | 4 | 6 | 7
  /** What is worst, with its name, and the command that helps; empty when nothing is. */
  readonly message: string
  readonly next: string
}

/** What is worst of the objects, judged by conditions only, and of the sources: what a source says now counts only while something is of it. */
export function verdictOf(
  store: Pick<Store, 'desired' | 'status' | 'sources' | 'inventory'>,
): Verdict {
  const held = [...store.sources.all().values()]
    .filter(({ id }) => (store.inventory.get(id)?.items.length ?? 0) > 0)
    .flatMap(heldVerdict)
  const objects = verdictOfObjects(store)
  const all = [objects, ...held]
  return all.toSorted((a, b) => WORST.indexOf(a.exitCode) - WORST.indexOf(b.exitCode))[0] ?? objects
}

/** What cannot even be read comes first: it is of no use to look at what is older. */
const WORST: readonly Verdict['exitCode'][] = [2, 6, 4, 7, 0]

function heldVerdict({ path, name, held }: Source): readonly Verdict[] {
  if (held === undefined) return []
  const place = path ?? name
  const invalid = held.isLacking === true ? 7 : 2
  return [
    {
      exitCode: held.reason === 'SourceInvalid' ? invalid : 6,
      message: `what ${place} says is not followed (${held.reason}): ${held.message}`,
      next: held.reason === 'SourceBusy' ? `git -C ${place} status` : `ao diff -f ${place}`,
    },
  ]
}

function verdictOfObjects(store: Pick<Store, 'desired' | 'status'>): Verdict {
  let worst: Verdict = { exitCode: 0, message: '', next: '' }
  for (const [key, object] of store.desired.all()) {
    const status = store.status.get(key)
    // Work is done or not, whoever hears of it: a channel in trouble says so itself.
    if (status === undefined || object.kind === 'Notifier') continue
    const ready = findCondition(status.conditions, 'Ready')
    const standing = standingOf(status.conditions, object.generation, status.observedGeneration)
    const found = aboutObject(key, ready?.message)
    const isLacking = lacksEnvironment(status.conditions)
    if (standing === 'Stalled' && !isLacking) return { exitCode: 6, ...found }
    const refused = findCondition(status.conditions, 'ChangeRefused')
    if (refused !== undefined) return { exitCode: 6, ...aboutObject(key, refused.message) }
    if (ready?.reason === 'ProgressingWithRetry' || ready?.reason === 'CrashLoopBackOff')
      worst = { exitCode: 4, ...found }
    if (isLacking && worst.exitCode === 0) worst = { exitCode: 7, ...found }
  }
  return worst
}

function aboutObject(key: ResourceKey, message = ''): Pick<Verdict, 'message' | 'next'> {
  return { message: `${key}: ${message}`, next: `ao describe ${key}` }
}
