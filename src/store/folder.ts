import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { isSameJson } from '../resource/same-json.ts'
import { fileError } from './file-error.ts'
import { listNames, readText, syncDirectory, writeAtomic } from './files.ts'
import type { FileRead } from './files.ts'
import { quarantine } from './quarantine.ts'
import type { CorruptFile } from './quarantine.ts'
import { seal, unseal } from './sealed.ts'

/** Objects of one folder, by key, for whoever only looks. */
export interface FolderView<K extends string, V> {
  all(): ReadonlyMap<K, V>
  get(key: K): V | undefined
  /** A number that changes whenever a key comes or goes. */
  members(): number
  /** Reads everything again. */
  load(): void
  /** Files whose content could not be trusted, as of the last load. */
  corrupt(): readonly CorruptFile[]
}

/** The same for the one writer, who keeps everything in memory and reads once. */
export interface Folder<K extends string, V> extends FolderView<K, V> {
  /** Says whether anything was written: equal content is not. */
  put(key: K, value: V): Promise<boolean>
  remove(key: K): Promise<boolean>
  /** Reads, changes and writes as one step among the changes of this key; undefined removes. Says whether anything was written. */
  update(key: K, change: (before: V | undefined) => V | undefined): Promise<boolean>
}

export interface FolderShape<V> {
  readonly dir: string
  /** How deep the files lie: `name.json`, or `Kind/name.json`. */
  readonly depth: 1 | 2
  readonly sync: boolean
  /** The key that a value itself claims, compared with its file's name. */
  readonly keyOf?: (value: V) => string
  /** Adds what an older version did not know yet. */
  readonly complete?: (value: V) => V
}

export interface FolderWriter {
  readonly now: () => Date
  /** Throws when we may no longer write. */
  readonly fence: () => Promise<void>
}

/** Opens a folder of sealed JSON files. Without a writer it never touches the disk but to read, and reads when first asked. */
export function viewFolder<K extends string, V extends object>(
  shape: FolderShape<V>,
): FolderView<K, V> {
  return new SealedFolder<K, V>(shape, undefined)
}

/** Opens a folder for its writer: reads everything now and moves aside what is corrupt. */
export function openFolder<K extends string, V extends object>(
  shape: FolderShape<V>,
  writer: FolderWriter,
): Folder<K, V> {
  const folder = new SealedFolder<K, V>(shape, writer)
  folder.load()
  return folder
}

interface Change<V> {
  readonly change: (before: V | undefined) => V | undefined
  readonly resolve: (isChanged: boolean) => void
  readonly reject: (error: unknown) => void
}

class SealedFolder<K extends string, V extends object> implements Folder<K, V> {
  readonly #shape: FolderShape<V>
  readonly #writer: FolderWriter | undefined
  #values: Map<K, V> | undefined
  #members = 0
  #corrupt: CorruptFile[] = []
  /** Changes of the keys that are being changed: those that wait for a write share the next one. */
  readonly #waiting = new Map<K, Change<V>[]>()

  constructor(shape: FolderShape<V>, writer: FolderWriter | undefined) {
    this.#shape = shape
    this.#writer = writer
  }

  all(): ReadonlyMap<K, V> {
    return this.#loaded()
  }

  get(key: K): V | undefined {
    return this.#loaded().get(key)
  }

  members(): number {
    this.#loaded()
    return this.#members
  }

  corrupt(): readonly CorruptFile[] {
    this.#loaded()
    return this.#corrupt
  }

  load(): void {
    const values = new Map<K, V>()
    this.#corrupt = []
    for (const key of this.#keysOnDisk()) {
      const text = readText(this.#file(key))
      if (text === undefined) continue
      const read = this.#unseal(key, text)
      if (read.state === 'found') values.set(key, read.value)
      else if (read.state === 'corrupt') this.#corrupt.push(this.#report(key, read.reason))
    }
    this.#members += 1
    this.#values = values
  }

  async put(key: K, value: V): Promise<boolean> {
    // Most of what is put is there already, and each cycle puts everything.
    if (!this.#waiting.has(key) && isSameJson(value, this.get(key))) return false
    return this.update(key, () => value)
  }

  async remove(key: K): Promise<boolean> {
    return this.update(key, () => undefined)
  }

  async update(key: K, change: (before: V | undefined) => V | undefined): Promise<boolean> {
    assertSafe(key, this.#shape.depth)
    if (this.#writer === undefined) throw new TypeError(`${this.#shape.dir} is open for reading`)
    const writer = this.#writer
    return new Promise((resolve, reject) => {
      const mine = { change, resolve, reject }
      const waiting = this.#waiting.get(key)
      if (waiting === undefined) void this.#carryOut(key, [mine], writer)
      else waiting.push(mine)
    })
  }

  async #carryOut(key: K, waiting: Change<V>[], writer: FolderWriter): Promise<void> {
    this.#waiting.set(key, waiting)
    // Those who ask in the same turn get into the first write together.
    await Promise.resolve()
    while (waiting.length > 0) {
      const batch = waiting.splice(0)
      try {
        await this.#changeAll(key, batch, writer)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#waiting.delete(key)
  }

  /** One write for all of them; a change that throws is its asker's alone. */
  async #changeAll(key: K, batch: readonly Change<V>[], writer: FolderWriter): Promise<void> {
    const before = this.#loaded().get(key)
    let value = before
    const done: (() => void)[] = []
    for (const { change, resolve, reject } of batch) {
      try {
        const next = change(value)
        const isChanged = next === undefined ? value !== undefined : !isSameJson(next, value)
        if (isChanged) value = next
        done.push(() => {
          resolve(isChanged)
        })
      } catch (error) {
        reject(error)
      }
    }
    if (value !== before) await this.#replace(key, value, writer)
    for (const tell of done) tell()
  }

  async #replace(key: K, value: V | undefined, writer: FolderWriter): Promise<void> {
    const values = this.#loaded()
    await writer.fence()
    if (value === undefined) {
      await removeFile(this.#file(key), this.#shape.sync)
      values.delete(key)
      this.#members += 1
      return
    }
    await writeAtomic(this.#file(key), seal(value), { sync: this.#shape.sync })
    if (!values.has(key)) this.#members += 1
    values.set(key, value)
  }

  #loaded(): Map<K, V> {
    if (this.#values === undefined) this.load()
    return this.#values ?? new Map<K, V>()
  }

  #keysOnDisk(): readonly K[] {
    const { dir, depth } = this.#shape
    if (depth === 1) return objectNames(dir) as K[]
    return listNames(dir).flatMap(kind =>
      objectNames(join(dir, kind)).map(name => `${kind}/${name}` as K),
    )
  }

  #unseal(key: K, text: string): FileRead<V> {
    const read = unseal<V>(text)
    if (read.state !== 'found') return read
    const claimed = this.#shape.keyOf?.(read.value) ?? key
    if (claimed === key) {
      return { state: 'found', value: this.#shape.complete?.(read.value) ?? read.value }
    }
    return { state: 'corrupt', reason: `it says that it is ${claimed}` }
  }

  #report(key: K, reason: string): CorruptFile {
    const file = this.#file(key)
    return this.#writer === undefined
      ? { file, reason }
      : quarantine(file, reason, this.#writer.now())
  }

  #file(key: K): string {
    return join(this.#shape.dir, `${key}.json`)
  }
}

function objectNames(dir: string): readonly string[] {
  return listNames(dir)
    .filter(name => name.endsWith('.json'))
    .map(name => name.slice(0, -'.json'.length))
}

async function removeFile(file: string, sync: boolean): Promise<void> {
  try {
    rmSync(file, { force: true })
    if (sync) await syncDirectory(dirname(file))
  } catch (error) {
    throw fileError(error, 'remove', file)
  }
}

/** Keys become paths, so nothing in them may climb out of the folder. */
function assertSafe(key: string, depth: 1 | 2): void {
  const parts = key.split('/')
  if (parts.length === depth && parts.every(part => /^[A-Za-z0-9_-][\w.-]*$/.test(part))) return
  throw new TypeError(`"${key}" cannot be the name of a file`)
}
