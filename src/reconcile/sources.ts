import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import type { FSWatcher } from 'chokidar'

import { toHouseError } from '../errors.ts'
import { isNeverPruned } from '../plan/prune.ts'
import { keyOf } from '../resource/key.ts'
import type { Resolved } from '../resource/spec.ts'
import { HOME_OBJECT } from '../store/events.ts'
import type { Source } from '../store/types.ts'
import { accept } from './accept.ts'
import type { Engine } from './engine.ts'
import type { Wake } from './loop.ts'
import { isShareAllowed } from './prune-hold.ts'

/** How long after a change a source is read; and how long two looks that must agree lie apart. */
const DEBOUNCE_MS = 50
const SECOND_LOOK_MS = 200
/** Everything is read again this often, for a system may forget to tell of a change. */
const REREAD_MS = 60_000
/** Markers of something in progress in a checkout. */
const BUSY = [
  'rebase-merge',
  'rebase-apply',
  'MERGE_HEAD',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'BISECT_LOG',
]

export interface ReadSource {
  readonly resources: readonly Resolved[]
  readonly digest: string
  readonly branch: string | undefined
  /** Other files that decide what the source says. */
  readonly alsoRead: readonly string[]
  /** What is wrong with it, in one line. */
  readonly problem: string | undefined
  /** All that is wrong is that a variable is not set here. */
  readonly isLacking?: boolean
}

/** Reads a registered source; undefined for one that can't be read again, such as standard input. */
export interface SourceLoader {
  readonly prune: boolean
  load(source: Source): Promise<ReadSource | undefined>
}

/** Follows the registered sources: a changed one is accepted, one that is invalid or in the middle of something is held, and nothing of it is pruned. */
export class SourceFollower {
  readonly #engine: Engine
  readonly #loader: SourceLoader
  readonly #wake: Wake
  readonly #dirty = new Set<string>()
  /** Removals seen once, by source: what showed them and when, to be seen again. */
  readonly #seenOnce = new Map<string, { readonly digest: string; readonly at: number }>()
  /** When somebody last changed anything, by source: in the middle of a save nothing is certain. */
  readonly #changedAt = new Map<string, number>()
  readonly #watched = new Set<string>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #closed = false
  #readAllAt = -Infinity
  /** Whether the home forbade pruning at the last look. */
  #noPrune = false
  #watcher: FSWatcher | undefined

  constructor(engine: Engine, loader: SourceLoader, wake: Wake) {
    this.#engine = engine
    this.#loader = loader
    this.#wake = wake
  }

  /** Begins to watch the files. Watching only makes it quicker. */
  async watch(): Promise<void> {
    const { watch } = await import('chokidar')
    this.#watcher = watch([], { ignoreInitial: true, atomic: false })
    this.#watcher.on('all', (_event, path) => {
      this.#changed(path)
    })
    this.#watcher.on('error', () => undefined)
    // What was saved while the watching began was seen by nobody.
    this.#watcher.on('ready', () => {
      for (const source of this.#sources()) this.#dirtySoon(source.id, 0)
    })
    for (const source of this.#sources()) this.#follow(source, [])
  }

  /** Nothing wakes the loop after this. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    await this.#watcher?.close()
  }

  /** Reads every source once; where something may be removed, twice. */
  async readAll(): Promise<void> {
    this.#dirtyAll()
    await this.readChanged()
    if (this.#seenOnce.size === 0 || !this.#loader.prune) return
    await new Promise(resolve => setTimeout(resolve, SECOND_LOOK_MS + DEBOUNCE_MS))
    for (const id of this.#seenOnce.keys()) this.#dirty.add(id)
    await this.readChanged()
  }

  /** Reads what changed since the last call. */
  async readChanged(): Promise<void> {
    const noPrune = this.#engine.deps.store.noPrune() !== undefined
    const isAllowedAgain = this.#noPrune && !noPrune
    this.#noPrune = noPrune
    if (isAllowedAgain || performance.now() - this.#readAllAt > REREAD_MS) this.#dirtyAll()
    const ids = [...this.#dirty]
    this.#dirty.clear()
    for (const source of this.#sources()) {
      if (ids.includes(source.id)) await this.#read(source)
    }
  }

  #dirtyAll(): void {
    this.#readAllAt = performance.now()
    for (const source of this.#sources()) this.#dirty.add(source.id)
  }

  #sources(): readonly Source[] {
    return [...this.#engine.deps.store.sources.all().values()]
  }

  #changed(path: string): void {
    for (const source of this.#sources()) {
      if (source.path === undefined) continue
      if (!path.startsWith(source.path) && !this.#watched.has(path)) continue
      this.#changedAt.set(source.id, performance.now())
      this.#dirtySoon(source.id, DEBOUNCE_MS)
    }
  }

  #dirtySoon(id: string, ms: number): void {
    if (this.#closed) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#dirty.add(id)
      this.#wake.wake()
    }, ms)
    this.#timers.add(timer)
  }

  #follow(source: Source, alsoRead: readonly string[]): void {
    for (const path of [source.path, ...alsoRead]) {
      if (path === undefined || this.#watched.has(path)) continue
      this.#watched.add(path)
      this.#watcher?.add(path)
    }
  }

  async #read(source: Source): Promise<void> {
    const read = await this.#loader.load(source)
    if (read === undefined) return
    this.#follow(source, read.alsoRead)
    const held = heldBecause(source, read)
    if (held !== undefined) {
      await this.#hold(source, held)
      return
    }
    if (
      read.digest === source.digest &&
      source.held === undefined &&
      !this.#seenOnce.has(source.id) &&
      !this.#mayPruneNow(source, read)
    )
      return
    await this.#accept(source, read)
  }

  /** Additions and edits at once; removals only when a second look shows the same. */
  async #accept(source: Source, read: ReadSource): Promise<void> {
    const { deps } = this.#engine
    const removed = this.#removedBy(source, read)
    const certain = removed === 0 || this.#isSeenAgain(source, read)
    const owned = deps.store.inventory.get(source.id)?.items.length ?? 0
    const prune = this.#loader.prune && certain && isShareAllowed(removed, owned)
    if (certain) this.#seenOnce.delete(source.id)
    else this.#lookAgain(source, read)
    if (this.#loader.prune && certain && !isShareAllowed(removed, owned)) {
      await this.#event(
        source,
        'Warning',
        'PruneHeld',
        `${removed} of ${owned} objects would be removed at once; ao apply --prune does it`,
      )
    }
    try {
      const { keys } = await accept(deps, {
        type: 'apply',
        source: {
          id: source.id,
          type: source.type,
          ...(source.path === undefined ? {} : { path: source.path }),
          ...(source.name === source.id ? {} : { name: source.name }),
          ...(read.branch === undefined ? {} : { branch: read.branch }),
        },
        resources: read.resources,
        digest: read.digest,
        prune,
        partial: !certain,
        replace: false,
      })
      const changed = keys.filter(key => !this.#isCurrent(key))
      for (const key of changed) this.#engine.wake(key)
    } catch (error) {
      await this.#hold(source, { reason: 'SourceInvalid', message: toHouseError(error).message })
    }
  }

  /** Something was kept when the source said this for the first time, and need not be kept any more. */
  #mayPruneNow(source: Source, read: ReadSource): boolean {
    const { store } = this.#engine.deps
    if (!this.#loader.prune || store.noPrune() !== undefined || read.resources.length === 0) {
      return false
    }
    const removed = this.#removedBy(source, read)
    const owned = store.inventory.get(source.id)?.items.length ?? 0
    return removed > 0 && isShareAllowed(removed, owned)
  }

  /** Two equal looks, with as much time between them and since the last change that it is no save in progress. */
  #isSeenAgain(source: Source, read: ReadSource): boolean {
    const seen = this.#seenOnce.get(source.id)
    if (seen?.digest !== read.digest) return false
    const since = Math.max(seen.at, this.#changedAt.get(source.id) ?? -Infinity)
    return performance.now() - since >= SECOND_LOOK_MS
  }

  #lookAgain(source: Source, read: ReadSource): void {
    const seen = this.#seenOnce.get(source.id)
    const at = seen?.digest === read.digest ? seen.at : performance.now()
    this.#seenOnce.set(source.id, { digest: read.digest, at })
    this.#dirtySoon(source.id, SECOND_LOOK_MS + DEBOUNCE_MS)
  }

  #isCurrent(key: ReturnType<typeof keyOf>): boolean {
    const { store } = this.#engine.deps
    const object = store.desired.get(key)
    return (
      object?.deletionTimestamp === undefined &&
      object?.generation === store.status.get(key)?.observedGeneration
    )
  }

  #removedBy(source: Source, read: ReadSource): number {
    const declared = new Set(read.resources.map(resource => keyOf(resource.kind, resource.name)))
    return [...this.#engine.deps.store.desired.all().values()].filter(
      object =>
        object.source === source.id &&
        object.deletionTimestamp === undefined &&
        !isNeverPruned(object) &&
        !declared.has(keyOf(object.kind, object.name)),
    ).length
  }

  async #hold(source: Source, held: NonNullable<Source['held']>): Promise<void> {
    if (source.held?.reason === held.reason && source.held.message === held.message) return
    await this.#engine.deps.store.sources.update(source.id, current =>
      current === undefined ? undefined : { ...current, held },
    )
    await this.#event(
      source,
      'Warning',
      held.reason,
      `${source.path ?? source.id} is held, and nothing of it is pruned: ${held.message}`,
    )
  }

  async #event(
    source: Source,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): Promise<void> {
    const project = [...this.#engine.deps.store.desired.all().values()].find(
      object => object.kind === 'Project' && object.source === source.id,
    )
    const object = project === undefined ? HOME_OBJECT : keyOf('Project', project.name)
    await this.#engine.deps.store.events.append({ type, reason, object, attempt: 0, message })
  }
}

/** A checkout in the middle of a rebase or on another branch says nothing about what is wanted. */
function heldBecause(source: Source, read: ReadSource): NonNullable<Source['held']> | undefined {
  const busy = source.path === undefined ? undefined : busyMarker(source.path)
  if (busy !== undefined) {
    return { reason: 'SourceBusy', message: `its checkout is in the middle of something (${busy})` }
  }
  if (source.branch !== undefined && read.branch !== source.branch) {
    return {
      reason: 'SourceBranchChanged',
      message: `its checkout is on ${read.branch ?? 'no branch'}, it was applied from ${source.branch}; ao apply accepts the new one`,
    }
  }
  const { problem: message, isLacking } = read
  if (message === undefined) return undefined
  return { reason: 'SourceInvalid', message, ...(isLacking === true ? { isLacking } : {}) }
}

function busyMarker(path: string): string | undefined {
  for (let dir = path; ; dir = dirname(dir)) {
    const gitDir = gitDirOf(dir)
    if (gitDir !== undefined) return BUSY.find(marker => existsSync(join(gitDir, marker)))
    if (dir === dirname(dir)) return undefined
  }
}

/** Where git keeps the state of the checkout at `dir`; in a linked one `.git` is a file that says where. */
function gitDirOf(dir: string): string | undefined {
  const entry = join(dir, '.git')
  if (!existsSync(entry)) return undefined
  try {
    const [, place] = /^gitdir: (.*)$/m.exec(readFileSync(entry, 'utf8')) ?? []
    return place === undefined ? entry : resolve(dir, place)
  } catch {
    return entry
  }
}
