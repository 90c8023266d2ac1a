/** Rows by what they have in common, each group in the order of the rows; rows without it are left out. */
export function groupBy<T, K>(
  rows: Iterable<T>,
  keyOf: (row: T) => K | undefined,
): ReadonlyMap<K, readonly [T, ...T[]]> {
  const groups = new Map<K, [T, ...T[]]>()
  for (const row of rows) {
    const key = keyOf(row)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups
}
