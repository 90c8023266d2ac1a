import type { SessionView } from '../lifecycle/facts.ts'
import type { DueMerge } from '../lifecycle/reaction.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { Store } from '../store/index.ts'
import type { JournalEntry } from '../store/types.ts'
import type { Deps } from './deps.ts'
import type { Jobs } from './jobs.ts'
import type { World } from './world.ts'

const STEP = 'merge'

/** The one job that merges a head of a pull request that a session made: another head waits for nothing that this one ran into. */
export function mergeJob(key: ResourceKey, { number, headSha }: DueMerge['merge']): string {
  return `${STEP} ${key}#${number} at ${headSha}`
}

/** What became of a merge, in the forge's words. */
export type Merged =
  | { readonly state: 'merged'; readonly mergeSha: string | undefined }
  | { readonly state: 'queued' }

/** Writes down what is about to be merged and why. What was begun before for the same pull request did not come to be: it was just seen open. */
export async function beginJournal(
  { journal }: Pick<Store, 'journal'>,
  { object, record }: Pick<SessionView, 'object' | 'record'>,
  { why, merge }: Pick<DueMerge, 'why' | 'merge'>,
): Promise<string> {
  for (const entry of openMerges({ journal }, object.uid)) {
    if (entry.merge?.number === merge.number) await journal.failed(entry.id, 'not merged by it')
  }
  const key = keyOf(object.kind, object.name)
  const { attempt } = record
  return journal.begin({ object: key, uid: object.uid, attempt, step: STEP, message: why, merge })
}

/** Tells of a merge that took, and what decided it. Told again it is the same event. */
export async function tellMerged(
  { events }: Pick<Store, 'events'>,
  { object, attempt, message: why, merge }: Omit<JournalEntry, 'id' | 'phase' | 'time' | 'bootId'>,
  merged: Merged,
): Promise<void> {
  const how =
    merged.state === 'queued'
      ? 'it stands in the merge queue'
      : `merged as ${merged.mergeSha?.slice(0, 7) ?? '?'}`
  await events.append({
    type: 'Normal',
    reason: merged.state === 'merged' ? 'Merged' : 'MergeQueued',
    object,
    attempt,
    cause: `approved-and-green#${merge?.number ?? '?'}`,
    message: `approved-and-green: ${why ?? ''}; ${how}`,
  })
}

/**
 * Settles merges of a session that were begun and of which nobody knows how they ended, by how their pull requests are seen: whoever began them is gone, or never
 * heard an answer. One that is open as it was stays open, for what is seen may be older.
 */
export async function settleUnfinishedMerges(
  { deps: { store }, jobs, world, tick }: Sight,
  { object: { uid, spec } }: Pick<SessionView, 'object'>,
): Promise<void> {
  const pullRequests = world.snapshot.pullRequests.get(spec.project)
  if (pullRequests?.state !== 'found') return
  for (const entry of openMerges(store, uid)) {
    const { id, object, merge } = entry
    const seen = pullRequests.value.items.find(({ number }) => number === merge?.number)
    if (merge === undefined || seen === undefined) continue
    if (!jobs.isSeen(mergeJob(object, merge), tick)) continue
    const { state, mergeSha, queued } = seen
    const isSame = seen.head.sha === merge.headSha
    if (state === 'merged' || (queued && isSame)) {
      await tellMerged(store, entry, state === 'merged' ? { state, mergeSha } : { state: 'queued' })
      await store.journal.end(id)
    } else if (state === 'closed' || !isSame) {
      await store.journal.failed(id, 'cut short; it was not merged')
    }
  }
}

export interface Sight {
  readonly deps: Deps
  readonly jobs: Jobs
  readonly world: World
  /** Taken before the look. */
  readonly tick: number
}

function openMerges({ journal }: Pick<Store, 'journal'>, uid: string): readonly JournalEntry[] {
  return journal.open().filter(entry => entry.uid === uid && entry.step === STEP)
}
