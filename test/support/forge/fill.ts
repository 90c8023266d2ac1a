import { runGit } from './git.ts'
import { blankPull } from './operate.ts'
import { type Repository, type State, tip } from './state.ts'
import { look } from './sync.ts'

/** Opens many pull requests at once, each with a commit on a branch of its own: for measurements, where one after the other takes too long. */
export async function fill(
  state: State,
  repo: Repository,
  branches: readonly string[],
): Promise<readonly number[]> {
  await look(repo)
  const base = tip(repo, repo.defaultBranch)
  if (base === undefined) throw new Error(`${repo.defaultBranch} has no commit`)
  const first = repo.nextNumber
  const stream = branches.map((branch, index) => {
    const mark = `:${index + 1}`
    const text = `Work on ${branch}\n`
    return [
      `commit refs/heads/${branch}\nmark ${mark}`,
      'committer Sam Person <sam@example.org> 1700000000 +0000',
      `data ${Buffer.byteLength(text)}\n${text}from ${base}`,
      `M 100644 inline work/${index}.txt\ndata ${Buffer.byteLength(branch)}\n${branch}\n`,
      `reset refs/pull/${first + index}/head\nfrom ${mark}\n\n`,
    ].join('\n')
  })
  await runGit(['fast-import', '--quiet'], { cwd: repo.git.folder, input: stream.join('') })
  await look(repo)
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
