import type { Reason } from '../resource/conditions.ts'
import { findCondition, mergeConditions } from '../resource/conditions.ts'
import type { Observation, Unseen } from '../resource/observation.ts'
import type { DesiredProject } from '../resource/spec.ts'
import type { ProjectStatus, Status } from '../resource/status.ts'
import type { ProjectContext, SilentForge } from '../observe/snapshot.ts'
import { defaultBranchOf } from '../observe/snapshot.ts'
import type { PullRequests } from '../plugins/scm.ts'
import type { RepositoryFacts } from '../plugins/workspace.ts'
import type { Part } from '../status/condition.ts'
import { condition, reconciling, stalled } from '../status/condition.ts'
import { withRefused } from '../status/refused.ts'
import type { Source } from '../store/types.ts'

const FORGE_UNKNOWN = 'pull requests are unknown: '

/** What a look at a project's places gave. */
export interface ProjectSeen {
  readonly repository: Observation<RepositoryFacts> | undefined
  readonly forge: Observation<PullRequests> | undefined
}

/** A project's status after a look. */
export function settleProject(
  object: DesiredProject,
  project: ProjectContext,
  { repository, forge }: ProjectSeen,
  before: {
    readonly status: ProjectStatus | undefined
    readonly source: Source | undefined
    readonly now: Date
  },
): ProjectStatus {
  const { generation: observedGeneration, deletionTimestamp } = object
  const parts =
    deletionTimestamp === undefined
      ? withRefused(object, withForge(project, repositoryParts(project, repository), forge))
      : reconciling('Deleting', 'waits until its sessions are gone')
  const wanted = [...parts, ...heldPart(before.source)].map(part => ({
    ...part,
    observedGeneration,
  }))
  const found = repository?.state === 'found' ? repository.value : undefined
  return {
    observedGeneration,
    conditions: mergeConditions(before.status?.conditions ?? [], wanted, before.now),
    ...(found === undefined ? {} : { defaultBranch: defaultBranchOf(project.spec, found) }),
    ...(found?.fetchedAt === undefined
      ? {}
      : { fetchedAt: new Date(found.fetchedAt).toISOString() }),
  }
}

/** That a project's forge did not answer, where its status says so. */
export function silentForge(status: Status | undefined): SilentForge | undefined {
  const told = findCondition(status?.conditions ?? [], 'ForgeReachable')
  if (told?.reason !== 'ForgeUnreachable') return undefined
  const { lastTransitionTime, message } = told
  return { since: Date.parse(lastTransitionTime), reason: message.replace(FORGE_UNKNOWN, '') }
}

function repositoryParts(
  { repository, spec, problem }: ProjectContext,
  seen: ProjectSeen['repository'],
): readonly Part[] {
  if (seen?.state === 'found') {
    const message = `${repository}, ${defaultBranchOf(spec, seen.value)}`
    return [
      condition('Ready', 'True', 'Succeeded', message),
      condition('RepositoryReachable', 'True', 'Reachable', message),
    ]
  }
  if (seen?.state === 'absent') {
    const message = `no git repository at ${repository}; git clone ${spec.repo ?? '<url>'} ${repository}`
    return [
      ...stalled('RepositoryMissing', message),
      condition('RepositoryReachable', 'False', 'RepositoryMissing', message),
    ]
  }
  if (problem !== undefined) {
    return [
      ...stalled('EnvironmentMissing', problem),
      condition('RepositoryReachable', 'Unknown', 'EnvironmentMissing', problem),
    ]
  }
  const message = seen?.reason ?? 'not looked at yet'
  return [
    ...reconciling('RepositoryUnknown', message),
    condition('RepositoryReachable', 'Unknown', 'RepositoryUnknown', message),
  ]
}

/** Pull requests that can't be looked at are the project's trouble: what needs a person stalls it, what passes is only told. */
function withForge(
  { spec }: ProjectContext,
  parts: readonly Part[],
  forge: ProjectSeen['forge'],
): readonly Part[] {
  const { plugin } = spec.scm
  const [ready, ...others] = parts
  if (plugin === 'local' || forge === undefined || ready?.status !== 'True') return parts
  if (forge.state === 'found') {
    const { renamed } = forge.value
    const note =
      renamed === undefined ? '' : `; it is called ${renamed} now: say so in spec.scm.repo`
    const named = { ...ready, message: `${ready.message}${note}` }
    return [named, ...others, condition('ForgeReachable', 'True', 'Reachable', `${plugin}${note}`)]
  }
  const why = forge.state === 'unknown' ? forge.reason : `there is no such repository on ${plugin}`
  const message = `${FORGE_UNKNOWN}${why}`
  if (forge.state === 'unknown' && forge.needsPerson !== true) {
    const told = { ...ready, message: `${ready.message}; ${message}` }
    const reason = forge.isPassing === true ? 'ForgeUnreachable' : 'ForgeUnknown'
    return [told, ...others, condition('ForgeReachable', 'Unknown', reason, message)]
  }
  const reason = forge.state === 'unknown' ? reasonOf(forge) : 'ForgeRefused'
  return [
    ...stalled(reason, message),
    ...others,
    condition('ForgeReachable', 'False', reason, message),
  ]
}

function reasonOf({ isLacking, isPassing }: Unseen): Reason {
  if (isLacking === true) return 'EnvironmentMissing'
  return isPassing === true ? 'ForgeUnreachable' : 'ForgeRefused'
}

function heldPart(source: Source | undefined): readonly Part[] {
  if (source?.held === undefined) return []
  const { reason, message } = source.held
  return [condition('SourceHeld', 'True', reason, message)]
}
