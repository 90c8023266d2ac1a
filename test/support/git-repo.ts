import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inject } from 'vitest'

import { createGit, type Git } from '../../src/plugins/git.ts'
import { environmentOf } from './sample-repository.ts'

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
  /** Runs several of the person's commands, which stop at the first that fails, at the price of one. */
  shell(script: string, args?: readonly string[], cwd?: string): string
  /** Writes a file into the main checkout (or `cwd`). */
  write(file: string, content: string, cwd?: string): void
  /** Writes, adds and commits one file; gives the commit's id. */
  commit(file: string, content: string, cwd?: string): string
  remove(): void
}

export interface GitRepoOptions {
  /** Default true. */
  readonly origin?: boolean
}

/** Makes a real repository; call `remove` in a `finally` or an `afterEach`. */
export function createGitRepo(options: GitRepoOptions = {}): GitRepo {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'ao-git-')))
  const path = join(root, 'repo')
  const origin = join(root, 'origin.git')
  const home = join(root, 'home')
  const env = environmentOf(root)

  const run = (args: readonly string[], cwd = path): string =>
    execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: 'pipe' }).trim()
  const shell = (script: string, args: readonly string[] = [], cwd = path): string =>
    execFileSync('sh', ['-ec', script, 'sh', ...args], {
      cwd,
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim()
  const write = (file: string, content: string, cwd = path): void => {
    mkdirSync(dirname(join(cwd, file)), { recursive: true })
    writeFileSync(join(cwd, file), content)
  }
  const commit = (file: string, content: string, cwd = path): string => {
    write(file, content, cwd)
    return shell(COMMIT, [file, `Write ${file}`], cwd)
  }

  const sample = inject('sampleRepository')
  // What git remembers of the files is of those that were copied.
  shell('cp -Rp "$1/." .; cd repo; git update-index -q --refresh', [sample], root)
  const config = join(path, '.git', 'config')
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll(sample, root))
  if (options.origin === false) {
    run(['remote', 'remove', 'origin'])
    rmSync(origin, { recursive: true })
  }
  return {
    root,
    path,
    origin,
    home,
    env,
    git: createGit({ env }),
    run,
    shell,
    write,
    commit,
    remove: () => {
      rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
    },
  }
}

const COMMIT = 'git add -- "$1"; git commit -q -m "$2"; git rev-parse HEAD'
