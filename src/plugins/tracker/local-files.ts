import { randomUUID } from 'node:crypto'
import { open, readFile, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'

import { errnoOf, HouseError } from '../../errors.ts'
import type { TrackerProject } from '../tracker.ts'

const MAX_FILE = 1024 * 1024
/** An editor that saves at the same moment wins, and we look again. */
const TRIES = 5
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

export const DEFAULT_PATH = './issues'

/** Whether text can be the id of an issue, which is its file's name without `.md`. */
export function isId(id: string): boolean {
  return ID.test(id)
}

/** The ids of every issue in the directory, those changed last first. */
export async function listIds(folder: string): Promise<readonly string[]> {
  const names = await reading(folder, async () => readdir(folder))
  const ids = names.filter(name => name.endsWith('.md')).map(name => name.slice(0, -'.md'.length))
  const dated = await Promise.all(
    ids.filter(isId).map(async id => {
      const file = join(folder, `${id}.md`)
      const { mtimeMs } = await reading(file, async () => stat(file))
      return { id, mtimeMs }
    }),
  )
  return dated
    .toSorted((a, b) => b.mtimeMs - a.mtimeMs || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id)
}

/**
 * Replaces a file by what `change` makes of its text, as one step: nobody ever reads half of it, and what somebody else wrote meanwhile is not
 * lost. Gives false when there was nothing to change, undefined when there is no such file.
 */
export async function changeFile(
  file: string,
  folder: string,
  change: (text: string) => string | undefined,
): Promise<boolean | undefined> {
  const target = await real(file)
  if (target === undefined) return undefined
  assertInside(file, target, folder)
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const before = await reading(file, async () => readFile(target, 'utf8'))
    const after = change(before)
    if (after === undefined || after === before) return false
    if (await replace(target, before, after)) return true
  }
  throw new HouseError('Conflict', `${file} is being changed by somebody else`, { retryable: true })
}

async function replace(target: string, before: string, after: string): Promise<boolean> {
  const fresh = join(dirname(target), `.${basename(target)}.${randomUUID()}`)
  try {
    const { mode } = await stat(target)
    await writeFile(fresh, after, { mode: mode & 0o777, flag: 'wx', flush: true })
    if ((await readFile(target, 'utf8')) !== before) return false
    await rename(fresh, target)
    return true
  } catch (error) {
    throw unreadable(target, error, 'written')
  } finally {
    await rm(fresh, { force: true })
  }
}

/** The directory as it is declared, absolute, whether or not it is there. */
export function declaredFolder({ config, baseDir }: TrackerProject): string {
  return resolve(baseDir, pathIn(config))
}

function pathIn(config: TrackerProject['config']): string {
  return typeof config['path'] === 'string' ? config['path'] : DEFAULT_PATH
}

/** Real path of the directory; undefined when there is none. Throws `Refused` when it is not in the repository. */
export async function findFolder({
  config,
  baseDir,
  repository,
}: TrackerProject): Promise<string | undefined> {
  const path = pathIn(config)
  const wanted = resolve(baseDir, path)
  const folder = await real(wanted)
  const root = await real(repository)
  if (root === undefined) {
    throw new HouseError('Unreachable', `the repository ${repository} is not there`, {
      retryable: true,
    })
  }
  const judged = folder ?? wanted
  if (!isInside(judged, root) && !isInside(judged, resolve(repository))) {
    throw new HouseError(
      'Refused',
      `the tracker's path "${path}" leads to ${judged}, outside of the repository ${root}`,
      { next: 'ao explain project.spec.tracker' },
    )
  }
  return folder
}

/** Undefined when there is no such file. A link may lead to another file of the directory, and nowhere else. */
export async function readIssueFile(file: string, folder: string): Promise<string | undefined> {
  const target = await real(file)
  if (target === undefined) return undefined
  assertInside(file, target, folder)
  return reading(file, async () => {
    const handle = await open(target, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_FILE), 0, MAX_FILE, 0)
      return buffer.subarray(0, bytesRead).toString()
    } finally {
      await handle.close()
    }
  })
}

function assertInside(file: string, target: string, folder: string): void {
  if (isInside(target, folder)) return
  throw new HouseError('Refused', `${file} leads to ${target}, outside of ${folder}`)
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw unreadable(path, error)
  }
}

async function real(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(path, error)
  }
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

function unreadable(path: string, cause: unknown, what = 'read'): HouseError {
  const reason = errnoOf(cause) ?? String(cause)
  return new HouseError('Unreachable', `${path} could not be ${what}: ${reason}`, {
    cause,
    retryable: true,
  })
}
