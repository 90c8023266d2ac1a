import { describe, expect, test } from 'vitest'

import { planToJson } from '../src/cli/output/plan-json.ts'
import type { PlanOptions } from '../src/cli/output/plan.ts'
import { renderPlan } from '../src/cli/output/plan.ts'
import { widthOf } from '../src/cli/output/text.ts'
import { NOW, action, at, fullPlan, plan } from './support/output-samples.ts'

const LOOK: PlanOptions = {
  width: 80,
  color: false,
  now: NOW,
  home: '/home/ada',
  cwd: '/home/ada/shop',
  source: '3 files, 9 objects · main@41ce09a + 1 uncommitted file',
  next: 'ao apply -f .ao/',
}

describe('a plan for people', () => {
  test.each([80, 120])('looks as agreed at width %i', async width => {
    const text = renderPlan(fullPlan(), { ...LOOK, width })
    expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(width)
    await expect(text).toMatchFileSnapshot(`./golden/plan-${width}.txt`)
  })

  test('says in colour what it says without', async () => {
    const colored = renderPlan(fullPlan(), { ...LOOK, color: true })
    expect(colored).toContain('\u001b[32m+')
    expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderPlan(fullPlan(), LOOK))
  })

  test('with nothing to do is a positive sentence with the age of what was seen', () => {
    const text = renderPlan(
      plan([action('unchanged', 'Project', 'shop'), action('unchanged', 'Worker', 'shop-a')]),
      LOOK,
    )
    expect(text).toBe(
      'Nothing to do: 2 objects are as declared.\n' +
        'observed 2s ago · base origin/main@9f2c1d0 fetched 12m ago\n',
    )
  })

  test('that only waits is nothing to do and names who waits', () => {
    const text = renderPlan(
      plan([action('wait', 'Worker', 'shop-b', { reason: 'waits for capacity' })]),
      LOOK,
    )
    expect(text).toContain('.  Worker  shop-b  wait  waits for capacity')
    expect(text).toContain('Nothing to do: 1 waiting.')
  })

  test('is never empty when something could not be looked at, even without a row for it', () => {
    const text = renderPlan(
      plan([action('unchanged', 'Project', 'shop')], {
        unknown: [
          { key: 'Project/shop', reason: 'RuntimeUnknown', message: 'tmux did not answer in 5s' },
        ],
      }),
      LOOK,
    )
    expect(text).not.toContain('Nothing to do')
    expect(text).toContain('?  Project shop  tmux did not answer in 5s')
  })

  test('keeps the command that unblocks in one piece on a narrow screen', () => {
    const unblock = 'ao delete Worker/a-worker-with-a-rather-long-name --force --and-so-on'
    const text = renderPlan(
      plan([
        action('blocked', 'Worker', 'a-worker-with-a-rather-long-name', {
          blockedVerb: 'delete',
          guards: [{ guard: 'UnpushedWork', passed: false, message: 'unpushed work', unblock }],
        }),
      ]),
      { ...LOOK, width: 40 },
    )
    expect(text).toContain(unblock)
    expect(text).toContain('1 delete (blocked)')
  })

  test('names a dozen unchanged objects and counts the others', () => {
    const many = Array.from({ length: 300 }, (_, i) => action('unchanged', 'Worker', `w-${i}`))
    const text = renderPlan(plan([...many, action('create', 'Worker', 'new')]), LOOK)
    expect(text).toMatch(/w-11 and\s+288 more/)
    expect(text).toContain('1 create · 300 unchanged')
    expect(text.split('\n').length).toBeLessThan(20)
  })

  test('lets no control character of a reason or a name reach the terminal', () => {
    const text = renderPlan(
      plan([
        action('create', 'Worker', 'w', {
          reason: 'x\u001b]0;owned\u0007\u009b2J\r\nfake row \u202eevil',
          details: [['branch\u0007', 'a\u001b[2Jb']],
        }),
      ]),
      LOOK,
    )
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(text).toContain('fake row evil')
  })

  test('about to be carried out does not say that nothing was changed', () => {
    expect(renderPlan(fullPlan(), { ...LOOK, purpose: 'apply' })).not.toContain('Nothing was')
  })
})

describe('a plan for programs', () => {
  test('spreads positions into file, line and col', () => {
    const document = planToJson(
      plan([
        action('update', 'Worker', 'w', {
          reason: 'its manifest changed',
          position: at(3),
          changes: [{ path: 'priority', before: '0', after: '1', position: at(4, 9) }],
        }),
      ]),
    )
    expect(JSON.parse(JSON.stringify(document))).toMatchObject({
      apiVersion: 'ao.dev/v1alpha1',
      kind: 'Plan',
      actions: [
        {
          action: 'update',
          kind: 'Worker',
          name: 'w',
          reason: 'its manifest changed',
          file: '/home/ada/shop/.ao/workers.yaml',
          line: 3,
          changes: [
            {
              path: 'priority',
              before: '0',
              after: '1',
              file: '/home/ada/shop/.ao/workers.yaml',
              line: 4,
              col: 9,
            },
          ],
          guards: [],
        },
      ],
      drift: [],
      unknown: [],
      summary: { update: 1, unchanged: 0 },
    })
  })
})
