import { shareLooks } from '../shared-look.ts'
import { callTmux } from './tmux-client.ts'
import { quoteTmux } from './tmux-config.ts'
import type { TmuxContext } from './tmux-look.ts'

/** Holds for a target whose session carries this uid; both places are asked, see `TmuxSession.tagged`. */
export function isOf(uid: string): string {
  return `#{||:#{==:#{@ao_uid},${uid}},#{==:#{AO_UID},${uid}}}`
}

/**
 * Removes sessions, those asked for at once in one tmux call. The check of the uid and the kill are one step for the server, so that a server
 * that was started anew loses nothing.
 */
export function createTmuxKiller(
  context: TmuxContext,
): (sessionId: string, uid: string, signal: AbortSignal) => Promise<void> {
  const waiting: string[] = []
  const kill = shareLooks(async () => {
    // A line that fails (its session is gone) leaves the others alone; the next look tells what is left.
    const input = waiting.splice(0).join('')
    if (input !== '') await callTmux(context.place, ['source-file', '-'], { input })
  })
  return async (sessionId, uid, signal) => {
    const command = ['if-shell', '-F', '-t', `${sessionId}:`, isOf(uid)]
    const line = `${[...command, `kill-session -t '${sessionId}'`].map(quoteTmux).join(' ')}\n`
    waiting.push(line)
    try {
      await kill(signal)
    } catch (error) {
      // Whoever was interrupted wants nothing killed any more.
      if (waiting.includes(line)) waiting.splice(waiting.indexOf(line), 1)
      throw error
    }
  }
}
