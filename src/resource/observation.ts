/**
 * What a look at the world gave. `unknown` means that we could not look: it is never the same as `absent`, and permits
 * neither create nor delete.
 */
export type Observation<T> =
  | { readonly state: 'found'; readonly value: T }
  | { readonly state: 'absent' }
  | ({ readonly state: 'unknown'; readonly reason: string } & Unseen)

/** What else is known of something that could not be looked at. */
export interface Unseen {
  /** Looking again gives nothing else until a person did something. */
  readonly needsPerson?: true
  /** This machine lacks what it takes to look: a variable, a program. */
  readonly isLacking?: true
  /** It was looked, in vain; that may pass by itself. */
  readonly isPassing?: true
  /** When it was as it is known from before, where anything is; milliseconds since the epoch. */
  readonly knownAt?: number
}

export const ABSENT = { state: 'absent' } as const

export function found<T>(value: T): Observation<T> {
  return { state: 'found', value }
}

export function unknown<T>(reason: string, unseen: Unseen = {}): Observation<T> {
  return { state: 'unknown', reason, ...unseen }
}
