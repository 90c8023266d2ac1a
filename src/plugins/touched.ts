/** The files that a head changes, as far as its forge lists them. */
interface Changed {
  readonly headSha: string
  readonly files?: {
    readonly sha: string
    readonly paths: readonly string[]
    /** Whether these are all. */
    readonly isAll: boolean
  }
}

/** The changed paths below any of `watchPaths`. Undefined when it isn't known of this head; all that is watched when there is more than is listed. */
export function touchedOf(
  { files, headSha }: Changed,
  watchPaths: readonly string[],
): readonly string[] | undefined {
  if (watchPaths.length === 0) return []
  if (files === undefined || files.sha !== headSha) return undefined
  if (!files.isAll) return [...watchPaths]
  return files.paths
    .filter(path => watchPaths.some(prefix => isBelow(path, prefix)))
    .toSorted((a, b) => (a < b ? -1 : 1))
}

function isBelow(path: string, prefix: string): boolean {
  const folder = prefix.replace(/\/+$/, '')
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}
