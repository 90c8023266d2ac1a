/** Of a text that has no end only so much is read; what is kept is the end of that. */
const MAX_READ = 32 * 1024 * 1024
const KEPT = 256 * 1024

/** The end of a body that may be of any length, such as a log's. */
export async function tailOf({ body }: Response): Promise<string> {
  let kept = Buffer.alloc(0)
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    kept = Buffer.concat([kept, chunk]).subarray(-KEPT)
    if (size > MAX_READ) break
  }
  return kept.toString('utf8')
}
