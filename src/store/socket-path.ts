import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { HouseError, errnoOf } from '../errors.ts'
import { readText, writeIfChanged } from './files.ts'
import type { HomePaths } from './paths.ts'

/** The shortest limit of the systems we run on is 103 bytes. */
const MAX_BYTES = 100

/**
 * Where the home's tmux socket is: in the home, or, where that path would be too long, in a private directory of
 * `$XDG_RUNTIME_DIR` or the temporary directory, which is then recorded in the home and kept. Makes that directory.
 */
export async function socketPath(
  paths: HomePaths,
  xdgRuntimeDir: string | undefined,
  tmpDir: string,
): Promise<string> {
  if (fits(paths.tmuxSocket)) return paths.tmuxSocket
  const recorded = readSocketPath(paths)
  const socket = [recorded, ...shortPaths(paths, [xdgRuntimeDir, tmpDir, '/tmp'])].find(
    path => path !== undefined && fits(path) && isPrivateDirectory(dirname(path)),
  )
  if (socket === undefined) {
    throw new HouseError(
      'EnvironmentMissing',
      `No short enough directory for the tmux socket of ${paths.root}: tried the home, ` +
        `${xdgRuntimeDir ?? '$XDG_RUNTIME_DIR (not set)'} and ${tmpDir}`,
      { next: 'name a home with a shorter path with --home DIR' },
    )
  }
  await writeIfChanged(paths.tmuxSocketPointer, `${socket}\n`, { sync: true })
  return socket
}

/** The same for whoever only looks; undefined when no socket has been needed yet. */
export function readSocketPath(paths: HomePaths): string | undefined {
  if (fits(paths.tmuxSocket)) return paths.tmuxSocket
  const recorded = readText(paths.tmuxSocketPointer)?.trim()
  return recorded === '' ? undefined : recorded
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_BYTES
}

function shortPaths(paths: HomePaths, dirs: readonly (string | undefined)[]): readonly string[] {
  const hash = createHash('sha256').update(paths.root).digest('hex').slice(0, 12)
  const owner = process.getuid?.() ?? 0
  return dirs.flatMap(dir =>
    dir === undefined || dir === '' ? [] : [join(dir, `ao-${owner}-${hash}`, 'tmux.sock')],
  )
}

/** Makes the directory if it can; in a directory that everybody may write to, only one of our own may be trusted. */
function isPrivateDirectory(dir: string): boolean {
  try {
    mkdirSync(dir, { mode: 0o700 })
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') return false
  }
  const stat = lstatSync(dir, { throwIfNoEntry: false })
  return (
    stat?.isDirectory() === true && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0
  )
}
