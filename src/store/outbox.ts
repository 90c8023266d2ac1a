import { openFolder, viewFolder } from './folder.ts'
import type { Folder, FolderShape, FolderView, FolderWriter } from './folder.ts'
import { openJsonl } from './jsonl.ts'
import type { JsonlLog } from './jsonl.ts'
import type { HomePaths } from './paths.ts'
import type { OutboxItem } from './types.ts'

const KEPT_MS = 7 * 86_400_000
const KEPT_ITEMS = 500

/** Messages and notifications, those that are finished too, for a week or the latest 500. */
export interface OutboxView {
  /** In the order in which they were put in. */
  all(): readonly OutboxItem[]
  /** What one session (uid) or notifier (name) is still to get, in order. */
  pendingFor(recipient: string): readonly OutboxItem[]
  get(id: string): OutboxItem | undefined
}

export interface OutboxStore extends OutboxView {
  /** Puts an item at the end of its queue; one that is there already keeps its place and state, so a repeated request is harmless. */
  put(item: OutboxItem): Promise<boolean>
  /** Changes an item that is there; undefined when it is not. Says what stands there now. */
  update(id: string, change: (before: OutboxItem) => OutboxItem): Promise<OutboxItem | undefined>
  remove(id: string): Promise<boolean>
  /** Moves finished items that are too old or too many into the archive file; gives back how many. */
  archive(): Promise<number>
  close(): Promise<void>
}

/** An item and its place in the order, which no clock decides. */
interface Queued {
  readonly id: string
  readonly order: number
  readonly item: OutboxItem
}

export interface OutboxWriter extends FolderWriter {
  /** Told when the archive dropped its oldest file. */
  readonly onDropped?: (file: string) => void
}

export function openOutbox(
  paths: HomePaths,
  writer: OutboxWriter,
): OutboxStore & Pick<FolderView<string, Queued>, 'corrupt'> {
  const folder = openFolder<string, Queued>(shapeOf(paths), writer)
  const { onDropped } = writer
  const archive = openJsonl(paths.outboxArchive, {
    sync: true,
    ...(onDropped === undefined ? {} : { onDropped }),
  })
  return Object.assign(new WrittenOutbox(folder, archive, writer.now), {
    corrupt: () => folder.corrupt(),
  })
}

export function viewOutbox(paths: HomePaths): OutboxView {
  return new ReadOutbox(viewFolder<string, Queued>(shapeOf(paths)))
}

/** Whether nothing more will happen to an item. */
export function isFinished(item: OutboxItem): boolean {
  switch (item.state) {
    case 'queued':
    case 'writing':
    case 'written':
      return false
    case 'accepted':
    case 'unconfirmed':
    case 'sent':
    case 'failed':
      return true
  }
}

class ReadOutbox implements OutboxView {
  readonly #folder: FolderView<string, Queued>

  constructor(folder: FolderView<string, Queued>) {
    this.#folder = folder
  }

  all(): readonly OutboxItem[] {
    return [...this.#folder.all().values()]
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item)
  }

  pendingFor(recipient: string): readonly OutboxItem[] {
    return this.all().filter(item => item.to === recipient && !isFinished(item))
  }

  get(id: string): OutboxItem | undefined {
    return this.#folder.get(id)?.item
  }
}

class WrittenOutbox extends ReadOutbox implements OutboxStore {
  readonly #folder: Folder<string, Queued>
  readonly #archive: JsonlLog
  readonly #now: () => Date
  #nextOrder: number

  constructor(folder: Folder<string, Queued>, archive: JsonlLog, now: () => Date) {
    super(folder)
    this.#folder = folder
    this.#archive = archive
    this.#now = now
    this.#nextOrder = 1 + Math.max(0, ...[...folder.all().values()].map(({ order }) => order))
  }

  async put(item: OutboxItem): Promise<boolean> {
    const order = this.#nextOrder
    this.#nextOrder += 1
    return this.#folder.update(item.id, before => before ?? { id: item.id, order, item })
  }

  async update(
    id: string,
    change: (before: OutboxItem) => OutboxItem,
  ): Promise<OutboxItem | undefined> {
    await this.#folder.update(id, before =>
      before === undefined ? undefined : { ...before, item: change(before.item) },
    )
    return this.get(id)
  }

  async remove(id: string): Promise<boolean> {
    return this.#folder.remove(id)
  }

  async archive(): Promise<number> {
    const finished = this.all().filter(isFinished)
    const excess = finished.length - KEPT_ITEMS
    const oldest = this.#now().getTime() - KEPT_MS
    const leaving = finished.filter(
      (item, index) => index < excess || Date.parse(item.updatedAt) < oldest,
    )
    // Written there before it is removed here: killed in between, it stands twice and is lost never.
    await this.#archive.append(leaving)
    for (const item of leaving) await this.#folder.remove(item.id)
    return leaving.length
  }

  async close(): Promise<void> {
    await this.#archive.close()
  }
}

function shapeOf(paths: HomePaths): FolderShape<Queued> {
  return { dir: paths.outbox, depth: 1, sync: true, keyOf: queued => queued.id }
}
