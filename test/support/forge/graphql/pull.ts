import { askMergeability } from '../merging.ts'
import { closing } from '../issue.ts'
import { commitsOf, forkPoint } from '../operate.ts'
import { htmlUrl } from '../rest/call.ts'
import { nodeId } from '../rest/views.ts'
import { mergeState, opinions, reviewDecision } from '../rules.ts'
import {
  type Issue,
  type LineComment,
  type Pull,
  type Review,
  type State,
  type Thread,
  headOf,
  stamp,
} from '../state.ts'
import { type Node, type Page, connection } from './connection.ts'
import type { Ask } from './context.ts'
import { actorNode, authored, commentNode, commitNode, labelNode } from './nodes.ts'
import { entryNode } from './queue.ts'
import { refNode, repositoryNode } from './repository.ts'

/** What pull requests and issues have in common. */
function issueFields(state: State, issue: Issue, kind: 'pull' | 'issues'): Node {
  const path = `/${issue.repo.owner.login}/${issue.repo.name}/${kind}/${issue.number}`
  return {
    ...authored(state, issue, issue.author),
    databaseId: issue.id,
    fullDatabaseId: String(issue.id),
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    bodyText: issue.body ?? '',
    url: `${state.url}${path}`,
    resourcePath: path,
    repository: () => repositoryNode(state, issue.repo),
    closed: issue.state === 'closed',
    closedAt: issue.closedAt === undefined ? null : stamp(issue.closedAt),
    createdAt: stamp(issue.createdAt),
    updatedAt: stamp(issue.updatedAt),
    publishedAt: stamp(issue.createdAt),
    locked: false,
    milestone: null,
    comments: (page: Page) =>
      connection(issue.comments, page, comment => commentNode(state, issue, comment)),
    labels: (page: Page) =>
      connection(issue.labels, page, label => labelNode(state, issue.repo, label)),
    assignees: (page: Page) => connection(issue.assignees, page, user => actorNode(state, user)),
  }
}

export function issueNode(state: State, issue: Issue): Node {
  return {
    __typename: 'Issue',
    id: nodeId('I', issue.id),
    ...issueFields(state, issue, 'issues'),
    state: issue.state.toUpperCase(),
    stateReason: issue.stateReason?.toUpperCase() ?? null,
  }
}

export function pullNode(state: State, pull: Pull): Node {
  const { repo, headRepo } = pull
  const head = headOf(pull)
  const files = async () => repo.git.changes(await forkPoint(pull), head)
  const sum = async (of: 'additions' | 'deletions') =>
    (await files()).reduce((all, file) => all + file[of], 0)
  return {
    __typename: 'PullRequest',
    id: nodeId('PR', pull.id),
    ...issueFields(state, pull, 'pull'),
    state: pull.merged === undefined ? pull.state.toUpperCase() : 'MERGED',
    isDraft: pull.draft,
    merged: pull.merged !== undefined,
    mergedAt: pull.merged === undefined ? null : stamp(pull.merged.at),
    mergedBy: pull.merged === undefined ? null : actorNode(state, pull.merged.by),
    permalink: `${htmlUrl(state, repo)}/pull/${pull.number}`,
    headRefName: pull.headBranch,
    headRefOid: head,
    headRef: () => (headRepo === undefined ? null : refNode(state, headRepo, pull.headBranch)),
    headRepository: () => (headRepo === undefined ? null : repositoryNode(state, headRepo)),
    headRepositoryOwner: headRepo === undefined ? null : actorNode(state, headRepo.owner),
    isCrossRepository: headRepo !== repo,
    maintainerCanModify: headRepo !== repo,
    baseRefName: pull.baseBranch,
    baseRefOid: pull.baseSha,
    baseRef: () => refNode(state, repo, pull.baseBranch),
    baseRepository: () => repositoryNode(state, repo),
    mergeable: (_: unknown, ask: Ask) => {
      const known = askMergeability(pull, ask.faults.isOn('mergeable-unknown') !== undefined)
      if (known?.clean === undefined) return 'UNKNOWN'
      return known.clean ? 'MERGEABLE' : 'CONFLICTING'
    },
    mergeStateStatus: async (_: unknown, ask: Ask) => {
      const held = ask.faults.isOn('mergeable-unknown') !== undefined
      return (await mergeState(pull, askMergeability(pull, held))).toUpperCase()
    },
    mergeCommit: async () => commitOrNull(state, pull, pull.merged?.sha),
    potentialMergeCommit: async () => commitOrNull(state, pull, pull.mergeability?.trial),
    reviewDecision: reviewDecision(pull),
    reviews: (page: Page & { readonly states?: readonly string[] | null }) =>
      connection(
        pull.reviews.filter(({ state: is }) => page.states?.includes(is) ?? is !== 'PENDING'),
        page,
        review => reviewNode(state, pull, review),
      ),
    latestReviews: (page: Page) =>
      connection(latest(pull), page, review => reviewNode(state, pull, review)),
    latestOpinionatedReviews: (page: Page) =>
      connection(opinions(pull), page, review => reviewNode(state, pull, review)),
    reviewRequests: (page: Page) =>
      connection(pull.requestedReviewers, page, user => ({
        __typename: 'ReviewRequest',
        id: nodeId('RR', user.id),
        requestedReviewer: actorNode(state, user),
      })),
    reviewThreads: (page: Page) =>
      connection(pull.threads, page, thread => threadNode(state, pull, thread)),
    commits: async (page: Page) =>
      connection(await commitsOf(pull), page, commit => ({
        __typename: 'PullRequestCommit',
        id: `PRC_${commit.sha}`,
        commit: commitNode(state, repo, commit),
        url: `${htmlUrl(state, repo)}/pull/${pull.number}/commits/${commit.sha}`,
      })),
    statusCheckRollup: async () => (await commitOrNull(state, pull, head))?.['statusCheckRollup'],
    files: async (page: Page) =>
      connection(await files(), page, file => ({
        path: file.path,
        additions: file.additions,
        deletions: file.deletions,
        changeType: file.status === 'removed' ? 'DELETED' : file.status.toUpperCase(),
      })),
    additions: () => sum('additions'),
    deletions: () => sum('deletions'),
    changedFiles: async () => (await files()).length,
    isInMergeQueue: repo.queue.some(entry => entry.pull === pull),
    isMergeQueueEnabled: repo.protection.get(pull.baseBranch)?.mergeQueue === true,
    mergeQueueEntry: () => {
      const entry = repo.queue.find(each => each.pull === pull)
      return entry === undefined ? null : entryNode(state, repo, entry)
    },
    autoMergeRequest: null,
    closingIssuesReferences: (page: Page) =>
      connection(closing(pull), page, issue => issueNode(state, issue)),
    totalCommentsCount:
      pull.comments.length + pull.threads.reduce((all, thread) => all + thread.comments.length, 0),
  }
}

async function commitOrNull(
  state: State,
  pull: Pull,
  sha: string | undefined,
): Promise<Node | null> {
  const found = sha === undefined ? undefined : await pull.repo.git.commit(sha)
  return found === undefined ? null : commitNode(state, pull.repo, found)
}

/** Each reviewer's newest review, whatever it says. */
function latest(pull: Pull): readonly Review[] {
  const found = new Map(
    pull.reviews
      .filter(review => review.state !== 'PENDING')
      .map(review => [review.author.id, review]),
  )
  return [...found.values()]
}

export function reviewNode(state: State, pull: Pull, review: Review): Node {
  const lines = pull.threads.flatMap(thread =>
    thread.comments
      .filter(comment => comment.reviewId === review.id)
      .map(comment => ({ thread, comment })),
  )
  const at = review.submittedAt === undefined ? null : stamp(review.submittedAt)
  return {
    __typename: 'PullRequestReview',
    ...authored(state, pull, review.author),
    id: nodeId('PRR', review.id),
    databaseId: review.id,
    fullDatabaseId: String(review.id),
    state: review.state,
    body: review.body,
    bodyText: review.body,
    url: `${htmlUrl(state, pull.repo)}/pull/${pull.number}#pullrequestreview-${review.id}`,
    submittedAt: at,
    createdAt: at ?? stamp(pull.createdAt),
    updatedAt: at ?? stamp(pull.createdAt),
    commit: async () => commitOrNull(state, pull, review.commitId),
    pullRequest: () => pullNode(state, pull),
    comments: (page: Page) =>
      connection(lines, page, line => lineNode(state, pull, line.thread, line.comment)),
  }
}

export function threadNode(state: State, pull: Pull, thread: Thread): Node {
  const outdated = () => isOutdated(pull, thread)
  return {
    __typename: 'PullRequestReviewThread',
    id: nodeId('PRRT', thread.id),
    path: thread.path,
    line: async () => ((await outdated()) ? null : thread.line),
    originalLine: thread.line,
    startLine: null,
    originalStartLine: null,
    diffSide: 'RIGHT',
    startDiffSide: null,
    subjectType: 'LINE',
    isResolved: thread.resolvedBy !== undefined,
    isOutdated: outdated,
    isCollapsed: thread.resolvedBy !== undefined,
    resolvedBy: thread.resolvedBy === undefined ? null : actorNode(state, thread.resolvedBy),
    viewerCanResolve: thread.resolvedBy === undefined,
    viewerCanUnresolve: thread.resolvedBy !== undefined,
    viewerCanReply: true,
    pullRequest: () => pullNode(state, pull),
    repository: () => repositoryNode(state, pull.repo),
    comments: (page: Page) =>
      connection(thread.comments, page, comment => lineNode(state, pull, thread, comment)),
  }
}

/** Whether the file changed since the thread was begun. */
async function isOutdated(pull: Pull, thread: Thread): Promise<boolean> {
  const head = headOf(pull)
  if (thread.commitId === head) return false
  return !(await pull.repo.git.isSame(thread.commitId, head, thread.path))
}

function lineNode(state: State, pull: Pull, thread: Thread, comment: LineComment): Node {
  const first = thread.comments[0]
  return {
    __typename: 'PullRequestReviewComment',
    ...authored(state, pull, comment.author),
    id: nodeId('PRRC', comment.id),
    databaseId: comment.id,
    fullDatabaseId: String(comment.id),
    body: comment.body,
    bodyText: comment.body,
    path: thread.path,
    line: async () => ((await isOutdated(pull, thread)) ? null : thread.line),
    originalLine: thread.line,
    outdated: () => isOutdated(pull, thread),
    diffHunk: `@@ -${thread.line},1 +${thread.line},1 @@`,
    url: `${htmlUrl(state, pull.repo)}/pull/${pull.number}#discussion_r${comment.id}`,
    createdAt: stamp(comment.createdAt),
    updatedAt: stamp(comment.updatedAt),
    publishedAt: stamp(comment.createdAt),
    state: 'SUBMITTED',
    commit: async () => commitOrNull(state, pull, comment.commitId),
    replyTo: () =>
      first === undefined || first === comment ? null : lineNode(state, pull, thread, first),
    pullRequestReview: () => {
      const review = pull.reviews.find(each => each.id === comment.reviewId)
      return review === undefined ? null : reviewNode(state, pull, review)
    },
    pullRequest: () => pullNode(state, pull),
  }
}
