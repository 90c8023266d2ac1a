import { closeIssue, closing } from './issue.ts'
import {
  type Pull,
  type Repository,
  account,
  headOf,
  inTurn,
  now,
  pullsOf,
  tip,
  touch,
  type State,
} from './state.ts'

/**
 * Looks at git, and lets pull requests follow: a pushed head, a deleted branch, a base that has the head by now. Runs before every answer,
 * so that it doesn't matter who moved a branch and how.
 */
export async function synchronize(state: State, repo: Repository): Promise<void> {
  await inTurn(repo, async () => {
    look(repo)
    const open = pullsOf(repo).filter(pull => pull.state === 'open')
    const forks = new Set(open.map(pull => pull.headRepo).filter(from => from !== undefined))
    for (const fork of forks) if (fork !== repo) look(fork)
    // Before and after: who pushes to the base and then deletes the branch has merged, not closed.
    await closeMerged(state, repo)
    for (const pull of open) if (pull.state === 'open') await follow(pull)
    await closeMerged(state, repo)
    tidyQueue(repo)
  })
}

/** Reads the refs; a branch that moved since the last look was a push. */
export function look(repo: Repository): void {
  const before = heads(repo.refs)
  repo.refs = repo.git.refs()
  const after = heads(repo.refs)
  if (before === after) return
  repo.pushedAt = Math.max(now(), repo.pushedAt + 1000)
}

/** What was closed or pushed to is no longer in the queue. */
function tidyQueue({ queue }: Repository): void {
  const kept = queue.filter(({ pull, head }) => pull.state === 'open' && headOf(pull) === head)
  queue.splice(0, queue.length, ...kept)
}

async function follow(pull: Pull): Promise<void> {
  const { repo, headRepo } = pull
  if (tip(repo, pull.baseBranch) === undefined) retarget(pull)
  const pushed = headRepo === undefined ? undefined : tip(headRepo, pull.headBranch)
  if (headRepo === undefined || pushed === undefined) {
    closeIssue(pull, repo.owner)
    return
  }
  if (pull.state === 'closed') return
  if (pushed === headOf(pull)) return
  await takeHead(pull, pushed)
  pull.baseSha = tip(repo, pull.baseBranch) ?? pull.baseSha
  pull.mergeability = undefined
  if (repo.protection.get(pull.baseBranch)?.dismissStale === true) {
    for (const review of pull.reviews) if (review.state === 'APPROVED') review.state = 'DISMISSED'
  }
  touch(pull)
}

/** Without its base a pull request goes on to where that was merged: the next one of a stack. */
function retarget(pull: Pull): void {
  const { repo } = pull
  const below = pullsOf(repo).find(
    each =>
      each.merged !== undefined && each.headRepo === repo && each.headBranch === pull.baseBranch,
  )
  const sha = below === undefined ? undefined : tip(repo, below.baseBranch)
  if (below === undefined || sha === undefined) {
    closeIssue(pull, repo.owner)
    return
  }
  pull.baseBranch = below.baseBranch
  pull.baseSha = sha
  pull.mergeability = undefined
  touch(pull)
}

/** Keeps the head in the base's repository, whatever becomes of the branch. */
export async function takeHead(pull: Pull, sha: string): Promise<void> {
  const { repo, headRepo } = pull
  if (headRepo !== undefined && headRepo !== repo) {
    await repo.git.text('fetch', '-q', headRepo.git.folder, `refs/heads/${pull.headBranch}`)
  }
  await repo.git.updateRefs([[`refs/pull/${pull.number}/head`, sha]])
  repo.refs = repo.git.refs()
}

const compared = new WeakMap<Repository, string>()

/** A pull request whose commits are all in its base, by a push from outside, counts as merged. */
async function closeMerged(state: State, repo: Repository): Promise<void> {
  const open = pullsOf(repo).filter(pull => pull.state === 'open')
  for (const branch of new Set(open.map(pull => pull.baseBranch))) {
    const base = tip(repo, branch)
    const waiting = open.filter(pull => pull.baseBranch === branch && pull.baseSha !== base)
    if (base === undefined || waiting.length === 0) continue
    // What was not contained is so still, as long as nothing moved.
    const key = `${base} ${waiting.map(headOf).join(' ')}`
    if (compared.get(repo) === key) continue
    compared.set(repo, key)
    const format = '--format=%(refname)'
    const out = await repo.git.text('for-each-ref', format, `--merged=${base}`, 'refs/pull/*/head')
    const contained = new Set(out.split('\n'))
    for (const pull of waiting) {
      if (!contained.has(`refs/pull/${pull.number}/head`)) continue
      markMerged(pull, base, account(state, repo.owner.login))
    }
  }
}

export function markMerged(pull: Pull, sha: string, by: Pull['author']): void {
  pull.state = 'closed'
  pull.closedAt = now()
  pull.closedBy = by
  pull.merged = { at: pull.closedAt, by, sha }
  touch(pull)
  if (pull.baseBranch !== pull.repo.defaultBranch) return
  for (const issue of closing(pull)) closeIssue(issue, by)
}

function heads(refs: ReadonlyMap<string, string>): string {
  return [...refs].filter(([ref]) => ref.startsWith('refs/heads/')).join('\n')
}
