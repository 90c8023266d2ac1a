import type { Condition, Reason, WantedCondition } from '../resource/conditions.ts'
import { findCondition, mergeConditions } from '../resource/conditions.ts'
import type { Observation, Unseen } from '../resource/observation.ts'
import type { DesiredNotifier, DesiredProject } from '../resource/spec.ts'
import type { NotifierStatus, ProjectStatus, Status } from '../resource/status.ts'
import type { ProjectContext, SilentForge } from '../observe/snapshot.ts'
import { defaultBranchOf } from '../observe/snapshot.ts'
import type { Shortcoming } from '../plugins/notifier.ts'
import type { PullRequests } from '../plugins/scm.ts'
import type { RepositoryFacts } from '../plugins/workspace.ts'
import { withRefused } from '../status/refused.ts'
import type { Channel } from '../store/channels.ts'
import type { OutboxItem, Source } from '../store/types.ts'

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
  { repository: seen, forge }: ProjectSeen,
  before: {
    readonly status: ProjectStatus | undefined
    readonly source: Source | undefined
    readonly now: Date
  },
): ProjectStatus {
  const found = withForge(object, project, {
    wanted: projectConditions(object, project, seen),
    forge,
  })
  const isLeaving = object.deletionTimestamp !== undefined
  const wanted = [
    ...(isLeaving ? found : withRefused(object, found)),
    ...heldCondition(object, before.source),
  ].map(part => ({ ...part, observedGeneration: object.generation }))
  const conditions = mergeConditions(before.status?.conditions ?? [], wanted, before.now)
  return {
    observedGeneration: object.generation,
    conditions,
    ...(seen?.state === 'found'
      ? { defaultBranch: defaultBranchOf(project.spec, seen.value) }
      : {}),
    ...(seen?.state === 'found' && seen.value.fetchedAt !== undefined
      ? { fetchedAt: new Date(seen.value.fetchedAt).toISOString() }
      : {}),
  }
}

/** That a project's forge did not answer, where its status says so. */
export function silentForge(status: Status | undefined): SilentForge | undefined {
  const told = findCondition(status?.conditions ?? [], 'ForgeReachable')
  if (told?.reason !== 'ForgeUnreachable') return undefined
  const { lastTransitionTime, message } = told
  return { since: Date.parse(lastTransitionTime), reason: message.replace(FORGE_UNKNOWN, '') }
}

/** What is known of a channel besides its manifest. */
export interface ChannelFacts {
  readonly missing: Shortcoming | undefined
  readonly channel: Channel | undefined
  /** What waits in the outbox for it. */
  readonly pending: readonly OutboxItem[]
}

export function settleNotifier(
  object: DesiredNotifier,
  facts: ChannelFacts,
  before: readonly Condition[],
  now: Date,
): NotifierStatus {
  const generation = object.generation
  if (object.deletionTimestamp !== undefined) return leaving(generation, before, now)
  const wanted = notifierConditions(object, facts).map(one => ({
    ...one,
    observedGeneration: generation,
  }))
  return { observedGeneration: generation, conditions: mergeConditions(before, wanted, now) }
}

type Part = Omit<WantedCondition, 'observedGeneration'>

function notifierConditions(
  { spec }: DesiredNotifier,
  { missing, channel, pending }: ChannelFacts,
): readonly Part[] {
  if (missing !== undefined) {
    const about = {
      reason: 'EnvironmentMissing',
      message: `${missing.message}; ${missing.next}`,
    } as const
    return [
      { ...about, type: 'Ready', status: 'False' },
      { ...about, type: 'Stalled', status: 'True' },
    ]
  }
  const [head] = pending
  if (head?.lastError !== undefined) {
    const message = `${pending.length} waiting; try ${head.tries} failed: ${head.lastError}`
    const about = { reason: 'ProgressingWithRetry', message } as const
    return [
      { ...about, type: 'Ready', status: 'False' },
      { ...about, type: 'Reconciling', status: 'True' },
    ]
  }
  const failed = channel?.lastFailed
  if (failed !== undefined && failed.at > (channel?.lastSent?.at ?? '')) {
    const about = { reason: 'Failed', message: `"${failed.title}": ${failed.error}` } as const
    return [
      { ...about, type: 'Ready', status: 'False' },
      { ...about, type: 'Stalled', status: 'True' },
    ]
  }
  const message = `accepted; ao sends ${spec.routes.join(', ')} through ${spec.plugin}`
  return [{ type: 'Ready', status: 'True', reason: 'Succeeded', message }]
}

function leaving(generation: number, before: readonly Condition[], now: Date): NotifierStatus {
  const base = {
    reason: 'Deleting',
    message: 'deletion was asked for',
    observedGeneration: generation,
  } as const
  const wanted: readonly WantedCondition[] = [
    { ...base, type: 'Ready', status: 'False' },
    { ...base, type: 'Reconciling', status: 'True' },
  ]
  return { observedGeneration: generation, conditions: mergeConditions(before, wanted, now) }
}

function projectConditions(
  object: DesiredProject,
  project: ProjectContext,
  seen: Observation<RepositoryFacts> | undefined,
): readonly WantedCondition[] {
  const base = { observedGeneration: object.generation }
  if (object.deletionTimestamp !== undefined) {
    const about = {
      ...base,
      reason: 'Deleting',
      message: 'waits until its sessions are gone',
    } as const
    return [
      { ...about, type: 'Ready', status: 'False' },
      { ...about, type: 'Reconciling', status: 'True' },
    ]
  }
  if (seen?.state === 'found') {
    const message = `${project.repository}, ${defaultBranchOf(project.spec, seen.value)}`
    return [
      { ...base, type: 'Ready', status: 'True', reason: 'Succeeded', message },
      { ...base, type: 'RepositoryReachable', status: 'True', reason: 'Reachable', message },
    ]
  }
  if (seen?.state === 'absent') {
    const message = `no git repository at ${project.repository}; git clone ${project.spec.repo ?? '<url>'} ${project.repository}`
    const about = { ...base, reason: 'RepositoryMissing', message } as const
    return [
      { ...about, type: 'Ready', status: 'False' },
      { ...about, type: 'Stalled', status: 'True' },
      { ...about, type: 'RepositoryReachable', status: 'False' },
    ]
  }
  if (project.problem !== undefined) {
    const about = { ...base, reason: 'EnvironmentMissing', message: project.problem } as const
    return [
      { ...about, type: 'Ready', status: 'False' },
      { ...about, type: 'Stalled', status: 'True' },
      { ...about, type: 'RepositoryReachable', status: 'Unknown' },
    ]
  }
  const message = seen?.state === 'unknown' ? seen.reason : 'not looked at yet'
  const about = { ...base, reason: 'RepositoryUnknown', message } as const
  return [
    { ...about, type: 'Ready', status: 'False' },
    { ...about, type: 'Reconciling', status: 'True' },
    { ...about, type: 'RepositoryReachable', status: 'Unknown' },
  ]
}

/** Pull requests that can't be looked at are the project's trouble: what needs a person stalls it, what passes is only told. */
function withForge(
  { generation: observedGeneration }: DesiredProject,
  { spec }: ProjectContext,
  {
    wanted,
    forge,
  }: { readonly wanted: readonly WantedCondition[]; readonly forge: ProjectSeen['forge'] },
): readonly WantedCondition[] {
  const { plugin } = spec.scm
  const [ready, ...others] = wanted
  if (plugin === 'local' || forge === undefined || ready?.status !== 'True') return wanted
  const about = { type: 'ForgeReachable', observedGeneration } as const
  if (forge.state === 'found') {
    const { renamed } = forge.value
    const note =
      renamed === undefined ? '' : `; it is called ${renamed} now: say so in spec.scm.repo`
    const named = { ...ready, message: `${ready.message}${note}` }
    const message = `${plugin}${note}`
    return [named, ...others, { ...about, status: 'True', reason: 'Reachable', message }]
  }
  const why = forge.state === 'unknown' ? forge.reason : `there is no such repository on ${plugin}`
  const message = `${FORGE_UNKNOWN}${why}`
  if (forge.state === 'unknown' && forge.needsPerson !== true) {
    const told = { ...ready, message: `${ready.message}; ${message}` }
    const reason = forge.isPassing === true ? 'ForgeUnreachable' : 'ForgeUnknown'
    return [told, ...others, { ...about, status: 'Unknown', reason, message }]
  }
  const reason = forge.state === 'unknown' ? reasonOf(forge) : 'ForgeRefused'
  const refused = { reason, message, observedGeneration } as const
  return [
    { ...refused, type: 'Ready', status: 'False' },
    { ...refused, type: 'Stalled', status: 'True' },
    ...others,
    { ...about, ...refused, status: 'False' },
  ]
}

function reasonOf({ isLacking, isPassing }: Unseen): Reason {
  if (isLacking === true) return 'EnvironmentMissing'
  return isPassing === true ? 'ForgeUnreachable' : 'ForgeRefused'
}

function heldCondition(
  object: DesiredProject,
  source: Source | undefined,
): readonly WantedCondition[] {
  if (source?.held === undefined) return []
  const { reason, message } = source.held
  return [
    { type: 'SourceHeld', status: 'True', reason, message, observedGeneration: object.generation },
  ]
}
