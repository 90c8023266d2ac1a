import type { Inside } from './inside.ts'
import { checkRunView } from './rest/checks.ts'
import { commitView } from './rest/commit-views.ts'
import { issueView } from './rest/issues.ts'
import {
  commentView,
  fullPull,
  lineCommentView,
  reviewView,
  simplePull,
} from './rest/pull-views.ts'
import { type View, nodeId, repositoryView, userView } from './rest/views.ts'
import { htmlUrl } from './rest/call.ts'
import {
  type Issue,
  type Pull,
  type Repository,
  findRepository,
  headOf,
  isPull,
  stamp,
  tip,
} from './state.ts'
import { synchronize } from './sync.ts'
import type { WebhookEvent } from './webhooks.ts'

const NOTHING = '0'.repeat(40)

/** The body of a delivery: what happened last of its kind, as it stands now. */
export async function payloadOf(inside: Inside, event: WebhookEvent): Promise<View> {
  const { state } = inside
  const repo = findRepository(state, event.repository)
  if (repo === undefined) throw new Error(`No repository ${event.repository}`)
  await synchronize(state, repo)
  return {
    ...(await happened(inside, repo, event)),
    repository: { ...repositoryView(state, repo), custom_properties: {} },
    sender: userView(state, repo.owner),
  }
}

async function happened(inside: Inside, repo: Repository, event: WebhookEvent): Promise<View> {
  const { state } = inside
  switch (event.event) {
    case 'pull-request-opened':
    case 'pull-request-closed':
    case 'pull-request-synchronize':
      return pullChanged(inside, pullOf(repo, event), event)
    case 'pull-request-review-submitted': {
      const pull = pullOf(repo, event)
      const view = reviewView(state, pull, last(pull.reviews))
      const review = {
        ...view,
        state: String(view['state']).toLowerCase(),
        updated_at: stamp(pull.updatedAt),
      }
      return { action: 'submitted', review, pull_request: simplePull(state, pull) }
    }
    case 'pull-request-review-comment-created': {
      const pull = pullOf(repo, event)
      const thread = last(pull.threads)
      const view = lineCommentView(state, pull, thread, last(thread.comments))
      const comment = { ...view, position: thread.line, original_position: thread.line }
      return { action: 'created', comment, pull_request: simplePull(state, pull) }
    }
    case 'issue-comment-created': {
      const issue = issueOf(repo, event)
      const comment = commentView(state, issue, last(issue.comments))
      return { action: 'created', issue: issueView(state, issue), comment }
    }
    case 'issues-opened':
    case 'issues-closed': {
      const action = event.event.slice('issues-'.length)
      return { action, issue: issueView(state, issueOf(repo, event)) }
    }
    case 'check-run-completed':
      return checkCompleted(inside, repo, event)
    case 'status':
      return statusChanged(inside, repo, event)
    case 'push':
      return pushed(inside, repo, event)
    case 'ping':
      return {
        zen: 'Keep it logically awesome.',
        hook_id: 1,
        hook: {
          type: 'Repository',
          id: 1,
          name: 'web',
          active: true,
          events: ['pull_request', 'check_run'],
          config: { content_type: 'json', insecure_ssl: '0', url: state.url },
          updated_at: stamp(repo.createdAt),
          created_at: stamp(repo.createdAt),
        },
      }
  }
}

async function pullChanged(inside: Inside, pull: Pull, event: WebhookEvent): Promise<View> {
  const action = event.event.slice('pull-request-'.length)
  return {
    action,
    number: pull.number,
    pull_request: await fullPull(inside.state, pull, false),
    ...(action === 'synchronize' ? { before: event.before ?? NOTHING, after: headOf(pull) } : {}),
  }
}

function checkCompleted(inside: Inside, repo: Repository, event: WebhookEvent): View {
  const { state } = inside
  const run = repo.checkRuns.find(each => each.id === event.number)
  if (run === undefined) throw new Error(`No check run ${event.number ?? ''}`)
  const view = checkRunView(state, repo, run)
  const branch = event.branch ?? null
  return {
    action: 'completed',
    check_run: {
      ...view,
      check_suite: {
        id: run.suiteId,
        node_id: nodeId('CS', run.suiteId),
        head_branch: branch,
        head_sha: run.sha,
        status: run.status,
        conclusion: run.conclusion ?? null,
        before: null,
        after: run.sha,
        app: view['app'],
        pull_requests: view['pull_requests'],
        created_at: stamp(run.startedAt),
        updated_at: stamp(run.completedAt ?? run.startedAt),
      },
    },
  }
}

async function statusChanged(inside: Inside, repo: Repository, event: WebhookEvent): Promise<View> {
  const { state } = inside
  const status = repo.statuses.find(each => each.id === event.number)
  const commit = status === undefined ? undefined : await repo.git.commit(status.sha)
  if (status === undefined || commit === undefined)
    throw new Error(`No status ${event.number ?? ''}`)
  return {
    id: status.id,
    sha: status.sha,
    name: event.repository,
    context: status.context,
    description: status.description,
    state: status.state,
    target_url: status.targetUrl,
    commit: commitView(state, repo, commit),
    branches: [],
    created_at: stamp(status.createdAt),
    updated_at: stamp(status.createdAt),
  }
}

async function pushed(inside: Inside, repo: Repository, event: WebhookEvent): Promise<View> {
  const { state } = inside
  const branch = event.branch ?? repo.defaultBranch
  const after = tip(repo, branch)
  const before = event.before ?? NOTHING
  const commit = after === undefined ? undefined : await repo.git.commit(after)
  const person = commit === undefined ? undefined : { ...commit.author, username: repo.owner.login }
  const head =
    commit === undefined
      ? null
      : {
          id: commit.sha,
          tree_id: commit.tree,
          distinct: true,
          message: commit.message,
          timestamp: commit.committer.date,
          url: `${htmlUrl(state, repo)}/commit/${commit.sha}`,
          author: person,
          committer: person,
          added: [],
          removed: [],
          modified: [],
        }
  return {
    ref: `refs/heads/${branch}`,
    before,
    after: after ?? NOTHING,
    created: before === NOTHING,
    deleted: after === undefined,
    forced: false,
    base_ref: null,
    compare: `${htmlUrl(state, repo)}/compare/${before.slice(0, 12)}...${(after ?? '').slice(0, 12)}`,
    commits: head === null ? [] : [head],
    head_commit: head,
    pusher: { name: repo.owner.login, email: 'pusher@example.org' },
  }
}

function pullOf(repo: Repository, event: WebhookEvent): Pull {
  const found = issueOf(repo, event)
  if (!isPull(found)) throw new Error(`#${found.number} is no pull request`)
  return found
}

function issueOf(repo: Repository, { number = 0 }: WebhookEvent): Issue {
  const found = repo.issues.get(number)
  if (found === undefined) throw new Error(`No #${number}`)
  return found
}

function last<T>(all: readonly T[]): T {
  const found = all.at(-1)
  if (found === undefined) throw new Error('There is none yet')
  return found
}
