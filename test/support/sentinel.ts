import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

import { readRefs } from './git-refs.ts'
import type { GitRepo } from './git-repo.ts'

/** Things that are nobody's but the person's, standing beside our work. */
export interface Sentinel {
  /** Throws when anything of the person's differs by one byte. */
  check(): void
}

/**
 * Puts a foreign worktree, a foreign branch, a stash, staged and unstaged changes into the repository, and remembers the main checkout's HEAD,
 * index, configuration, hooks and files byte by byte.
 */
export function plantSentinel(repo: GitRepo): Sentinel {
  const foreign = join(repo.root, 'foreign')
  repo.shell(PLANT, [foreign])
  repo.write('.git/hooks/post-checkout', '#!/bin/sh\necho ran >> "$HOME/hooks-ran"\n')
  const look = (): Readonly<Record<string, string>> => ({
    ...digest(repo.path, '', name => !name.startsWith('.git/') && name !== '.git'),
    ...digest(join(repo.path, '.git'), '.git/', isPersonal),
    ...digest(foreign, 'foreign/', () => true),
    branches: [...readRefs(join(repo.path, '.git'))]
      .filter(([ref]) => PERSONS.test(ref))
      .join('\n'),
    hooks: String(existsSync(join(repo.root, 'person', 'hooks-ran'))),
  })
  const before = look()
  return {
    check: () => {
      expect(look()).toEqual(before)
    },
  }
}

const PLANT = `
git branch foreign-branch
git worktree add -q -b foreign-worktree "$1"
echo 'uncommitted in a foreign worktree' >"$1/note.txt"
echo '# Stashed' >README.md
git stash push -q
echo staged >staged.txt
git add staged.txt
echo '# Sample, edited' >README.md
echo untracked >untracked.txt
`

const PERSONS = /^refs\/(heads\/(main|foreign-branch|foreign-worktree)$|stash$|tags\/)/

/** What in a git directory is the person's own state rather than shared storage. */
function isPersonal(name: string): boolean {
  return (
    ['.git/HEAD', '.git/index', '.git/config', '.git/ORIG_HEAD', '.git/description'].includes(
      name,
    ) ||
    /^\.git\/(hooks|info|worktrees\/foreign|logs\/HEAD|refs\/stash|logs\/refs\/stash)/.test(name)
  )
}

function digest(
  folder: string,
  prefix: string,
  keep: (name: string) => boolean,
): Readonly<Record<string, string>> {
  // What is not the person's may come and go meanwhile: an agent's own git locks its worktree's HEAD just now.
  const personal = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
    keep(`${prefix}${name}`),
  )
  const entries = personal.map(name => {
    const path = join(folder, name)
    const stat = lstatSync(path)
    if (stat.isDirectory()) return [`${prefix}${name}`, 'directory'] as const
    const content = stat.isSymbolicLink() ? readlinkSync(path) : readFileSync(path)
    const sum = createHash('sha256').update(content).digest('hex').slice(0, 16)
    return [`${prefix}${name}`, `${stat.mode.toString(8)} ${sum}`] as const
  })
  return Object.fromEntries(entries)
}
