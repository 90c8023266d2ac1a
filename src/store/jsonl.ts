import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { fileError } from './file-error.ts'
import { listNames, readText, syncDirectory } from './files.ts'

const MAX_BYTES = 5 * 1024 * 1024
const MAX_FILES = 20

export interface JsonlOptions {
  /** Whether a line must survive a power cut before `append` ends. */
  readonly sync: boolean
  readonly maxBytes?: number
  /** How many full files are kept beside the one being written. */
  readonly maxFiles?: number
  /** Told when the oldest file was dropped to make room. */
  readonly onDropped?: (file: string) => void
}

export interface JsonlLoad<T> {
  readonly values: readonly T[]
  /** Numbers of lines that are no JSON, from 1. */
  readonly corrupt: readonly number[]
  /** The last line has no end: its writer was killed, and it is left out. */
  readonly torn: boolean
}

/** A file that lines are only ever added to, for its one writer. */
export interface JsonlLog {
  /** Adds the lines in order, whole or not at all as far as a reader can tell; those of several callers share one write. */
  append(values: readonly object[]): Promise<void>
  close(): Promise<void>
}

export function openJsonl(file: string, options: JsonlOptions): JsonlLog {
  return new AppendedFile(file, options)
}

/** Reads one file; a torn last line is dropped and lines that are no JSON are skipped and counted. */
export function loadJsonl<T>(file: string): JsonlLoad<T> {
  return parseJsonl<T>(readText(file) ?? '')
}

export function parseJsonl<T>(text: string): JsonlLoad<T> {
  const lines = text.split('\n')
  const torn = lines.pop() !== ''
  const values: T[] = []
  const corrupt: number[] = []
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    try {
      values.push(JSON.parse(line) as T)
    } catch {
      corrupt.push(index + 1)
    }
  }
  return { values, corrupt, torn }
}

/**
 * The full files of a log, oldest first. A reader looks at the file being written before it asks for these: then one that is
 * rotated meanwhile is seen twice, and never not at all.
 */
export function rotatedFiles(file: string): readonly string[] {
  const stem = basename(file, '.jsonl')
  return listNames(dirname(file))
    .filter(name => name.startsWith(`${stem}.`) && /^\.\d{6}\.jsonl$/.test(name.slice(stem.length)))
    .map(name => join(dirname(file), name))
}

interface Waiting {
  readonly text: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

class AppendedFile implements JsonlLog {
  readonly #file: string
  readonly #options: JsonlOptions
  #handle: FileHandle | undefined
  #size = 0
  #waiting: Waiting[] = []
  #draining: Promise<void> | undefined

  constructor(file: string, options: JsonlOptions) {
    this.#file = file
    this.#options = options
  }

  async append(values: readonly object[]): Promise<void> {
    if (values.length === 0) return
    const text = values.map(value => `${JSON.stringify(value)}\n`).join('')
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject })
    })
    this.#draining ??= this.#drain()
    await written
  }

  async close(): Promise<void> {
    await this.#draining
    await this.#handle?.close()
    this.#handle = undefined
  }

  async #drain(): Promise<void> {
    // Callers of this turn get into the first write together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#write(batch.map(({ text }) => text).join(''))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(fileError(error, 'write', this.#file))
      }
    }
    this.#draining = undefined
  }

  async #write(text: string): Promise<void> {
    const bytes = Buffer.byteLength(text)
    if (this.#size > 0 && this.#size + bytes > (this.#options.maxBytes ?? MAX_BYTES)) {
      await this.#rotate()
    }
    const handle = this.#handle ?? (await this.#open())
    try {
      await handle.appendFile(text)
      if (this.#options.sync) await handle.sync()
      this.#size += bytes
    } catch (error) {
      // Half a line may stand there now: the next write looks at the end again.
      this.#handle = undefined
      await handle.truncate(this.#size).catch(() => undefined)
      await handle.close().catch(() => undefined)
      throw error
    }
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 })
    const isNew = statSync(this.#file, { throwIfNoEntry: false }) === undefined
    const handle = await open(this.#file, 'a', 0o600)
    try {
      if (isNew && this.#options.sync) await syncDirectory(dirname(this.#file))
      this.#size = (await handle.stat()).size
      if (!endsWithLine(this.#file)) {
        await handle.appendFile('\n')
        this.#size += 1
      }
    } catch (error) {
      await handle.close().catch(() => undefined)
      throw error
    }
    this.#handle = handle
    return handle
  }

  async #rotate(): Promise<void> {
    await this.#handle?.close()
    this.#handle = undefined
    this.#size = 0
    const full = rotatedFiles(this.#file)
    const next = numberOf(full.at(-1)) + 1
    await rename(this.#file, rotatedFile(this.#file, next))
    const excess = full.length + 1 - (this.#options.maxFiles ?? MAX_FILES)
    for (const file of full.slice(0, Math.max(0, excess))) {
      await rm(file, { force: true })
      this.#options.onDropped?.(file)
    }
  }
}

function rotatedFile(file: string, number: number): string {
  const name = `${basename(file, '.jsonl')}.${String(number).padStart(6, '0')}.jsonl`
  return join(dirname(file), name)
}

function numberOf(file: string | undefined): number {
  return Number(/\.(\d+)\.jsonl$/.exec(file ?? '')?.[1] ?? 0)
}

function endsWithLine(file: string): boolean {
  const fd = openSync(file, 'r')
  try {
    const { size } = fstatSync(fd)
    if (size === 0) return true
    const last = Buffer.alloc(1)
    readSync(fd, last, 0, 1, size - 1)
    return last[0] === 0x0a
  } finally {
    closeSync(fd)
  }
}
