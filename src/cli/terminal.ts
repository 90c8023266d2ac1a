/** Whether a person's terminal is at the other end: Node leaves the property out where there is none. */
export function isTerminal(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true
}

/** What every screen has. */
export const NARROW = 80

/** How wide a terminal is; one that nobody gave a size says that it has no columns at all. */
export function columnsOf({ columns = 0 }: { readonly columns?: number }): number {
  return columns > 0 ? columns : NARROW
}
