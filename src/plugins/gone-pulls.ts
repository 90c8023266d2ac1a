interface Listed {
  readonly state: 'open' | 'merged' | 'closed'
  readonly updatedAt: string
}

/**
 * Those that are no longer what they were when they were read, without being open now: merged or closed since, or closed then and, opened again in between,
 * merged by now. Of two that contradict each other the newer counts.
 */
export function goneFrom(
  listed: Readonly<Record<number, Listed>>,
  whole: Readonly<Record<number, Listed & { readonly number: number }>>,
): readonly number[] {
  return Object.values(whole)
    .filter(({ number, state, updatedAt }) => {
      const now = listed[number]
      if (state === 'open') return now?.state !== 'open'
      return now !== undefined && now.state !== state && now.updatedAt > updatedAt
    })
    .map(({ number }) => number)
}
