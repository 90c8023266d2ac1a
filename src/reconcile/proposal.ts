import type { Plan } from '../plan/action.ts'
import type { Admission } from '../plan/admit.ts'
import { admit } from '../plan/admit.ts'
import { plan } from '../plan/plan.ts'
import type { PruneHold } from '../plan/prune.ts'
import type { ResourceKey } from '../resource/key.ts'
import { keyOf } from '../resource/key.ts'
import type { Desired, Resolved } from '../resource/spec.ts'
import type { InventoryItem } from '../store/types.ts'
import { planInputOf } from './plan-input.ts'
import type { State } from './state.ts'
import type { Eyes, World } from './world.ts'
import { look } from './world.ts'

/** What somebody wants to be accepted. */
export interface Wish {
  readonly resources: readonly Resolved[]
  readonly source: string
  readonly partial: boolean
  readonly replace: boolean
  readonly prune: boolean
}

export interface Proposal {
  readonly admission: Admission | undefined
  /** What would be desired. */
  readonly objects: readonly Desired[]
  readonly world: World
  readonly plan: Plan
}

export interface ProposeInput {
  readonly eyes: Eyes
  readonly state: State
  readonly wish: Wish | undefined
  readonly inventory: readonly InventoryItem[]
  readonly pruneHold: PruneHold | undefined
  readonly newUid: () => string
  readonly reacting: boolean
  readonly signal: AbortSignal
}

/** The plan for a wish (or for what is desired already) without changing anything: what `diff` prints and `apply` carries out. */
export async function propose(input: ProposeInput): Promise<Proposal> {
  const admission = input.wish === undefined ? undefined : admitWish(input, input.wish)
  const pruned = prunedKeys(input.wish, admission)
  const objects = desiredAfter(input.state, admission)
  const world = await look(input.eyes, input.state, {
    objects,
    leaving: pruned,
    signal: input.signal,
  })
  const made = plan({
    ...planInputOf(input.state, world, objects, input.eyes.now()),
    admitted: new Map((admission?.admitted ?? []).map(entry => [entry.key, entry])),
    conflicts: admission?.conflicts ?? [],
    pruned,
    pruneHeld: input.pruneHold,
    reacting: input.reacting,
  })
  return { admission, objects, world, plan: made }
}

function admitWish(input: ProposeInput, wish: Wish): Admission {
  return admit({
    ...wish,
    existing: input.state.desired,
    inventory: input.inventory,
    records: input.state.records(),
    now: input.eyes.now(),
    newUid: input.newUid,
  })
}

function prunedKeys(
  wish: Wish | undefined,
  admission: Admission | undefined,
): ReadonlySet<ResourceKey> {
  if (wish?.prune !== true || admission === undefined) return new Set()
  return new Set(admission.orphaned.map(object => keyOf(object.kind, object.name)))
}

function desiredAfter(state: State, admission: Admission | undefined): readonly Desired[] {
  const objects = new Map(state.desired)
  for (const entry of admission?.admitted ?? []) objects.set(entry.key, entry.object)
  return [...objects.values()]
}
