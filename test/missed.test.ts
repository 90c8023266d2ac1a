import { describe, expect, it } from 'vitest'

import { doubted, heard, takenBack } from '../src/lifecycle/missed.ts'
import { NOW, ago, record, worker } from './support/builders.ts'

const cause = 'ci-failed#3'
const known = record(worker(), {
  handled: { [cause]: 'head:unit', 'agent-idle': '1:0' },
  budgets: {
    [cause]: { used: 2, firstSeenAt: ago(1000) },
    'agent-idle': { used: 1, firstSeenAt: ago(5) },
  },
})

describe('a message that was dropped', () => {
  const missed = { id: 'm-1', cause, isReplaced: false }

  it('is taken back once, however often that is said: killed in between, nothing is given back twice', () => {
    const once = takenBack(known, missed)
    expect(once.handled).toEqual({ 'agent-idle': '1:0' })
    expect(once.budgets[cause]).toMatchObject({ used: 1 })
    expect(takenBack(once, missed)).toBe(once)
    expect(takenBack(once, { ...missed, id: 'm-2' }).budgets[cause]).toMatchObject({ used: 0 })
  })

  it('leaves what it has no budget for without one, and others as they are', () => {
    const bare = takenBack({ ...known, budgets: {} }, missed)
    expect([bare.budgets, bare.handled]).toEqual([{}, { 'agent-idle': '1:0' }])
    expect(takenBack(known, missed).budgets['agent-idle']).toBe(known.budgets['agent-idle'])
  })
})

describe('a message of which nobody knows', () => {
  it('is doubted from the first time on, until the agent says that it has it', () => {
    const at = NOW.toISOString()
    const once = doubted(known, cause, at)
    expect(once.budgets[cause]).toMatchObject({ used: 2, unheardSince: at })
    expect(doubted(once, cause, ago(-1000))).toBe(once)
    expect(heard(once, cause)).toEqual(known)
    expect(heard(known, cause)).toBe(known)
    expect(doubted(known, 'pr-closed#3', at)).toBe(known)
  })
})
