import { createHash } from 'node:crypto'

import { HouseError } from '../errors.ts'
import { openFolder, viewFolder } from './folder.ts'
import type { Folder, FolderShape, FolderView, FolderWriter } from './folder.ts'
import type { HomePaths } from './paths.ts'
import type { Source } from './types.ts'

const MAX_NAME = 64
const SLUG_LENGTH = 40

export type SourceView = FolderView<string, Source>
export type SourceStore = Folder<string, Source>

/**
 * The id of a manifest source, which is also a file name: the name it was given, else the end of its real path and a hash
 * of the whole; `stdin` for an unnamed standard input.
 */
export function sourceIdOf(source: { readonly name?: string; readonly path?: string }): string {
  if (source.name !== undefined) return checkedName(source.name)
  if (source.path === undefined) return 'stdin'
  const hash = createHash('sha256').update(source.path).digest('hex').slice(0, 8)
  const slug = source.path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(-SLUG_LENGTH)
    .replace(/^-+|-+$/g, '')
  return slug === '' ? hash : `${slug}-${hash}`
}

export function openSources(paths: HomePaths, writer: FolderWriter): SourceStore {
  return openFolder(sourceShape(paths), writer)
}

export function viewSources(paths: HomePaths): SourceView {
  return viewFolder(sourceShape(paths))
}

function sourceShape(paths: HomePaths): FolderShape<Source> {
  return { dir: paths.sources, depth: 1, sync: true, keyOf: source => source.id }
}

function checkedName(name: string): string {
  if (name.length <= MAX_NAME && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return name
  throw new HouseError(
    'Usage',
    `--source "${name}" is no usable name: letters, digits, "-", "_" and ".", at most ${MAX_NAME}, ` +
      'starting with a letter or digit',
  )
}
