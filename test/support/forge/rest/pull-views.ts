import { askMergeability } from '../merging.ts'
import { commitsOf, forkPoint } from '../operate.ts'
import { mergeState } from '../rules.ts'
import {
  type Comment,
  type Issue,
  type LineComment,
  type Pull,
  type Review,
  type State,
  type Thread,
  associationOf,
  headOf,
  isPull,
  stamp,
} from '../state.ts'
import { apiUrl, htmlUrl } from './call.ts'
import { type View, labelView, nodeId, repositoryView, userView } from './views.ts'

/** What lists tell of a pull request: `pull-request-simple`. */
export function simplePull(state: State, pull: Pull): View {
  const api = apiUrl(state, pull.repo)
  const url = `${api}/pulls/${pull.number}`
  const issue = `${api}/issues/${pull.number}`
  const html = `${htmlUrl(state, pull.repo)}/pull/${pull.number}`
  const statuses = `${api}/statuses/${headOf(pull)}`
  const addresses = {
    html,
    issue,
    commits: `${url}/commits`,
    review_comments: `${url}/comments`,
    review_comment: `${api}/pulls/comments{/number}`,
    comments: `${issue}/comments`,
    statuses,
  }
  return {
    url,
    id: pull.id,
    node_id: nodeId('PR', pull.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: userView(state, pull.author),
    body: pull.body,
    created_at: stamp(pull.createdAt),
    updated_at: stamp(pull.updatedAt),
    closed_at: stampOrNull(pull.closedAt),
    merged_at: stampOrNull(pull.merged?.at),
    merge_commit_sha: pull.merged?.sha ?? pull.mergeability?.trial ?? null,
    assignee: pull.assignees[0] === undefined ? null : userView(state, pull.assignees[0]),
    assignees: pull.assignees.map(user => userView(state, user)),
    requested_reviewers: pull.requestedReviewers.map(user => userView(state, user)),
    requested_teams: [],
    // In lists GitHub's description knows no missing description of a label.
    labels: pull.labels.map(label => ({
      ...labelView(state, pull.repo, label),
      description: label.description ?? '',
    })),
    milestone: null,
    draft: pull.draft,
    commits_url: addresses.commits,
    review_comments_url: addresses.review_comments,
    review_comment_url: addresses.review_comment,
    comments_url: addresses.comments,
    statuses_url: statuses,
    head: side(state, pull, 'head'),
    base: side(state, pull, 'base'),
    _links: {
      self: { href: url },
      ...Object.fromEntries(Object.entries(addresses).map(([name, href]) => [name, { href }])),
    },
    author_association: associationOf(pull.repo, pull.author),
    auto_merge: null,
    active_lock_reason: null,
  }
}

function side(state: State, pull: Pull, which: 'head' | 'base'): View {
  const repo = which === 'base' ? pull.repo : pull.headRepo
  const ref = which === 'base' ? pull.baseBranch : pull.headBranch
  const owner = repo?.owner ?? pull.author
  return {
    label: `${owner.login}:${ref}`,
    ref,
    sha: which === 'base' ? pull.baseSha : headOf(pull),
    user: userView(state, owner),
    // The head's repository may be gone; the schema has no words for it, GitHub sends null.
    repo: repo === undefined ? null : repositoryView(state, repo),
  }
}

/** Everything about one: `pull-request`. Asking sets off the trial merge. */
export async function fullPull(state: State, pull: Pull, held: boolean): Promise<View> {
  const known = askMergeability(pull, held)
  const changes = await pull.repo.git.changes(await forkPoint(pull), headOf(pull))
  const lines = pull.threads.flatMap(thread => thread.comments)
  const sum = (of: 'additions' | 'deletions') => changes.reduce((all, file) => all + file[of], 0)
  return {
    ...simplePull(state, pull),
    merged: pull.merged !== undefined,
    mergeable: known?.clean ?? null,
    rebaseable: known?.clean ?? null,
    mergeable_state: await mergeState(pull, known),
    merged_by: pull.merged === undefined ? null : userView(state, pull.merged.by),
    comments: pull.comments.length,
    review_comments: lines.length,
    maintainer_can_modify: pull.headRepo !== pull.repo,
    commits: (await commitsOf(pull)).length,
    additions: sum('additions'),
    deletions: sum('deletions'),
    changed_files: changes.length,
  }
}

export function reviewView(state: State, pull: Pull, review: Review): View {
  const html = `${htmlUrl(state, pull.repo)}/pull/${pull.number}#pullrequestreview-${review.id}`
  const url = `${apiUrl(state, pull.repo)}/pulls/${pull.number}`
  return {
    id: review.id,
    node_id: nodeId('PRR', review.id),
    user: userView(state, review.author),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: url,
    _links: { html: { href: html }, pull_request: { href: url } },
    ...(review.submittedAt === undefined ? {} : { submitted_at: stamp(review.submittedAt) }),
    commit_id: review.commitId,
    author_association: associationOf(pull.repo, review.author),
  }
}

export function lineCommentView(
  state: State,
  pull: Pull,
  thread: Thread,
  comment: LineComment,
): View {
  const api = apiUrl(state, pull.repo)
  const url = `${api}/pulls/comments/${comment.id}`
  const html = `${htmlUrl(state, pull.repo)}/pull/${pull.number}#discussion_r${comment.id}`
  const pullUrl = `${api}/pulls/${pull.number}`
  return {
    url,
    pull_request_review_id: comment.reviewId,
    id: comment.id,
    node_id: nodeId('PRRC', comment.id),
    diff_hunk: `@@ -${thread.line},1 +${thread.line},1 @@`,
    path: thread.path,
    commit_id: comment.commitId,
    original_commit_id: thread.commitId,
    ...(comment.inReplyTo === undefined ? {} : { in_reply_to_id: comment.inReplyTo }),
    user: userView(state, comment.author),
    body: comment.body,
    created_at: stamp(comment.createdAt),
    updated_at: stamp(comment.updatedAt),
    html_url: html,
    pull_request_url: pullUrl,
    author_association: associationOf(pull.repo, comment.author),
    _links: { self: { href: url }, html: { href: html }, pull_request: { href: pullUrl } },
    start_line: null,
    original_start_line: null,
    start_side: null,
    line: thread.line,
    original_line: thread.line,
    side: 'RIGHT',
    subject_type: 'line',
    reactions: reactions(url),
  }
}

export function commentView(state: State, issue: Issue, comment: Comment): View {
  const api = apiUrl(state, issue.repo)
  const kind = isPull(issue) ? 'pull' : 'issues'
  const url = `${api}/issues/comments/${comment.id}`
  return {
    url,
    html_url: `${htmlUrl(state, issue.repo)}/${kind}/${issue.number}#issuecomment-${comment.id}`,
    issue_url: `${api}/issues/${issue.number}`,
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    user: userView(state, comment.author),
    created_at: stamp(comment.createdAt),
    updated_at: stamp(comment.updatedAt),
    body: comment.body,
    author_association: associationOf(issue.repo, comment.author),
    reactions: reactions(url),
    performed_via_github_app: null,
  }
}

export function stampOrNull(at: number | undefined): string | null {
  return at === undefined ? null : stamp(at)
}

export function reactions(url: string): View {
  const kinds = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes']
  return {
    url: `${url}/reactions`,
    total_count: 0,
    ...Object.fromEntries(kinds.map(kind => [kind, 0])),
  }
}
