import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { join } from 'node:path'

import { errnoOf } from '../../errors.ts'
import type { WorktreeOwner } from '../workspace.ts'

export const OWNER_FILE = 'ao.json'

const STAGES = ['added', 'populated', 'prepared'] as const
const PURPOSES = ['session', 'check'] as const

/** The owner file as we write it: who owns the worktree, and what we put there that is nobody's work. */
export interface OwnerFile extends WorktreeOwner {
  /** Symlinks made by us, relative to the checkout; inspect and preserve look past them. */
  readonly links: readonly string[]
}

/** File contents by path, read again only when the file was replaced or written; one generation is kept. */
export interface FileMemory {
  readonly before: ReadonlyMap<string, RememberedFile>
  readonly now: Map<string, RememberedFile>
}

export interface RememberedFile {
  readonly stamp: string
  readonly text: string
}

/** Parses an owner file; undefined for text that isn't one, which makes the worktree somebody else's. */
export function parseOwner(text: string): OwnerFile | undefined {
  const value = parseObject(text)
  if (value === undefined) return undefined
  const { uid, session, home } = value
  const stage = STAGES.find(one => one === value['stage'])
  const purpose = PURPOSES.find(one => one === value['purpose'])
  if (typeof uid !== 'string' || typeof session !== 'string' || typeof home !== 'string') {
    return undefined
  }
  if (stage === undefined || purpose === undefined) return undefined
  const links = Array.isArray(value['links']) ? value['links'].filter(isText) : []
  return { uid, session, home, stage, purpose, links }
}

/** Writes the owner file by rename, so that a reader sees the old or the new one. */
export function writeOwner(gitDir: string, owner: OwnerFile): void {
  const file = join(gitDir, OWNER_FILE)
  const draft = `${file}.${randomUUID()}`
  try {
    writeFileSync(draft, `${JSON.stringify(owner, undefined, 2)}\n`)
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/**
 * Deletes an administrative directory, so that the next call can finish for one that was killed: first what could be read as work once
 * more, last what proves whose it is.
 */
export function deleteGitDir(gitDir: string): void {
  const first = ['index', 'HEAD']
  const last = [OWNER_FILE, 'gitdir']
  const others = listNames(gitDir).filter(name => ![...first, ...last].includes(name))
  for (const name of [...first, ...others, ...last]) {
    rmSync(join(gitDir, name), { recursive: true, force: true })
  }
  rmSync(gitDir, { recursive: true, force: true })
}

/** A small file's text; undefined when there is none. Whatever else is wrong (permissions, a bad disk) is thrown. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** The names in a folder, sorted; none when there is no folder. */
export function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

/** As `readText`, by way of the memory; `known` is what was just learnt of the file. */
export function readRemembered(
  file: string,
  memory: FileMemory | undefined,
  known?: Stats,
): string | undefined {
  if (memory === undefined) return readText(file)
  const stat = known ?? statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  const stamp = `${stat.ino}:${stat.mtimeMs}:${stat.ctimeMs}:${stat.size}`
  const remembered = memory.before.get(file)
  const text = remembered?.stamp === stamp ? remembered.text : readText(file)
  if (text !== undefined) memory.now.set(file, { stamp, text })
  return text
}

export function isGone(error: unknown): boolean {
  const code = errnoOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
