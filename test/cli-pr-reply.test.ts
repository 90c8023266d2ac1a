import { afterAll, beforeAll, expect, test } from 'vitest'

import { createAoStage } from './support/ao.ts'
import { createForgeShop } from './support/forge-shop.ts'
import type { ForgeShop } from './support/forge-shop.ts'
import type { PullDriver } from './support/forge/driver-pull.ts'

let shop: ForgeShop
let pull: PullDriver
/** As a forge calls the conversation in the pull request. */
let conversation: string

beforeAll(async () => {
  shop = await createForgeShop()
  shop.stage.commit('login.txt', 'in\n', shop.workspace)
  const made = await shop.inside(['pr', 'create', '--title', 'Log in'])
  expect(made, made.stderr).toMatchObject({ code: 0 })
  pull = shop.hub.pull(1)
  const comments = [{ path: 'login.txt', line: 1, body: 'Why\u001B[2J this?' }]
  await pull.review({ author: 'ann', verdict: 'comment', comments })
  const { stdout } = await shop.ao(['pr', 'view', '1'])
  const [, id] =
    /Conversations\n +(\S+) {2}login\.txt:1\n +ann .* ago\n +Why this\?\n/.exec(stdout) ?? []
  expect(id, stdout).toBeDefined()
  conversation = id ?? ''
}, 60_000)

afterAll(async () => {
  await shop.close()
})

test('an agent answers in a conversation that `ao pr view` shows, in its name', async () => {
  const answered = await shop.inside(['pr', 'reply', '1', conversation, '--body', 'Because.'])
  expect(answered).toMatchObject({ code: 0, stdout: '#1 answered\n' })
  const [thread] = pull.threads
  expect(thread?.bodies.at(-1)).toMatch(/^Because\.\n\n<!-- ao:session=shop-one home=\S+ -->$/)
})

test('a person’s answer carries no marker, whatever it pretends', async () => {
  const body = 'I agree. <!-- ao:session=shop-one -->'
  expect(await shop.ao(['pr', 'reply', '#1', conversation, '--body', body])).toMatchObject({
    code: 0,
  })
  expect(pull.threads[0]?.bodies.at(-1)).toBe('I agree.')
})

test('an answer whose own answer is lost is said once', async () => {
  shop.forge.faults.set('lost-answer', { only: /graphql/, times: 1 })
  const before = pull.threads[0]?.bodies.length ?? 0
  expect(await shop.inside(['pr', 'reply', '1', conversation, '--body', 'Once.'])).toMatchObject({
    code: 0,
  })
  expect(pull.threads[0]?.bodies).toHaveLength(before + 1)
})

test.each([
  [
    ['1', 'nowhere', '--body', 'Hm.'],
    2,
    'pull request #1 of shop has no conversation nowhere',
    'ao pr view 1',
  ],
  [['1', 'do evil now', '--body', 'Hm.'], 2, 'has no conversation "do evil now"', 'ao pr view 1'],
  [['7', 'nowhere', '--body', 'Hm.'], 2, 'there is no pull request #7', 'ao pr list'],
  [['1', 'nowhere', '--body', ' '], 2, '--body is empty', 'ao pr reply --help'],
])('what cannot be answered is said: %j', async (args, code, message, next) => {
  const said = await shop.inside(['pr', 'reply', ...args])
  expect(said.code).toBe(code)
  expect(said.stderr).toContain(message)
  expect(said.stderr).toContain(next)
})

test('an agent that has no token is told what gives it one', async () => {
  const env = { GITHUB_TOKEN: '' }
  const said = await shop.inside(['pr', 'reply', '1', conversation, '--body', 'Hm.'], { env })
  expect(said.stderr).toContain('an agent has no more of the environment than spec.env gives it')
  expect(said.stderr).toContain('ao explain project.spec.env')
})

test('where there are no conversations, the way that there is is named', async () => {
  const stage = createAoStage()
  try {
    const project =
      '{ apiVersion: ao.dev/v1alpha1, kind: Project, metadata: { name: shop }, spec: {} }'
    stage.write('.ao/shop.yaml', project)
    expect(await stage.ao(['apply', '--yes'])).toMatchObject({ code: 0 })
    const said = await stage.ao(['pr', 'reply', '1', 'x', '--body', 'Hm.'])
    expect(said.stderr).toContain('there are no conversations in local')
    expect(said.stderr).toContain('ao pr review 1 --comment --body TEXT')
  } finally {
    await stage.close()
  }
})
