/** Who writes: names of sessions are unique in a home, and homes have ids. */
export interface Writer {
  /** Name of a session, or `ao`. */
  readonly session: string
  /** Unknown of markers that were written before homes had ids, or by hand. */
  readonly home: string | undefined
}

/** What a hidden marker says of who wrote a text: at most one of these. */
export interface Signature {
  /** Name of the session of this home that wrote it; `ao` for what ao itself wrote. */
  readonly session?: string
  /** Name of a session of another home: somebody else's agent, whatever it is called. */
  readonly otherSession?: string
  /** The name in a marker that tells of no home. It is worth something only on that session's own branch, and nothing elsewhere. */
  readonly unsigned?: string
}

/** How a marker looks to whoever works for `home`. */
export function signatureOf(marker: Writer | undefined, home: string | undefined): Signature {
  if (marker === undefined) return {}
  const { session } = marker
  if (marker.home === undefined) return { unsigned: session }
  return marker.home === home ? { session } : { otherSession: session }
}

/** Whether any session wrote it, ours or not. */
export function isSigned({ session, otherSession, unsigned }: Signature): boolean {
  return (session ?? otherSession ?? unsigned) !== undefined
}

/** Whether two texts may be of one session: only two homes that are told apart by their markers tell namesakes apart. */
export function maybeSame(one: Signature, other: Signature): boolean {
  const isApart =
    (one.session !== undefined && other.otherSession !== undefined) ||
    (one.otherSession !== undefined && other.session !== undefined)
  return !isApart && isSigned(one) && nameIn(one) === nameIn(other)
}

/** Whose newest verdict counts: sessions may share an account with each other, and with the person. */
export function reviewerOf(review: Signature & { readonly author: string }): string {
  if (review.otherSession !== undefined) return `${review.author} ${review.otherSession}`
  return nameIn(review) ?? `@${review.author}`
}

function nameIn({ session, otherSession, unsigned }: Signature): string | undefined {
  return session ?? otherSession ?? unsigned
}
