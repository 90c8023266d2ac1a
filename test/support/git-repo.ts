import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { createGit, type Git } from '../../src/plugins/git.ts'

/** A repository with history, its bare origin and a home, all below one temporary directory. */
export interface GitRepo {
  /** Real path of the temporary directory; `remove` deletes it. */
  readonly root: string
  /** The person's main checkout, on `main`, in step with origin. */
  readonly path: string
  /** The bare origin. */
  readonly origin: string
  /** An empty AO_HOME. */
  readonly home: string
  /** What tests and adapters give their children: PATH, HOME and nothing of the starter's git. */
  readonly env: Readonly<Record<string, string>>
  /** The house's own git. */
  readonly git: Git
  /** Runs the person's git in the main checkout (or `cwd`) and gives its output, trimmed. Throws when it fails. */
  run(args: readonly string[], cwd?: string): string
  /** Writes a file into the main checkout (or `cwd`). */
  write(file: string, content: string, cwd?: string): void
  /** Writes, adds and commits one file; gives the commit's id. */
  commit(file: string, content: string, cwd?: string): string
  remove(): void
}

export interface GitRepoOptions {
  /** Commits beyond the first; default 2. */
  readonly commits?: number
  /** Default true. */
  readonly origin?: boolean
}

/** Makes a real repository; call `remove` in a `finally` or an `afterEach`. */
export function createGitRepo(options: GitRepoOptions = {}): GitRepo {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'ao-git-')))
  const path = join(root, 'repo')
  const origin = join(root, 'origin.git')
  const home = join(root, 'home')
  const person = join(root, 'person')
  for (const folder of [path, home, person]) mkdirSync(folder)
  writeFileSync(join(person, '.gitconfig'), PERSON)
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: person,
    GIT_CONFIG_NOSYSTEM: '1',
  }

  const run = (args: readonly string[], cwd = path): string =>
    execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: 'pipe' }).trim()
  const write = (file: string, content: string, cwd = path): void => {
    mkdirSync(dirname(join(cwd, file)), { recursive: true })
    writeFileSync(join(cwd, file), content)
  }
  const commit = (file: string, content: string, cwd = path): string => {
    write(file, content, cwd)
    run(['add', '--', file], cwd)
    run(['commit', '-q', '-m', `Write ${file}`], cwd)
    return run(['rev-parse', 'HEAD'], cwd)
  }

  run(['init', '-q', '-b', 'main'])
  write('.gitignore', 'node_modules/\n*.log\n.env\n')
  run(['add', '.gitignore'])
  commit('README.md', '# Sample\n')
  for (let index = 1; index <= (options.commits ?? 2); index += 1) {
    commit(`src/part-${index}.txt`, `part ${index}\n`)
  }
  if (options.origin !== false) {
    run(['init', '-q', '--bare', '-b', 'main', origin], root)
    run(['remote', 'add', 'origin', origin])
    run(['push', '-q', '-u', 'origin', 'main'])
    run(['remote', 'set-head', 'origin', 'main'])
  }
  return {
    root,
    path,
    origin,
    home,
    env,
    git: createGit({ env }),
    run,
    write,
    commit,
    remove: () => {
      rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
    },
  }
}

const PERSON = `[user]
	name = Sam Person
	email = sam@example.org
[init]
	defaultBranch = main
[commit]
	gpgSign = false
`
