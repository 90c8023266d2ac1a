import { hasErrors } from '../manifest/problem.ts'
import type { SourceLoader } from '../reconcile/sources.ts'
import type { Context } from './context.ts'
import { branchOf, readManifests } from './manifests.ts'

/** Reads a registered source again, for whoever follows it. */
export function sourceLoader(context: Context, prune: boolean): SourceLoader {
  return {
    prune,
    load: async source => {
      if (source.path === undefined) return undefined
      const read = await readManifests(context, context.store(), [source.path], source.id)
      const [first] = read.problems
      const errors = read.problems.filter(problem => hasErrors([problem]))
      const more = read.problems.length > 1 ? ` (and ${read.problems.length - 1} more)` : ''
      return {
        resources: read.resources,
        digest: read.digest,
        branch: branchOf(source.path),
        alsoRead: read.alsoRead,
        problem:
          hasErrors(read.problems) && first !== undefined
            ? `${first.file}:${first.line}:${first.col} ${first.message}${more}`
            : undefined,
        isLacking: errors.length > 0 && errors.every(({ code }) => code === 'AO1204'),
      }
    },
  }
}
