import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createAoStage } from './support/ao.ts'
import { octokitFor } from './support/forge/clients.ts'
import { createForgeShop } from './support/forge-shop.ts'
import type { ForgeShop } from './support/forge-shop.ts'

const SECOND = `apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: shop-two }
spec:
  project: shop
  prompt: Do it.
  runtime: process
  agent: { plugin: custom, command: [cat] }
---
apiVersion: ao.dev/v1alpha1
kind: Orchestrator
metadata: { name: shop-orchestrator }
spec:
  project: shop
  runtime: process
  agent: { plugin: custom, command: [cat] }
`

describe('on a forge', () => {
  let shop: ForgeShop

  beforeEach(async () => {
    shop = await createForgeShop()
    shop.stage.commit('one.txt', 'one\n', shop.workspace)
    expect(
      await shop.inside(['pr', 'create', '--title', 'Add one', '--body', 'Because.']),
    ).toMatchObject({ code: 0 })
    shop.forge.reset()
  })
  afterEach(async () => {
    shop.forge.faults.clear()
    await shop.close()
  })

  const outside = async (args: readonly string[], input = '') =>
    shop.ao(args, { cwd: shop.stage.root, input })
  const words = async (): Promise<{ readonly title: string; readonly body: string | null }> => {
    const place = { owner: 'octo', repo: 'shop', pull_number: 1 }
    const { title, body } = (await octokitFor(shop.forge).rest.pulls.get(place)).data
    return { title, body }
  }
  /** What was asked of the forge that could have changed something there. */
  const changes = (): readonly string[] =>
    shop.forge.requests
      .filter(({ kind, method, operation = '' }) =>
        kind === 'git' ? operation.includes('receive') : kind === 'rest' && method !== 'GET',
      )
      .map(({ method, path }) => `${method} ${path}`)

  test('other words take one request and no checkout, and push nothing; the hidden marker stays (P7, P8, P16)', async () => {
    const tip = await shop.hub.tip('ao/shop-one')
    shop.stage.commit('two.txt', 'two\n', shop.workspace)
    const home = readFileSync(join(shop.stage.home, 'id'), 'utf8').trim()
    const marked = '- [codex] one\n- two <!-- ao:session=shop-two -->\n'
    const args = ['pr', 'edit', '1', '--title', '[fix] Add  "one"', '--body-file', '-']
    const edited = await outside([...args, '--project', 'shop'], marked)
    expect(edited).toMatchObject({ code: 0, stdout: '#1 has another title and body\n' })
    expect(changes()).toEqual(['PATCH /repos/octo/shop/pulls/1'])
    expect(await words()).toEqual({
      title: '[fix] Add  "one"',
      body: `- [codex] one\n- two\n\n<!-- ao:session=shop-one home=${home} -->`,
    })
    expect(await shop.hub.tip('ao/shop-one')).toBe(tip)
    const { stdout } = await shop.ao(['pr', 'list', '-o', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({
      items: [{ title: '[fix] Add  "one"', body: '- [codex] one\n- two', session: 'shop-one' }],
    })
  })

  test('what nobody gave is not asked for, and neither is what is so already (P9)', async () => {
    const nothing = await shop.inside(['pr', 'edit', '1'])
    expect(nothing.code).toBe(2)
    expect(nothing.stderr).toContain('nothing is to be changed: add --title or --body')
    expect(shop.forge.requests).toEqual([])
    const same = ['--title', 'Add one', '--body-file', '-']
    const again = await outside(['pr', 'edit', 'shop-one', ...same], 'Because.\n')
    expect(again).toMatchObject({ code: 0, stdout: '#1 is so already\n' })
    expect(changes()).toEqual([])
    const half = await outside(['pr', 'edit', 'shop-one', ...same, '-o', 'json'], 'Or not.\n')
    expect(JSON.parse(half.stdout)).toEqual({ pullRequest: 1, changed: ['body'] })
    expect(changes()).toHaveLength(1)
    expect((await words()).title).toBe('Add one')
  })

  test('it is found by its number, by its worker, and by where one stands (P17)', async () => {
    const titles = ['By number', 'By worker', 'By session', 'By branch']
    const [byNumber = '', byWorker = '', bySession = '', byBranch = ''] = titles
    const edits = [
      await shop.ao(['pr', 'edit', '#1', '--title', byNumber]),
      await outside(['pr', 'edit', 'worker/shop-one', '--title', byWorker]),
      await shop.inside(['pr', 'edit', '--title', bySession], { cwd: shop.stage.root }),
      await shop.ao(['pr', 'edit', '--title', byBranch], { cwd: shop.workspace }),
    ]
    expect(edits.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    expect((await words()).title).toBe(byBranch)
    expect(changes()).toHaveLength(titles.length)
  })

  test('what is over keeps its words, and what can not be asked is not changed (D11)', async () => {
    const pull = shop.hub.pull(1)
    const refused = async (code: number, text: RegExp): Promise<void> => {
      const edited = await shop.inside(['pr', 'edit', '1', '--title', 'Other'])
      expect(edited.code).toBe(code)
      expect(edited.stderr).toMatch(text)
      expect(edited.stderr).toContain('next:')
    }
    shop.forge.faults.set('refused-token')
    await refused(6, /does not accept the token/)
    shop.forge.faults.clear()
    pull.close()
    await refused(3, /pull request #1 of shop is closed/)
    pull.reopen()
    await pull.merge()
    await refused(3, /pull request #1 of shop is merged/)
    expect(changes()).toEqual([])
    expect((await words()).title).toBe('Add one')
  })

  test('an answer that is lost is looked for, and the words are changed once', async () => {
    shop.forge.faults.set('lost-answer', { times: 1, only: /^PATCH/ })
    const edited = await shop.inside(['pr', 'edit', '--title', 'Said once'])
    expect(edited).toMatchObject({ code: 0, stdout: '#1 has another title\n' })
    expect(changes()).toHaveLength(1)
    shop.forge.faults.set('lost-request', { times: 1, only: /^PATCH/ })
    expect((await shop.inside(['pr', 'edit', '--title', 'Said again'])).code).not.toBe(0)
    expect((await words()).title).toBe('Said once')
  })

  test('a worker changes and closes its own only, an orchestrator what its workers have (D12)', async () => {
    shop.stage.write('.ao/more.yaml', SECOND)
    expect(await shop.ao(['apply', '--yes'])).toMatchObject({ code: 0 })
    const as = (name: string) => ({ env: { AO_SESSION_ID: name, AO_PROJECT_ID: 'shop' } })
    for (const args of [
      ['pr', 'edit', '1', '--title', 'Mine now'],
      ['pr', 'close', '1'],
    ]) {
      const foreign = await shop.ao(args, as('shop-two'))
      expect(foreign.code).toBe(3)
      expect(foreign.stderr).toContain('shop-two may')
      expect(foreign.stderr).toContain("pull requests of its own, and #1 of shop is shop-one's")
    }
    expect(changes()).toEqual([])
    const none = await shop.ao(['pr', 'edit', '--title', 'Mine now'], as('shop-two'))
    expect(none).toMatchObject({ code: 2 })
    expect(none.stderr).toContain('shop-two has no pull request yet')
    const unsaid = await shop.ao(['pr', 'edit', '--title', 'Whose?'], as('shop-orchestrator'))
    expect(unsaid.stderr).toContain('shop-orchestrator coordinates others and has no pull request')
    const led = await shop.ao(['pr', 'edit', '1', '--title', 'As planned'], as('shop-orchestrator'))
    expect(led).toMatchObject({ code: 0 })

    await shop.hub.commit('by-hand', { 'hand.txt': 'hand\n' })
    await shop.hub.openPull({ head: 'by-hand', title: 'By hand', author: 'ann' })
    expect((await shop.ao(['pr', 'edit', '2', '--title', 'X'], as('shop-two'))).code).toBe(3)
    expect(await shop.ao(['pr', 'claim', '2', 'shop-two'])).toMatchObject({ code: 0 })
    const claimed = await shop.ao(['pr', 'edit', '--title', 'Claimed'], as('shop-two'))
    expect(claimed).toMatchObject({ code: 0, stdout: '#2 has another title\n' })
  })
})

test('without a forge it is the record that gets other words; what can be none is refused before anything is asked', async () => {
  const stage = createAoStage()
  try {
    stage.write(
      '.ao/shop.yaml',
      `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: shop }
spec: { scm: local }
---
${SECOND}`,
    )
    expect(await stage.ao(['apply', '--yes'])).toMatchObject({ code: 0 })
    const edit = async (...args: readonly string[]) => stage.ao(['pr', 'edit', ...args])
    const bad: readonly (readonly [readonly string[], string])[] = [
      [['1', '--title', '  '], '--title is empty'],
      [['1', '--title', 'two\nlines'], '--title is one line'],
      [['1', '--title', 'x'.repeat(256)], 'longer than 255 characters'],
      [['1', '--body-file', 'nowhere.md'], 'nowhere.md cannot be read: ENOENT'],
      [['7', '--title', 'X'], 'there is no pull request #7 in shop'],
      [['1x', '--title', 'X'], '"1x" is no number of a pull request'],
      [['shop-tow', '--title', 'X'], 'there is no Worker/shop-tow; did you mean "shop-two"?'],
      [['project/shop', '--title', 'X'], 'Project/shop is no session'],
      [['shop-two', '--project', 'other', '--title', 'X'], 'shop-two works on shop, not on other'],
      [['--title', 'X'], 'main of shop has no open pull request'],
    ]
    for (const [args, text] of bad) {
      const refused = await edit(...args)
      expect(refused, args.join(' ')).toMatchObject({ code: 2 })
      expect(refused.stderr).toContain(text)
    }
    const workspace = `${stage.home}/worktrees/shop/shop-two`
    stage.commit('two.txt', 'two\n', workspace)
    const env = { AO_SESSION_ID: 'shop-two', AO_PROJECT_ID: 'shop' }
    expect(await stage.ao(['pr', 'create'], { cwd: workspace, env })).toMatchObject({ code: 0 })
    stage.write('words.md', '# Two\n')
    expect(await edit('shop-two', '--title', 'Two', '--body-file', 'words.md')).toMatchObject({
      code: 0,
      stdout: '#1 has another title and body\n',
    })
    expect((await stage.ao(['pr', 'view', '1'])).stdout).toMatch(/#1 Two[^]*# Two/)
    expect(await stage.ao(['pr', 'merge', '1'])).toMatchObject({ code: 0 })
    const late = await edit('shop-two', '--title', 'Late')
    expect(late).toMatchObject({ code: 3 })
    expect(late.stderr).toContain('pull request #1 of shop is merged')
  } finally {
    await stage.close()
  }
})
