/** What GraphQL resolves a field of; functions are called with the field's arguments. */
export type Node = Readonly<Record<string, unknown>>

export interface Page {
  readonly first?: number | null
  readonly last?: number | null
  readonly after?: string | null
  readonly before?: string | null
}

/** A connection over a list; only what is on the page is looked at. */
export function connection<T>(
  all: readonly T[],
  page: Page,
  view: (item: T) => unknown,
  more: Node = {},
): Node {
  const from = typeof page.after === 'string' ? position(page.after) + 1 : 0
  const to = typeof page.before === 'string' ? position(page.before) : all.length
  let [start, end] = [from, Math.max(to, from)]
  if (typeof page.first === 'number') end = Math.min(end, start + page.first)
  if (typeof page.last === 'number') start = Math.max(start, end - page.last)
  const items = all.slice(start, end)
  return {
    ...more,
    totalCount: all.length,
    nodes: () => items.map(view),
    edges: () => items.map((item, at) => ({ cursor: cursor(start + at), node: view(item) })),
    pageInfo: {
      hasNextPage: end < all.length,
      hasPreviousPage: start > 0,
      startCursor: items.length === 0 ? null : cursor(start),
      endCursor: items.length === 0 ? null : cursor(start + items.length - 1),
    },
  }
}

function cursor(at: number): string {
  return Buffer.from(`cursor:v2:${at}`).toString('base64')
}

function position(text: string): number {
  return Number(Buffer.from(text, 'base64').toString().split(':')[2] ?? 0)
}
