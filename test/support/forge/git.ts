import { execFile } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'

import { readRefs } from '../git-refs.ts'

/** Who a commit is from. */
export interface Person {
  readonly name: string
  readonly email: string
}

export interface CommitInfo {
  readonly sha: string
  readonly tree: string
  readonly parents: readonly string[]
  readonly author: Person & { readonly date: string }
  readonly committer: Person & { readonly date: string }
  readonly message: string
}

export interface FileChange {
  readonly path: string
  readonly previous: string | undefined
  readonly status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed'
  readonly additions: number
  readonly deletions: number
  readonly blob: string | null
  readonly patch: string | undefined
}

export type BareGit = ReturnType<typeof openBare>

export const GITHUB: Person = { name: 'GitHub', email: 'noreply@github.com' }

const ENV = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  LC_ALL: 'C',
  // Refs are read as files.
  GIT_DEFAULT_REF_FORMAT: 'files',
}
const STATUS = { A: 'added', D: 'removed', M: 'modified', R: 'renamed', C: 'copied' } as const
const COMMIT_FORMAT = '%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x01'

/** Git on one bare repository. What is known by its id never changes and is asked once. */
export function openBare(folder: string) {
  const commits = new Map<string, CommitInfo>()
  const known = new Map<string, Promise<unknown>>()
  const git = (args: readonly string[], options: RunOptions = {}) =>
    runGit(args, { ...options, cwd: folder })
  const text = async (...args: readonly string[]) => (await git(args)).stdout.trim()

  /** Between two commits nothing ever changes. */
  async function once<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const asked = (known.get(key) as Promise<T> | undefined) ?? ask()
    known.set(key, asked)
    return asked
  }

  async function log(range: readonly string[]): Promise<readonly CommitInfo[]> {
    const found = parseCommits(await text('log', `--format=${COMMIT_FORMAT}`, ...range, '--'))
    for (const commit of found) commits.set(commit.sha, commit)
    return found
  }

  async function commit(name: string): Promise<CommitInfo | undefined> {
    const known = commits.get(name)
    if (known !== undefined) return known
    const found = await git(['log', `--format=${COMMIT_FORMAT}`, '-1', `${name}^{commit}`, '--'], {
      mayFail: true,
    })
    const [made] = found.code === 0 ? parseCommits(found.stdout.trim()) : []
    if (made !== undefined) commits.set(made.sha, made)
    return made
  }

  return {
    folder,
    text,
    log,

    /** As they are now; asked before every answer, so without a process. */
    refs: (): ReadonlyMap<string, string> => readRefs(folder),

    /** All or none: `[ref, new, old]`; an undefined new deletes, an old that isn't so any more fails. */
    async updateRefs(
      changes: readonly (readonly [string, string | undefined, string?])[],
    ): Promise<boolean> {
      const lines = changes.map(([ref, to, from]) =>
        to === undefined
          ? `delete ${ref}${from === undefined ? '' : ` ${from}`}\n`
          : `update ${ref} ${to}${from === undefined ? '' : ` ${from}`}\n`,
      )
      const input = lines.join('')
      return (await git(['update-ref', '--stdin'], { input, mayFail: true })).code === 0
    },

    commit,

    /** What `to` has and `from` has not, newest first; both are ids. */
    async between(from: string, to: string): Promise<readonly CommitInfo[]> {
      return once(`between ${from} ${to}`, async () => log([`${from}..${to}`]))
    },

    /** The id of what a ref, a tag, or a whole or shortened id names. */
    resolve: async (name: string): Promise<string | undefined> => (await commit(name))?.sha,

    async mergeBase(left: string, right: string): Promise<string | undefined> {
      return once(`base ${left} ${right}`, async () => {
        const found = await git(['merge-base', left, right], { mayFail: true })
        return found.code === 0 ? found.stdout.trim() : undefined
      })
    },

    /** The tree of a merge, or undefined when it conflicts; both are ids. */
    async mergeTree(ours: string, theirs: string): Promise<string | undefined> {
      return once(`merge ${ours} ${theirs}`, async () => {
        const merged = await git(
          ['merge-tree', '--write-tree', '--allow-unrelated-histories', ours, theirs],
          { mayFail: true },
        )
        if (merged.code > 1) throw new Error(`git merge-tree: ${merged.stderr}`)
        return merged.code === 0 ? merged.stdout.split('\n')[0] : undefined
      })
    },

    async commitTree(
      tree: string,
      parents: readonly string[],
      message: string,
      author: Person & { readonly date?: string } = GITHUB,
    ): Promise<string> {
      const made = await git(['commit-tree', tree, ...parents.flatMap(sha => ['-p', sha])], {
        input: message,
        env: {
          GIT_AUTHOR_NAME: author.name,
          GIT_AUTHOR_EMAIL: author.email,
          ...(author.date === undefined ? {} : { GIT_AUTHOR_DATE: author.date }),
          GIT_COMMITTER_NAME: GITHUB.name,
          GIT_COMMITTER_EMAIL: GITHUB.email,
        },
      })
      return made.stdout.trim()
    },

    /** Whether a file is the same in both; both are ids. */
    async isSame(from: string, to: string, path: string): Promise<boolean> {
      return once(`same ${from} ${to} ${path}`, async () => {
        const found = await git(['diff', '--quiet', from, to, '--', path], { mayFail: true })
        return found.code === 0
      })
    },

    /** What `to` changes against `from`; both are ids. */
    async changes(from: string, to: string): Promise<readonly FileChange[]> {
      return once(`changes ${from} ${to}`, async () => {
        const form = ['--raw', '--numstat', '--patch', '-z', '--no-abbrev', '-M', '--no-color']
        return parseChanges((await git(['diff', ...form, from, to])).stdout)
      })
    },
  }
}

export async function makeBare(folder: string, branch: string): Promise<BareGit> {
  await runGit(['init', '-q', '--bare', '-b', branch, folder])
  appendFileSync(join(folder, 'config'), SERVED)
  return openBare(folder)
}

const SERVED = `[http]
	receivepack = true
[receive]
	hideRefs = refs/pull
	autogc = false
[gc]
	auto = 0
`

function parseCommits(out: string): readonly CommitInfo[] {
  return out
    .split('\x01')
    .map(entry => entry.replace(/^\n/, ''))
    .filter(entry => entry !== '')
    .map(entry => {
      const [sha, tree, parents, an, ae, ad, cn, ce, cd, ...message] = entry.split('\0')
      return {
        sha: sha ?? '',
        tree: tree ?? '',
        parents: parents === '' ? [] : (parents ?? '').split(' '),
        author: { name: an ?? '', email: ae ?? '', date: ad ?? '' },
        committer: { name: cn ?? '', email: ce ?? '', date: cd ?? '' },
        message: message.join('\0').trimEnd(),
      }
    })
}

/** What changed, then how many lines of what, then, after an empty field, the changes themselves. */
function parseChanges(out: string): readonly FileChange[] {
  const end = out.indexOf('\0\0')
  const fields = out.slice(0, end + 1).split('\0')
  const changed: Pick<FileChange, 'path' | 'previous' | 'status' | 'blob'>[] = []
  let at = 0
  while ((fields[at] ?? '').startsWith(':')) {
    const [, , , blob, letter = 'M'] = (fields[at] ?? '').split(' ')
    const moved = letter.startsWith('R') || letter.startsWith('C')
    changed.push({
      path: fields[at + (moved ? 2 : 1)] ?? '',
      previous: moved ? fields[at + 1] : undefined,
      status: STATUS[letter[0] as keyof typeof STATUS] ?? 'changed',
      blob: letter === 'D' ? null : (blob ?? null),
    })
    at += moved ? 3 : 2
  }
  const counts = parseCounts(fields.slice(at))
  const patches = parsePatches(out.slice(end + 2))
  return changed.map((change, index) => {
    const [additions, deletions] = counts.get(change.path) ?? [0, 0]
    return { ...change, additions, deletions, patch: patches[index] }
  })
}

function parseCounts(fields: readonly string[]): ReadonlyMap<string, readonly [number, number]> {
  const found = new Map<string, readonly [number, number]>()
  for (let at = 0; (fields[at] ?? '') !== '';) {
    const [added = '0', removed = '0', path = ''] = (fields[at] ?? '').split('\t')
    const moved = path === ''
    found.set(moved ? (fields[at + 2] ?? '') : path, [Number(added) || 0, Number(removed) || 0])
    at += moved ? 3 : 1
  }
  return found
}

/** The hunks of each file, in git's order; undefined for binaries and pure renames. */
function parsePatches(patch: string): readonly (string | undefined)[] {
  return patch
    .split(/^diff --git .*\n/m)
    .slice(1)
    .map(file => {
      const start = file.search(/^@@ /m)
      return start < 0 ? undefined : file.slice(start).trimEnd()
    })
}

interface RunOptions {
  readonly cwd?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly mayFail?: boolean
}

export interface GitResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs git in an environment of its own: nothing of the tester's settings counts here. */
export async function runGit(
  args: readonly string[],
  options: RunOptions = {},
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      args,
      { cwd: options.cwd, env: { ...ENV, ...options.env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 128
        if (code === 0 || options.mayFail === true) resolve({ code, stdout, stderr })
        else reject(new Error(`git ${args.join(' ')}: ${stderr}`, { cause: error }))
      },
    )
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input ?? '')
  })
}
