import { GITHUB, runGit } from './git.ts'

/** A commit of files on a branch, and what it comes after. */
export interface NewCommit {
  readonly branch: string
  readonly after: string | undefined
  readonly message: string
  readonly files: Readonly<Record<string, string>>
}

/** Makes commits without a checkout, all of them by one process. */
export async function importCommits(folder: string, commits: readonly NewCommit[]): Promise<void> {
  const input = commits.map(entryOf).join('')
  await runGit(['fast-import', '--quiet', '--date-format=now'], { cwd: folder, input })
}

function entryOf({ branch, after, message, files }: NewCommit): string {
  const lines = [
    `commit refs/heads/${branch}`,
    'author Sam Person <sam@example.org> now',
    `committer ${GITHUB.name} <${GITHUB.email}> now`,
    dataOf(`${message}\n`),
    ...(after === undefined ? [] : [`from ${after}`]),
    ...Object.entries(files).map(
      ([path, content]) => `M 100644 inline ${path}\n${dataOf(content)}`,
    ),
  ]
  return `${lines.join('\n')}\n`
}

function dataOf(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`
}
