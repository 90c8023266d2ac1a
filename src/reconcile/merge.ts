import { HouseError } from '../errors.ts'
import type { SessionView } from '../lifecycle/facts.ts'
import type { DueReaction, ReactionInput } from '../lifecycle/reaction.ts'
import { isMergeable } from '../lifecycle/reaction-merge.ts'
import { pullRequestFact } from '../observe/pull-request.ts'
import { scmProject, watchPathsOf } from '../observe/snapshot.ts'
import type { MergeResult } from '../plugins/scm.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import { inBackground } from './background.ts'
import type { Deps } from './deps.ts'
import type { Jobs } from './jobs.ts'
import { answered } from './react.ts'
import { sourcePathsOf } from './state.ts'
import type { World } from './world.ts'

export interface MergeInput {
  readonly deps: Deps
  readonly jobs: Jobs
  readonly world: World
  readonly view: SessionView
  /** What it was judged by. */
  readonly judged: ReactionInput
  /** Taken before the look. */
  readonly tick: number
}

/** The one job that merges what a session made. */
export function mergeJob(key: ResourceKey): string {
  return `merge ${key}`
}

/**
 * Merging is a job: it reads the pull request anew and judges it again first, is pinned to the head that was judged, and is remembered only when it took.
 * Says whether it was begun.
 */
export function beginMerge(input: MergeInput, due: DueReaction): boolean {
  const { deps, jobs, view, world, judged } = input
  const { merge } = due
  const project = world.projects.get(view.object.spec.project)
  const repository = world.snapshot.repositories.get(view.object.spec.project)
  if (merge === undefined || project === undefined || repository?.state !== 'found') return false
  const key = keyOf(view.object.kind, view.object.name)
  const name = mergeJob(key)
  if (jobs.due([name], input.tick).length === 0) return false
  const about = scmProject(project, repository.value, deps.store.paths.root)
  const { attempt } = view.record
  const merging = async (signal: AbortSignal): Promise<void> => {
    const scm = deps.registry.get('scm', project.spec.scm.plugin)
    const watchPaths = watchPathsOf(repository.value, sourcePathsOf(deps.store))
    const fresh = await scm.get(about, merge.number, { watchPaths }, signal)
    // Somebody else was quicker: the next look shows it.
    if (fresh?.state === 'merged') return
    const still = fresh === undefined ? undefined : pullRequestFact(fresh, [])
    // What it changes, and what it is built on, was judged against the base it had.
    const isSame =
      still?.headSha === merge.headSha &&
      still.baseBranch === baseOf(judged, merge) &&
      still.touchesManifests.length === 0
    if (!isSame || !isMergeable(judged, still)) {
      const message = `pull request #${merge.number} is not what it was when it was judged`
      throw new HouseError('Conflict', message, { retryable: true })
    }
    await deps.fence()
    const merged = await scm.merge(
      about,
      merge.number,
      { expectedHead: merge.headSha, expectedBase: still.baseBranch, by: 'ao' },
      signal,
    )
    await answered({ store: deps.store, view }, [due])
    await deps.store.events.append({
      type: 'Normal',
      reason: merged.state === 'merged' ? 'Merged' : 'MergeQueued',
      object: key,
      attempt,
      cause: due.cause,
      message: `approved-and-green: ${due.why}; ${mergedAs(merged)}`,
    })
  }
  const what = `merging #${merge.number}`
  jobs.start(name, inBackground(deps, { object: key, attempt, what }, merging))
  return true
}

function baseOf(
  { facts: { review } }: ReactionInput,
  { number }: NonNullable<DueReaction['merge']>,
): string | undefined {
  if (review.state !== 'found') return undefined
  return [review.pullRequest, ...review.others].find(each => each.number === number)?.baseBranch
}

function mergedAs(merged: MergeResult): string {
  return merged.state === 'queued'
    ? 'it stands in the merge queue'
    : `merged as ${merged.mergeSha.slice(0, 7)}`
}
