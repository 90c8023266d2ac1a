import { importCommits } from './git-import.ts'
import { blankPull } from './operate.ts'
import { type Repository, type State, tip } from './state.ts'
import { look } from './sync.ts'

/** Opens many pull requests at once, each with a commit on a branch of its own: for measurements, where one after the other takes too long. */
export async function fill(
  state: State,
  repo: Repository,
  branches: readonly string[],
): Promise<readonly number[]> {
  look(repo)
  const base = tip(repo, repo.defaultBranch)
  if (base === undefined) throw new Error(`${repo.defaultBranch} has no commit`)
  const first = repo.nextNumber
  const made = branches.map((branch, index) => ({
    branch,
    after: base,
    message: `Work on ${branch}`,
    files: { [`work/${index}.txt`]: branch },
  }))
  await importCommits(repo.git.folder, made)
  look(repo)
  await repo.git.updateRefs(
    branches.map((branch, index) => [`refs/pull/${first + index}/head`, tip(repo, branch)]),
  )
  look(repo)
  return branches.map(branch => {
    const pull = blankPull(state, repo, repo.owner, {
      title: `Work on ${branch}`,
      body: null,
      headRepo: repo,
      headBranch: branch,
      baseBranch: repo.defaultBranch,
      baseSha: base,
      draft: false,
    })
    repo.nextNumber += 1
    repo.issues.set(pull.number, pull)
    return pull.number
  })
}
