import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { HouseError } from '../errors.ts'
import type { Plan } from '../plan/action.ts'
import { stable } from '../plan/fingerprint.ts'
import { planToJson } from './output/plan-json.ts'
import type { ValidWish, WishFlags } from './wish.ts'

const VERSION = 1

/** What `ao diff --out` writes: how to make the same plan again, and the fingerprints by which one that went stale is known. */
export interface SavedPlan {
  readonly version: number
  readonly flags: WishFlags
  readonly digest: string
  /** Fingerprint of every object's planned action, by key. */
  readonly actions: Readonly<Record<string, string>>
  readonly plan: unknown
}

export function savedPlan({ loaded, wish }: ValidWish, plan: Plan): string {
  const { path, name } = loaded.source
  const saved: SavedPlan = {
    version: VERSION,
    flags: {
      ...(path === undefined ? {} : { filename: path }),
      ...(name === undefined ? {} : { source: name }),
      prune: wish.prune,
      replace: wish.replace,
    },
    digest: loaded.digest,
    actions: fingerprints(plan),
    plan: planToJson(plan),
  }
  return `${JSON.stringify(saved, undefined, 2)}\n`
}

export function readSavedPlan(file: string): SavedPlan {
  let saved: Partial<SavedPlan>
  try {
    saved = JSON.parse(readFileSync(file, 'utf8')) as Partial<SavedPlan>
  } catch (error) {
    throw new HouseError('Usage', `${file} is not a saved plan`, {
      cause: error,
      next: 'ao diff --out FILE',
    })
  }
  const { version, flags, digest, actions, plan } = saved
  if (version !== VERSION || flags === undefined || digest === undefined || actions === undefined) {
    throw new HouseError('Usage', `${file} is not a saved plan of this version`, {
      next: 'ao diff --out FILE',
    })
  }
  if (flags.filename === undefined) {
    throw new HouseError(
      'Usage',
      `${file} was made from standard input, which can't be read again`,
      { next: 'ao diff -f PATH --out FILE' },
    )
  }
  return { version, flags, digest, actions, plan }
}

/** Throws `StalePlan` naming everything that moved since the plan was saved. */
export function checkFresh(saved: SavedPlan, { loaded }: ValidWish, plan: Plan): void {
  const now = fingerprints(plan)
  const keys = new Set([...Object.keys(saved.actions), ...Object.keys(now)])
  const moved = [...keys].filter(key => saved.actions[key] !== now[key]).sort()
  const manifests = saved.digest === loaded.digest ? [] : ['the manifests']
  if (moved.length === 0 && manifests.length === 0) return
  throw new HouseError(
    'StalePlan',
    `the saved plan is stale; since it was made these moved: ${[...manifests, ...moved].join(', ')}`,
    {
      next: 'ao diff --out FILE, and look again',
    },
  )
}

function fingerprints(plan: Plan): Record<string, string> {
  return Object.fromEntries(
    plan.actions.map(({ key, position: _position, retryAfterMs: _retry, ...action }) => [
      key,
      createHash('sha256').update(stable(action)).digest('hex').slice(0, 16),
    ]),
  )
}
