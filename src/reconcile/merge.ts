import { HouseError, toHouseError } from '../errors.ts'
import type { PullRequestFact, SessionView } from '../lifecycle/facts.ts'
import { pullRequestsOf, wanted } from '../lifecycle/facts.ts'
import { isMergeable, reservationOf } from '../lifecycle/merge-judgement.ts'
import type { DueMerge, ReactionInput } from '../lifecycle/reaction.ts'
import { pullRequestFact } from '../observe/pull-request.ts'
import { scmProject, watchPathsOf } from '../observe/snapshot.ts'
import type { PullRequest, Scm, ScmProject } from '../plugins/scm.ts'
import { keyOf } from '../resource/key.ts'
import { isSession } from '../resource/spec.ts'
import type { Store } from '../store/index.ts'
import { inBackground } from './background.ts'
import type { Deps } from './deps.ts'
import type { Jobs } from './jobs.ts'
import { beginJournal, mergeJob, tellMerged } from './merge-journal.ts'
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

type Head = DueMerge['merge']

/**
 * Merging is a job: it reads the pull request anew and judges it again first, is pinned to the head that was judged, and is remembered only when it took.
 * Says whether it was begun.
 */
export function beginMerge(input: MergeInput, due: DueMerge): boolean {
  const { jobs, view } = input
  const { merge } = due
  const where = whereOf(input)
  if (where === undefined) return false
  const key = keyOf(view.object.kind, view.object.name)
  const name = mergeJob(key, merge)
  if (jobs.due([name], input.tick).length === 0) return false
  const { attempt } = view.record
  const about = { object: key, attempt, what: `merging #${merge.number}`, cause: due.cause }
  jobs.start(
    name,
    inBackground(input.deps, about, async signal => mergeNow(input, where, due, signal)),
  )
  return true
}

interface Where {
  readonly scm: Scm
  readonly project: ScmProject
  readonly watchPaths: readonly string[]
}

function whereOf({ deps, world, view }: MergeInput): Where | undefined {
  const project = world.projects.get(view.object.spec.project)
  const repository = world.snapshot.repositories.get(view.object.spec.project)
  if (project === undefined || repository?.state !== 'found') return undefined
  return {
    scm: deps.registry.get('scm', project.spec.scm.plugin),
    project: scmProject(project, repository.value, deps.store.paths.root),
    watchPaths: watchPathsOf(repository.value, sourcePathsOf(deps.store)),
  }
}

async function mergeNow(
  input: MergeInput,
  { scm, project, watchPaths }: Where,
  due: DueMerge,
  signal: AbortSignal,
): Promise<void> {
  const { deps, view } = input
  const { store } = deps
  const { number, headSha } = due.merge
  const fresh = await scm.get(project, number, { watchPaths }, signal)
  // Somebody else was quicker: the next look shows it.
  if (fresh?.state === 'merged') return
  if (fresh === undefined || !isStillDue(input, due.merge, freshFact(input, fresh))) {
    const message = `pull request #${number} is not what it was when it was judged`
    throw new HouseError('Conflict', message, { retryable: true })
  }
  await deps.fence()
  const id = await beginJournal(store, view, due)
  const pinned = {
    expectedHead: headSha,
    expectedBase: fresh.base.branch,
    by: 'ao',
    keepBranch: !isOwnBranch(view, fresh),
  }
  const merged = await journaled(store, id, async () => scm.merge(project, number, pinned, signal))
  await answered({ store, view }, [due])
  const key = keyOf(view.object.kind, view.object.name)
  const { attempt, uid } = view.record
  const { why: message, merge } = due
  await tellMerged(store, { object: key, attempt, uid, step: 'merge', message, merge }, merged)
  await store.journal.end(id)
}

/** What was told, and by that what is answered, may be known for moments only. */
function freshFact({ deps, view }: MergeInput, fresh: PullRequest): PullRequestFact {
  const { told } = deps.store.records.get(view.object.uid) ?? view.record
  return pullRequestFact(fresh, [], { told, since: view.object.creationTimestamp })
}

/** What it changes, and what it is built on, was judged against the base it had; the session may have been told to rest meanwhile. */
function isStillDue(
  { deps, judged, view }: MergeInput,
  merge: Head,
  now: PullRequestFact,
): boolean {
  const object = deps.store.desired.get(keyOf(view.object.kind, view.object.name))
  if (object === undefined || !isSession(object) || object.uid !== view.object.uid) return false
  const still = { ...judged, object }
  return (
    wanted(object) === 'running' &&
    now.headSha === merge.headSha &&
    now.baseBranch === baseOf(judged, merge) &&
    reservationOf(still, now) === undefined &&
    isMergeable(still, now)
  )
}

/** What failed in a way that may have taken all the same stays open: how the pull request is seen then decides. */
async function journaled<T>(
  { journal }: Pick<Store, 'journal'>,
  id: string,
  merge: () => Promise<T>,
): Promise<T> {
  try {
    return await merge()
  } catch (error) {
    const { retryable, message, code } = toHouseError(error)
    if (!retryable && code !== 'Interrupted') await journal.failed(id, message)
    throw error
  }
}

/** What was only claimed for a session stands on somebody else's branch. */
function isOwnBranch({ object, facts: { workspace } }: SessionView, pull: PullRequest): boolean {
  const { session, otherSession, head } = pull
  if (session === object.name) return true
  if (otherSession !== undefined) return false
  const branches = [object.spec.branch, 'branch' in workspace ? workspace.branch : undefined]
  return !head.foreign && branches.includes(head.branch)
}

function baseOf({ facts: { review } }: ReactionInput, { number }: Head): string | undefined {
  return pullRequestsOf(review).find(each => each.number === number)?.baseBranch
}
