import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createForgeStage } from './support/forge-stage.ts'
import type { ForgeStage } from './support/forge-stage.ts'

const NAME = 'shop-login'

let stage: ForgeStage
/** What was seen, where no home is. */
let seen: string

beforeAll(async () => {
  stage = await createForgeStage()
  const { code, stdout, stderr } = await stage.declare(`${stage.project}${stage.worker(NAME)}`)
  expect(code, `${stdout}${stderr}`).toBe(0)
  const pull = await stage.open(NAME)
  await pull.check({ name: 'test', state: 'failure', log: 'boom' })
  expect(await stage.ao(['reconcile', '--once'])).toMatchObject({ code: 0 })
  await stage.hears(NAME, 1, 'CI failed')
  seen = join(stage.root, 'seen.jsonl')
  copyFileSync(join(stage.home, 'sightings.jsonl'), seen)
  const tried = { same: '', other: 'ci-failed: { auto: false }', wrong: 'ci-fail: {}' }
  for (const [folder, reactions] of Object.entries(tried)) {
    const worker = stage.worker(NAME, reactions === '' ? '' : `reactions: { ${reactions} }`)
    stage.write('shop.yaml', `${stage.project}${worker}`, join(stage.root, folder))
  }
}, 60_000)

afterAll(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
  }
})

const at = (folder: string): readonly string[] => ['-f', join(stage.root, folder)]

describe('ao replay', () => {
  it('decides with the same reactions what was decided, and says so', async () => {
    const same = await stage.ao(['replay', '--events', seen, ...at('same')])
    expect(same.stdout).toMatch(
      /1 decision the same, 0 only then, 0 only now; \d+ sightings? replayed\./,
    )
    expect(same.code).toBe(0)
  })

  it('prints what other reactions would have made of it, and does nothing', async () => {
    const other = await stage.ao(['replay', '--events', seen, ...at('other')])
    const said = other.stdout.replaceAll(/\s+/g, ' ')
    expect(said).toMatch(/- \S+ Worker\/shop-login ci-failed#1 sendToAgent check test failed/)
    expect(said).toMatch(
      /\+ \S+ Worker\/shop-login ci-failed#1 notify check test failed .*auto is false/,
    )
    expect(said).toContain('0 decisions the same, 1 only then, 1 only now')
    expect(other.code).toBe(1)
    expect(stage.heard(NAME)).toHaveLength(1)
    expect(await stage.events('Notified', NAME)).toEqual([])
  })

  it('takes the home’s own sightings, and those of standard input', async () => {
    expect(await stage.ao(['replay', ...at('same')])).toMatchObject({ code: 0 })
    expect(await stage.ao(['replay', '--events', '-', ...at('same')], { input: '' })).toMatchObject(
      {
        code: 0,
        stdout: '0 decisions the same, 0 only then, 0 only now; 0 sightings replayed.\n',
      },
    )
  })

  it('replays nothing of what it cannot read, and names the place', async () => {
    const broken = join(stage.root, 'broken.jsonl')
    writeFileSync(broken, '{"time":"now"}\n')
    const unread = await stage.ao(['replay', '--events', broken, ...at('same')])
    expect(unread).toMatchObject({ code: 2, stdout: '' })
    expect(unread.stderr).toContain(`${broken}:1: this is no line of a sightings.jsonl`)
    const missing = await stage.ao(['replay', '--events', `${broken}.gz`, ...at('same')])
    expect(missing).toMatchObject({ code: 2 })
    const wrong = await stage.ao(['replay', '--events', seen, ...at('wrong')])
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.stderr).toContain('did you mean "ci-failed"?')
  })
})
