import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** A checkout as its files tell it; no git is started. */
export interface Checkout {
  /** Its top directory. */
  readonly path: string
  /** Its own private directory: `.git`, or what the file `.git` of a linked worktree names. */
  readonly gitDir: string
  /** The branch it is on, short; undefined when detached. */
  readonly branch: string | undefined
}

/** The checkout a directory is in, be it a main one or a linked worktree. */
export function findCheckout(dir: string): Checkout | undefined {
  for (let path = resolve(dir); ; path = dirname(path)) {
    const gitDir = gitDirOf(join(path, '.git'))
    if (gitDir !== undefined) return { path, gitDir, branch: branchIn(gitDir) }
    if (path === dirname(path)) return undefined
  }
}

function gitDirOf(git: string): string | undefined {
  const info = statSync(git, { throwIfNoEntry: false })
  if (info?.isDirectory() === true) return existsSync(join(git, 'HEAD')) ? git : undefined
  if (info?.isFile() !== true) return undefined
  const named = /^gitdir: (.+)$/m.exec(textOf(git))?.[1]
  return named === undefined ? undefined : resolve(dirname(git), named.trim())
}

function branchIn(gitDir: string): string | undefined {
  return /^ref: refs\/heads\/(.+)$/m.exec(textOf(join(gitDir, 'HEAD')))?.[1]?.trim()
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
