import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { loadScenario } from '../../src/plugins/agent/script-scenario.ts'
import { eventually } from '../support/eventually.ts'
import { buildScriptProgram, setScriptStage } from '../support/script-stage.ts'
import type { BuiltProgram, PlayedAttempt, ScriptStage } from '../support/script-stage.ts'

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples')
const SCENARIOS = join(EXAMPLES, '01-quickstart', '.ao', '_scenarios')

let program: BuiltProgram
let stage: ScriptStage
/** The sample repository, made by its own program. */
let shop: string

beforeAll(async () => {
  program = await buildScriptProgram()
})
afterAll(() => {
  program.remove()
})
beforeEach(() => {
  stage = setScriptStage()
  const made = execFileSync(process.execPath, [join(EXAMPLES, 'sample-repo.mjs'), stage.workspace])
  shop = made.toString().split('\n')[0] ?? ''
  // Stands for the scm: it only writes down what it is asked for.
  writeFileSync(join(stage.bin, 'ao'), '#!/bin/sh\necho "$*" >> "$AO_HOME/asked"\n')
  chmodSync(join(stage.bin, 'ao'), 0o755)
})
afterEach(async () => {
  await stage.strike()
})

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: shop, env: stage.env, encoding: 'utf8' }).trim()
}

function play(scenario: string): PlayedAttempt {
  git('checkout', '--quiet', '-b', `ao/${scenario}`)
  const argv = [process.execPath, program.path, '--scenario', join(SCENARIOS, `${scenario}.yaml`)]
  return stage.play(argv, 1, shop)
}

async function untilIdle(): Promise<void> {
  await eventually('it is idle', () => {
    const last = stage.reports().at(-1)
    return last?.type === 'activity' && last.activity === 'idle'
  })
}

/** The check of the example, as the scm runs it. */
function runCheck(): { readonly status: number | null; readonly output: string } {
  const { status, stdout } = spawnSync('sh', ['./test.sh'], { cwd: shop, encoding: 'utf8' })
  return { status, output: stdout }
}

describe('the quickstart', () => {
  test('has only scenarios that are valid', async () => {
    for (const name of readdirSync(SCENARIOS)) {
      const loaded = await loadScenario(join(SCENARIOS, name))
      expect(loaded.ok ? [] : loaded.problems).toEqual([])
    }
  })

  test('starts from a shop with history, in step with its origin, whose tests pass', () => {
    expect(Number(git('rev-list', '--count', 'main'))).toBe(13)
    expect(git('status', '--porcelain', '--branch')).toBe('## main...origin/main')
    expect(git('symbolic-ref', 'refs/remotes/origin/HEAD')).toBe('refs/remotes/origin/main')
    expect(runCheck().status).toBe(0)
    const [, again = ''] =
      /(.*)\n/.exec(
        execFileSync(process.execPath, [
          join(EXAMPLES, 'sample-repo.mjs'),
          join(shop, '..', 'again'),
        ]).toString(),
      ) ?? []
    const other = execFileSync('git', ['rev-parse', 'main'], {
      cwd: again,
      encoding: 'utf8',
    }).trim()
    expect(other).toBe(git('rev-parse', 'main'))
  })

  test('brings a login that fails its check, and that a message about it mends', async () => {
    const played = play('login')
    await untilIdle()
    const failed = runCheck()
    expect(failed).toMatchObject({ status: 1 })
    expect(failed.output).toContain('a stranger gets in without a password')
    played.write('\x1b[200~CI failed on pull request #1 at 0123: test.\n\nFix it.\x1b[201~\r')
    await eventually('it is pushed', () =>
      git('log', '--oneline', 'origin/ao/login').includes('Turn'),
    )
    expect(runCheck().status).toBe(0)
    expect(readFileSync(join(stage.env['AO_HOME'] ?? '', 'asked'), 'utf8')).toBe(
      'pr create --title Let customers log in --body Customers log in with their name and password.\n',
    )
  })

  test('brings a search that passes its check, and that the review makes better', async () => {
    const played = play('search')
    await untilIdle()
    expect(runCheck().status).toBe(0)
    expect(execFileSync('sh', ['shop.sh', 'search', 'Mug'], { cwd: shop }).toString()).toBe(
      'Blue Mug\n',
    )
    const orchestrator = readFileSync(join(SCENARIOS, 'orchestrator.yaml'), 'utf8')
    const body = /body: (Searching .*)/.exec(orchestrator)?.[1] ?? ''
    played.write(`\x1b[200~Changes were requested.\n\n${body}\x1b[201~\r`)
    await eventually('it is pushed', () =>
      git('log', '--oneline', 'origin/ao/search').includes('Ignore'),
    )
    expect(runCheck().status).toBe(0)
    expect(execFileSync('sh', ['shop.sh', 'search', 'mug'], { cwd: shop }).toString()).toBe(
      'Blue Mug\n',
    )
  })
})
