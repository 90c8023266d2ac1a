import { accessSync, constants, realpathSync, statSync } from 'node:fs'

import { HouseError, errnoOf } from '../errors.ts'
import { fileError } from './file-error.ts'
import { makePrivateDirectory, readJson, writeAtomic } from './files.ts'
import { homePaths } from './paths.ts'
import type { HomePaths } from './paths.ts'
import { quarantine } from './quarantine.ts'
import type { CorruptFile } from './quarantine.ts'

/** The arrangement of files this program knows; grows only when an older program would misread them. */
export const LAYOUT = 1

export interface Home {
  readonly paths: HomePaths
  /** What was wrong with the home's own files. */
  readonly corrupt: readonly CorruptFile[]
}

interface VersionFile {
  readonly layout: number
  /** The program that made this layout. */
  readonly ao: string
}

/**
 * Makes the home ready for a command that writes. Throws `EnvironmentMissing` with the path when it cannot be written to
 * and `NewerState` when a newer program arranged it.
 */
export async function openHome(
  root: string,
  program: { readonly version: string; readonly now: Date },
): Promise<Home> {
  const paths = homePaths(makeRoot(root))
  const read = readVersion(paths, program.version)
  const corrupt =
    read.state === 'corrupt' ? [quarantine(paths.version, read.reason, program.now)] : []
  if (read.state !== 'found') {
    const file: VersionFile = { layout: LAYOUT, ao: program.version }
    await writeAtomic(paths.version, `${JSON.stringify(file)}\n`, { sync: true })
  }
  return { paths, corrupt }
}

/** The home for a command that only reads, or undefined when there is none; never writes anything. */
export function readHome(
  root: string,
  program: { readonly version: string },
): HomePaths | undefined {
  const real = existingDirectory(root)
  if (real === undefined) return undefined
  const paths = homePaths(real)
  readVersion(paths, program.version)
  return paths
}

function makeRoot(root: string): string {
  try {
    makePrivateDirectory(root)
    const real = realpathSync(root)
    accessSync(real, constants.R_OK | constants.W_OK | constants.X_OK)
    return real
  } catch (error) {
    const cause = error instanceof HouseError ? error.cause : error
    if (errnoOf(cause) === 'ENOSPC') throw fileError(cause, 'make', root)
    throw new HouseError(
      'EnvironmentMissing',
      `The home ${root} cannot be written to: ${errnoOf(cause) ?? String(cause)}`,
      { cause, next: 'ao doctor, or name another directory with --home DIR' },
    )
  }
}

function existingDirectory(root: string): string | undefined {
  try {
    const real = realpathSync(root)
    return statSync(real).isDirectory() ? real : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw fileError(error, 'read', root)
  }
}

function readVersion(paths: HomePaths, version: string): ReturnType<typeof readJson<VersionFile>> {
  const read = readJson<VersionFile>(paths.version)
  if (read.state !== 'found') return read
  if (typeof read.value?.layout !== 'number') {
    return { state: 'corrupt', reason: 'it names no layout' }
  }
  if (read.value.layout > LAYOUT) {
    throw new HouseError(
      'NewerState',
      `The home ${paths.root} has layout ${read.value.layout} of ao ${read.value.ao}; ` +
        `this is ao ${version}, which knows layouts up to ${LAYOUT}`,
      { next: 'npm install --global aoctl@latest' },
    )
  }
  return read
}
