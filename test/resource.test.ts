import { describe, expect, it } from 'vitest'

import { durationMs, formatDuration, parseDuration } from '../src/resource/duration.ts'
import { isSessionKind } from '../src/resource/key.ts'
import { ABSENT, found, unknown } from '../src/resource/observation.ts'
import { plainLine, plainTail, plainText } from '../src/resource/text.ts'

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['', undefined],
    ['1', undefined],
    ['1w', undefined],
    ['1.5h', undefined],
    ['h1', undefined],
  ])('are read: %j is %s ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it('that a schema let through by mistake are told', () => {
    expect(durationMs('1m')).toBe(60_000)
    expect(() => durationMs('soon')).toThrow('"soon" is not a duration')
  })

  it.each([
    [-5, '0s'],
    [41_999, '41s'],
    [119_000, '119s'],
    [12 * 60_000, '12m'],
    [3 * 3_600_000, '3h'],
    [3 * 3_600_000 + 5 * 60_000, '3h5m'],
    [11 * 3_600_000 + 5 * 60_000, '11h'],
    [50 * 3_600_000, '2d'],
  ])('are told as ages: %i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})

describe('text from outside', () => {
  it('is cut between characters, at either end', () => {
    expect([plainText('aé€', 3), plainText('aé€', 5), plainText('aé€', 6)]).toEqual([
      'aé',
      'aé',
      'aé€',
    ])
    expect([plainTail('€éa', 3), plainTail('€éa', 2), plainTail('€éa', 9)]).toEqual([
      'éa',
      'a',
      '€éa',
    ])
    expect(plainLine(' a\n\tb\u001B[0m ', 100)).toBe('a b')
  })
})

it('what could not be looked at is not what is not there', () => {
  expect([found(1), ABSENT, unknown('no server')].map(({ state }) => state)).toEqual([
    'found',
    'absent',
    'unknown',
  ])
  expect([
    isSessionKind('Worker'),
    isSessionKind('Orchestrator'),
    isSessionKind('Project'),
  ]).toEqual([true, true, false])
})
