import type { LeftoverFact, SessionView } from '../lifecycle/facts.ts'
import { wanted } from '../lifecycle/facts.ts'
import { scmProject } from '../observe/snapshot.ts'
import type { ResourceKey } from '../resource/key.ts'
import type { LeftoverEnd } from '../resource/record.ts'
import { inBackground } from './background.ts'
import type { Deps } from './deps.ts'
import type { Jobs } from './jobs.ts'
import type { World } from './world.ts'

export interface LeftoversInput {
  readonly deps: Deps
  readonly jobs: Jobs
  readonly world: World
  /** With the records as they are after the look. */
  readonly views: ReadonlyMap<ResourceKey, SessionView>
  /** Without it only those that are to go are looked after. */
  readonly reacting: boolean
  /** Taken before the look. */
  readonly tick: number
}

export interface Clearing {
  /** Anything was begun or written. */
  readonly changed: boolean
  /** Those that are to go and may not yet: what is being deleted is known of by them alone. */
  readonly awaited: ReadonlySet<ResourceKey>
}

/**
 * Takes away what merges left of sessions' branches, whoever merged and however often we were ended in between: that the branch is still there is what is acted
 * on, and what became of it is remembered. One that another pull request needs waits for that one.
 */
export async function clearLeftovers(input: LeftoversInput): Promise<Clearing> {
  let changed = false
  const awaited = new Set<ResourceKey>()
  for (const [key, view] of input.views) {
    const { object, facts } = view
    const isLeaving = wanted(object) === 'deleted'
    if (facts.review.state !== 'found' || !(input.reacting || isLeaving)) continue
    if (isLeaving && object.spec.deletionPolicy === 'Orphan') continue
    for (const leftover of facts.review.leftovers ?? []) {
      changed = (await clearOne(input, { key, view }, leftover)) || changed
      if (isLeaving && input.jobs.isBusy(jobOf(key, leftover))) awaited.add(key)
    }
  }
  return { changed, awaited }
}

interface Whose {
  readonly key: ResourceKey
  readonly view: SessionView
}

async function clearOne(
  input: LeftoversInput,
  whose: Whose,
  leftover: LeftoverFact,
): Promise<boolean> {
  const { deps, jobs, tick } = input
  const { number, sha, neededBy } = leftover
  const known = deps.store.records.get(whose.view.record.uid)?.leftovers?.[number]
  if (known?.sha === sha && known.state !== 'held') return false
  if (neededBy.length > 0) {
    const why = `${neededBy.map(other => `#${other}`).join(', ')} needs it`
    return settle(deps, whose, leftover, { state: 'held', sha, why })
  }
  const name = jobOf(whose.key, leftover)
  if (jobs.due([name], tick).length === 0) return false
  const clearing = clearingOf(input, whose, leftover)
  if (clearing === undefined) return false
  const { attempt } = whose.view.record
  const what = `deleting ${leftover.branch} after the merge of #${number}`
  jobs.start(name, inBackground(deps, { object: whose.key, attempt, what }, clearing))
  return true
}

function jobOf(key: ResourceKey, { number }: LeftoverFact): string {
  return `branch ${key}#${number}`
}

/** Undefined where a merge leaves nothing, and for the branch that everything else starts from. */
function clearingOf(
  { deps, world }: LeftoversInput,
  whose: Whose,
  leftover: LeftoverFact,
): ((signal: AbortSignal) => Promise<void>) | undefined {
  const { project: name } = whose.view.object.spec
  const project = world.projects.get(name)
  const repository = world.snapshot.repositories.get(name)
  if (project === undefined || repository?.state !== 'found') return undefined
  const scm = deps.registry.get('scm', project.spec.scm.plugin)
  const about = scmProject(project, repository.value, deps.store.paths.root)
  if (scm.deleteBranch === undefined || leftover.branch === about.defaultBranch) return undefined
  const { number, sha } = leftover
  return async signal => {
    const end = await scm.deleteBranch?.(about, number, { expectedHead: sha }, signal)
    if (end !== undefined) await settle(deps, whose, leftover, { ...end, sha })
  }
}

/** Remembers and tells what became of it, once. */
async function settle(
  { store }: Deps,
  { key, view }: Whose,
  { number, branch, sha }: LeftoverFact,
  end: LeftoverEnd,
): Promise<boolean> {
  const known = store.records.get(view.record.uid)?.leftovers?.[number]
  if (known?.state === end.state && known.sha === end.sha && known.why === end.why) return false
  await store.records.update(view.record.uid, record =>
    record === undefined
      ? undefined
      : { ...record, leftovers: { ...record.leftovers, [number]: end } },
  )
  const isGone = end.state === 'gone'
  await store.events.append({
    type: 'Normal',
    reason: isGone ? 'BranchDeleted' : 'BranchKept',
    object: key,
    attempt: view.record.attempt,
    cause: `pull-request#${number}`,
    message: isGone
      ? `Branch ${branch} is gone from the repository: #${number} was merged at ${sha.slice(0, 7)}`
      : `Branch ${branch} stays in the repository after the merge of #${number}: ${end.why ?? ''}`,
  })
  return true
}
