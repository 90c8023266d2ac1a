import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'

import { expect } from 'vitest'

/** What of `.git` is the person's and no business of ours. Branches are compared one by one. */
const PERSONAL = [
  'HEAD',
  'index',
  'config',
  'info',
  'hooks',
  'logs/HEAD',
  'ORIG_HEAD',
  'MERGE_HEAD',
]

/** A seal on a person's checkout: `assertWhole` fails with the names of what changed. */
export interface CheckoutSeal {
  assertWhole(): void
}

/** Remembers the checkout at `path` to the byte: files, HEAD, index, configuration, hooks, and every branch but those in `mayMove`. */
export function sealCheckout(path: string, mayMove: () => readonly string[]): CheckoutSeal {
  const before = contentsOf(path)
  return {
    assertWhole() {
      const except = new Set(mayMove().map(branch => `.git/refs/heads/${branch}`))
      const after = contentsOf(path)
      for (const name of except) {
        before.delete(name)
        after.delete(name)
      }
      expect(Object.fromEntries(after)).toEqual(Object.fromEntries(before))
    },
  }
}

function contentsOf(path: string): Map<string, string> {
  const contents = new Map<string, string>()
  const add = (file: string): void => {
    const stat = lstatSync(file, { throwIfNoEntry: false })
    if (stat === undefined) return
    if (stat.isDirectory()) {
      for (const name of readdirSync(file)) {
        if (file !== path || name !== '.git') add(join(file, name))
      }
      return
    }
    contents.set(relative(path, file), stat.isSymbolicLink() ? readlinkSync(file) : digest(file))
  }
  add(path)
  for (const name of PERSONAL) add(join(path, '.git', name))
  add(join(path, '.git', 'refs', 'heads'))
  add(join(path, '.git', 'refs', 'tags'))
  add(join(path, '.git', 'refs', 'stash'))
  return contents
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
