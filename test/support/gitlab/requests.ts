import type { DoubleAnswer, DoubleRequest } from '../trackers/http-double.ts'
import type { MergeBody } from './merging.ts'
import { accept, refusal } from './merging.ts'
import type { DiscussionState, MergeState, NoteState, Project, User, World } from './state.ts'
import {
  approvalsView,
  changesOf,
  discussionView,
  fullMergeView,
  mergeView,
  noteView,
  userView,
} from './views.ts'

export interface Asked {
  readonly world: World
  readonly request: DoubleRequest
  readonly user: User
  readonly project: Project
  /** Holds what goes out and in against its shape; gives it back. */
  readonly check: (shape: string, value: unknown) => void
}

type Fields = Readonly<Record<string, unknown>>

/** All of `/merge_requests`. */
export async function mergeRequests(
  asked: Asked,
  [iid, part, id]: readonly (string | undefined)[],
): Promise<DoubleAnswer> {
  if (iid === undefined) return asked.request.method === 'POST' ? create(asked) : list(asked)
  const { world, project } = asked
  const merge = world.merges.find(each => each.project === project && each.iid === Number(iid))
  if (merge === undefined) return refusal(404, '404 Not found')
  if (part === undefined)
    return asked.request.method === 'PUT' ? edit(asked, merge) : show(asked, merge)
  switch (part) {
    case 'merge':
      return takeMerge(asked, merge)
    case 'approvals':
      if (!project.hasApprovals) return refusal(404, '404 Not Found')
      return ok(asked, 'approvals', approvalsView(merge))
    case 'approve':
      return approve(asked, merge)
    case 'discussions':
      return discussions(asked, merge, id)
    case 'notes':
      return note(asked, merge)
    case 'versions':
      return ok(asked, 'versions', merge.versions.toReversed().map(versionView))
    case 'reviewers':
      return ok(asked, 'reviewers', reviewerViews(merge))
    case 'diffs':
      return ok(asked, 'diffs', paged(await changesOf(merge), asked.request))
    default:
      return refusal(404, '404 Not Found')
  }
}

export function ok(
  { check }: Pick<Asked, 'check'>,
  shape: string,
  body: unknown,
  status = 200,
): DoubleAnswer {
  check(shape, body)
  return { status, body }
}

export function paged<T>(items: readonly T[], { url }: DoubleRequest): readonly T[] {
  const size = Number(url.searchParams.get('per_page') ?? 20)
  const page = Number(url.searchParams.get('page') ?? 1)
  return items.slice((page - 1) * size, page * size)
}

/** Adds a note to a merge request, which is news of it. */
export function addNote(
  world: World,
  merge: MergeState,
  { author, body, ...more }: Pick<NoteState, 'author' | 'body'> & Partial<NoteState>,
  to?: DiscussionState,
): { readonly discussion: DiscussionState; readonly note: NoteState } {
  const createdAt = world.tick()
  const made: NoteState = {
    id: world.next(),
    author,
    body,
    createdAt,
    system: false,
    resolvable: to !== undefined,
    position: undefined,
    resolved: false,
    resolvedBy: undefined,
    ...more,
  }
  const discussion = to ?? { id: digits(made.id), isSingle: !made.resolvable, notes: [] }
  discussion.notes.push(made)
  if (to === undefined) merge.discussions.push(discussion)
  merge.updatedAt = createdAt
  return { discussion, note: made }
}

async function list({ world, project, request, check }: Asked): Promise<DoubleAnswer> {
  const query = Object.fromEntries(request.url.searchParams)
  check('mergesQuery', query)
  const fits = (merge: MergeState): boolean =>
    merge.project === project &&
    (query['state'] === undefined || merge.state === query['state']) &&
    (query['source_branch'] === undefined || merge.sourceBranch === query['source_branch']) &&
    (query['target_branch'] === undefined || merge.targetBranch === query['target_branch'])
  const key = query['order_by'] === 'updated_at' ? 'updatedAt' : 'createdAt'
  const found = world.merges.filter(fits).toSorted((a, b) => (a[key] < b[key] ? 1 : -1))
  const views = await Promise.all(paged(found, request).map(mergeView))
  return ok({ check }, 'merges', views)
}

async function show({ world, check }: Asked, merge: MergeState): Promise<DoubleAnswer> {
  return ok({ check }, 'fullMerge', await fullMergeView(merge, world))
}

async function create(asked: Asked): Promise<DoubleAnswer> {
  const { world, project, request, user, check } = asked
  check('createBody', request.body)
  const given = request.body as Readonly<Record<string, string>>
  const targetId = (request.body as Fields)['target_project_id']
  const target = world.projects.find(each => each.id === targetId) ?? project
  const { source_branch: head = '', target_branch: base = '', title = '' } = given
  const sha = project.git.refs().get(`refs/heads/${head}`)
  if (sha === undefined) return refusal(400, 'Source branch does not exist')
  const isThere = target.git.refs().has(`refs/heads/${base}`)
  if (!isThere) return refusal(400, 'Target branch does not exist')
  const same = world.merges.find(
    each =>
      each.state === 'opened' &&
      each.source === project &&
      each.project === target &&
      each.sourceBranch === head &&
      each.targetBranch === base,
  )
  if (same !== undefined) {
    const message = `Another open merge request already exists for this source branch: !${same.iid}`
    return { status: 409, body: { message: [message] } }
  }
  const createdAt = world.tick()
  const merge: MergeState = {
    iid: world.merges.filter(each => each.project === target).length + 1,
    project: target,
    source: project,
    sourceBranch: head,
    targetBranch: base,
    author: user,
    createdAt,
    description: given['description'] ?? '',
    labels: [],
    discussions: [],
    versions: [{ id: world.next(), sha, createdAt }],
    approvals: [],
    reviewers: [],
    title,
    state: 'opened',
    sha,
    updatedAt: createdAt,
    mergeCommit: null,
    squashCommit: null,
    autoMerge: false,
    removesBranch: false,
    mergeStatus: undefined,
  }
  if (project !== target) await target.git.text('fetch', '-q', project.git.folder, sha)
  await target.git.updateRefs([[`refs/merge-requests/${merge.iid}/head`, sha]])
  world.merges.push(merge)
  return ok({ check }, 'fullMerge', await fullMergeView(merge, world), 201)
}

async function edit(asked: Asked, merge: MergeState): Promise<DoubleAnswer> {
  const { world, request, check } = asked
  check('editBody', request.body)
  const {
    state_event: event,
    title,
    description,
  } = request.body as Readonly<Record<string, string>>
  if (event === 'close' && merge.state === 'opened') merge.state = 'closed'
  if (event === 'reopen' && merge.state === 'closed') merge.state = 'opened'
  if (title !== undefined) merge.title = title
  if (description !== undefined) merge.description = description
  merge.updatedAt = world.tick()
  return ok({ check }, 'fullMerge', await fullMergeView(merge, world))
}

async function takeMerge(asked: Asked, merge: MergeState): Promise<DoubleAnswer> {
  const { world, request, project, user, check } = asked
  check('mergeBody', request.body)
  if ((project.members.get(user.id) ?? 0) < 30) return refusal(401, '401 Unauthorized')
  const refused = await accept(world, merge, request.body as MergeBody)
  return refused ?? ok({ check }, 'fullMerge', await fullMergeView(merge, world))
}

/** https://docs.gitlab.com/api/merge_request_approvals/#approve-merge-request: who approved already, or may not, is unauthorized. */
function approve(asked: Asked, merge: MergeState): DoubleAnswer {
  const { world, request, user, project, check } = asked
  check('approveBody', request.body)
  const { sha } = request.body as { readonly sha?: string }
  const hasApproved = merge.approvals.some(each => each.user === user)
  if (!project.hasApprovals) return refusal(404, '404 Not Found')
  if (hasApproved || (project.members.get(user.id) ?? 0) < 30) {
    return refusal(401, '401 Unauthorized')
  }
  if (sha !== undefined && sha !== merge.sha) {
    return refusal(409, 'SHA does not match HEAD of source branch: ' + merge.sha)
  }
  const { note: said } = addNote(world, merge, {
    author: user,
    body: 'approved this merge request',
    system: true,
  })
  merge.approvals.push({ user, at: said.createdAt })
  return ok({ check }, 'approvals', approvalsView(merge), 201)
}

function discussions(asked: Asked, merge: MergeState, id: string | undefined): DoubleAnswer {
  const { world, request, user, check } = asked
  if (id === undefined && request.method === 'GET') {
    const views = paged(merge.discussions, request).map(each => discussionView(each, merge))
    return ok({ check }, 'discussions', views)
  }
  if (id === undefined) {
    check('noteBody', request.body)
    const { body } = request.body as { readonly body: string }
    const { discussion } = addNote(world, merge, { author: user, body, resolvable: true })
    return ok({ check }, 'discussion', discussionView(discussion, merge), 201)
  }
  const found = merge.discussions.find(each => each.id === id)
  if (found === undefined) return refusal(404, '404 Discussion Not Found')
  if (request.method === 'POST') {
    check('noteBody', request.body)
    const { body } = request.body as { readonly body: string }
    const { note: made } = addNote(world, merge, { author: user, body }, found)
    return ok({ check }, 'note', noteView(made, merge, false), 201)
  }
  const { resolved: given } = Object.fromEntries(request.url.searchParams)
  check('resolveQuery', { resolved: given })
  const resolved = given === 'true'
  for (const each of found.notes) {
    each.resolved = resolved
    each.resolvedBy = resolved ? user : undefined
  }
  merge.updatedAt = world.tick()
  return ok({ check }, 'discussion', discussionView(found, merge))
}

function note({ world, request, user, check }: Asked, merge: MergeState): DoubleAnswer {
  check('noteBody', request.body)
  const { body } = request.body as { readonly body: string }
  const { note: made } = addNote(world, merge, { author: user, body })
  return ok({ check }, 'note', noteView(made, merge, true), 201)
}

function versionView({ id, sha, createdAt }: MergeState['versions'][number]): object {
  return { id, head_commit_sha: sha, created_at: createdAt, state: 'collected' }
}

function reviewerViews({ reviewers }: MergeState): readonly object[] {
  return reviewers.map(({ user, state, at }) => ({ user: userView(user), state, created_at: at }))
}

/** Discussions have hexadecimal names of forty digits. */
function digits(id: number): string {
  return id.toString(16).padStart(40, 'd')
}
