import type { ResourceKey } from '../resource/key.ts'
import { openFolder, viewFolder } from './folder.ts'
import type { Folder, FolderShape, FolderView, FolderWriter } from './folder.ts'
import type { HomePaths } from './paths.ts'
import type { Inventory, InventoryItem } from './types.ts'

/** What became of an object in one apply; an object that was admitted is `applied`, whatever its effects met later. */
export type SettleResult =
  | 'applied'
  | 'apply-failed'
  | 'apply-skipped'
  | 'deleted'
  | 'delete-failed'
  | 'delete-skipped'
  | 'wait-failed'
  | 'wait-timed-out'
  | 'invalid'
  | 'abandoned'

export type InventoryView = FolderView<string, Inventory>
export type InventoryStore = Folder<string, Inventory>

/** What must be stored before an apply begins: everything of before, and everything it may create. */
export function unionInventory(
  before: readonly InventoryItem[],
  adding: readonly InventoryItem[],
): readonly InventoryItem[] {
  return inOrder([...before, ...adding])
}

/** What a prune would delete: what was owned and is declared no longer. */
export function diffInventory(
  before: readonly InventoryItem[],
  declared: ReadonlySet<ResourceKey>,
): readonly InventoryItem[] {
  return inOrder(before.filter(item => !declared.has(item.key)))
}

/**
 * What is owned after an apply. Drops only what is known to be gone or was let go of: whatever was owned before and
 * failed, was skipped, is invalid or was never reached stays.
 */
export function settleInventory(
  before: readonly InventoryItem[],
  results: readonly (InventoryItem & { readonly result: SettleResult })[],
): readonly InventoryItem[] {
  const owned = new Set(before.map(identity))
  const dropped = new Set(results.filter(({ result }) => isGone(result)).map(identity))
  const kept = results.filter(item => keeps(item.result, owned.has(identity(item))))
  return inOrder([...before, ...kept]).filter(item => !dropped.has(identity(item)))
}

export function openInventory(paths: HomePaths, writer: FolderWriter): InventoryStore {
  return openFolder(inventoryShape(paths), writer)
}

export function viewInventory(paths: HomePaths): InventoryView {
  return viewFolder(inventoryShape(paths))
}

function inventoryShape(paths: HomePaths): FolderShape<Inventory> {
  return { dir: paths.inventory, depth: 1, sync: true, keyOf: inventory => inventory.source }
}

function keeps(result: SettleResult, wasOwned: boolean): boolean {
  switch (result) {
    case 'applied':
      return true
    case 'apply-failed':
    case 'apply-skipped':
    case 'delete-failed':
    case 'delete-skipped':
    case 'wait-failed':
    case 'wait-timed-out':
    case 'invalid':
      return wasOwned
    case 'deleted':
    case 'abandoned':
      return false
  }
}

function isGone(result: SettleResult): boolean {
  return result === 'deleted' || result === 'abandoned'
}

/** A namesake with another uid is another object: until the old one is seen to be gone, both are owned. */
function identity(item: InventoryItem): string {
  return `${item.key} ${item.uid}`
}

function inOrder(items: readonly InventoryItem[]): readonly InventoryItem[] {
  const byIdentity = new Map(items.map(({ key, uid }) => [`${key} ${uid}`, { key, uid }]))
  return [...byIdentity].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
}
