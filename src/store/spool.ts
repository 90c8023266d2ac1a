import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { errnoOf } from '../errors.ts'
import { fileError } from './file-error.ts'
import { listNames, writeAtomic } from './files.ts'

const MAX_BYTES = 64 * 1024
const MAX_REJECTED = 200
const REJECTED = 'rejected'

/** A fact somebody dropped, and the file to consume once it has been taken in. */
export interface SpoolEntry<T> {
  readonly file: string
  readonly value: T
}

export interface SpoolRead<T> {
  readonly entries: readonly SpoolEntry<T>[]
  /** Files that were no such facts, and where they are now. */
  readonly rejected: readonly { readonly file: string; readonly reason: string }[]
}

/** Drops a fact into a spool: it appears whole, under a name that sorts after what this process dropped before. */
export async function dropSpool(
  dir: string,
  report: object,
  drop: { readonly now: Date; readonly id: string },
): Promise<void> {
  const name = `${String(drop.now.getTime()).padStart(15, '0')}-${drop.id}.json`
  await writeAtomic(join(dir, name), JSON.stringify(report), { sync: false })
}

/**
 * The facts in a spool, oldest first. What is too big, no plain file, no JSON or refused by `accept` is moved to `rejected/`,
 * of which the latest 200 are kept. Only for the holder of the lock.
 */
export async function readSpool<T>(
  dir: string,
  accept: (value: unknown) => T | undefined,
): Promise<SpoolRead<T>> {
  const entries: SpoolEntry<T>[] = []
  const rejected: { readonly file: string; readonly reason: string }[] = []
  for (const file of filesByAge(dir)) {
    const read = readFact(file)
    if (read.state === 'gone') continue
    const value = read.state === 'read' ? accept(read.value) : undefined
    if (value !== undefined) entries.push({ file, value })
    else {
      const reason = read.state === 'bad' ? read.reason : 'it is no report we know'
      rejected.push({ file: await reject(dir, file), reason })
    }
  }
  return { entries, rejected }
}

/** Removes a fact that has been taken in; harmless when it is gone. */
export async function consume(file: string): Promise<void> {
  try {
    await rm(file, { force: true })
  } catch (error) {
    throw fileError(error, 'remove', file)
  }
}

type Fact =
  | { readonly state: 'read'; readonly value: unknown }
  | { readonly state: 'bad'; readonly reason: string }
  | { readonly state: 'gone' }

/** Opened without following links and without waiting, so that neither a link nor a pipe can lead us on or hold us up. */
function readFact(file: string): Fact {
  let fd: number | undefined
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const stat = fstatSync(fd)
    if (!stat.isFile()) return { state: 'bad', reason: 'it is no plain file' }
    if (stat.size > MAX_BYTES) return { state: 'bad', reason: `it has over ${MAX_BYTES} bytes` }
    return { state: 'read', value: JSON.parse(readFileSync(fd, 'utf8')) }
  } catch (error) {
    switch (errnoOf(error)) {
      case 'ENOENT':
        return { state: 'gone' }
      case 'ELOOP':
      case 'ENXIO':
      case 'EACCES':
        return { state: 'bad', reason: 'it is no plain file of ours' }
      default:
        if (error instanceof SyntaxError) return { state: 'bad', reason: error.message }
        throw fileError(error, 'read', file)
    }
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

async function reject(dir: string, file: string): Promise<string> {
  const folder = join(dir, REJECTED)
  const target = join(folder, basename(file))
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await rename(file, target)
    for (const name of listNames(folder).slice(0, -MAX_REJECTED)) {
      await rm(join(folder, name), { force: true, recursive: true })
    }
  } catch (error) {
    throw fileError(error, 'move', file)
  }
  return target
}

/** By the time of writing, then by name with its numbers as numbers: droppers differ in how they name their files. */
function filesByAge(dir: string): readonly string[] {
  return listNames(dir)
    .filter(name => name !== REJECTED)
    .flatMap(name => {
      const stat = lstatSync(join(dir, name), { bigint: true, throwIfNoEntry: false })
      return stat === undefined ? [] : [{ name, written: stat.mtimeNs }]
    })
    .sort((a, b) => {
      if (a.written !== b.written) return a.written < b.written ? -1 : 1
      return a.name.localeCompare(b.name, 'en', { numeric: true })
    })
    .map(({ name }) => join(dir, name))
}
