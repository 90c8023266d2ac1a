import { createBases } from '../execute/bases.ts'
import type { Execution } from '../execute/step.ts'
import { expand } from '../manifest/variables.ts'
import { keyOf } from '../resource/key.ts'
import type { Deps } from './deps.ts'
import { trackerProjectOf } from './settings.ts'

/** What steps reach the world through, from what the reconciler has. */
export function executionOf(deps: Deps): Execution {
  const { registry, store, now, baseEnv, userHome, env, failpoints, fence } = deps
  return {
    registry,
    home: store.paths,
    records: store.records,
    journal: store.journal,
    bases: createBases(registry, () => now().getTime()),
    failpoints,
    fence,
    now,
    baseEnv,
    userHome,
    trackerProject: async project => trackerProjectOf(deps, project),
    expand: text => expand(text, env),
    emit: async event => {
      await store.events.append(event)
    },
    onStep: (object, step) => {
      deps.onProgress({ type: 'step', key: keyOf(object.kind, object.name), step })
    },
  }
}
