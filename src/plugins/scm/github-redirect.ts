const MOVED: ReadonlySet<number> = new Set([301, 302, 307, 308])

/**
 * Asks so that a change follows a repository that was renamed: left alone, a POST that is redirected becomes a GET, whose answer looks as if something had been done.
 * What is sent on goes nowhere but to this API, for it carries the token.
 */
export function fetchFrom(apiUrl: string): typeof fetch {
  return async (input, init) => {
    if (init?.method === undefined || init.method === 'GET') return fetch(input, init)
    const request = { ...init, redirect: 'manual' } as const
    const answer = await fetch(input, request)
    if (!MOVED.has(answer.status)) return answer
    await answer.body?.cancel()
    const url = answer.headers.get('location') ?? ''
    const isHere = URL.canParse(url) && new URL(url).origin === new URL(apiUrl).origin
    const again = isHere ? await fetch(url, request) : answer
    if (!MOVED.has(again.status)) return again
    throw new Error('a change was sent elsewhere, and not done')
  }
}
