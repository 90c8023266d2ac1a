import type { BareGit } from '../forge/git.ts'

export interface User {
  readonly id: number
  readonly username: string
  readonly bot: boolean
}

export interface Project {
  readonly id: number
  path: string
  /** What it was called: of these names GitLab says only that they moved. */
  readonly formerPaths: string[]
  readonly git: BareGit
  readonly forkOf: number | undefined
  /** Access levels by user. */
  readonly members: Map<number, number>
  method: 'merge' | 'rebase_merge' | 'ff'
  needsPipeline: boolean
  trains: boolean
  hasApprovals: boolean
  approvalsRequired: number
  readonly protectedBranches: Set<string>
}

export interface NoteState {
  readonly id: number
  readonly author: User
  readonly body: string
  readonly createdAt: string
  readonly system: boolean
  readonly resolvable: boolean
  readonly position: object | undefined
  resolved: boolean
  resolvedBy: User | undefined
}

export interface DiscussionState {
  readonly id: string
  readonly isSingle: boolean
  readonly notes: NoteState[]
}

export interface JobState {
  readonly id: number
  readonly name: string
  readonly stage: string
  readonly allowFailure: boolean
  readonly trace: string
  status: string
  finishedAt: string | null
}

export interface PipelineState {
  readonly id: number
  readonly iid: number
  readonly project: Project
  readonly sha: string
  readonly ref: string
  readonly jobs: JobState[]
  readonly bridges: JobState[]
  readonly createdAt: string
  readonly yamlErrors: string | null
}

export interface StatusState {
  readonly id: number
  readonly project: Project
  readonly sha: string
  readonly name: string
  readonly description: string | null
  readonly createdAt: string
  readonly allowFailure: boolean
  readonly state: string
}

export interface MergeState {
  readonly iid: number
  readonly project: Project
  readonly source: Project
  readonly sourceBranch: string
  readonly targetBranch: string
  readonly author: User
  readonly createdAt: string
  description: string
  readonly labels: string[]
  readonly discussions: DiscussionState[]
  readonly versions: { readonly id: number; readonly sha: string; readonly createdAt: string }[]
  readonly approvals: { readonly user: User; readonly at: string }[]
  readonly reviewers: { readonly user: User; readonly state: string; readonly at: string }[]
  title: string
  state: 'opened' | 'closed' | 'merged' | 'locked'
  sha: string
  updatedAt: string
  mergeCommit: string | null
  squashCommit: string | null
  autoMerge: boolean
  removesBranch: boolean
  /** Instead of what git says, for as long as it is set. */
  mergeStatus: string | undefined
}

export interface World {
  readonly users: User[]
  /** By token. */
  readonly tokens: Map<string, User>
  readonly projects: Project[]
  readonly merges: MergeState[]
  readonly pipelines: PipelineState[]
  readonly statuses: StatusState[]
  /** A moment after all before it. */
  tick(): string
  /** A number that nothing else has. */
  next(): number
}

export function createWorld(): World {
  let last = 0
  let id = 100
  return {
    users: [],
    tokens: new Map(),
    projects: [],
    merges: [],
    pipelines: [],
    statuses: [],
    tick: () => {
      last = Math.max(last + 1, Date.now())
      return new Date(last).toISOString()
    },
    next: () => {
      id += 1
      return id
    },
  }
}

export function isDraft({ title }: MergeState): boolean {
  return /^(draft:|\[draft\]|\(draft\))/i.test(title)
}

/** Takes in what was pushed: GitLab makes a version of each push to an open merge request, and keeps its commits. */
export async function takeInPushes(world: World): Promise<void> {
  for (const merge of world.merges) {
    if (merge.state !== 'opened') continue
    const sha = merge.source.git.refs().get(`refs/heads/${merge.sourceBranch}`)
    if (sha === undefined || sha === merge.sha) continue
    if (merge.source !== merge.project) {
      await merge.project.git.text('fetch', '-q', merge.source.git.folder, sha)
    }
    await merge.project.git.updateRefs([[`refs/merge-requests/${merge.iid}/head`, sha]])
    merge.sha = sha
    merge.updatedAt = world.tick()
    merge.autoMerge = false
    merge.versions.push({ id: world.next(), sha, createdAt: merge.updatedAt })
  }
}
