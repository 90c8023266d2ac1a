import { describe, expect, test } from 'vitest'

import { shareLooks } from '../../src/plugins/shared-look.ts'

const signal = new AbortController().signal

/** Looks that end when told, and say which they were. */
function gated(): {
  readonly look: (signal: AbortSignal) => Promise<number>
  readonly signals: AbortSignal[]
  readonly end: (at: number) => void
  readonly fail: (at: number) => void
} {
  const signals: AbortSignal[] = []
  const gates: { readonly resolve: () => void; readonly reject: () => void }[] = []
  return {
    signals,
    look: async given => {
      const number = signals.push(given)
      await new Promise<void>((resolve, reject) => {
        gates.push({ resolve, reject: () => reject(new Error(`look ${number} failed`)) })
      })
      return number
    },
    end: at => gates[at - 1]?.resolve(),
    fail: at => gates[at - 1]?.reject(),
  }
}

async function turn(): Promise<void> {
  await new Promise(resolve => {
    setImmediate(resolve)
  })
}

describe('shared looks', () => {
  test('give those who ask at once the same look', async () => {
    const { look, signals, end } = gated()
    const shared = shareLooks(look)
    const answers = Promise.all([shared(signal), shared(signal), shared(signal)])
    await turn()
    end(1)
    expect(await answers).toEqual([1, 1, 1])
    expect(signals).toHaveLength(1)
  })

  test('never give somebody a look that began before they asked', async () => {
    const { look, end } = gated()
    const shared = shareLooks(look)
    const first = shared(signal)
    await turn()
    const later = Promise.all([shared(signal), shared(signal)])
    await turn()
    end(1)
    expect(await first).toBe(1)
    await turn()
    end(2)
    expect(await later).toEqual([2, 2])
  })

  test('go on after one that failed', async () => {
    const { look, end, fail } = gated()
    const shared = shareLooks(look)
    const first = shared(signal)
    const told = expect(first).rejects.toThrow('look 1 failed')
    await turn()
    const second = shared(signal)
    fail(1)
    await told
    await turn()
    end(2)
    expect(await second).toBe(2)
  })

  test('let one asker leave without ending the look of the others', async () => {
    const { look, signals, end } = gated()
    const shared = shareLooks(look)
    const leaving = new AbortController()
    const left = expect(shared(leaving.signal)).rejects.toMatchObject({ code: 'Interrupted' })
    const stays = shared(signal)
    await turn()
    leaving.abort()
    await left
    expect(signals[0]?.aborted).toBe(false)
    end(1)
    expect(await stays).toBe(1)
  })

  test('end a look that everybody has left, and look anew for who comes then', async () => {
    const { look, signals, end } = gated()
    const shared = shareLooks(look)
    const leaving = new AbortController()
    const running = expect(shared(leaving.signal)).rejects.toMatchObject({ code: 'Interrupted' })
    await turn()
    const waiting = expect(shared(leaving.signal)).rejects.toMatchObject({ code: 'Interrupted' })
    leaving.abort()
    await Promise.all([running, waiting])
    expect(signals[0]?.aborted).toBe(true)
    const fresh = shared(signal)
    end(1)
    await turn()
    end(2)
    expect(await fresh).toBe(2)
    await expect(shared(leaving.signal)).rejects.toMatchObject({ code: 'Interrupted' })
  })
})
