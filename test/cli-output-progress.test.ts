import { describe, expect, test } from 'vitest'

import { HouseError } from '../src/errors.ts'
import { renderError } from '../src/cli/output/error.ts'
import type { ProgressOptions } from '../src/cli/output/progress.ts'
import { createProgress } from '../src/cli/output/progress.ts'
import { widthOf } from '../src/cli/output/text.ts'
import { NOW, action, plan } from './support/output-samples.ts'

const PLAN = plan([
  action('create', 'Worker', 'shop-a'),
  action('create', 'Worker', 'shop-b'),
  action('restart', 'Worker', 'shop-c'),
  action('unchanged', 'Project', 'shop'),
])

function recorder(more: Partial<ProgressOptions> = {}) {
  const written: string[] = []
  const clock = { ms: NOW.getTime() }
  const progress = createProgress({
    write: text => void written.push(text),
    isTTY: false,
    width: 80,
    color: false,
    now: () => new Date(clock.ms),
    ...more,
  })
  return { progress, written, text: () => written.join(''), clock }
}

/** An apply of which one object fails and one takes long. */
function run({ progress, clock }: ReturnType<typeof recorder>): void {
  progress.start(PLAN)
  progress.step('Worker/shop-a', 'branch ao/shop-a at 9f2c1d0')
  progress.step('Worker/shop-b', 'npm ci', 'started')
  clock.ms += 2000
  progress.done('Worker/shop-a', { state: 'done', message: 'pane %4' })
  clock.ms += 9000
  progress.heartbeat()
  clock.ms += 1000
  progress.heartbeat()
  progress.done('Worker/shop-b', { state: 'failed', message: 'npm ci\nended with 1' })
  progress.note('no watcher is running')
  progress.finish()
}

describe('progress', () => {
  test('away from a terminal is a line for each finished step and each outcome', () => {
    const seen = recorder()
    run(seen)
    expect(seen.text().split('\n')).toEqual([
      'Worker/shop-a  branch ao/shop-a at 9f2c1d0',
      'Worker/shop-a  create done after 2s: pane %4',
      'Worker/shop-b  still at it after 11s: npm ci',
      'Worker/shop-b  create failed after 12s: npm ci ended with 1',
      'no watcher is running',
      'create: 1 done, 1 failed · restart: 1 not started (12s)',
      'next:  ao describe Worker/shop-b',
      '',
    ])
  })

  test('on a terminal is a table redrawn in place that gives the cursor back', async () => {
    const seen = recorder({ isTTY: true })
    run(seen)
    expect(seen.written[0]).toContain('\u001b[?25l')
    expect(seen.written.at(-1)).toBe('\u001b[?25h')
    await expect(screenOf(seen.text())).toMatchFileSnapshot('./golden/progress-80.txt')
  })

  test('on a small terminal shows what goes wrong or on, and counts the rest', () => {
    const seen = recorder({ isTTY: true, height: 8, width: 40 })
    const many = Array.from({ length: 30 }, (_, i) => action('create', 'Worker', `w-${i}`))
    seen.progress.start(plan(many))
    seen.progress.done('Worker/w-29', { state: 'failed', message: 'x'.repeat(100) })
    seen.progress.close()
    const lines = screenOf(seen.text()).trimEnd().split('\n')
    expect(lines.length).toBeLessThan(8)
    expect(lines.join('\n')).toContain('w-29')
    expect(lines.at(-1)).toBe('… and 26 more')
    expect(Math.max(...lines.map(widthOf))).toBeLessThan(40)
  })

  test('closed early gives the cursor back once', () => {
    const seen = recorder({ isTTY: true })
    seen.progress.start(PLAN)
    seen.progress.close()
    seen.progress.close()
    seen.progress.finish()
    expect(seen.text().split('\u001b[?25h')).toHaveLength(2)
  })

  test('for programs is a document a line, the first with the version', () => {
    const seen = recorder({ output: 'jsonl', isTTY: true })
    run(seen)
    const documents = seen
      .text()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(documents[0]).toMatchObject({ type: 'version', version: 1 })
    expect(documents.map(document => document.type)).toEqual([
      'version',
      'started',
      'step',
      'step',
      'done',
      'heartbeat',
      'heartbeat',
      'done',
      'note',
      'finished',
    ])
  })

  test('an object that the plan did not name gets a row all the same', () => {
    const seen = recorder()
    seen.progress.start(plan([]))
    seen.progress.done('Worker/late', { state: 'stalled', message: 'needs a person' })
    seen.progress.finish()
    expect(seen.text()).toContain('other: 1 stalled (0s)\nnext:  ao describe Worker/late')
  })
})

describe('an error', () => {
  const error = new HouseError('BranchTaken', 'Worker shop-a: branch ao/shop-a exists', {
    cause: new Error('git ended with 128', { cause: new Error('fatal: \u001b[31mref exists') }),
    next: 'ao describe Worker/shop-a',
  })

  test('says what, why and what to type next', () => {
    expect(renderError(error, { width: 80, color: false })).toBe(
      'error: Worker shop-a: branch ao/shop-a exists\n' +
        'cause: git ended with 128\n' +
        'cause: fatal: ref exists\n' +
        'next:  ao describe Worker/shop-a\n',
    )
  })

  test('does not repeat a cause that the message already quotes', () => {
    const quoting = new HouseError('Failed', 'fetch failed: timed out', {
      cause: new Error('timed out'),
    })
    expect(renderError(quoting, { width: 80, color: false })).toBe(
      'error: fetch failed: timed out\n',
    )
  })

  test('keeps the lines of a message and wraps long ones', () => {
    const long = new HouseError('Failed', `first line\n${'word '.repeat(20)}`)
    const lines = renderError(long, { width: 40, color: false }).trimEnd().split('\n')
    expect(lines[0]).toBe('error: first line')
    expect(lines[1]).toMatch(/^ {7}word/)
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(40)
  })
})

/** What a terminal shows after the text: enough of one for cursor up, clear line and clear below. */
function screenOf(text: string): string {
  const lines: string[] = ['']
  let row = 0
  for (const [part] of text.matchAll(/\u001b\[\??(\d+)([A-Za-z])|\r|\n|[^\u001b\r\n]+/g)) {
    if (part === '\n') row += 1
    else if (part === '\r') continue
    else if (part.endsWith('A') && part.startsWith('\u001b')) row -= Number(part.slice(2, -1))
    else if (part === '\u001b[2K') lines[row] = ''
    else if (part === '\u001b[0J') lines.length = row + 1
    else if (!part.startsWith('\u001b')) lines[row] = (lines[row] ?? '') + part
    lines[row] ??= ''
  }
  return `${lines.join('\n').trimEnd()}\n`
}
