import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { promisify } from 'node:util'

import { afterAll, beforeAll, expect, test } from 'vitest'

import type { AoResult } from './support/ao.ts'
import { PROGRAM } from './support/ao.ts'
import { createForgeShop } from './support/forge-shop.ts'
import type { ForgeShop } from './support/forge-shop.ts'

const start = promisify(execFile)

let shop: ForgeShop

beforeAll(async () => {
  shop = await createForgeShop()
  shop.stage.commit('one.txt', 'one\n', shop.workspace)
  const opened = await shop.inside(['pr', 'create', '--title', 'Add one', '--draft'])
  expect(opened).toMatchObject({ code: 0 })
})
afterAll(async () => {
  shop.forge.faults.clear()
  await shop.close()
})

/** What is said of one that is there, or would be. */
const ABOUT: readonly (readonly string[])[] = [
  ['view', '1'],
  ['edit', '1', '--title', 'Other'],
  ['review', '1', '--comment', '--body', 'Hm.'],
  ['merge', '1'],
  ['close', '1'],
  ['claim', '1', 'shop-one'],
]

function expectRefusal({ code, stderr }: AoResult, about: string): string {
  expect(code, about).not.toBe(0)
  const [first = '', second = ''] = stderr.trimEnd().split('\n').slice(-2)
  expect(`${first}\n${second}`, about).toMatch(/^error: .*\nnext: {2}\S/)
  return stderr
}

test('a forge that needs a person is told by every command in the same words, with the project and what to do', async () => {
  const elsewhere = ['create', '--head', 'elsewhere', '--title', 'Other']
  for (const args of [...ABOUT, ['list'], ['push'], ['create'], elsewhere]) {
    const env = { GITHUB_TOKEN: 'ghp_wrong' }
    const said = expectRefusal(await shop.inside(['pr', ...args], { env }), args.join(' '))
    expect(said).toMatch(/pull requests of shop: .*does not accept the token/)
    expect(said).toContain('an agent has no more of the environment than spec.env gives it')
    expect(said).toContain('next:  ao explain project.spec.env')
  }
  const person = await shop.ao(['pr', 'view', '1'], { env: { GITHUB_TOKEN: '' } })
  expect(person.code).toBe(7)
  expect(person.stderr).toMatch(/pull requests of shop: .*spec\.scm\.token is not set/)
  expect(person.stderr).toContain('next:  ao describe Project/shop')
}, 60_000)

test('one that does not answer is no forge without pull requests: what is known is told with its age, and nothing is done on it (D11)', async () => {
  const tip = await shop.hub.tip('ao/shop-one')
  shop.stage.commit('two.txt', 'two\n', shop.workspace)
  // Only what tells of pull requests: git itself could be pushed with.
  shop.forge.faults.set('bad-gateway', { status: 502, only: /pulls|graphql/ })
  try {
    const listed = await shop.inside(['pr', 'list'])
    expect(listed.code).toBe(0)
    expect(listed.stderr).toMatch(/^this is of \d{4}-\d\d-\d\dT[\d:]+Z: .*answered 502/)
    expect(listed.stderr).not.toContain('no open pull requests')
    for (const args of [...ABOUT, ['push'], ['create'], ['edit', '--title', 'Other']]) {
      const said = expectRefusal(await shop.inside(['pr', ...args]), args.join(' '))
      expect(said).toMatch(/pull requests of shop: .*answered 502/)
    }
    expect(await shop.hub.tip('ao/shop-one')).toBe(tip)
  } finally {
    shop.forge.faults.clear()
  }
}, 60_000)

test('what nobody can mean is refused with what can be meant (P18)', async () => {
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [['view', '7'], 'there is no pull request #7 in shop'],
    [['view', 'seven'], '"seven" is no number of a pull request'],
    [['review', '7', '--approve'], 'there is no pull request #7 in shop'],
    [['review', '1', '--comment'], 'a comment says something'],
    [['list', '--state', 'opn'], '"opn" is no state; did you mean "open"?'],
    [['list', '--project', 'shpo'], 'there is no Project/shpo'],
    [['claim', '1', 'shop-tow'], 'there is no Worker/shop-tow'],
    [['create', '--head', 'nowhere'], 'there is no branch nowhere in octo/shop'],
    [['push', '--reason', 'x'], 'nothing is forced'],
    [['view'], "missing required argument 'number'\nnext:  ao pr view --help"],
    [['edit', '--titel', 'list'], 'did you mean --title?\nnext:  ao pr edit --help'],
    [['veiw'], 'ao pr --help'],
  ]
  for (const [args, text] of wrong) {
    const result = await shop.ao(['pr', ...args])
    expect(expectRefusal(result, args.join(' '))).toContain(text)
    expect(result.code).toBe(2)
  }
}, 60_000)

test('where nothing can be pushed from is said with the place to go to', async () => {
  const main = await shop.inside(['pr', 'push'], { cwd: shop.stage.path })
  expect(expectRefusal(main, 'main')).toContain('shop-one pushes from its own workspace')
  expect(main.stderr).toContain(`next:  cd ${shop.workspace}`)
  const gone = { env: { AO_SESSION_ID: 'shop-gone' } }
  const nobody = await shop.inside(['pr', 'push'], gone)
  expect(expectRefusal(nobody, 'nobody')).toContain('shop-gone has no workspace in')
}, 60_000)

test('what is over is refused by every command that would change it, and shown by the others', async () => {
  const pull = shop.hub.pull(1)
  pull.close()
  for (const [args, text] of [
    [['edit', '1', '--title', 'Other'], 'is closed'],
    [['review', '1', '--request-changes'], 'is closed'],
    [['merge', '1'], 'is closed'],
    [['claim', '1', 'shop-one'], 'is closed'],
    [['push'], 'is closed, and a person has to say whether it goes on'],
  ] as const) {
    const refused = await shop.ao(['pr', ...args], { cwd: shop.workspace })
    expect(expectRefusal(refused, args.join(' '))).toContain(text)
    expect(refused.code).toBe(3)
  }
  expect((await shop.ao(['pr', 'close', '1'])).code).toBe(0)
  expect((await shop.ao(['pr', 'view', '1'])).stdout).toMatch(/State +closed/)
  pull.reopen()
  pull.setDraft(false)
  await pull.merge()
  for (const args of [['edit', '1', '--title', 'Other'], ['close', '1'], ['push'], ['create']]) {
    const refused = await shop.ao(['pr', ...args], { cwd: shop.workspace })
    expect(expectRefusal(refused, args.join(' '))).toContain('merged')
    expect(refused.code).toBe(3)
  }
  expect((await shop.ao(['pr', 'merge', '1'])).stdout).toMatch(/^#1 merged as/)
}, 60_000)

test('from a workspace that was removed every command says so, with where to look instead', async () => {
  const run = async (command: string): Promise<AoResult> => {
    const script = `cd "$WORKSPACE" && rm -rf "$WORKSPACE" && exec "$NODE" "$PROGRAM" ${command}`
    const env = {
      ...shop.stage.env,
      ...shop.env,
      AO_SESSION_ID: 'shop-one',
      AO_PROJECT_ID: 'shop',
      WORKSPACE: shop.workspace,
      NODE: process.execPath,
      PROGRAM,
    }
    await shop.git(['worktree', 'add', '-f', '-q', shop.workspace, 'ao/shop-one'])
    try {
      const { stdout, stderr } = await start('sh', ['-c', script], { env, cwd: shop.stage.root })
      return { code: 0, stdout, stderr }
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || !('stderr' in error)) throw error
      return { code: Number(error.code), stdout: '', stderr: String(error.stderr) }
    }
  }
  rmSync(shop.workspace, { recursive: true })
  for (const command of ['pr push', 'pr create', 'pr edit --title Other', 'get']) {
    const said = expectRefusal(await run(command), command)
    expect(said).toContain(`${shop.workspace} is gone: shop-one has no workspace there any more`)
    expect(said).toContain('next:  cd ~ && ao describe shop-one')
    expect(said).not.toContain('uv_cwd')
  }
  // Made again as a bare directory it is still no workspace.
  await shop.git(['worktree', 'prune'])
  const bare = await shop.inside(['pr', 'push'], { cwd: shop.stage.root })
  expect(expectRefusal(bare, 'bare')).toContain('shop-one has no workspace in')
  expect(bare.stderr).toContain('next:  ao describe shop-one')
}, 60_000)
