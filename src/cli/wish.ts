import { HouseError } from '../errors.ts'
import type { Wish } from '../reconcile/proposal.ts'
import type { StoreView } from '../store/index.ts'
import type { Context } from './context.ts'
import type { LoadedWish } from './manifests.ts'
import { loadWish, reportProblems } from './manifests.ts'

export interface WishFlags {
  readonly filename?: string
  readonly source?: string
  readonly prune?: boolean
  readonly replace?: boolean
  readonly skipInvalid?: boolean
}

export interface ValidWish {
  readonly wish: Wish
  readonly loaded: LoadedWish
}

/** Loads what `-f` names and prints every problem. Throws `InvalidManifest` when something is wrong, unless what is valid is to be used alone. */
export async function loadValidWish(
  context: Context,
  flags: WishFlags,
  store: StoreView | undefined = context.store(),
): Promise<ValidWish> {
  const { filename, source, prune } = flags
  const loaded = await loadWish(context, filename, { source, prune }, store)
  const invalid = loaded.problems.length > 0 && reportProblems(context, loaded)
  if (invalid && flags.skipInvalid !== true) {
    throw new HouseError(
      'InvalidManifest',
      'the manifests are not valid; nothing was applied, nothing was pruned',
      {
        next: 'mend them, or --skip-invalid to use the rest',
      },
    )
  }
  return {
    loaded,
    wish: {
      resources: loaded.resources,
      source: loaded.source.id,
      // What is missing because it is invalid must never look as if it were no longer declared.
      partial: loaded.partial || invalid,
      replace: flags.replace === true,
      prune: prune === true && !invalid,
    },
  }
}

/** One line about what was read, for the head of a plan. */
export function describeSource(context: Context, { loaded }: ValidWish): string {
  const { source, resources } = loaded
  const where = source.path === undefined ? 'standard input' : shorten(context, source.path)
  const branch = source.branch === undefined ? '' : ` on ${source.branch}`
  return `${where}${branch} · ${resources.length} ${resources.length === 1 ? 'object' : 'objects'}`
}

function shorten(context: Context, path: string): string {
  if (path.startsWith(`${context.cwd}/`)) return path.slice(context.cwd.length + 1)
  return path.startsWith(`${context.userHome}/`) ? `~${path.slice(context.userHome.length)}` : path
}
