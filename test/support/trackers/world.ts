/** An issue as somebody outside made it. */
export interface GivenIssue {
  readonly title: string
  readonly body?: string
  readonly labels?: readonly string[]
  readonly isClosed?: boolean
}

/** An issue as its tracker's own page would show it. */
export interface ShownIssue {
  readonly state: string
  readonly labels: readonly string[]
  /** What readers see, the oldest first. */
  readonly comments: readonly string[]
}

/** What a double keeps of an issue; its number is its place among all, from 1. */
export interface KeptIssue {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly labels: string[]
  readonly createdAt: string
  state: string
  readonly comments: KeptComment[]
}

export interface KeptComment {
  readonly id: string
  readonly body: unknown
  readonly createdAt: string
  /** What readers don't see. */
  readonly hidden?: unknown
}

/** A moment for the n-th thing: all in order, and not long ago. */
export function momentOf(start: number, count: number): string {
  return new Date(start + count * 1000).toISOString()
}
