import type { RestEndpointMethodTypes } from '@octokit/rest'

import { withMarkerOf } from '../hidden-marker.ts'
import type {
  Actor,
  Context,
  ListedPull,
  SaidReview,
  SaidText,
  SaidThread,
  WholePull,
} from './github-facts.ts'
import type {
  AuthoredNode,
  CheckRunNode,
  ContextPage,
  PullNode,
  ReviewNode,
  SaidNode,
  StatusNode,
  ThreadNode,
} from './github-query.ts'

const MAX_LISTED_BODY = 8192

type RestPull = RestEndpointMethodTypes['pulls']['list']['response']['data'][number]

/** As the list tells it. */
export function listedPull(pull: RestPull): ListedPull {
  const { head, base, user } = pull
  const headRepo = nullable(head.repo)?.full_name.toLowerCase()
  const isMerged = pull.merged_at !== null
  return {
    number: pull.number,
    url: pull.html_url,
    title: pull.title,
    body: boundedBody(pull.body ?? ''),
    state: isMerged ? 'merged' : pull.state === 'open' ? 'open' : 'closed',
    draft: pull.draft === true,
    author: {
      login: user?.login ?? 'ghost',
      isBot: user?.type === 'Bot',
      association: pull.author_association,
    },
    headBranch: head.ref,
    headSha: head.sha,
    ...(headRepo === undefined ? {} : { headRepo }),
    isCross: nullable(head.repo)?.id !== base.repo.id,
    baseBranch: base.ref,
    baseSha: base.sha,
    labels: pull.labels.map(label => label.name),
    ...(isMerged && pull.merge_commit_sha !== null ? { mergeSha: pull.merge_commit_sha } : {}),
    createdAt: pull.created_at,
    updatedAt: pull.updated_at,
  }
}

/** Hundreds of them are remembered: of a long one the beginning, and who wrote it. */
function boundedBody(body: string): string {
  if (body.length <= MAX_LISTED_BODY) return body
  return withMarkerOf(`${body.slice(0, MAX_LISTED_BODY)}…`, body)
}

/** As the batch tells it, without what takes more questions: threads, and pages beyond the first. */
export function wholePull(node: PullNode): WholePull {
  const headRepo = node.headRepository?.nameWithOwner.toLowerCase()
  const headTip = node.headRef?.target?.oid
  const baseTip = node.baseRef?.target?.oid
  const headAt = present(node.commits.nodes)[0]?.commit.committedDate
  return {
    id: node.id,
    number: node.number,
    url: node.url,
    title: node.title,
    body: node.body,
    state: pullState(node.state),
    draft: node.isDraft,
    author: actorOf(node),
    headBranch: node.headRefName,
    headSha: node.headRefOid,
    ...(headRepo === undefined ? {} : { headRepo }),
    isCross: node.isCrossRepository,
    baseBranch: node.baseRefName,
    baseSha: node.baseRefOid,
    ...(headTip === undefined ? {} : { headTip }),
    ...(baseTip === undefined ? {} : { baseTip }),
    ...(headAt === undefined ? {} : { headAt }),
    labels: present(node.labels?.nodes).map(label => label.name),
    ...(node.mergeCommit === null ? {} : { mergeSha: node.mergeCommit.oid }),
    createdAt: node.createdAt,
    updatedAt: node.updatedAt,
    contexts: contextsOf(firstContexts(node.commits)),
    reviews: reviewsOf(node.reviews?.nodes),
    threads: [],
    comments: present(node.comments.nodes).map(said),
    mergeable: mergeableOf(node.mergeable),
    queued: node.isInMergeQueue,
    decision: decisionOf(node.reviewDecision),
  }
}

export function pullState(state: string): WholePull['state'] {
  return state === 'MERGED' ? 'merged' : state === 'OPEN' ? 'open' : 'closed'
}

export function mergeableOf(text: string): WholePull['mergeable'] {
  if (text === 'MERGEABLE') return 'clean'
  return text === 'CONFLICTING' ? 'conflicting' : 'unknown'
}

export function decisionOf(decision: string | null): WholePull['decision'] {
  switch (decision) {
    case 'APPROVED':
      return 'approved'
    case 'CHANGES_REQUESTED':
      return 'changes_requested'
    case 'REVIEW_REQUIRED':
      return 'review_required'
    default:
      return 'none'
  }
}

/** The page of contexts of the head's commit; undefined when nothing was ever reported. */
export function firstContexts(commits: PullNode['commits']): ContextPage | undefined {
  return present(commits.nodes)[0]?.commit.statusCheckRollup?.contexts
}

export function contextsOf(page: ContextPage | undefined): readonly Context[] {
  return present(page?.nodes).map(node =>
    node.__typename === 'CheckRun' ? checkRun(node) : commitStatus(node),
  )
}

/** Oldest first; what nobody has sent off yet is left out. */
export function reviewsOf(
  nodes: readonly (ReviewNode | null)[] | null | undefined,
): readonly SaidReview[] {
  return present(nodes).flatMap(node => {
    const state = reviewState(node.state)
    if (state === undefined) return []
    const createdAt = node.submittedAt ?? node.createdAt
    return [{ ...said(node), createdAt, state, sha: node.commit?.oid ?? '' }]
  })
}

export function threadsOf(
  nodes: readonly (ThreadNode | null)[] | null | undefined,
): readonly SaidThread[] {
  return present(nodes).flatMap(node => {
    const comments = present(node.comments.nodes).map(said)
    const line = node.line ?? node.originalLine
    if (comments.length === 0) return []
    return [
      {
        id: node.id,
        ...(node.path === '' ? {} : { path: node.path }),
        ...(line === null ? {} : { line }),
        resolved: node.isResolved,
        comments,
      },
    ]
  })
}

function checkRun(node: CheckRunNode): Context {
  const { app, workflowRun } = node.checkSuite ?? { app: null, workflowRun: null }
  const at = node.completedAt ?? node.startedAt
  const workflow = workflowRun === null ? [] : [workflowRun.workflow.name, workflowRun.event]
  return {
    name: node.name,
    origin: [app?.slug ?? '', ...workflow].join(' / '),
    ...(node.databaseId === null ? {} : { runId: node.databaseId }),
    isJob: app?.slug === 'github-actions',
    state: (node.status === 'COMPLETED'
      ? (node.conclusion ?? 'NEUTRAL')
      : node.status
    ).toLowerCase(),
    required: node.isRequired,
    ...(node.detailsUrl === null ? {} : { url: node.detailsUrl }),
    ...(at === null ? {} : { at }),
  }
}

function commitStatus(node: StatusNode): Context {
  return {
    name: node.context,
    origin: 'status',
    isJob: false,
    state: node.state.toLowerCase(),
    required: node.isRequired,
    ...(node.targetUrl === null ? {} : { url: node.targetUrl }),
    at: node.createdAt,
    ...(node.description === null ? {} : { description: node.description }),
  }
}

function said(node: SaidNode): SaidText {
  return {
    id: node.id,
    author: actorOf(node),
    body: node.body,
    createdAt: node.createdAt,
    url: node.url,
  }
}

/** An account that is gone is GitHub's ghost. */
function actorOf({ author, authorAssociation, viewerDidAuthor }: AuthoredNode): Actor {
  return {
    login: author?.login ?? 'ghost',
    isBot: author?.__typename === 'Bot',
    ...(viewerDidAuthor ? { isUs: true } : {}),
    association: authorAssociation,
  }
}

function reviewState(state: string): SaidReview['state'] | undefined {
  switch (state) {
    case 'APPROVED':
      return 'approved'
    case 'CHANGES_REQUESTED':
      return 'changes_requested'
    case 'COMMENTED':
      return 'commented'
    case 'DISMISSED':
      return 'dismissed'
    default:
      return undefined
  }
}

function present<T>(nodes: readonly (T | null)[] | null | undefined): readonly T[] {
  return (nodes ?? []).filter(node => node !== null)
}

/** The published types say that it is always there; it isn't when the fork was deleted. */
function nullable<T>(value: T): T | null {
  return value
}
