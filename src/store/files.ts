import {
  closeSync,
  fsync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'

import { errnoOf } from '../errors.ts'
import { fileError } from './file-error.ts'

const STALE_TEMP_MS = 60_000
const TEMP_NAME = /^\..+\.\d+-\d+\.tmp$/

/** The only part of writing that waits for a disk: all else is over sooner than the thread pool would begin it. */
const sync = promisify(fsync)
/** Directories whose sync has not begun. */
const syncs = new Map<string, Promise<void>>()

export interface WriteOptions {
  /** Whether the text must survive a power cut: syncs the file and the directory's entry. */
  readonly sync: boolean
}

/** What reading a file gave; `corrupt` is a file whose content cannot be what was written. */
export type FileRead<T> =
  | { readonly state: 'found'; readonly value: T }
  | { readonly state: 'absent' }
  | { readonly state: 'corrupt'; readonly reason: string }

/**
 * Replaces a file as a whole: whoever reads it sees the old text or the new one, and a failure leaves the old one and no
 * rubbish. Makes the directory when it is missing.
 */
export async function writeAtomic(
  file: string,
  text: string,
  options: WriteOptions,
): Promise<void> {
  let temp: string | undefined
  try {
    temp = await writeTemp(file, text, options)
    renameSync(temp, file)
    if (options.sync) await syncDirectory(dirname(file))
  } catch (error) {
    if (temp !== undefined) await rm(temp, { force: true }).catch(() => undefined)
    throw fileError(error, 'write', file)
  }
}

/** Like `writeAtomic`, but leaves a file alone that has this text already; says whether it wrote. */
export async function writeIfChanged(
  file: string,
  text: string,
  options: WriteOptions,
): Promise<boolean> {
  if (readText(file) === text) return false
  await writeAtomic(file, text, options)
  return true
}

/** Writes a complete private file beside `file`, under a name nobody else has, and gives back its path. */
export async function writeTemp(
  file: string,
  text: string,
  options: WriteOptions,
): Promise<string> {
  const { path, fd } = openTemp(file)
  try {
    try {
      writeFileSync(fd, text)
      if (options.sync) await sync(fd)
    } finally {
      closeSync(fd)
    }
    return path
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined)
    throw error
  }
}

/** The file's text, or undefined when there is no such file. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw fileError(error, 'read', file)
  }
}

/** Parses a file; a file that could not be read at all is an error, never `absent`. */
export function readJson<T>(file: string): FileRead<T> {
  const text = readText(file)
  if (text === undefined) return { state: 'absent' }
  try {
    return { state: 'found', value: JSON.parse(text) as T }
  } catch (error) {
    return { state: 'corrupt', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** The names in a directory in order, without hidden ones; none when there is no such directory. */
export function listNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
      .filter(name => !name.startsWith('.'))
      .sort()
  } catch (error) {
    if (isAbsent(error)) return []
    throw fileError(error, 'read', dir)
  }
}

/** Makes a directory that only its owner can open. */
export function makePrivateDirectory(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw fileError(error, 'make', dir)
  }
}

/** Removes temporary files that a killed process left in a directory more than a minute ago; gives back their paths. */
export async function sweepTemp(dir: string, now: Date): Promise<readonly string[]> {
  const swept: string[] = []
  for (const name of hiddenNames(dir)) {
    const path = join(dir, name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined || now.getTime() - stat.mtimeMs < STALE_TEMP_MS) continue
    await rm(path, { force: true })
    swept.push(path)
  }
  return swept
}

/** Makes what was renamed or removed in a directory until now last; those who ask in the same turn share one sync. */
export async function syncDirectory(dir: string): Promise<void> {
  const shared = syncs.get(dir) ?? syncSoon(dir)
  syncs.set(dir, shared)
  await shared
}

async function syncSoon(dir: string): Promise<void> {
  await nextTurn()
  syncs.delete(dir)
  const fd = openSync(dir, 'r')
  try {
    await sync(fd)
  } finally {
    closeSync(fd)
  }
}

function isAbsent(error: unknown): boolean {
  const code = errnoOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function hiddenNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir).filter(name => TEMP_NAME.test(name))
  } catch (error) {
    if (isAbsent(error)) return []
    throw fileError(error, 'read', dir)
  }
}

/** Exclusive creation makes the name ours: among threads of this process, and against leftovers of a namesake. */
function openTemp(file: string): { readonly path: string; readonly fd: number } {
  for (let n = 0; ; n += 1) {
    const path = join(dirname(file), `.${basename(file)}.${process.pid}-${n}.tmp`)
    try {
      return { path, fd: openSync(path, 'wx', 0o600) }
    } catch (error) {
      const code = errnoOf(error)
      if (code === 'ENOENT' && n === 0) {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      } else if (code !== 'EEXIST') throw error
    }
  }
}
