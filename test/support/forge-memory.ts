import type { ForgeMemory } from '../../src/plugins/scm.ts'

/** What an adapter of a forge remembers, by key, as text: another adapter on the same map is another process. */
export function mapMemory(remembered: Map<string, string>): ForgeMemory {
  return {
    read: async key => {
      const text = remembered.get(key)
      return text === undefined ? undefined : JSON.parse(text)
    },
    write: async (key, value) => {
      remembered.set(key, JSON.stringify(value))
    },
    change: async (key, change) => {
      const text = remembered.get(key)
      const value: unknown = text === undefined ? undefined : JSON.parse(text)
      remembered.set(key, JSON.stringify(change(value)))
    },
  }
}

/** Remembers nothing. */
export function forgetful(): ForgeMemory {
  return { ...mapMemory(new Map()), read: async () => undefined, write: async () => undefined }
}

/** A wait that is noted and takes little time while a double works something out: more the more often one waits. */
export function notedWait(waits: number[]): (ms: number, signal: AbortSignal) => Promise<void> {
  return async (ms, signal) => {
    waits.push(ms)
    signal.throwIfAborted()
    const short = 20 * 3 ** ((waits.length - 1) % 5)
    await new Promise(resolve => {
      setTimeout(resolve, Math.min(short, 1000))
    })
  }
}
