import { GITHUB, type Person } from './git.ts'
import { knownMergeability } from './rules.ts'
import { type Account, type Mergeability, type Pull, headOf, inTurn, now, tip } from './state.ts'
import { look, markMerged } from './sync.ts'

export type MergeMethod = 'merge' | 'squash' | 'rebase'

/** What was asked for can't be had; the number is REST's status. */
export class MergeRefused extends Error {
  readonly status: 405 | 409

  constructor(status: 405 | 409, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * What GitHub says about merging, as lazily as GitHub: the first to ask after a push hears undefined and sets off the trial merge.
 * `held` keeps it from ever coming to an end.
 */
export function askMergeability(pull: Pull, held: boolean): Mergeability | undefined {
  const base = tip(pull.repo, pull.baseBranch)
  if (pull.state === 'closed' || base === undefined || held) return undefined
  const known = knownMergeability(pull)
  if (known !== undefined) return known
  const head = headOf(pull)
  const begun = pull.mergeability
  if (begun?.base === base && begun.head === head) return undefined
  pull.mergeability = { base, head, clean: undefined, trial: undefined }
  void tryMerge(pull, base, head).then(
    made => {
      if (pull.mergeability?.base === base && pull.mergeability.head === head) {
        pull.mergeability = made
      }
    },
    // The repository went away under it: whoever asks next sets off another one.
    () => (pull.mergeability = undefined),
  )
  return undefined
}

async function tryMerge(pull: Pull, base: string, head: string): Promise<Mergeability> {
  const { git } = pull.repo
  const tree = await git.mergeTree(base, head)
  if (tree === undefined) return { base, head, clean: false, trial: undefined }
  const trial = await git.commitTree(tree, [base, head], `Merge ${head} into ${base}`)
  await git.updateRefs([[`refs/pull/${pull.number}/merge`, trial]])
  return { base, head, clean: true, trial }
}

/** Really merges, in git; throws `MergeRefused`. */
export async function mergePull(
  pull: Pull,
  by: Account,
  options: {
    readonly method: MergeMethod
    readonly expectedHead: string | undefined
    readonly title: string | undefined
    readonly message: string | undefined
  },
): Promise<string> {
  const { repo } = pull
  return inTurn(repo, async () => {
    look(repo)
    if (pull.merged !== undefined) throw new MergeRefused(405, 'Pull Request is already merged')
    if (pull.state === 'closed') throw new MergeRefused(405, 'Pull Request is closed')
    const head = headOf(pull)
    if (options.expectedHead !== undefined && options.expectedHead !== head) {
      throw new MergeRefused(409, 'Head branch was modified. Review and try the merge again.')
    }
    const base = tip(repo, pull.baseBranch)
    if (base === undefined) throw new MergeRefused(405, 'Base branch does not exist')
    const sha = await makeCommits(pull, base, head, { ...options, by })
    const ref = `refs/heads/${pull.baseBranch}`
    if (!(await repo.git.updateRefs([[ref, sha, base]]))) {
      throw new MergeRefused(405, 'Base branch was modified. Review and try the merge again.')
    }
    look(repo)
    markMerged(pull, sha, by)
    if (repo.deleteBranchOnMerge && pull.headRepo === repo) {
      await repo.git.updateRefs([[`refs/heads/${pull.headBranch}`, undefined, head]])
      look(repo)
    }
    return sha
  })
}

async function makeCommits(
  pull: Pull,
  base: string,
  head: string,
  options: Parameters<typeof mergePull>[2] & { readonly by: Account },
): Promise<string> {
  const { git } = pull.repo
  const conflict = new MergeRefused(405, 'Pull Request is not mergeable')
  if (options.method === 'rebase') {
    const made = await rebase(pull, base, head)
    if (made === undefined) throw conflict
    return made
  }
  const tree = await git.mergeTree(base, head)
  if (tree === undefined) throw conflict
  const squash = options.method === 'squash'
  const from = `${pull.headRepo?.owner.login ?? 'unknown'}/${pull.headBranch}`
  const title =
    options.title ??
    (squash ? `${pull.title} (#${pull.number})` : `Merge pull request #${pull.number} from ${from}`)
  const message = options.message ?? (squash ? '' : pull.title)
  const text = message === '' ? `${title}\n` : `${title}\n\n${message}\n`
  const author = squash ? pull.author : options.by
  return git.commitTree(tree, squash ? [base] : [base, head], text, personOf(author))
}

/** Each commit again on top of the base, as a merge of it with a stand-in that has its parent's history and the new tree. */
async function rebase(pull: Pull, base: string, head: string): Promise<string | undefined> {
  const { git } = pull.repo
  let onto = base
  for (const commit of (await git.log(['--no-merges', `${base}..${head}`])).toReversed()) {
    const parent = commit.parents[0]
    const under = await git.commit(onto)
    if (parent === undefined || under === undefined) return undefined
    const standIn = await git.commitTree(under.tree, [parent], 'stand-in')
    const tree = await git.mergeTree(standIn, commit.sha)
    if (tree === undefined) return undefined
    onto = await git.commitTree(tree, [onto], commit.message, commit.author)
  }
  return onto
}

export function personOf(account: Account): Person & { readonly date: string } {
  const email = `${account.id}+${account.login}@users.noreply.github.com`
  return account.login === GITHUB.name
    ? { ...GITHUB, date: new Date(now()).toISOString() }
    : { name: account.login, email, date: new Date(now()).toISOString() }
}
