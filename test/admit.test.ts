import { describe, expect, it } from 'vitest'

import type { AdmissionInput } from '../src/plan/admit.ts'
import { admit, leaving } from '../src/plan/admit.ts'
import type { Outcome, SessionRecord } from '../src/resource/record.ts'
import type { Desired } from '../src/resource/spec.ts'
import { NOW, ago, record, worker } from './support/builders.ts'

const declared = worker('app-1')

const input = (over: Partial<AdmissionInput> = {}): AdmissionInput => ({
  resources: [declared],
  source: declared.source,
  partial: false,
  replace: false,
  existing: new Map(),
  inventory: [],
  records: [],
  now: NOW,
  newUid: () => 'new',
  ...over,
})

const known = (uid: string, state?: Outcome['state']): SessionRecord =>
  record(
    worker('app-1', { uid }),
    state === undefined ? {} : { outcome: { state, at: ago(1000), preserved: [] } },
  )

const uidOf = (over: Partial<AdmissionInput>): string | undefined =>
  admit(input(over)).admitted[0]?.object.uid

describe('a worker that is declared and not desired', () => {
  const inventory = [{ key: 'Worker/app-1', uid: 'old' }] as const

  it.each([
    ['was never there', {}, 'new'],
    ['was lost, and its inventory knows it', { inventory }, 'old'],
    ['was lost, and its record knows it', { records: [known('old')] }, 'old'],
    ['was deleted', { records: [known('old', 'Deleted')] }, 'new'],
    [
      'was deleted by somebody who was killed before the inventory was written',
      { inventory, records: [known('old', 'Deleted')] },
      'new',
    ],
    [
      'was let go of by somebody who was killed before the inventory was written',
      { inventory, records: [known('old', 'Orphaned')] },
      'new',
    ],
    ['was finished', { records: [known('old', 'Merged')] }, 'old'],
    [
      'has a finished namesake from before',
      { records: [known('older', 'Merged'), known('old')] },
      'old',
    ],
  ] as const)('gets its uid right when it %s', (_what, over, uid) => {
    expect(uidOf(over)).toBe(uid)
  })
})

describe('the generation of what is to go', () => {
  const made = worker('app-1', { generation: 3 })
  const existing = new Map([['Worker/app-1', made]] as const)
  const other = worker('app-1', { spec: { ...made.spec, branch: 'elsewhere' } })
  const replacing = {
    resources: [other],
    replace: true,
    existing,
    records: [record(made, { attempt: 1 })],
  }

  it('grows once, with the moment, however often it is asked for', () => {
    const once = leaving(made, NOW)
    expect(once).toMatchObject({ generation: 4, deletionTimestamp: NOW.toISOString() })
    expect(leaving(once, new Date(NOW.getTime() + 1000))).toEqual(once)
  })

  it('grows again when force comes later, so that what blocked it is no answer any more', () => {
    const forced = leaving(leaving(made, NOW), NOW, { force: true })
    expect(forced).toMatchObject({ generation: 5, deletionForced: true })
    expect(leaving(forced, NOW, { force: true })).toEqual(forced)
    expect(leaving(forced, NOW)).toEqual(forced)
  })

  it('grows when another takes its place, and not again when that one changes', () => {
    const [replaced] = admit(input(replacing)).admitted
    expect(replaced?.object).toMatchObject({ generation: 4, replacement: { name: 'app-1' } })
    const going = new Map([['Worker/app-1', replaced?.object ?? made]] as const)
    const [again] = admit(input({ ...replacing, existing: going, resources: [declared] })).admitted
    expect(again?.object).toMatchObject({ generation: 4, replacement: { spec: declared.spec } })
  })
})

describe('a change of a fixed field that is refused', () => {
  const made = worker('app-1')
  const place = { file: '/m/app.yaml', line: 9, col: 3 }
  const other = worker('app-1', {
    spec: { prompt: 'Other.', priority: 7 },
    fields: { 'spec.prompt': place },
  })
  const known = (object: Desired, resources = [other]): Partial<AdmissionInput> => ({
    existing: new Map([['Worker/app-1', object]] as const),
    records: [record(made, { attempt: 1 })],
    resources,
  })
  const object = (over: Partial<AdmissionInput>): Desired => {
    const [admitted] = admit(input(over)).admitted
    if (admitted === undefined) throw new Error('nothing was admitted')
    return admitted.object
  }
  const refused = object(known(made))

  it('leaves all that was accepted as it is, and is written down with its place and without values', () => {
    expect(refused).toEqual({ ...made, refused: [{ path: 'spec.prompt', position: place }] })
    expect(object(known(refused))).toBe(refused)
  })

  it('is forgotten when it is undone, whatever else is declared then, or when another takes its place', () => {
    const undone = object(known(refused, [worker('app-1', { spec: { priority: 7 } })]))
    expect(undone.refused).toBeUndefined()
    expect(undone).toMatchObject({ generation: made.generation + 1, spec: { priority: 7 } })
    expect(object(known(refused, [made]))).toEqual(made)
    expect(object({ ...known(refused), replace: true }).replacement?.spec).toEqual(other.spec)
  })
})

describe('the fields that stay as they are', () => {
  it('are counted, of an object that is as it was and of one that changes', () => {
    const existing = new Map([['Worker/app-1', declared]] as const)
    const fieldsOf = (over: Partial<AdmissionInput>) => {
      const [one] = admit(input({ existing, ...over })).admitted
      return [one?.changes.length, one?.unchangedFields]
    }
    const changed = worker('app-1', { spec: { priority: 7 } })
    const [, all = 0] = fieldsOf({})
    expect(all).toBeGreaterThan(5)
    expect(fieldsOf({ resources: [changed] })).toEqual([1, all - 1])
  })
})
