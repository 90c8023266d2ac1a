import { run } from '../exec.ts'
import { shareLooks } from '../shared-look.ts'

const TIMEOUT_MS = 10 * 60_000

/** Deletes directory trees, those asked for at once by one process, and gives what it said; whoever asked looks whether theirs is gone. */
export function createTreeDeleter(
  env: Readonly<Record<string, string>>,
): (path: string, signal: AbortSignal) => Promise<string> {
  const waiting = new Set<string>()
  const sweep = shareLooks(async signal => {
    const paths = [...waiting]
    waiting.clear()
    const { stderr } = await run('rm', ['-rf', '--', ...paths], {
      env,
      timeoutMs: TIMEOUT_MS,
      signal,
    })
    return stderr
  })
  return async (path, signal) => {
    waiting.add(path)
    try {
      return await sweep(signal)
    } catch (error) {
      // Whoever was interrupted wants nothing deleted any more.
      waiting.delete(path)
      throw error
    }
  }
}
