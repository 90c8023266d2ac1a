import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { checkConditions } from '../src/status/invariants.ts'
import type { SessionStatus } from '../src/resource/status.ts'
import { createAoStage, type AoStage } from './support/ao.ts'
import type { GitRepo } from './support/git-repo.ts'
import { plantSentinel } from './support/sentinel.ts'

const EXAMPLES = join(import.meta.dirname, '..', 'examples')
const NAMES = readdirSync(EXAMPLES).filter(name => existsSync(join(EXAMPLES, name, '.ao')))

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
    const validated = await stage.ao(['validate', '-f', '.ao'], { cwd })
    expect(validated).toMatchObject({ code: 0, stderr: '' })

    const { code, stdout } = await stage.ao(['diff', '-o', 'json'], { cwd })
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
