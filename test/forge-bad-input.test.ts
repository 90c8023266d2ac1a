import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { Ended, RunSettings, Stage } from './faults/stage.ts'
import { condition, createStage, project, worker } from './faults/stage.ts'
import type { RepositoryDriver } from './support/forge/driver.ts'
import { type Forge, startForge } from './support/forge/forge.ts'

const TOKEN = 'ghp_hidden_good'
const WRONG = 'ghp_hidden_wrong'
const SECRETS = [TOKEN, WRONG]

let stage: Stage
let forge: Forge
let hub: RepositoryDriver
let said: string
const closers: (() => Promise<void>)[] = []

beforeEach(async () => {
  stage = createStage()
  forge = await startForge({ token: TOKEN })
  hub = await forge.createRepository({ owner: 'acme', name: 'shop' })
  said = ''
})
afterEach(async () => {
  try {
    for (const secret of SECRETS) {
      expect(said, 'a secret was printed').not.toContain(secret)
      expect(holders(stage.home, secret), 'a secret on disk').toEqual([])
    }
    await stage.close()
  } finally {
    for (const close of closers.splice(0)) await close()
    await forge.close()
  }
})

const withToken: RunSettings = { env: { GITHUB_TOKEN: TOKEN } }

/** Runs `ao`; whatever it says is searched for secrets in the end. */
async function ao(args: readonly string[], settings: RunSettings = withToken): Promise<Ended> {
  const ended = await stage.ao(args, settings)
  said += ended.stdout + ended.stderr
  return ended
}

/** A project on the forge with a worker, and one beside it that needs no forge. */
function declare(scm: object = {}): void {
  const beside = {
    apiVersion: 'ao.dev/v1alpha1',
    kind: 'Project',
    metadata: { name: 'beside' },
    spec: { path: stage.repo.path, defaults: { runtime: 'process' } },
  }
  stage.write(
    'all.yaml',
    project(stage, {
      scm: { plugin: 'github', repo: 'acme/shop', apiUrl: forge.apiUrl, ...scm },
    }),
    beside,
    worker(stage, 'app-1'),
    worker(stage, 'beside-1', { project: 'beside' }),
  )
}

/** Something that is no GitHub, at an address of its own. */
async function serve(status: number, type: string, body: string): Promise<string> {
  const server = createServer((_request, answer) => {
    answer.writeHead(status, { 'content-type': type })
    answer.end(body)
  })
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What `get` says of the project, after an apply and another look that both end with `code`. */
async function troubleOf(code: number, settings?: RunSettings): Promise<string> {
  expect((await ao(['validate', '-f', stage.manifests], settings)).code).toBe(0)
  expect((await ao(['diff', '-f', stage.manifests], settings)).code).toBe(1)
  const applied = await ao(['apply', '-f', stage.manifests, '--yes'], settings)
  expect(applied.code, applied.stderr).toBe(code)
  const again = await ao(['reconcile', '--once'], settings)
  expect(again.code, again.stderr).toBe(code)
  // The agents work on: all that is missing is what the forge would tell.
  for (const name of ['app-1', 'beside-1']) {
    expect(condition(await stage.get(name), 'Ready')).toMatchObject({ status: 'True' })
  }
  expect(condition(await stage.get('beside'), 'Ready')).toMatchObject({ status: 'True' })
  const { stdout } = await ao(['get', 'projects'], settings)
  const line = stdout.split('\n').find(one => /^app +/.test(one)) ?? ''
  expect(applied.stderr).toContain('Project/app')
  const doctor = await ao(['doctor'], settings)
  if (code !== 0) expect(doctor.stdout).toMatch(/look +scm of app/)
  return line
}

function holders(dir: string, text: string): readonly string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir).flatMap(name => {
    const path = join(dir, name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory() === true) return holders(path, text)
    return stat?.isFile() === true && readFileSync(path).includes(text) ? [path] : []
  })
}

describe('a forge that can’t be asked needs a person, who is told what it is and what to do, while agents work on', () => {
  test('a token that is nowhere', async () => {
    declare()
    // This machine lacks it; a person who has it need not be called.
    expect(await troubleOf(7, {})).toMatch(
      /False .*Project\/app: spec\.scm\.token is not set, neither is GITHUB_TOKEN.*gh auth login --hostname 127/,
    )
  })

  test('a token that is refused (401), until there is a good one', async () => {
    declare()
    const env = { GITHUB_TOKEN: WRONG }
    expect(await troubleOf(6, { env })).toMatch(/False .*does not accept the token.*gh auth status/)
    const { stdout } = await ao(['events', '--for', 'project/app', '-o', 'jsonl'])
    expect(stdout.match(/"reason":"ForgeRefused"/g)).toHaveLength(1)
    expect((await ao(['reconcile', '--once'])).code).toBe(0)
    expect(condition(await stage.get('app'), 'ForgeReachable')).toMatchObject({ status: 'True' })
    expect((await ao(['doctor'])).stdout).toMatch(/ok +scm of app +github/)
  })

  test('a token of GitLab that is nowhere', async () => {
    declare({ plugin: 'gitlab', apiUrl: undefined, host: 'http://127.0.0.1:1' })
    expect(await troubleOf(7, {})).toMatch(
      /False .*Project\/app: spec\.scm\.token is not set, neither is GITLAB_TOKEN/,
    )
  })

  test('a token that may look and not write (403) says so when something is to be written', async () => {
    const reader = 'ghp_hidden_reader'
    forge.addToken(reader, { login: 'reader', access: 'read' })
    declare()
    const settings = { env: { GITHUB_TOKEN: reader } }
    expect((await ao(['apply', '-f', stage.manifests, '--yes'], settings)).code).toBe(0)
    await hub.commit('feat/one', { 'one.txt': 'one\n' })
    await hub.openPull({ head: 'feat/one', title: 'One' })
    const { code, stderr } = await ao(['pr', 'close', '1', '--project', 'app'], settings)
    expect(code).toBe(3)
    expect(stderr).toMatch(/answered 403.*the token may not do this\n.*next: +gh auth status/)
    expect(stderr).not.toContain(reader)
    expect(hub.pull(1).state).toBe('open')
  })

  test('a token that may not look (403)', async () => {
    declare()
    forge.faults.set('forbidden')
    expect(await troubleOf(6)).toMatch(/False .*answered 403.*the token may not do this/)
  })

  test('a repository that there is not (404)', async () => {
    declare({ repo: 'acme/nowhere' })
    expect(await troubleOf(6)).toMatch(
      /False .*there is no repository acme\/nowhere, or the token may not see it \(ao explain project\.spec\.scm\)/,
    )
  })

  test.each([
    ['a page', 200, 'text/html', '<html>Welcome</html>'],
    ['a page that is not there', 404, 'text/html', '<html>Gone</html>'],
    ['another service', 200, 'application/json', '{"hello":1}'],
  ])('an address where there is %s', async (_what, status, type, body) => {
    declare({ apiUrl: await serve(status, type, body) })
    expect(await troubleOf(6)).toMatch(/does not answer as GitHub does: is apiUrl right\?/)
  })
})

describe('a forge that may come back is told of and holds nobody up', () => {
  test('an address that refuses connections', async () => {
    const gone = await startForge()
    await gone.close()
    declare({ apiUrl: gone.apiUrl })
    const line = await troubleOf(0)
    expect(line).toMatch(
      /True .*pull requests are unknown: 127.* could not be reached: ECONNREFUSED/,
    )
    // A moment, not what is left until then: that would be written anew every second.
    expect(line).toMatch(/it is asked again at \d{4}-\d\d-\d\dT/)
  })

  test('a repository that was renamed (301) is followed, and its new name told', async () => {
    hub.rename('store')
    declare()
    expect(await troubleOf(0)).toMatch(
      /True .*it is called acme\/store now: say so in spec\.scm\.repo/,
    )
  })
})

describe('a manifest is refused as a whole, with the place and what to write', () => {
  test.each([
    [
      'an unknown reaction',
      { reactions: { 'ci-faild': { auto: true } } },
      /ci-faild.*did you mean "ci-failed"/s,
    ],
    [
      'a wrong length of time',
      { reactions: { 'ci-failed': { escalateAfter: 'soon' } } },
      /escalateAfter.*"soon".*90s, 10m, 1h30m/s,
    ],
    [
      'a template that names an unknown field',
      { reactions: { 'ci-failed': { message: 'Mend {{chekcs}}' } } },
      /chekcs/,
    ],
    [
      'an address that would show the token',
      { scm: { plugin: 'github', apiUrl: 'http://api.example.com' } },
      /spec\.scm\.apiUrl: "http:\/\/api\.example\.com" is not a safe address/,
    ],
    ['an unknown way to merge', { scm: { plugin: 'github', merge: 'squsah' } }, /"squash"/],
  ])('%s', async (_what, spec, told) => {
    stage.write('all.yaml', project(stage), worker(stage, 'app-1'))
    expect((await ao(['apply', '-f', stage.manifests, '--yes'])).code).toBe(0)
    stage.write('all.yaml', project(stage, spec), worker(stage, 'app-1'))
    for (const command of ['validate', 'diff', 'apply']) {
      const { code, stderr } = await ao([command, '-f', stage.manifests])
      expect(code, command).toBe(2)
      expect(stderr).toMatch(told)
      expect(stderr).toMatch(/all\.yaml:\d+:\d+/)
    }
    expect(condition(await stage.get('app-1'), 'Ready')).toMatchObject({ status: 'True' })
  })
})

describe('a secret that can’t be read', () => {
  test('is named by apply and doctor, with the command that sets it', async () => {
    declare({ token: { valueFrom: { env: 'SHOP_TOKEN' } } })
    const refused = await ao(['apply', '-f', stage.manifests, '--yes'], {})
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/SHOP_TOKEN is not set.*export SHOP_TOKEN=/s)
    const settings = { env: { SHOP_TOKEN: TOKEN } }
    expect((await ao(['apply', '-f', stage.manifests, '--yes'], settings)).code).toBe(0)
    const without = await ao(['reconcile', '--once'], {})
    expect(without.code).toBe(7)
    expect(without.stderr).toContain('SHOP_TOKEN is not set')
    const doctor = await ao(['doctor'], {})
    expect(doctor.code).toBe(7)
    expect(doctor.stdout).toMatch(
      /MISSING +scm of app .*SHOP_TOKEN is not set\n.*export SHOP_TOKEN=/,
    )
    expect((await ao(['reconcile', '--once'], settings)).code).toBe(0)
    expect((await ao(['doctor'], settings)).stdout).toMatch(/ok +scm of app/)
  })

  test('of a channel with a bad address leaves the work alone', async () => {
    const gone = await startForge()
    await gone.close()
    const chat = {
      apiVersion: 'ao.dev/v1alpha1',
      kind: 'Notifier',
      metadata: { name: 'hook' },
      spec: { plugin: 'webhook', config: { url: '${HOOK_URL}' } },
    }
    stage.write('all.yaml', project(stage), worker(stage, 'app-1'), chat)
    const settings = { env: { HOOK_URL: `${gone.url}/${WRONG}` } }
    const applied = await ao(['apply', '-f', stage.manifests, '--yes'], settings)
    expect(applied.code, applied.stderr).toBe(0)
    const tried = await ao(['notifier', 'test', 'hook'], settings)
    expect(tried.code).toBe(4)
    expect(tried.stdout).toMatch(/Notifier\/hook \(webhook\): not sent: .*ECONNREFUSED/)
    writeFileSync(
      join(stage.manifests, 'all.yaml'),
      stage.read('all.yaml').replace('${HOOK_URL}', 'ftp://example.com'),
    )
    const { code, stderr } = await ao(['validate', '-f', stage.manifests])
    expect(code).toBe(2)
    expect(stderr).toMatch(/"ftp:\/\/example\.com" is not an address/)
  })
})
