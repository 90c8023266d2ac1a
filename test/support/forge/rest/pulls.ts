import { MergeRefused, type MergeMethod, mergePull } from '../merging.ts'
import { closeIssue, reopenIssue } from '../issue.ts'
import { Unprocessable, commitsOf, forkPoint, openPull } from '../operate.ts'
import { blockedBy } from '../rules.ts'
import {
  type Pull,
  type Repository,
  account,
  findRepository,
  headOf,
  pullsOf,
  tip,
  touch,
} from '../state.ts'
import {
  type Call,
  type Handler,
  Refusal,
  created,
  getPull,
  getRepo,
  getViewer,
  notFound,
  ok,
  paged,
  textOf,
  unprocessable,
} from './call.ts'
import { commitView, fileView } from './commit-views.ts'
import { fullPull, simplePull } from './pull-views.ts'

export const listPulls: Handler = call => {
  const { state, query } = call
  const { head, base, sort } = query
  const wanted = pullsOf(getRepo(call)).filter(
    pull =>
      (query['state'] === 'all' || pull.state === query['state']) &&
      (base === undefined || pull.baseBranch === base) &&
      (head === undefined || headLabel(pull) === head),
  )
  const at = (pull: Pull) => (sort === 'updated' ? pull.updatedAt : pull.createdAt)
  const ascending = (query['direction'] ?? (sort === 'created' ? 'desc' : 'asc')) === 'asc'
  const ordered = wanted.toSorted(
    (left, right) => at(left) - at(right) || left.number - right.number,
  )
  return paged(call, ascending ? ordered : ordered.reverse(), pull => simplePull(state, pull))
}

function headLabel(pull: Pull): string {
  return `${pull.headRepo?.owner.login ?? 'unknown'}:${pull.headBranch}`
}

export const getOnePull: Handler = async call => ok(await view(call, getPull(call)))

const view = (call: Call, pull: Pull) =>
  fullPull(call.state, pull, call.faults.isOn('mergeable-unknown') !== undefined)

export const createPull: Handler = async call => {
  const { state, body } = call
  const repo = getRepo(call)
  const title = textOf(body, 'title')
  if (title === undefined || title.trim() === '') {
    throw unprocessable('PullRequest', [{ field: 'title', code: 'missing_field' }])
  }
  const { headRepo, headBranch } = readHead(call, repo, textOf(body, 'head') ?? '')
  const pull = await asRefusal(() =>
    openPull(state, repo, getViewer(call), {
      title,
      body: textOf(body, 'body') ?? null,
      headRepo,
      headBranch,
      baseBranch: textOf(body, 'base') ?? '',
      draft: body['draft'] === true,
    }),
  )
  return created(await view(call, pull))
}

/** `branch`, or `owner:branch` of a fork. */
function readHead(
  call: Call,
  repo: Repository,
  head: string,
): { readonly headRepo: Repository; readonly headBranch: string } {
  const [left = '', ...rest] = head.split(':')
  if (rest.length === 0) return { headRepo: repo, headBranch: left }
  const name = textOf(call.body, 'head_repo')
  const fork =
    left.toLowerCase() === repo.owner.login.toLowerCase()
      ? repo
      : findRepository(call.state, name ?? `${left}/${repo.name}`)
  if (fork === undefined) throw unprocessable('PullRequest', [{ field: 'head', code: 'invalid' }])
  return { headRepo: fork, headBranch: rest.join(':') }
}

async function asRefusal<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Unprocessable)) throw error
    throw unprocessable('PullRequest', [
      error.field === ''
        ? { code: 'custom', message: error.message }
        : { field: error.field, code: error.message },
    ])
  }
}

export const updatePull: Handler = async call => {
  const { body, state } = call
  const pull = getPull(call)
  const viewer = getViewer(call)
  if (body['state'] === 'open' && pull.state === 'closed') {
    const gone = pull.headRepo === undefined || tip(pull.headRepo, pull.headBranch) === undefined
    if (gone || pull.merged !== undefined) {
      throw unprocessable('PullRequest', [
        { field: 'state', code: 'invalid', message: 'state cannot be changed.' },
      ])
    }
    reopenIssue(pull)
  }
  const base = textOf(body, 'base')
  if (base !== undefined && base !== pull.baseBranch) {
    const sha = tip(getRepo(call), base)
    if (sha === undefined) {
      throw unprocessable('PullRequest', [{ field: 'base', code: 'invalid' }])
    }
    pull.baseBranch = base
    pull.baseSha = sha
  }
  pull.title = textOf(body, 'title') ?? pull.title
  pull.body = textOf(body, 'body') ?? pull.body
  touch(pull)
  if (body['state'] === 'closed') closeIssue(pull, account(state, viewer.login))
  return ok(await view(call, pull))
}

export const merge: Handler = async call => {
  const { body } = call
  const pull = getPull(call)
  const method = (textOf(body, 'merge_method') ?? 'merge') as MergeMethod
  if (!pull.repo.mergeMethods.has(method)) {
    const name = { merge: 'Merge commits', squash: 'Squash merges', rebase: 'Rebase merges' }[
      method
    ]
    throw unmergeable(405, `${name} are not allowed on this repository.`)
  }
  const expected = textOf(body, 'sha')
  const stale = expected !== undefined && expected !== headOf(pull) && pull.state === 'open'
  // Whether the head is the expected one comes before whether it may be merged.
  if (!stale) refuseBlocked(pull)
  try {
    const sha = await mergePull(pull, getViewer(call), {
      method,
      expectedHead: expected,
      title: textOf(body, 'commit_title'),
      message: textOf(body, 'commit_message'),
    })
    return ok({ sha, merged: true, message: 'Pull Request successfully merged' })
  } catch (error) {
    if (error instanceof MergeRefused) throw unmergeable(error.status, error.message)
    throw error
  }
}

/** These two statuses don't repeat themselves in the body. */
function unmergeable(status: 405 | 409, message: string): Refusal {
  const documentation_url = 'https://docs.github.com/rest/pulls/pulls#merge-a-pull-request'
  return new Refusal(status, { message, documentation_url })
}

function refuseBlocked(pull: Pull): void {
  if (pull.state === 'closed') return
  if (pull.draft) throw unmergeable(405, 'Pull Request is still a draft')
  const protection = pull.repo.protection.get(pull.baseBranch)
  if (protection?.mergeQueue === true) {
    throw unmergeable(405, 'Changes must be made through the merge queue')
  }
  const reason = blockedBy(pull)
  if (reason !== undefined) throw unmergeable(405, reason)
}

export const checkMerged: Handler = call => {
  if (getPull(call).merged === undefined) throw notFound()
  return { status: 204 }
}

export const listFiles: Handler = async call => {
  const pull = getPull(call)
  const sha = headOf(pull)
  const changes = await pull.repo.git.changes(await forkPoint(pull), sha)
  return paged(call, changes, file => fileView(call.state, pull.repo, sha, file))
}

export const listCommits: Handler = async call => {
  const pull = getPull(call)
  return paged(call, await commitsOf(pull), commit => commitView(call.state, pull.repo, commit))
}

export const requestReviewers: Handler = call => {
  const pull = getPull(call)
  const names = call.body['reviewers']
  for (const login of Array.isArray(names) ? (names as readonly string[]) : []) {
    const user = account(call.state, login)
    if (!pull.requestedReviewers.includes(user)) pull.requestedReviewers.push(user)
  }
  touch(pull)
  return created(simplePull(call.state, pull))
}

/** Merges the base into the head's branch. */
export const updateBranch: Handler = async call => {
  const pull = getPull(call)
  const head = headOf(pull)
  const expected = textOf(call.body, 'expected_head_sha')
  const base = tip(pull.repo, pull.baseBranch)
  if (base === undefined || pull.headRepo === undefined) throw notFound()
  if (expected !== undefined && expected !== head) {
    throw unprocessable('PullRequest', [
      { code: 'custom', message: 'expected head sha didn’t match current head ref.' },
    ])
  }
  const { git } = pull.repo
  const tree = await git.mergeTree(head, base)
  if (tree === undefined) {
    throw unprocessable('PullRequest', [
      { code: 'custom', message: 'merge conflict between base and head' },
    ])
  }
  const text = `Merge branch '${pull.baseBranch}' into ${pull.headBranch}\n`
  const sha = await git.commitTree(tree, [head, base], text)
  if (pull.headRepo !== pull.repo) {
    await git.text('push', '-q', pull.headRepo.git.folder, `${sha}:refs/heads/${pull.headBranch}`)
  } else await git.updateRefs([[`refs/heads/${pull.headBranch}`, sha, head]])
  return {
    status: 202,
    body: { message: 'Updating pull request branch.', url: String(call.address) },
  }
}

export const pullsOfCommit: Handler = async call => {
  const repo = getRepo(call)
  const sha = call.params['commit_sha'] ?? ''
  const found: Pull[] = []
  for (const pull of pullsOf(repo)) {
    const own = (await commitsOf(pull)).some(commit => commit.sha === sha)
    if (own || pull.merged?.sha === sha) found.push(pull)
  }
  return paged(call, found, pull => simplePull(call.state, pull))
}
