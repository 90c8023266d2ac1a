import type {
  DiscussionState,
  JobState,
  MergeState,
  NoteState,
  PipelineState,
  Project,
  StatusState,
  User,
  World,
} from './state.ts'
import { isDraft } from './state.ts'

const WEB = 'https://gitlab.example.org'

export function userView({ id, username }: User): object {
  return {
    id,
    username,
    name: username,
    state: 'active',
    avatar_url: null,
    web_url: `${WEB}/${username}`,
  }
}

export function fullUserView(user: User): object {
  return { ...userView(user), bot: user.bot, created_at: '2024-01-01T00:00:00.000Z' }
}

export function projectView(project: Project): object {
  const { id, path, method, needsPipeline, trains } = project
  return {
    id,
    path: path.split('/').at(-1),
    path_with_namespace: path,
    default_branch: 'main',
    web_url: `${WEB}/${path}`,
    merge_method: method,
    squash_option: 'default_off',
    only_allow_merge_if_pipeline_succeeds: needsPipeline,
    merge_trains_enabled: trains,
  }
}

export function mergeUrl({ project, iid }: MergeState): string {
  return `${WEB}/${project.path}/-/merge_requests/${iid}`
}

/** As lists tell it. */
export async function mergeView(merge: MergeState): Promise<object> {
  const status = await mergeStatusOf(merge)
  return {
    id: merge.iid + 1000,
    iid: merge.iid,
    project_id: merge.project.id,
    title: merge.title,
    description: merge.description === '' ? null : merge.description,
    state: merge.state,
    created_at: merge.createdAt,
    updated_at: merge.updatedAt,
    target_branch: merge.targetBranch,
    source_branch: merge.sourceBranch,
    author: userView(merge.author),
    reviewers: merge.reviewers.map(({ user }) => userView(user)),
    source_project_id: merge.source.id,
    target_project_id: merge.project.id,
    labels: merge.labels,
    draft: isDraft(merge),
    merge_when_pipeline_succeeds: merge.autoMerge,
    merge_status: status.merge,
    detailed_merge_status: status.detailed,
    sha: merge.sha,
    merge_commit_sha: merge.mergeCommit,
    squash_commit_sha: merge.squashCommit,
    web_url: mergeUrl(merge),
    has_conflicts: status.merge === 'cannot_be_merged',
  }
}

/** As it is told by its number. */
export async function fullMergeView(merge: MergeState, world: World): Promise<object> {
  const { git } = merge.project
  const target = git.refs().get(`refs/heads/${merge.targetBranch}`) ?? null
  const base = target === null ? undefined : await git.mergeBase(target, merge.sha)
  const paths = await changesOf(merge)
  const pipeline = world.pipelines.findLast(
    each => each.ref === refOf(merge) || each.sha === merge.sha,
  )
  return {
    ...(await mergeView(merge)),
    changes_count: String(paths.length),
    head_pipeline: pipeline === undefined ? null : pipelineView(pipeline),
    diff_refs: { base_sha: base ?? null, head_sha: merge.sha, start_sha: target },
  }
}

/** The pipeline of a merge of the head into its base has a ref of its own. */
export function refOf({ iid }: MergeState): string {
  return `refs/merge-requests/${iid}/merge`
}

export async function changesOf(merge: MergeState): Promise<readonly object[]> {
  const { git } = merge.project
  const target = git.refs().get(`refs/heads/${merge.targetBranch}`)
  const base = target === undefined ? undefined : await git.mergeBase(target, merge.sha)
  if (base === undefined) return []
  return (await git.changes(base, merge.sha)).map(({ path, previous, status, patch }) => ({
    old_path: previous ?? path,
    new_path: path,
    new_file: status === 'added',
    renamed_file: status === 'renamed',
    deleted_file: status === 'removed',
    diff: patch ?? '',
  }))
}

/** The worst of its jobs. */
export function statusOfPipeline({ jobs, bridges, yamlErrors }: PipelineState): string {
  if (yamlErrors !== null) return 'failed'
  const counted = [...jobs, ...bridges].filter(
    job => !(job.allowFailure && ['failed', 'manual'].includes(job.status)),
  )
  const order = ['failed', 'running', 'pending', 'created', 'manual', 'canceled']
  return order.find(status => counted.some(job => job.status === status)) ?? 'success'
}

export function pipelineView(pipeline: PipelineState): object {
  const { id, iid, project, sha, ref, createdAt, yamlErrors } = pipeline
  return {
    id,
    iid,
    project_id: project.id,
    sha,
    ref,
    status: statusOfPipeline(pipeline),
    source: ref.startsWith('refs/') ? 'merge_request_event' : 'push',
    created_at: createdAt,
    updated_at: createdAt,
    web_url: `${WEB}/${project.path}/-/pipelines/${id}`,
    yaml_errors: yamlErrors,
  }
}

export function jobView(job: JobState, { project }: PipelineState): object {
  const { id, name, stage, status, allowFailure, finishedAt } = job
  return {
    id,
    name,
    stage,
    status,
    allow_failure: allowFailure,
    finished_at: finishedAt,
    failure_reason: status === 'failed' ? 'script_failure' : null,
    web_url: `${WEB}/${project.path}/-/jobs/${id}`,
  }
}

/** GitLab tells jobs among the statuses of their commit. */
export function statusViews(world: World, project: Project, sha: string): readonly object[] {
  const jobs = world.pipelines
    .filter(each => each.sha === sha && each.project === project)
    .flatMap(pipeline =>
      pipeline.jobs.map(job => ({
        id: job.id,
        sha,
        ref: pipeline.ref,
        status: job.status,
        name: job.name,
        target_url: `${WEB}/${project.path}/-/jobs/${job.id}`,
        description: null,
        created_at: pipeline.createdAt,
        finished_at: job.finishedAt,
        allow_failure: job.allowFailure,
        pipeline_id: pipeline.id,
      })),
    )
  const own = world.statuses.filter(each => each.sha === sha && each.project === project)
  const newest = new Map(own.map(status => [status.name, status]))
  return [...jobs, ...[...newest.values()].map(reportedView)]
}

function reportedView(status: StatusState): object {
  const { id, sha, name, state, description, createdAt, allowFailure } = status
  return {
    id,
    sha,
    ref: 'main',
    status: state,
    name,
    target_url: `https://ci.example.org/${id}`,
    description,
    created_at: createdAt,
    finished_at: state === 'running' || state === 'pending' ? null : createdAt,
    allow_failure: allowFailure,
    pipeline_id: null,
  }
}

export function discussionView(discussion: DiscussionState, merge: MergeState): object {
  const { id, isSingle, notes } = discussion
  return {
    id,
    individual_note: isSingle,
    notes: notes.map(note => noteView(note, merge, isSingle)),
  }
}

export function noteView(note: NoteState, { iid }: MergeState, isSingle: boolean): object {
  const { id, author, body, createdAt, system, resolvable, resolved, resolvedBy, position } = note
  return {
    id,
    type: position === undefined ? (isSingle ? null : 'DiscussionNote') : 'DiffNote',
    body,
    author: userView(author),
    created_at: createdAt,
    updated_at: createdAt,
    system,
    noteable_type: 'MergeRequest',
    noteable_iid: iid,
    resolvable,
    ...(resolvable
      ? { resolved, resolved_by: resolvedBy === undefined ? null : userView(resolvedBy) }
      : {}),
    ...(position === undefined ? {} : { position }),
  }
}

export function approvalsView({ approvals, project }: MergeState): object {
  const need = project.approvalsRequired
  return {
    approved: approvals.length >= need,
    approvals_required: need,
    approvals_left: Math.max(0, need - approvals.length),
    approved_by: approvals.map(({ user, at }) => ({ user: userView(user), approved_at: at })),
  }
}

async function mergeStatusOf(
  merge: MergeState,
): Promise<{ readonly merge: string; readonly detailed: string }> {
  if (merge.mergeStatus === 'checking') return { merge: 'checking', detailed: 'checking' }
  if (merge.state !== 'opened') return { merge: 'can_be_merged', detailed: 'not_open' }
  const { git } = merge.project
  const target = git.refs().get(`refs/heads/${merge.targetBranch}`)
  const tree = target === undefined ? undefined : await git.mergeTree(target, merge.sha)
  if (tree === undefined) return { merge: 'cannot_be_merged', detailed: 'conflict' }
  if (merge.mergeStatus !== undefined) {
    return { merge: 'can_be_merged', detailed: merge.mergeStatus }
  }
  if (merge.project.method === 'ff' && (await git.mergeBase(target ?? '', merge.sha)) !== target) {
    return { merge: 'can_be_merged', detailed: 'need_rebase' }
  }
  return { merge: 'can_be_merged', detailed: isDraft(merge) ? 'draft_status' : 'mergeable' }
}
