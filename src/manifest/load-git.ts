import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * The main checkout of the repository that holds a directory; undefined outside of any. In a linked worktree that is the
 * checkout it was made from, unless that repository is bare and has none.
 */
export function findGitRoot(dir: string): string | undefined {
  for (let folder = resolve(dir); ; folder = dirname(folder)) {
    const git = join(folder, '.git')
    const info = statSync(git, { throwIfNoEntry: false })
    if (info?.isDirectory() === true) return folder
    if (info?.isFile() === true) return mainCheckoutOf(git) ?? folder
    if (folder === dirname(folder)) return undefined
  }
}

/** A linked worktree's `.git` names its private directory, which names the common one; a submodule's has none. */
function mainCheckoutOf(gitFile: string): string | undefined {
  const gitDir = /^gitdir: (.+)$/m.exec(textOf(gitFile) ?? '')?.[1]
  if (gitDir === undefined) return undefined
  const own = resolve(dirname(gitFile), gitDir.trim())
  const common = textOf(join(own, 'commondir'))
  if (common === undefined) return undefined
  const commonDir = resolve(own, common.trim())
  return basename(commonDir) === '.git' ? dirname(commonDir) : undefined
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
