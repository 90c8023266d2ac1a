/** The same text for the same value, whatever the order of its keys. */
export function stable(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'undefined'
  )
}

/** A short, stable fingerprint for showing that a text changed (FNV-1a, 32 bit); not for security. */
export function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  for (const character of text) {
    hash ^= character.codePointAt(0) ?? 0
    hash = Math.imul(hash, 0x01000193) >>> 0
  }
  return hash.toString(16).padStart(8, '0').slice(0, 6)
}

/** How a text is told without showing it. */
export function describeText(text: string): string {
  const length = text.length === 1 ? '1 char' : `${text.length} chars`
  return `${length} (${fingerprint(text)})`
}
