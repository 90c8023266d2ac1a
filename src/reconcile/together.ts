/** Does the work for all items side by side and waits for every one of them; then throws the first failure. */
export async function together<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const ends = await Promise.allSettled(items.map(async item => work(item)))
  return ends.map(end => {
    if (end.status === 'rejected') throw end.reason
    return end.value
  })
}
