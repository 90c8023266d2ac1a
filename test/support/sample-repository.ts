import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A directory with `repo`, its `origin.git`, an empty `home` and the `person`'s settings. */
    readonly sampleRepository: string
  }
}

/** Makes once, before all tests, the repository that `createGitRepo` copies: it takes some twenty processes. */
export function setup({ provide }: TestProject): () => void {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'ao-sample-')))
  make(root)
  provide('sampleRepository', root)
  return () => {
    rmSync(root, { recursive: true, force: true })
  }
}

/** What a person gives to git, and tests and adapters to their children: nothing of the starter's git. */
export function environmentOf(root: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: join(root, 'person'),
    GIT_CONFIG_NOSYSTEM: '1',
  }
}

function make(root: string): void {
  const path = join(root, 'repo')
  const origin = join(root, 'origin.git')
  for (const folder of ['repo', 'home', 'person']) mkdirSync(join(root, folder))
  writeFileSync(join(root, 'person', '.gitconfig'), PERSON)
  const env = environmentOf(root)
  const run = (...args: readonly string[]): void => {
    execFileSync('git', args, { cwd: path, env, stdio: 'pipe' })
  }
  const commit = (file: string, content: string): void => {
    mkdirSync(dirname(join(path, file)), { recursive: true })
    writeFileSync(join(path, file), content)
    run('add', '--', file)
    run('commit', '-q', '-m', `Write ${file}`)
  }
  run('init', '-q', '-b', 'main')
  writeFileSync(join(path, '.gitignore'), 'node_modules/\n*.log\n.env\n')
  run('add', '.gitignore')
  commit('README.md', '# Sample\n')
  commit('src/part-1.txt', 'part 1\n')
  commit('src/part-2.txt', 'part 2\n')
  run('init', '-q', '--bare', '-b', 'main', origin)
  run('remote', 'add', 'origin', origin)
  run('push', '-q', '-u', 'origin', 'main')
  run('remote', 'set-head', 'origin', 'main')
}

const PERSON = `[user]
	name = Sam Person
	email = sam@example.org
[init]
	defaultBranch = main
[commit]
	gpgSign = false
`
