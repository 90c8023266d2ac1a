import { join } from 'node:path'

import { HouseError } from '../errors.ts'
import { KINDS } from '../resource/key.ts'
import { openChannels, viewChannels } from './channels.ts'
import type { ChannelStore, ChannelView } from './channels.ts'
import { HOME_OBJECT, openEventLog } from './events.ts'
import type { EventLog } from './events.ts'
import { sweepTemp } from './files.ts'
import { makeHomeId } from './home-id.ts'
import { readHome } from './home.ts'
import type { Home } from './home.ts'
import { openInventory, viewInventory } from './inventory.ts'
import type { InventoryStore, InventoryView } from './inventory.ts'
import { openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { sweepClaims } from './lock-claim.ts'
import type { Lock } from './lock.ts'
import { clearNoPrune, forbidPrune, readNoPrune } from './no-prune.ts'
import type { NoPrune } from './no-prune.ts'
import {
  openDesired,
  openRecords,
  openStatus,
  viewDesired,
  viewRecords,
  viewStatus,
} from './objects.ts'
import type {
  DesiredStore,
  DesiredView,
  RecordStore,
  RecordView,
  StatusStore,
  StatusView,
} from './objects.ts'
import { openOutbox, viewOutbox } from './outbox.ts'
import type { OutboxStore, OutboxView } from './outbox.ts'
import type { HomePaths } from './paths.ts'
import type { CorruptFile } from './quarantine.ts'
import { sweepRequests } from './requests.ts'
import { openSightings } from './sightings.ts'
import type { SightingLog } from './sightings.ts'
import { openSources, viewSources } from './sources.ts'
import type { SourceStore, SourceView } from './sources.ts'
import type { NewEvent } from './types.ts'

/** Everything in a home, for the one process that may write it. */
export interface Store {
  readonly paths: HomePaths
  readonly desired: DesiredStore
  readonly status: StatusStore
  readonly records: RecordStore
  readonly inventory: InventoryStore
  readonly sources: SourceStore
  readonly outbox: OutboxStore
  readonly channels: ChannelStore
  readonly journal: Journal
  readonly events: EventLog
  readonly sightings: SightingLog
  /** What was found damaged when this was opened, and moved aside. */
  readonly corrupt: readonly CorruptFile[]
  /** Why nothing may be pruned, or undefined. */
  noPrune(): NoPrune | undefined
  /** To be called when something else than a damaged file makes the state doubtful. */
  forbidPrune(reason: string): Promise<void>
  /** To be called after a clean apply. */
  clearNoPrune(): Promise<void>
  close(): Promise<void>
}

/** The same for whoever only looks. Each folder is read when it is first asked for. */
export interface StoreView {
  readonly paths: HomePaths
  readonly desired: DesiredView
  readonly status: StatusView
  readonly records: RecordView
  readonly inventory: InventoryView
  readonly sources: SourceView
  readonly outbox: OutboxView
  readonly channels: ChannelView
  noPrune(): NoPrune | undefined
}

export interface StoreDeps {
  readonly now: () => Date
  readonly id: () => string
  readonly bootId: string
  /** Held as long as the store is open; nothing is written once it is lost. */
  readonly lock: Lock
}

/** Opens a home for the holder of its lock: sweeps leftovers, reads everything once, and moves aside what is damaged. */
export async function openStore(home: Home, deps: StoreDeps): Promise<Store> {
  const { paths } = home
  const fence = async (): Promise<void> => {
    if (!(await deps.lock.holds())) throw lockLost(paths)
  }
  await fence()
  await sweep(paths, deps)
  const writer = { now: deps.now, fence }
  const events = openEventLog(paths, writer)
  const sightings = openSightings(paths, writer)
  const desired = openDesired(paths, writer)
  const status = openStatus(paths, writer)
  const records = openRecords(paths, writer)
  const inventory = openInventory(paths, writer)
  const sources = openSources(paths, writer)
  const onDropped = (file: string): void => {
    // Being told is a courtesy; a disk too full for it has been reported by whoever wrote last.
    events.append(archiveDropped(file)).catch(() => undefined)
  }
  const outbox = openOutbox(paths, { ...writer, onDropped })
  const channels = openChannels(paths, writer)
  const journal = await openJournal(paths, { ...writer, id: deps.id, bootId: deps.bootId })
  const damaged = await makeHomeId(paths, deps)
  const folders = [desired, status, records, inventory, sources, outbox, channels]
  const corrupt = [...home.corrupt, ...damaged, ...folders.flatMap(folder => folder.corrupt())]
  await forbidPrune(paths, corrupt.map(sayCorrupt), deps.now())
  await outbox.archive()
  return {
    paths,
    desired,
    status,
    records,
    inventory,
    sources,
    outbox,
    channels,
    journal,
    events,
    sightings,
    corrupt,
    noPrune: () => readNoPrune(paths),
    forbidPrune: async reason => forbidPrune(paths, [reason], deps.now()),
    clearNoPrune: async () => clearNoPrune(paths),
    close: async () => {
      await Promise.all([events.close(), sightings.close(), journal.close(), outbox.close()])
    },
  }
}

/** Looks at a home without ever writing to it; undefined when there is none. */
export function readStore(
  root: string,
  program: { readonly version: string },
): StoreView | undefined {
  const paths = readHome(root, program)
  if (paths === undefined) return undefined
  return {
    paths,
    desired: viewDesired(paths),
    status: viewStatus(paths),
    records: viewRecords(paths),
    inventory: viewInventory(paths),
    sources: viewSources(paths),
    outbox: viewOutbox(paths),
    channels: viewChannels(paths),
    noPrune: () => readNoPrune(paths),
  }
}

async function sweep(paths: HomePaths, deps: StoreDeps): Promise<void> {
  const { root, desired, status, records, inventory, sources } = paths
  const { requests, outbox, channels, forge, spool } = paths
  const kinds = [desired, status].flatMap(dir => KINDS.map(kind => join(dir, kind)))
  const flat = [records, inventory, sources, requests, outbox, channels, forge, spool]
  const dirs = [root, ...kinds, ...flat]
  for (const dir of dirs) await sweepTemp(dir, deps.now())
  await sweepRequests(paths, deps.now())
  await sweepClaims(paths, deps.lock.info.nonce)
}

function sayCorrupt(corrupt: CorruptFile): string {
  return `${corrupt.file} was damaged: ${corrupt.reason}`
}

function archiveDropped(file: string): NewEvent {
  return {
    type: 'Warning',
    reason: 'ArchiveDropped',
    object: HOME_OBJECT,
    attempt: 0,
    message: `Dropped the oldest outbox archive ${file} to make room`,
  }
}

function lockLost(paths: HomePaths): HouseError {
  return new HouseError('Locked', `The lock of ${paths.root} was taken by another process`, {
    next: 'ao doctor',
  })
}
