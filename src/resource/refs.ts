/** How our refs are called, which tell whose a branch is and hold what nobody may lose. */

/** First eight characters of a uid, as used in the names of refs. */
export function uid8(uid: string): string {
  return uid.slice(0, 8)
}

/** Says that a branch is a session's, and where it began. */
export function ownerRef(session: string, uid: string): string {
  return `refs/ao/owned/${session}/${uid8(uid)}`
}

/** Remembers what is left of a session's branch: the local one that was kept, else what origin still has of it. */
export function keptRef(session: string, uid: string): string {
  return `refs/ao/kept/${session}/${uid8(uid)}`
}

/** Where work of a session's that is nowhere else is kept; a number follows. */
export function preservedPrefix(session: string, uid: string): string {
  return `refs/ao/preserved/${session}/${uid8(uid)}-`
}
