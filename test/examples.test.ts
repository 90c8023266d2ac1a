import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { checkConditions } from '../src/status/invariants.ts'
import type { SessionStatus } from '../src/resource/status.ts'
import { createAoStage, type AoStage } from './support/ao.ts'
import { startHttpChannel } from './support/channels/http-channel.ts'
import { eventually } from './support/eventually.ts'
import type { GitRepo } from './support/git-repo.ts'
import { plantSentinel } from './support/sentinel.ts'

const EXAMPLES = join(import.meta.dirname, '..', 'examples')
const NAMES = readdirSync(EXAMPLES).filter(name => existsSync(join(EXAMPLES, name, '.ao')))

/** What the examples take from the environment. */
const ENV: Readonly<Record<string, string>> = {
  NOTIFY_URL: 'http://127.0.0.1:9',
  NOTIFY_SECRET: 'sesame',
  PAGERDUTY_KEY: '0'.repeat(32),
  GITHUB_TOKEN: 'ghp_sample',
}

interface Plan {
  readonly actions: readonly { readonly action: string; readonly name: string }[]
  readonly unknown: readonly unknown[]
}

interface Objects {
  readonly items: readonly {
    readonly kind: string
    readonly metadata: { readonly name: string; readonly generation: number }
    readonly status: SessionStatus
  }[]
}

let stage: AoStage

beforeEach(() => {
  stage = createAoStage()
})
afterEach(async () => {
  await stage.close()
})

describe.each(NAMES)('The example %s', example => {
  test('validates, and plans nothing that is blocked or unknown', async () => {
    const cwd = (await makeShop(example)).path
    const validated = await stage.ao(['validate', '-f', '.ao'], { cwd, env: ENV })
    expect(validated).toMatchObject({ code: 0, stderr: '' })

    const { code, stdout } = await stage.ao(['diff', '-o', 'json'], { cwd, env: ENV })
    expect(code).toBe(1)
    const plan = JSON.parse(stdout) as Plan
    expect(plan.unknown).toEqual([])
    const verbs = new Set(plan.actions.map(({ action }) => action))
    expect([...verbs].filter(verb => verb !== 'create' && verb !== 'wait')).toEqual([])
  })
})

describe('The quickstart', () => {
  test('runs to its end by itself, changes nothing of the person’s, and starts nothing again', async () => {
    const shop = await makeShop('01-quickstart')
    const sentinel = plantSentinel(shop)
    const at = { cwd: shop.path }
    expect(await stage.ao(['apply'], at)).toMatchObject({ code: 0 })
    const told = await stage.ao(['reconcile', '--until', 'done', '--timeout', '50s'], at)
    expect(told.code, `${told.stdout}${told.stderr}`).toBe(0)

    const { items } = await stage.json<Objects>(['get'], at)
    for (const { metadata, status } of items) {
      const { conditions, observedGeneration } = status
      expect(checkConditions(conditions, metadata.generation, observedGeneration)).toEqual([])
    }
    const workers = items.filter(({ kind }) => kind === 'Worker')
    expect(workers.map(({ status }) => status.pullRequest?.state)).toEqual([
      'merged',
      'merged',
      'merged',
    ])
    expect(await stage.ao(['diff'], at)).toMatchObject({ code: 0 })
    sentinel.check()

    const merged = join(stage.root, 'merged')
    shop.run(['clone', '--quiet', shop.origin, merged], stage.root)
    execFileSync('sh', ['./test.sh'], { cwd: merged, env: stage.env, stdio: 'pipe' })

    const before = await attempts(at)
    expect(await stage.ao(['reconcile', '--once'], at)).toMatchObject({ code: 0 })
    expect(await attempts(at)).toEqual(before)

    const left = shop.run(['show', 'HEAD:.ao/workers.yaml']).split('---\n').slice(0, 2)
    shop.write('.ao/workers.yaml', left.join('---\n'))
    const { code, stderr } = await stage.ao(['diff'], at)
    expect(code).toBe(0)
    expect(stderr).toContain('kept: Worker/shop-docs; see')
    expect(stderr).toContain('ao diff --prune')
  })
})

describe('The notifications', () => {
  test('reach every channel with the pull request and the next command, and the alert ends with its cause', async () => {
    const shop = await makeShop('04-notifications')
    const channel = await startHttpChannel({
      fine: ({ url }) => ({ status: url === '/pagerduty' ? 202 : 200, body: 'ok' }),
    })
    try {
      const at = { cwd: shop.path, env: { ...ENV, NOTIFY_URL: channel.url } }
      expect([0, 6]).toContain((await stage.ao(['apply'], at)).code)
      stage.start(['reconcile', '--watch'], at)
      const told = (path: string, text: string): number =>
        channel.received.filter(({ url, body }) => url === path && body.includes(text)).length
      await eventually('people are told', () =>
        ['/slack', '/audit'].every(
          path => told(path, 'ao pr merge 1') === 1 && told(path, 'ao restart shop-import') === 1,
        ),
      )
      await eventually('somebody is woken up', () => told('/pagerduty', '"trigger"') === 1)
      await stage.ao(['restart', 'shop-import'], at)
      await eventually('and may sleep on', () => told('/pagerduty', '"resolve"') === 1)
      expect(told('/pagerduty', 'shop-hours')).toBe(0)
      expect(channel.received.find(({ url }) => url === '/audit')?.headers).toMatchObject({
        'x-ao-signature-256': expect.stringMatching(/^sha256=/) as string,
      })
      const { stdout } = await stage.ao(['get', 'notifiers'], at)
      expect(stdout).toMatch(/desk +False/)
      expect(stdout).toMatch(/pager +True/)
    } finally {
      await channel.close()
    }
  })
})

async function attempts(at: { readonly cwd: string }): Promise<readonly number[]> {
  const { items } = await stage.json<Objects>(['get', 'workers'], at)
  return items.map(({ status }) => status.attempt)
}

/** The example's sample repository, beside the stage's own. */
async function makeShop(example: string): Promise<GitRepo> {
  const { makeSampleRepo } = (await import(join(EXAMPLES, 'sample-repo.mjs'))) as {
    readonly makeSampleRepo: (
      directory: string,
      example: string,
    ) => { readonly repository: string; readonly origin: string }
  }
  const { repository, origin } = makeSampleRepo(join(stage.root, 'sample'), example)
  return {
    ...stage,
    path: repository,
    origin,
    run: (args, cwd = repository) => stage.run(args, cwd),
    write: (file, content, cwd = repository) => {
      stage.write(file, content, cwd)
    },
  }
}
