import { readText, writeAtomic } from './files.ts'
import type { HomePaths } from './paths.ts'
import type { CorruptFile } from './quarantine.ts'
import { quarantine } from './quarantine.ts'

const ID = /^[\w.-]{1,64}$/

/** The id by which what a home's sessions write is told from what those of other homes write; undefined while it has none. */
export function readHomeId(paths: HomePaths): string | undefined {
  const id = readText(paths.id)?.trim()
  return id !== undefined && ID.test(id) ? id : undefined
}

/** Gives a home its id, once and for ever. A damaged one is moved aside: whatever was signed with it is a stranger's then. */
export async function makeHomeId(
  paths: HomePaths,
  { id, now }: { readonly id: () => string; readonly now: () => Date },
): Promise<readonly CorruptFile[]> {
  if (readHomeId(paths) !== undefined) return []
  const isDamaged = readText(paths.id) !== undefined
  const corrupt = isDamaged ? [quarantine(paths.id, 'it is no id', now())] : []
  await writeAtomic(paths.id, `${id()}\n`, { sync: true })
  return corrupt
}
