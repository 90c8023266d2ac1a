import type {
  Approval,
  Discussion,
  Job,
  ListedMerge,
  Note,
  Person,
  Pipeline,
  ProjectFacts,
  Version,
  WholeMerge,
} from './gitlab-facts.ts'

type Fields = Readonly<Record<string, unknown>>

/** The marks of a draft that GitLab knows. */
const DRAFT = /^\s*(\[draft\]|\(draft\)|draft:)\s*/i
/** Of these GitLab has not found out yet whether it merges. */
const UNDECIDED = new Set(['unchecked', 'checking', 'preparing', 'approvals_syncing'])

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function listedMerge(value: unknown): ListedMerge {
  const given = fieldsOf(value)
  const title = text(given['title'])
  const source = given['source_project_id']
  const mergeSha = [given['merge_commit_sha'], given['squash_commit_sha'], given['sha']].find(
    isText,
  )
  const state = stateOf(given['state'])
  return {
    number: number(given['iid']),
    url: text(given['web_url']),
    title: given['draft'] === true ? withoutDraft(title) : title,
    body: text(given['description']),
    state,
    draft: given['draft'] === true,
    author: person(given['author']),
    headBranch: text(given['source_branch']),
    headSha: text(given['sha']),
    ...(typeof source === 'number' ? { sourceId: source } : {}),
    baseBranch: text(given['target_branch']),
    labels: listOf(given['labels']).map(label =>
      isText(label) ? label : text(fieldsOf(label)['name']),
    ),
    hasReviewers: listOf(given['reviewers']).length > 0,
    queued: state === 'open' && given['merge_when_pipeline_succeeds'] === true,
    ...(state === 'merged' && mergeSha !== undefined ? { mergeSha } : {}),
    createdAt: text(given['created_at']),
    updatedAt: text(given['updated_at']),
  }
}

export function withoutDraft(title: string): string {
  return title.replace(DRAFT, '')
}

/** What only one that was asked for by its number tells. */
export function mergeState(value: unknown): Pick<WholeMerge, 'mergeable' | 'mergeStatus'> {
  const given = fieldsOf(value)
  const mergeStatus = text(given['detailed_merge_status'])
  const merges = text(given['merge_status'])
  // Where history must stay linear, being behind is what a rebase has to mend, as a conflict is.
  const conflicts =
    mergeStatus === 'conflict' ||
    mergeStatus === 'need_rebase' ||
    (merges === 'cannot_be_merged' && given['has_conflicts'] === true)
  if (conflicts) return { mergeable: 'conflicting', mergeStatus }
  const isClean = mergeStatus === 'mergeable' || merges === 'can_be_merged'
  const mergeable = isClean && !UNDECIDED.has(mergeStatus) ? 'clean' : 'unknown'
  return { mergeable, mergeStatus }
}

export function headPipeline(value: unknown): Pipeline | undefined {
  const given = fieldsOf(fieldsOf(value)['head_pipeline'])
  if (typeof given['id'] !== 'number') return undefined
  const { web_url: url, yaml_errors: problems } = given
  return {
    id: given['id'],
    projectId: number(given['project_id']),
    sha: text(given['sha']),
    status: text(given['status']),
    ...(isText(url) ? { url } : {}),
    ...(isText(problems) ? { problems } : {}),
  }
}

/** A job of a pipeline; `projectId` where it has a trace. */
export function job(value: unknown, projectId?: number): Job {
  const given = fieldsOf(value)
  const { stage, web_url: url, target_url: target, finished_at: finishedAt, description } = given
  const link = [url, target].find(isText)
  return {
    id: number(given['id']),
    name: text(given['name']),
    status: text(given['status']),
    mayFail: given['allow_failure'] === true,
    ...(projectId === undefined ? {} : { projectId }),
    ...(isText(stage) ? { stage } : {}),
    ...(link === undefined ? {} : { url: link }),
    ...(isText(finishedAt) ? { finishedAt } : {}),
    ...(isText(description) ? { description } : {}),
  }
}

export function discussion(value: unknown): Discussion {
  const given = fieldsOf(value)
  return {
    id: text(given['id']),
    isSingle: given['individual_note'] === true,
    notes: listOf(given['notes']).map(note),
  }
}

export function approvalsOf(value: unknown): {
  readonly required: number
  readonly by: readonly Approval[]
} {
  const given = fieldsOf(value)
  return {
    required: number(given['approvals_required']),
    by: listOf(given['approved_by']).map(entry => {
      const { user, approved_at: at } = fieldsOf(entry)
      return { by: person(user), ...(isText(at) ? { at } : {}) }
    }),
  }
}

/** Of the list of reviewers those that asked for changes. */
export function requestsOf(value: unknown): readonly Approval[] {
  return listOf(value)
    .map(fieldsOf)
    .filter(({ state }) => state === 'requested_changes')
    .map(({ user, created_at: at }) => ({ by: person(user), ...(isText(at) ? { at } : {}) }))
}

export function version(value: unknown): Version {
  const given = fieldsOf(value)
  return { sha: text(given['head_commit_sha']), createdAt: text(given['created_at']) }
}

export function projectFacts(value: unknown): ProjectFacts {
  const given = fieldsOf(value)
  const method = given['merge_method']
  return {
    id: number(given['id']),
    path: text(given['path_with_namespace']),
    method: method === 'ff' || method === 'rebase_merge' ? method : 'merge',
    needsPipeline: given['only_allow_merge_if_pipeline_succeeds'] === true,
    hasTrains: given['merge_trains_enabled'] === true,
  }
}

function note(value: unknown): Note {
  const given = fieldsOf(value)
  const position = fieldsOf(given['position'])
  const path = [position['new_path'], position['old_path']].find(isText)
  const line = [position['new_line'], position['old_line']].find(found => typeof found === 'number')
  const { id: resolvedBy } = fieldsOf(given['resolved_by'])
  return {
    id: number(given['id']),
    author: person(given['author']),
    body: text(given['body']),
    createdAt: text(given['created_at']),
    system: given['system'] === true,
    resolvable: given['resolvable'] === true,
    resolved: given['resolved'] === true,
    ...(typeof resolvedBy === 'number' ? { resolvedBy } : {}),
    ...(path === undefined ? {} : { path }),
    ...(line === undefined ? {} : { line }),
  }
}

function person(value: unknown): Person {
  const given = fieldsOf(value)
  return { id: number(given['id']), username: text(given['username']) }
}

/** One that is being merged is locked for a moment, and may yet fail. */
function stateOf(state: unknown): ListedMerge['state'] {
  if (state === 'merged' || state === 'closed') return state
  return 'open'
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
