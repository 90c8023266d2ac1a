import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

import { renderDescribe } from '../src/cli/output/describe.ts'
import { renderEvents } from '../src/cli/output/events.ts'
import type { GetOptions } from '../src/cli/output/get.ts'
import { getNotes, renderGet } from '../src/cli/output/get.ts'
import { widthOf } from '../src/cli/output/text.ts'
import { toView } from '../src/cli/output/view.ts'
import { columnsOf } from '../src/cli/terminal.ts'
import {
  EVENTS,
  JOURNAL,
  NOW,
  OUTBOX,
  RECORD,
  REVIEWED,
  condition,
  notifier,
  project,
  session,
  status,
} from './support/output-samples.ts'

const LOOK: GetOptions = {
  output: 'table',
  width: 80,
  color: false,
  now: NOW,
  home: '/home/ada',
  cwd: '/home/ada/shop',
}

const VIEWS = [
  toView(project(), undefined),
  toView(
    session('Orchestrator', 'shop-orchestrator'),
    status('Working', condition('Ready', 'True', 'Running', '')),
  ),
  toView(session('Worker', 'shop-login'), REVIEWED),
  toView(
    session('Worker', 'shop-deps', { overrides: { state: 'Suspended' } }),
    status(
      'Suspended',
      condition('Ready', 'False', 'ServerGone', 'tmux server restarted; attempt 2 of 5 in 20s'),
      {
        branch: 'ao/shop-deps',
      },
    ),
  ),
]
const WORKERS = VIEWS.filter(view => view.kind === 'Worker')
const LOGIN = toView(session('Worker', 'shop-login'), REVIEWED)

describe('get', () => {
  test('takes a terminal that nobody gave a size for a narrow one', () => {
    expect([columnsOf({ columns: 132 }), columnsOf({ columns: 0 }), columnsOf({})]).toEqual([
      132, 80, 80,
    ])
  })

  test('leaves out columns until a message has a quarter of the width, and 24 letters', async () => {
    const message = 'checks are failing, and this is how the longest story of them begins'
    const ready = condition('Ready', 'True', 'Running', message)
    const fixing = status('Fixing', ready, { branch: 'ao/shop-login-form' })
    const views = [toView(session('Worker', 'shop-login-form'), fixing), ...VIEWS]
    for (const width of [80, 90, 100, 120, 140, 160]) {
      const [, row = ''] = (await renderGet(views, { ...LOOK, width })).split('\n')
      expect(widthOf(row)).toBeLessThanOrEqual(width)
      expect(widthOf(row.slice(row.indexOf('checks')))).toBeGreaterThan(Math.max(24, width / 4) - 3)
    }
  })

  test.each([80, 120])('shows a mixture of kinds as agreed at width %i', async width => {
    const text = await renderGet(VIEWS, { ...LOOK, width })
    expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(width)
    await expect(text).toMatchFileSnapshot(`./golden/get-${width}.txt`)
  })

  test('wide adds where things run, and cuts nothing', async () => {
    const text = await renderGet(WORKERS, { ...LOOK, output: 'wide', kind: 'Worker' })
    await expect(text).toMatchFileSnapshot('./golden/get-wide.txt')
  })

  test('one kind has the columns of its schema', async () => {
    const text = await renderGet([toView(notifier(), undefined)], { ...LOOK, kind: 'Notifier' })
    expect(text).toMatch(
      /^NAME +READY +PLUGIN +ROUTES +MESSAGE\noncall +Unknown +webhook +urgent,action +not/,
    )
    const projects = await renderGet([VIEWS[0]!], { ...LOOK, kind: 'Project' })
    expect(projects).toMatch(
      /^NAME +READY +PATH +MESSAGE\nshop +Unknown +~\/shop +not looked at yet\n$/,
    )
  })

  test('colour marks what is ready and what is not', async () => {
    const text = await renderGet(WORKERS, { ...LOOK, color: true })
    expect(text).toContain('\u001b[32mTrue')
    expect(text).toContain('\u001b[31mFalse')
  })

  test('lists for programs are Lists, one object asked for by name stands bare', async () => {
    const list = JSON.parse(await renderGet(VIEWS, { ...LOOK, output: 'json' }))
    expect(list).toMatchObject({ apiVersion: 'ao.dev/v1alpha1', kind: 'List' })
    expect(list.items.map((item: { kind: string }) => item.kind)).toEqual([
      'Project',
      'Orchestrator',
      'Worker',
      'Worker',
    ])
    const one = JSON.parse(await renderGet([LOGIN], { ...LOOK, output: 'json', single: true }))
    expect(one).toEqual(JSON.parse(JSON.stringify(LOGIN)))
    expect(parse(await renderGet(VIEWS, { ...LOOK, output: 'yaml' }))).toEqual(list)
    const lines = (await renderGet(VIEWS, { ...LOOK, output: 'jsonl' })).trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line))).toEqual(list.items)
    expect(await renderGet(WORKERS, { ...LOOK, output: 'name' })).toBe(
      'Worker/shop-login\nWorker/shop-deps\n',
    )
  })

  test('a session nobody has looked at yet has every promised field of its status', () => {
    expect(toView(session('Worker', 'w'), undefined).status).toMatchObject({
      conditions: [{ type: 'Ready', status: 'Unknown', reason: 'Accepted' }],
      observedGeneration: 0,
      lifecycle: { session: 'pending', review: 'none' },
      display: 'Unknown',
      attempt: 0,
      branch: 'ao/w',
      runtime: { plugin: 'tmux' },
      agent: { plugin: 'claude-code', activity: 'unknown' },
    })
  })

  test('values of the environment stay unexpanded', async () => {
    expect(await renderGet([LOGIN], { ...LOOK, output: 'json' })).toContain('"${API_TOKEN}"')
  })

  test('says how old the facts are when nobody watches, and that there is nothing', () => {
    expect(getNotes(VIEWS, { watcher: { live: true } })).toEqual([])
    expect(getNotes(VIEWS, { watcher: { live: false, factsAgeMs: 720_000 } })).toEqual([
      'facts are 12m old, no watcher is running; look again:  ao reconcile --once',
    ])
    expect(getNotes([], { kind: 'Worker' })).toEqual([
      'no Worker objects; declare some:  ao apply -f .ao/',
    ])
    expect(getNotes([], {})).toEqual(['no objects; declare some:  ao apply -f .ao/'])
    expect(getNotes([], { isChosen: true })).toEqual(['no objects with these labels'])
  })

  test('a message of an agent stays one harmless line', async () => {
    const nasty = condition('Ready', 'False', 'Failed', 'a\nb\u001b[2J\u009b1mc 日本語'.repeat(20))
    const view = toView(session('Worker', 'w'), status('Failed', nasty))
    const text = await renderGet([view], { ...LOOK, width: 60 })
    expect(text.trimEnd().split('\n')).toHaveLength(2)
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(60)
  })
})

test.each(['json', 'yaml', 'jsonl'] as const)(
  'a %s document carries control characters as escapes and loses none',
  async output => {
    const message = 'a\nb\u001b[2J\u009b1mc\u007f'
    const view = toView(
      session('Worker', 'w'),
      status('Failed', condition('Ready', 'False', 'Failed', message)),
    )
    const text = await renderGet([view], { ...LOOK, output, single: true })
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    expect(parse(text).status.conditions[0].message).toBe(message)
  },
)

describe('describe', () => {
  test.each([80, 120])('ends with conditions, journal and events, at width %i', async width => {
    const text = renderDescribe(LOGIN, {
      ...LOOK,
      width,
      fields: session('Worker', 'shop-login').fields,
      journal: JOURNAL,
      events: EVENTS,
      outbox: OUTBOX,
      record: RECORD,
    })
    await expect(text).toMatchFileSnapshot(`./golden/describe-${width}.txt`)
    expect(text).not.toContain('not for this session')
    expect(text).not.toContain('Add a login form')
  })

  test.each([
    ['Project', toView(project(), undefined)],
    ['Notifier', toView(notifier(), undefined)],
  ])('of a %s shows its facts and no session sections', (_, view) => {
    const text = renderDescribe(view, {
      ...LOOK,
      fields: {},
      journal: [],
      events: [],
      outbox: [],
    })
    expect(text).toContain('Conditions')
    expect(text).toContain('Events\n  none')
    expect(text).not.toContain('Reactions')
    expect(text).not.toContain('${ONCALL_URL}')
  })
})

describe('events', () => {
  test('fold repeated ones into the age', async () => {
    const text = await renderEvents(EVENTS, { ...LOOK, output: 'table' })
    await expect(text).toMatchFileSnapshot('./golden/events-80.txt')
    expect(text).toContain('12m (x3 over 20m)')
  })

  test('are a List for programs', async () => {
    const list = JSON.parse(await renderEvents(EVENTS, { ...LOOK, output: 'json' }))
    expect(list.kind).toBe('List')
    expect(list.items[1]).toMatchObject({ kind: 'Event', seq: 42, count: 3, type: 'Warning' })
  })
})
