/**
 * What a look at the world gave. `unknown` means that we could not look: it is never the same as `absent`, and permits
 * neither create nor delete.
 */
export type Observation<T> =
  | { readonly state: 'found'; readonly value: T }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly reason: string }

export const ABSENT = { state: 'absent' } as const

export function found<T>(value: T): Observation<T> {
  return { state: 'found', value }
}

export function unknown<T>(reason: string): Observation<T> {
  return { state: 'unknown', reason }
}
