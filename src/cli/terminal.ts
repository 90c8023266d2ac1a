/** Whether a person's terminal is at the other end: Node leaves the property out where there is none. */
export function isTerminal(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true
}
