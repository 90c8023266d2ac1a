/**
 * What a look at the world gave. `unknown` means that we could not look: it is never the same as `absent`, and permits
 * neither create nor delete.
 */
export type Observation<T> =
  | { readonly state: 'found'; readonly value: T }
  | { readonly state: 'absent' }
  | {
      readonly state: 'unknown'
      readonly reason: string
      /** Looking again gives nothing else until a person did something. */
      readonly needsPerson?: true
      /** This machine lacks what it takes to look: a variable, a program. */
      readonly isLacking?: true
    }

export const ABSENT = { state: 'absent' } as const

export function found<T>(value: T): Observation<T> {
  return { state: 'found', value }
}

export function unknown<T>(reason: string, needsPerson = false, isLacking = false): Observation<T> {
  return {
    state: 'unknown',
    reason,
    ...(needsPerson ? { needsPerson } : {}),
    ...(isLacking ? { isLacking } : {}),
  }
}
