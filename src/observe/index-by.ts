/** Rows by what they are looked up by, made once for each list: a fleet of a thousand asks the same look a thousand times. */
export function indexBy<T>(
  keyOf: (row: T) => string | undefined,
): (rows: readonly T[]) => ReadonlyMap<string, readonly T[]> {
  const known = new WeakMap<readonly T[], ReadonlyMap<string, readonly T[]>>()
  return rows => {
    const made = known.get(rows) ?? group(rows, keyOf)
    known.set(rows, made)
    return made
  }
}

function group<T>(
  rows: readonly T[],
  keyOf: (row: T) => string | undefined,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const key = keyOf(row)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups
}
