import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import type { AoResult } from './support/ao.ts'
import { eventually } from './support/eventually.ts'
import { createForgeShop } from './support/forge-shop.ts'
import type { ForgeShop } from './support/forge-shop.ts'

const SECRET = 'sesame'

let shop: ForgeShop
let file: string

beforeEach(async () => {
  // So long that nothing but a delivery makes the watcher ask again.
  shop = await createForgeShop({
    webhookSecret: { valueFrom: { env: 'HOOK_SECRET' } },
    interval: '1h',
    maxAge: '12h',
  })
  file = join(shop.stage.root, 'delivery.json')
  shop.stage.commit('one.txt', 'one\n', shop.workspace)
  expect(await shop.inside(['pr', 'create'])).toMatchObject({ code: 0 })
})
afterEach(async () => {
  shop.forge.faults.clear()
  await shop.close()
})

const record = async (secret = SECRET, id?: string): Promise<string> => {
  const event = { event: 'pull-request-opened', repository: 'octo/shop', number: 1 } as const
  const sent = await shop.forge.deliver(event, file, secret, id === undefined ? {} : { id })
  return sent.id
}
const deliver = async (...more: readonly string[]): Promise<AoResult> =>
  shop.ao(['webhook', 'deliver', '--file', file, ...more])

/** What tells other processes to look. */
function pokes(): readonly string[] {
  const folder = join(shop.stage.home, 'forge')
  const names = readdirSync(folder).filter(name => name.includes('poke'))
  return names.map(name => readFileSync(join(folder, name), 'utf8'))
}

test('a delivery makes the watcher look at once, the same one twice does nothing (case 15)', async () => {
  const watcher = shop.stage.start(['reconcile', '--watch'], { env: shop.env })
  const review = async (): Promise<string> => {
    const { stdout } = await shop.ao(['get', 'workers', '-o', 'json'])
    const { items } = JSON.parse(stdout) as {
      items: readonly { status: { pullRequest?: { review: string } } }[]
    }
    return items[0]?.status.pullRequest?.review ?? ''
  }
  await eventually(
    'the watcher knows the pull request',
    async () => (await review()) === 'none',
    30_000,
  )
  await shop.hub.pull(1).approve('ann')
  const id = await record()
  const taken = await deliver()
  expect(taken).toMatchObject({
    code: 0,
    stdout: `${id}  pull_request octo/shop #1: shop is read anew\n`,
  })
  await eventually('the approval is seen', async () => (await review()) === 'approved', 20_000)

  const poked = pokes()
  expect(poked).toHaveLength(1)
  const again = await deliver('-o', 'json')
  expect(JSON.parse(again.stdout)).toMatchObject({ id, repeated: true, projects: [] })
  expect(pokes()).toEqual(poked)
  watcher.signal('SIGTERM')
  await watcher.exit
})

test('what is unsigned, signed otherwise, too large or about another repository is refused (case 15, D10)', async () => {
  await record('another secret')
  const forged = await deliver()
  expect(forged.code).toBe(3)
  expect(forged.stderr).toContain('signature of the delivery is wrong')

  await record()
  const { headers, body } = JSON.parse(readFileSync(file, 'utf8')) as {
    headers: Record<string, string>
    body: string
  }
  const raw = join(shop.stage.root, 'body')
  writeFileSync(raw, body)
  const pairs = Object.entries(headers).map(([name, value]) => `${name}=${value}`)
  const given = await shop.ao(['webhook', 'deliver', '--file', raw, '--header', ...pairs])
  expect(given).toMatchObject({ code: 0 })

  const unsigned = await shop.ao(['webhook', 'deliver', '--file', raw])
  expect(unsigned.code).toBe(3)
  expect(unsigned.stderr).toContain('is not signed')
  writeFileSync(raw, `${body} `)
  const changed = await shop.ao(['webhook', 'deliver', '--file', raw, '--header', ...pairs])
  expect(changed.code).toBe(3)

  writeFileSync(raw, Buffer.alloc(25 * 1024 * 1024 + 1, 32))
  const large = await shop.ao(['webhook', 'deliver', '--file', raw, '--header', ...pairs])
  expect(large.code).toBe(3)
  expect(large.stderr).toContain('larger than 25 MiB')

  const broken = pairs.map(pair => pair.replace('sha256=', 'sha256=\u{1f600}'))
  const unheard = await shop.ao(['webhook', 'deliver', '--file', raw, '--header', ...broken])
  expect(unheard.code).toBe(2)
  expect(unheard.stderr).toContain('x-hub-signature-256 has characters that no header may have')
  const folder = await shop.ao(['webhook', 'deliver', '--file', shop.stage.root])
  expect(folder.code).toBe(2)
  expect(folder.stderr).toContain(`${shop.stage.root} is no file`)

  const other = await shop.forge.createRepository({ owner: 'octo', name: 'other' })
  await other.commit('two', { 'two.txt': 'two\n' })
  await other.openPull({ head: 'two', title: 'Two' })
  const event = { event: 'pull-request-opened', repository: 'octo/other', number: 1 } as const
  await shop.forge.deliver(event, file, SECRET)
  const strange = await deliver()
  expect(strange.stderr).toContain('is about octo/other, and those known are octo/shop (shop)')
  expect(strange.code).not.toBe(0)
  expect(await deliver('--project', 'nobody')).toMatchObject({ code: 2 })
  // Only the one that was taken is remembered.
  expect(readdirSync(join(shop.stage.home, 'deliveries'))).toHaveLength(1)
})

test('a project without a secret takes nothing, however it is signed', async () => {
  const plain = await createForgeShop()
  try {
    const event = { event: 'ping', repository: 'octo/shop' } as const
    await plain.forge.deliver(event, file, SECRET)
    const refused = await plain.ao(['webhook', 'deliver', '--file', file])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('none has a webhookSecret')
  } finally {
    await plain.close()
  }
})
