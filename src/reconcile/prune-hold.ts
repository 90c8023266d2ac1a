import type { NoPrune } from '../store/no-prune.ts'
import type { PruneHold } from '../plan/prune.ts'

/** A watch removes at most this many, or this share, of a source's objects by itself. */
const MOST_AT_ONCE = 5
const MOST_SHARE = 0.3

/** Why nothing may be pruned now, whoever asks: state was damaged or lost, or nothing at all is declared. Undefined when it may. */
export function pruneHold(input: {
  readonly noPrune: NoPrune | undefined
  readonly declared: number
  /** Desired objects of the source, and whether its inventory knows of any. */
  readonly owned: number
  readonly hasInventory: boolean
}): PruneHold | undefined {
  if (input.noPrune !== undefined) {
    return {
      guard: 'StateDamaged',
      message: `state was damaged (${input.noPrune.reasons[0] ?? 'unknown'}); one clean apply without --prune comes first`,
      unblock: 'ao apply (without --prune), then again with it',
    }
  }
  if (input.owned > 0 && !input.hasInventory) {
    return {
      guard: 'InventoryMissing',
      message: 'the inventory of the source was lost; one clean apply makes it anew',
      unblock: 'ao apply (without --prune), then again with it',
    }
  }
  if (input.declared > 0) return undefined
  return {
    guard: 'EmptySet',
    message: 'the source declares nothing at all',
    unblock: 'ao delete KIND/NAME, if that is what is meant',
  }
}

/** Whether a watch may remove so many of a source's objects without a person. */
export function isShareAllowed(removed: number, owned: number): boolean {
  return removed <= MOST_AT_ONCE || removed <= owned * MOST_SHARE
}
