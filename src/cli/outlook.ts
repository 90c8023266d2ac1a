import { propose } from '../reconcile/proposal.ts'
import type { Proposal, Wish } from '../reconcile/proposal.ts'
import { pruneHold } from '../reconcile/prune-hold.ts'
import type { State } from '../reconcile/state.ts'
import { EMPTY_STATE, stateOf } from '../reconcile/state.ts'
import type { Eyes } from '../reconcile/world.ts'
import type { StoreView } from '../store/index.ts'
import { homePaths } from '../store/paths.ts'
import type { Context } from './context.ts'

/** Who owns what and why nothing may be pruned, as far as a proposal cares. */
type Held = Pick<StoreView, 'inventory' | 'sources' | 'noPrune'>

/** What would happen for a wish, from files and one look; nothing is written. */
export async function outlook(
  context: Context,
  wish: Wish | undefined,
  store: (StoreView & Held) | undefined,
  reacting = false,
): Promise<Proposal> {
  const state: State = store === undefined ? EMPTY_STATE : stateOf(store)
  const inventory = wish === undefined ? [] : (store?.inventory.get(wish.source)?.items ?? [])
  return propose({
    eyes: await eyes(context, store),
    state,
    wish,
    inventory,
    pruneHold:
      wish?.prune === true
        ? pruneHold({
            noPrune: store?.noPrune(),
            declared: wish.resources.length,
            owned: [...state.desired.values()].filter(object => object.source === wish.source)
              .length,
            hasInventory: store?.inventory.get(wish.source) !== undefined,
          })
        : undefined,
    newUid: context.newId,
    reacting,
    signal: context.signal,
  })
}

/** How one looks who only shows something. */
export async function eyes(
  context: Context,
  store: Pick<StoreView, 'sources'> | undefined,
): Promise<Eyes> {
  const { env, userHome, now } = context
  const sources = store === undefined ? [] : [...store.sources.all().values()]
  return {
    registry: await context.registry(),
    paths: homePaths(context.home),
    env,
    userHome,
    sourcePaths: sources.flatMap(source => (source.path === undefined ? [] : [source.path])),
    // What is only shown asks nobody, and changes nothing.
    forge: { ask: 'nothing', news: () => undefined },
    now,
  }
}
