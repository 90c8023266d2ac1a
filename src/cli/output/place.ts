import { isAbsolute, relative, sep } from 'node:path'

import type { ResourceKey } from '../../resource/key.ts'
import { splitKey } from '../../resource/key.ts'
import type { Position } from '../../resource/spec.ts'
import type { Look } from './look.ts'
import { clean } from './text.ts'

type Here = Pick<Look, 'home' | 'cwd'>

/** A path as a person standing in `cwd` would type it. */
export function showPath(path: string, { home, cwd }: Here): string {
  if (!isAbsolute(path)) return clean(path)
  if (cwd !== undefined && isBelow(path, cwd)) return clean(relative(cwd, path))
  if (home !== undefined && isBelow(path, home)) return clean(`~${sep}${relative(home, path)}`)
  return clean(path)
}

/** `file:line:col`, which terminals and editors can open. */
export function showPosition(position: Position, here: Here): string {
  return `${showPath(position.file, here)}:${position.line}:${position.col}`
}

/** An object in running text: `Worker app-7`. */
export function showKey(key: ResourceKey): string {
  const { kind, name } = splitKey(key)
  return clean(`${kind} ${name}`)
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}
