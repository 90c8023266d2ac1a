import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const ID = /^[0-9a-f]{40,64}$/

/** The refs of a bare repository, in git's order. What comes or goes meanwhile is there or not, as for git itself. */
export function readRefs(folder: string): ReadonlyMap<string, string> {
  // Loose ones first, as git does: packing writes the pack before it takes them away.
  const loose = looseRefs(folder, 'refs')
  const all = new Map([...packedRefs(folder), ...loose])
  return new Map([...all].toSorted(([left], [right]) => (left < right ? -1 : 1)))
}

function looseRefs(folder: string, below: string): readonly (readonly [string, string])[] {
  const entries = present(() => readdirSync(join(folder, below), { withFileTypes: true })) ?? []
  return entries.flatMap(entry => {
    const ref = `${below}/${entry.name}`
    if (entry.isDirectory()) return looseRefs(folder, ref)
    const id = present(() => readFileSync(join(folder, ref), 'utf8'))?.trim() ?? ''
    return ID.test(id) && !ref.endsWith('.lock') ? [[ref, id] as const] : []
  })
}

function packedRefs(folder: string): readonly (readonly [string, string])[] {
  const text = present(() => readFileSync(join(folder, 'packed-refs'), 'utf8')) ?? ''
  return text.split('\n').flatMap(line => {
    const [id = '', ref = ''] = line.split(' ')
    return ID.test(id) ? [[ref, id] as const] : []
  })
}

/** What can be read, unless it is gone. */
function present<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
