import { closeIssue, reopenIssue } from '../issue.ts'
import { addComment, label, openIssue } from '../operate.ts'
import {
  type Comment,
  type Issue,
  type State,
  account,
  associationOf,
  isPull,
  stamp,
  touch,
} from '../state.ts'
import {
  type Call,
  type Handler,
  apiUrl,
  created,
  getIssue,
  getRepo,
  getViewer,
  htmlUrl,
  notFound,
  ok,
  paged,
  textOf,
  unprocessable,
} from './call.ts'
import { commentView, reactions, stampOrNull } from './pull-views.ts'
import { type View, labelView, nodeId, userView } from './views.ts'

export function issueView(state: State, issue: Issue): View {
  const api = apiUrl(state, issue.repo)
  const url = `${api}/issues/${issue.number}`
  const pull = isPull(issue) ? issue : undefined
  const html = htmlUrl(state, issue.repo)
  const address = `${html}/${pull === undefined ? 'issues' : 'pull'}/${issue.number}`
  return {
    url,
    repository_url: api,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: address,
    id: issue.id,
    node_id: nodeId(pull === undefined ? 'I' : 'PR', issue.id),
    number: issue.number,
    title: issue.title,
    user: userView(state, issue.author),
    labels: issue.labels.map(each => labelView(state, issue.repo, each)),
    state: issue.state,
    locked: false,
    assignee: issue.assignees[0] === undefined ? null : userView(state, issue.assignees[0]),
    assignees: issue.assignees.map(user => userView(state, user)),
    milestone: null,
    comments: issue.comments.length,
    created_at: stamp(issue.createdAt),
    updated_at: stamp(issue.updatedAt),
    closed_at: stampOrNull(issue.closedAt),
    author_association: associationOf(issue.repo, issue.author),
    active_lock_reason: null,
    body: issue.body,
    closed_by: issue.closedBy === undefined ? null : userView(state, issue.closedBy),
    reactions: reactions(url),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
    state_reason: issue.stateReason,
    ...(pull === undefined
      ? {}
      : {
          draft: pull.draft,
          pull_request: {
            url: `${api}/pulls/${issue.number}`,
            html_url: address,
            diff_url: `${address}.diff`,
            patch_url: `${address}.patch`,
            merged_at: stampOrNull(pull.merged?.at),
          },
        }),
  }
}

export const listIssues: Handler = call => {
  const { query } = call
  const labels = (textOf(query, 'labels') ?? '').split(',').filter(name => name !== '')
  const since = textOf(query, 'since')
  const wanted = [...getRepo(call).issues.values()].filter(
    issue =>
      (query['state'] === 'all' || issue.state === query['state']) &&
      labels.every(name => issue.labels.some(each => each.name === name)) &&
      fits(issue, textOf(query, 'assignee'), textOf(query, 'creator')) &&
      (since === undefined || issue.updatedAt >= Date.parse(since)),
  )
  const at = (issue: Issue) =>
    query['sort'] === 'updated'
      ? issue.updatedAt
      : query['sort'] === 'comments'
        ? issue.comments.length
        : issue.createdAt
  const ordered = wanted.toSorted(
    (left, right) => at(left) - at(right) || left.number - right.number,
  )
  return paged(call, query['direction'] === 'asc' ? ordered : ordered.reverse(), issue =>
    issueView(call.state, issue),
  )
}

function fits(issue: Issue, assignee: string | undefined, creator: string | undefined): boolean {
  const logins = issue.assignees.map(user => user.login)
  const assigned =
    assignee === undefined ||
    (assignee === '*' && logins.length > 0) ||
    (assignee === 'none' && logins.length === 0) ||
    logins.includes(assignee)
  return assigned && (creator === undefined || issue.author.login === creator)
}

export const getOneIssue: Handler = call => ok(issueView(call.state, getIssue(call)))

export const createIssue: Handler = call => {
  const { body, state } = call
  const title = body['title']
  if (typeof title !== 'string' || title.trim() === '') {
    throw unprocessable('Issue', [{ field: 'title', code: 'missing_field' }])
  }
  const made = openIssue(state, getRepo(call), getViewer(call), {
    title,
    body: textOf(body, 'body') ?? null,
  })
  setNamed(call, made)
  return created(issueView(state, made))
}

export const updateIssue: Handler = call => {
  const { body, state } = call
  const issue = getIssue(call)
  issue.title = textOf(body, 'title') ?? issue.title
  if (body['body'] !== undefined) issue.body = textOf(body, 'body') ?? null
  setNamed(call, issue)
  touch(issue)
  if (body['state'] === 'open') reopenIssue(issue)
  if (body['state'] === 'closed') {
    const reason = (textOf(body, 'state_reason') ?? 'completed') as Issue['stateReason']
    closeIssue(issue, getViewer(call), reason)
  }
  return ok(issueView(state, issue))
}

/** Labels and assignees, where the body names any. */
function setNamed(call: Call, issue: Issue): void {
  const { labels, assignees } = call.body
  if (Array.isArray(labels)) issue.labels = namedLabels(call, labels)
  if (!Array.isArray(assignees)) return
  issue.assignees = (assignees as readonly string[]).map(login => account(call.state, login))
}

function namedLabels(call: Call, given: readonly unknown[]): Issue['labels'] {
  const names = given.map(each =>
    typeof each === 'string' ? each : String((each as { readonly name?: string }).name),
  )
  return [...new Set(names)].map(name => label(call.state, getRepo(call), name))
}

function labelsIn(call: Call): Issue['labels'] {
  const given = Array.isArray(call.body) ? call.body : call.body['labels']
  return namedLabels(call, Array.isArray(given) ? given : [])
}

const labelList = (call: Call, issue: Issue) =>
  ok(issue.labels.map(each => labelView(call.state, issue.repo, each)))

export const listLabels: Handler = call => {
  const issue = getIssue(call)
  return paged(call, issue.labels, each => labelView(call.state, issue.repo, each))
}

export const addLabels: Handler = call => {
  const issue = getIssue(call)
  issue.labels = [...new Set([...issue.labels, ...labelsIn(call)])]
  touch(issue)
  return labelList(call, issue)
}

export const setLabels: Handler = call => {
  const issue = getIssue(call)
  issue.labels = labelsIn(call)
  touch(issue)
  return labelList(call, issue)
}

export const removeLabel: Handler = call => {
  const issue = getIssue(call)
  const kept = issue.labels.filter(each => each.name !== call.params['name'])
  if (kept.length === issue.labels.length) throw notFound('Label does not exist')
  issue.labels = kept
  touch(issue)
  return labelList(call, issue)
}

export const listRepoLabels: Handler = call => {
  const repo = getRepo(call)
  return paged(call, repo.labels, each => labelView(call.state, repo, each))
}

export const createLabel: Handler = call => {
  const repo = getRepo(call)
  const name = textOf(call.body, 'name') ?? ''
  if (repo.labels.some(each => each.name.toLowerCase() === name.toLowerCase())) {
    throw unprocessable('Label', [{ code: 'already_exists', field: 'name' }])
  }
  const made = label(call.state, repo, name)
  made.color = textOf(call.body, 'color') ?? made.color
  made.description = textOf(call.body, 'description') ?? null
  return created(labelView(call.state, repo, made))
}

const changeAssignees =
  (change: (have: Issue['assignees'], named: Issue['assignees']) => Issue['assignees']) =>
  (call: Call): Issue => {
    const issue = getIssue(call)
    const given = call.body['assignees']
    const logins = Array.isArray(given) ? (given as readonly string[]) : []
    issue.assignees = change(
      issue.assignees,
      logins.map(login => account(call.state, login)),
    )
    touch(issue)
    return issue
  }

const adding = changeAssignees((have, named) => [...new Set([...have, ...named])])
const removing = changeAssignees((have, named) => have.filter(user => !named.includes(user)))

export const addAssignees: Handler = call => created(issueView(call.state, adding(call)))
export const removeAssignees: Handler = call => ok(issueView(call.state, removing(call)))

export const listComments: Handler = call => {
  const issue = getIssue(call)
  const since = Date.parse(textOf(call.query, 'since') ?? '1970-01-01T00:00:00Z')
  const found = issue.comments.filter(each => each.updatedAt >= since)
  return paged(call, found, each => commentView(call.state, issue, each))
}

export const listRepoComments: Handler = call => {
  const since = Date.parse(textOf(call.query, 'since') ?? '1970-01-01T00:00:00Z')
  const all = [...getRepo(call).issues.values()].flatMap(issue =>
    issue.comments.map(comment => ({ issue, comment })),
  )
  const found = all
    .filter(({ comment }) => comment.updatedAt >= since)
    .toSorted((left, right) => left.comment.id - right.comment.id)
  const ordered = call.query['direction'] === 'desc' ? found.reverse() : found
  return paged(call, ordered, ({ issue, comment }) => commentView(call.state, issue, comment))
}

export const createComment: Handler = call => {
  const issue = getIssue(call)
  const body = textOf(call.body, 'body') ?? ''
  if (body.trim() === '')
    throw unprocessable('IssueComment', [{ code: 'missing_field', field: 'body' }])
  const made = addComment(call.state, issue, getViewer(call), body)
  return created(commentView(call.state, issue, made))
}

function findComment(call: Call): { readonly issue: Issue; readonly comment: Comment } {
  const wanted = Number(call.params['comment_id'])
  for (const issue of getRepo(call).issues.values()) {
    const comment = issue.comments.find(each => each.id === wanted)
    if (comment !== undefined) return { issue, comment }
  }
  throw notFound()
}

export const getComment: Handler = call => {
  const { issue, comment } = findComment(call)
  return ok(commentView(call.state, issue, comment))
}

export const updateComment: Handler = call => {
  const { issue, comment } = findComment(call)
  comment.body = textOf(call.body, 'body') ?? comment.body
  touch(comment)
  touch(issue)
  return ok(commentView(call.state, issue, comment))
}

export const deleteComment: Handler = call => {
  const { issue, comment } = findComment(call)
  issue.comments.splice(issue.comments.indexOf(comment), 1)
  touch(issue)
  return { status: 204 }
}
