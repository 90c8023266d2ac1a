import { groupBy } from '../resource/group-by.ts'

/** Rows by what they are looked up by, made once for each list: a fleet of a thousand asks the same look a thousand times. */
export function indexBy<T>(
  keyOf: (row: T) => string | undefined,
): (rows: readonly T[]) => ReadonlyMap<string, readonly T[]> {
  const known = new WeakMap<readonly T[], ReadonlyMap<string, readonly T[]>>()
  return rows => {
    const made = known.get(rows) ?? groupBy(rows, keyOf)
    known.set(rows, made)
    return made
  }
}
