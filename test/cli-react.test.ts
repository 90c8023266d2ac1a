import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { REACTION_NAMES } from '../src/resource/reactions.ts'
import { createAoStage } from './support/ao.ts'
import type { AoStage } from './support/ao.ts'

interface Trial {
  readonly due: readonly {
    readonly action: string
    readonly why: string
    readonly told: readonly string[]
    readonly text?: string
  }[]
}

const MANIFEST = `
apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: app }
spec:
  defaults: { agent: { plugin: custom, command: [sleep, "1000"] }, runtime: process }
  reactions:
    ci-failed: { retries: 1, message: "{{session}} broke #{{number}}" }
---
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: app-1 }
spec: { project: app, prompt: Wait., state: Suspended }
---
apiVersion: ao.dev/v1alpha1
kind: Orchestrator
metadata: { name: app-orchestrator }
spec: { project: app, state: Suspended }
---
apiVersion: ao.dev/v1alpha1
kind: Notifier
metadata: { name: ops }
spec: { plugin: webhook, config: { url: "http://127.0.0.1:9/" } }
`

describe('ao react --dry-run', () => {
  let stage: AoStage

  beforeAll(async () => {
    stage = createAoStage()
    stage.write('.ao/all.yaml', MANIFEST)
    const applied = await stage.ao(['apply', '--yes'])
    expect(applied.stderr + applied.stdout).not.toContain('error')
  }, 60_000)

  afterAll(async () => stage.close())

  it('shows the words that an agent would get, and does nothing', async () => {
    const before = await stage.json(['get', '-o', 'json'])
    const shown = await stage.ao(['react', '--dry-run', 'app-1', '--event', 'ci-failed'])
    expect(shown).toMatchObject({ code: 0 })
    expect(shown.stdout).toContain('Worker/app-1, if ci-failed happened now:')
    expect(shown.stdout).toContain('the agent would be told: check example failed on 0000000')
    expect(shown.stdout).toContain('app-1 broke #0')
    expect(shown.stdout).toContain('Nothing was done.')
    expect(await stage.json(['get', '-o', 'json'])).toEqual(before)
  })

  it('of a pull request that is closed says when its worker would be cleaned up', async () => {
    const before = Date.now()
    const { stdout } = await stage.ao(['react', '--dry-run', 'app-1', '--event', 'pr-closed'])
    const [, until = ''] =
      /closed without being merged; cleaned up at (\S+) unless/.exec(
        stdout.replaceAll(/\s+/g, ' '),
      ) ?? []
    const grace = 5 * 60_000
    expect(Date.parse(until)).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000 + grace)
    expect(Date.parse(until)).toBeLessThanOrEqual(Date.now() + grace)
  })

  it.each(REACTION_NAMES.map(name => [name]))('knows what %s would do', async reaction => {
    const name = reaction === 'all-complete' ? 'app-orchestrator' : 'app-1'
    const args = ['react', '--dry-run', name, '--event', reaction, '-o', 'json']
    const { due } = await stage.json<Trial>(args)
    // A suspended session is not started again.
    expect(due).toHaveLength(reaction === 'agent-exited' ? 0 : 1)
    for (const { action, told } of due) {
      expect(told).toEqual(action === 'notify' ? ['ops'] : [])
    }
  })

  it.each([
    ['app-orchestrator', 'ci-failed', 'an orchestrator never has a pull request of its own'],
    ['app-1', 'all-complete', 'it is a reaction of the orchestrator'],
  ])('of %s says why %s can not happen to it', async (name, reaction, why) => {
    const args = ['react', '--dry-run', name, '--event', reaction]
    expect((await stage.ao(args)).stdout).toContain(`nothing would be done: ${why}\n`)
    expect(await stage.json([...args, '-o', 'json'])).toMatchObject({ due: [], never: why })
  })

  it('names what it does not know, and what is missing', async () => {
    const wrong = await stage.ao(['react', '--dry-run', 'app-1', '--event', 'ci-fail'])
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.stderr).toContain('did you mean "ci-failed"?')
    const eager = await stage.ao(['react', 'app-1', '--event', 'ci-failed'])
    expect(eager).toMatchObject({ code: 2 })
    expect(eager.stderr).toContain('ao react --dry-run app-1 --event ci-failed')
  })
})
