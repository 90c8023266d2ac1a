import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createAoStage } from './support/ao.ts'
import type { AoStage } from './support/ao.ts'
import { allTextBelow } from './support/runtime-stage.ts'

let stage: AoStage

beforeEach(() => {
  stage = createAoStage()
})

afterEach(async () => {
  await stage.close()
})

const PROJECT = `apiVersion: ao.dev/v1alpha1
kind: Project
metadata: { name: shop }
spec:
  scm: { plugin: local, approvals: 1 }
`

function worker(name: string, more = ''): string {
  return `---
apiVersion: ao.dev/v1alpha1
kind: Worker
metadata: { name: ${name}, labels: { team: checkout } }
spec:
  project: shop
  prompt: Do it.
  runtime: process
  agent: { plugin: custom, command: [sh, -c, 'printf "\\033[31mhello\\033[0m from attempt %s\\\\n" "$AO_ATTEMPT"; exec cat'] }
${more}`
}

function declare(text: string): void {
  stage.write('.ao/shop.yaml', text)
}

async function applyWorker(more = ''): Promise<void> {
  declare(PROJECT + worker('shop-login', more))
  const applied = await stage.ao(['apply', '--yes'])
  expect(applied).toMatchObject({ code: 0 })
}

test('the version is told, and help lists every command', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  expect(await stage.ao(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  expect((await stage.ao(['-V'])).stdout).toBe(`${version}\n`)
  const help = await stage.ao([])
  expect(help).toMatchObject({ code: 0, stderr: '' })
  const names = [...help.stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name ?? '')
  expect(names).toEqual(
    expect.arrayContaining(['diff', 'apply', 'reconcile', 'get', 'pr', 'doctor']),
  )
  for (const name of names) {
    const { code, stdout, stderr } = await stage.ao([name, '--help'])
    expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' })
    expect(stdout).toContain(`$ ao ${name}`)
    expect((await stage.ao(['help', name])).stdout).toBe(stdout)
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([])
  }
})

test('the help of what pr, webhook and notifier hold fits a narrow screen, too', async () => {
  for (const holder of ['pr', 'webhook', 'notifier']) {
    const { stdout } = await stage.ao([holder, '--help'])
    const [, listed = ''] = stdout.split('Commands:')
    const names = [...listed.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name ?? '')
    expect(names.length).toBeGreaterThan(0)
    for (const name of names.filter(word => word !== 'help')) {
      const help = await stage.ao([holder, name, '--help'])
      expect(help.stdout).toContain(`$ ao ${holder} ${name}`)
      expect(help.stdout.split('\n').filter(line => line.length > 80)).toEqual([])
    }
  }
})

test.each([
  [['gte'], "unknown command 'gte'; did you mean get?", 'ao --help'],
  [['get', '--wath'], "unknown option '--wath'; did you mean --watch?", 'ao get --help'],
  [['get', '-o', 'xml'], "argument 'xml' is invalid", 'ao get --help'],
  [
    ['get', 'wrkers'],
    '"wrkers" is neither a kind nor a name; did you mean "workers"?',
    'ao get workers',
  ],
  [['get', 'nobody'], 'there is no Worker/nobody', 'ao apply'],
  [['get', 'wrker/x'], 'unknown kind "wrker"; did you mean "Worker"?', 'ao get --help'],
  [['describe'], "missing required argument 'objects'", 'ao describe --help'],
  [['wait', 'worker/x', '--for=ready'], '--for "ready" is nothing to wait for', 'ao wait --help'],
  [
    ['wait', 'worker/x', '--for=condition=Redy'],
    'unknown condition "Redy"; did you mean "Ready"?',
    'ao wait --help',
  ],
  [['events', '--since', 'soon'], '--since "soon" is no duration', 'ao events --help'],
  [['suspend', 'shop-login'], 'there is no', 'ao apply'],
  [['pr', 'lst'], "unknown command 'lst'; did you mean list?", 'ao pr --help'],
  [['delete'], 'name objects, or manifests with -f', 'ao delete --help'],
])('ao %j is a usage error that says what would be right', async (args, message, next) => {
  const { code, stdout, stderr } = await stage.ao(args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(message)
  expect(stderr).toContain(`next:  ${next}`)
})

test('reading a home that does not exist says so and makes nothing', async () => {
  rmSync(stage.home, { recursive: true })
  expect(await stage.ao(['get'])).toMatchObject({ code: 0, stdout: '' })
  expect((await stage.json<{ items: unknown[] }>(['get', 'workers'])).items).toEqual([])
  expect(await stage.ao(['events'])).toMatchObject({ code: 0, stdout: '' })
  expect((await stage.ao(['doctor'])).stdout).toContain('does not exist yet')
  expect(existsSync(stage.home)).toBe(false)
})

test('init writes a starter that is valid as it is, once', async () => {
  const written = await stage.ao(['init'])
  expect(written).toMatchObject({ code: 0, stdout: '' })
  expect(written.stderr).toContain('.ao/project.yaml')
  expect(existsSync(join(stage.path, '.ao/.schema/worker.schema.json'))).toBe(true)
  expect(await stage.ao(['validate'])).toMatchObject({
    code: 0,
    stdout: '1 Project and 1 Worker in 2 files are valid.\n',
  })
  stage.write('.ao/project.yaml', '# mine\n')
  const again = await stage.ao(['init'])
  expect(again).toMatchObject({ code: 3, stdout: '' })
  expect(again.stderr).toContain('.ao/project.yaml is there already; nothing was written')
  expect(readFileSync(join(stage.path, '.ao/project.yaml'), 'utf8')).toBe('# mine\n')
  expect(await stage.ao(['init', '--force'])).toMatchObject({ code: 0 })
  expect(existsSync(stage.home) && allTextBelow(stage.home)).toBe('')
})

test('validate, schema and explain tell what manifests may say', async () => {
  declare(`${PROJECT}${worker('shop-login', '  budjet: 3\n')}`)
  const invalid = await stage.ao(['validate'])
  expect(invalid).toMatchObject({ code: 2, stdout: '' })
  expect(invalid.stderr).toContain('unknown field "budjet"')
  expect(invalid.stderr).toContain('--> .ao/shop.yaml:')
  const bad = await stage.ao(['validate', '-o', 'json'])
  expect(JSON.parse(bad.stdout)).toMatchObject({ valid: false, problems: [{ code: 'AO1003' }] })
  const piped = await stage.ao(['validate', '-f', '-'], { input: PROJECT })
  expect(piped).toMatchObject({ code: 0, stdout: '1 Project in 1 file is valid.\n' })
  expect((await stage.ao(['explain', 'worker.spec.prompt'])).stdout).toContain(
    'FIELD    spec.prompt',
  )
  const unknown = await stage.ao(['explain', 'worker.spec.promt'])
  expect(unknown.code).toBe(2)
  expect(unknown.stderr).toContain('did you mean "prompt"?')
  expect(JSON.parse((await stage.ao(['schema'])).stdout)).toHaveProperty('$defs.Worker')
  await stage.ao(['schema', '--write', 'schemas'])
  expect(existsSync(join(stage.path, 'schemas/manifest.schema.json'))).toBe(true)
})

test('manifests of the main checkout are meant in a linked worktree too', async () => {
  declare(PROJECT)
  const worktree = join(stage.root, 'linked')
  stage.run(['worktree', 'add', '-q', worktree])
  mkdirSync(join(worktree, '.ao'))
  writeFileSync(join(worktree, '.ao', 'bad.yaml'), 'kind: Nonsense\n')
  expect(await stage.ao(['validate'], { cwd: worktree })).toMatchObject({ code: 0 })
})

test('get, describe, events and wait show what was applied, and write nothing', async () => {
  await applyWorker()
  const before = allTextBelow(stage.home)
  const table = await stage.ao(['get'], { env: { COLUMNS: '200' } })
  expect(table.stdout).toMatch(/^KIND +NAME +READY/)
  expect(table.stdout).toMatch(/^Worker +shop-login +True/m)
  expect(table.stderr).toContain('no watcher is running')
  expect((await stage.ao(['get', 'all', '-o', 'name'])).stdout).toBe(
    'Project/shop\nWorker/shop-login\n',
  )
  expect((await stage.ao(['get', '-l', 'team=checkout', '-o', 'name'])).stdout).toBe(
    'Worker/shop-login\n',
  )
  expect((await stage.ao(['get', '-l', 'team!=checkout', '-o', 'name'])).stdout).toBe(
    'Project/shop\n',
  )
  const list = await stage.json<{ kind: string; items: unknown[] }>(['get', 'workers'])
  expect(list).toMatchObject({
    kind: 'List',
    items: [{ kind: 'Worker', metadata: { name: 'shop-login' } }],
  })
  const one = await stage.json<Record<string, unknown>>(['get', 'worker/shop-login'])
  expect(one).toMatchObject({ kind: 'Worker', status: { attempt: 1, branch: 'ao/shop-login' } })
  expect(await stage.json(['get', 'worker', 'shop-login'])).toEqual(one)
  const missing = await stage.ao(['get', 'worker', 'shop-lgin'])
  expect(missing).toMatchObject({ code: 2, stdout: '' })
  expect(missing.stderr).toContain('there is no Worker/shop-lgin; did you mean "shop-login"?')
  const described = await stage.ao(['describe', 'shop-login'])
  expect(described.stdout).toMatch(/^Conditions$[\s\S]*^Journal$[\s\S]*^Events$/m)
  expect((await stage.ao(['describe', 'worker', 'shop-login'])).stdout).toContain(
    'Worker/shop-login',
  )
  expect((await stage.ao(['events', '--for', 'shop-login'])).stdout).toContain('Created')
  expect((await stage.ao(['events', '--types', 'Warning'])).stdout).toBe('')
  const ready = await stage.ao(['wait', 'shop-login', '--for=condition=Ready'])
  expect(ready).toMatchObject({ code: 0, stdout: 'Worker/shop-login condition Ready=True\n' })
  const late = await stage.ao(['wait', 'shop-login', '--for=done', '--timeout', '200ms'])
  expect(late).toMatchObject({ code: 5, stdout: '' })
  expect(late.stderr).toContain('Worker/shop-login: not done within 0.2 s')
  const never = ['wait', 'shop-login', '--for=condition=WorkspaceReady=False', '--timeout', '0']
  expect((await stage.ao(never)).stderr).toContain('; WorkspaceReady is True (Succeeded): ')
  expect((await stage.ao(['wait', 'shop-lgin', '--for=done'])).stderr).toContain('did you mean')
  expect((await stage.ao(['get', '-l', 'team=web'])).stderr).toMatch(
    /^no objects with these labels$/m,
  )
  expect(await stage.ao(['events', '--for', 'shop-lgin'])).toMatchObject({
    code: 0,
    stderr: 'no events: there is no Worker/shop-lgin; did you mean "shop-login"?\n',
  })
  expect((await stage.ao(['why', 'shop-login', '--cause', 'ci-failed'])).stdout).toContain(
    'Nothing was decided for it of ci-failed yet',
  )
  const mistyped = await stage.ao(['why', 'shop-login', '--cause', 'ci-faild'])
  expect(mistyped).toMatchObject({ code: 2, stdout: '' })
  expect(mistyped.stderr).toContain('there is no cause "ci-faild"; did you mean "ci-failed"?')
  expect(allTextBelow(stage.home)).toBe(before)
})

test('logs are plain text, also of an earlier attempt, and can be followed through a restart', async () => {
  await applyWorker()
  const following = stage.start(['logs', 'shop-login', '-f'])
  await expect
    .poll(() => following.stdout(), { timeout: 10_000 })
    .toContain('hello from attempt 1\n')
  const restarted = await stage.ao(['restart', 'shop-login'])
  expect(restarted).toMatchObject({ code: 0, stdout: 'Worker/shop-login restarted\n' })
  await expect
    .poll(() => following.stdout(), { timeout: 10_000 })
    .toContain('hello from attempt 2\n')
  following.signal('SIGINT')
  expect((await following.exit).code).toBe(130)
  expect((await stage.ao(['logs', 'shop-login', '--tail', '1'])).stdout).toBe(
    'hello from attempt 2\n',
  )
  expect((await stage.ao(['logs', 'shop-login', '--attempt', '1'])).stdout).toContain(
    'hello from attempt 1\n',
  )
  expect(await stage.ao(['logs', 'shop-login', '--attempt', '7'])).toMatchObject({ code: 2 })
})

test('a session can be suspended and resumed, and a finished suspension refuses a restart and messages', async () => {
  await applyWorker()
  expect(await stage.ao(['suspend', 'shop-login'])).toMatchObject({
    code: 0,
    stdout: 'Worker/shop-login suspended\n',
  })
  const suspended = await stage.json(['get', 'worker/shop-login'])
  expect(suspended).toMatchObject({ metadata: { overrides: { state: 'Suspended' } } })
  const restart = await stage.ao(['restart', 'shop-login'])
  expect(restart.code).toBe(3)
  expect(restart.stderr).toContain('next:  ao resume shop-login')
  const sent = await stage.ao(['send', 'shop-login', 'hello'])
  expect(sent.code).toBe(3)
  expect(sent.stderr).toContain('next:  ao resume shop-login')
  expect(await stage.ao(['resume', 'shop-login'])).toMatchObject({
    code: 0,
    stdout: 'Worker/shop-login resumed\n',
  })
  expect(await stage.json(['get', 'worker/shop-login'])).toMatchObject({ status: { attempt: 2 } })
})

test('a manifest that says the opposite refuses a command, with three ways out', async () => {
  await applyWorker('  state: Running\n')
  const { code, stderr } = await stage.ao(['suspend', 'shop-login'])
  expect(code).toBe(3)
  expect(stderr).toMatch(/state: Running at \.ao\/shop\.yaml:\d+:\d+/)
  expect(stderr).toMatch(/1\. .*\n.*2\. .*\n.*3\. /)
})

test('a message is written, says who sent it, and is unconfirmed where the agent has no receipt', async () => {
  await applyWorker()
  const sent = await stage.ao(['send', 'shop-login', 'push', 'it', '--wait'])
  expect(sent.stdout).toMatch(/^message [0-9a-f-]+ to shop-login: written\n$/)
  expect(sent).toMatchObject({ code: 0, stderr: expect.stringContaining('unconfirmed') })
  const env = { AO_SESSION_ID: 'shop-orchestrator', AO_UID: 'some-uid' }
  const item = await stage.json<{ text: string; origin: string }>(
    ['send', 'shop-login', '--file', '-'],
    {
      env,
      input: 'from a file\n',
    },
  )
  expect(item).toMatchObject({ text: '[from shop-orchestrator] from a file\n', origin: 'session' })
  expect(await stage.ao(['send', 'shop-login'])).toMatchObject({ code: 2 })
  await expect
    .poll(async () => (await stage.ao(['logs', 'shop-login'])).stdout, { timeout: 10_000 })
    .toContain('push it')
})

test('what a source declares is deleted only by force, and its work is preserved', async () => {
  await applyWorker()
  const { status } = await stage.json<{ status: { workspace: string } }>([
    'get',
    'worker/shop-login',
  ])
  stage.write('precious.txt', 'not committed\n', status.workspace)
  const refused = await stage.ao(['delete', 'shop-login'])
  expect(refused.code).toBe(3)
  expect(refused.stderr).toMatch(/still declared by the source\s+\S+ at \.ao\/shop\.yaml:\d+/)
  const deleted = await stage.ao(['delete', 'shop-login', '--force'])
  expect(deleted).toMatchObject({ code: 0 })
  expect(deleted.stdout).toMatch(/^Worker\/shop-login deleted/)
  const [, ref] = /work preserved in (\S+)/.exec(deleted.stdout) ?? []
  expect(stage.run(['show', `${ref ?? ''}:precious.txt`])).toBe('not committed')
  expect(existsSync(status.workspace)).toBe(false)
  expect(await stage.ao(['wait', 'worker/shop-login', '--for=delete'])).toMatchObject({ code: 0 })
  const gone = await stage.ao(['describe', 'shop-login'])
  expect(gone.code).toBe(2)
  expect(gone.stderr).toContain('Worker/shop-login is gone: Deleted')
})

test('attach needs a terminal and says what to do without', async () => {
  await applyWorker()
  const { code, stderr } = await stage.ao(['attach', 'shop-login'])
  expect(code).toBe(3)
  expect(stderr).toContain('next:  ao logs shop-login -f')
})

test('a watch prints what changes, and a signal ends it with 130', async () => {
  await applyWorker()
  const rows = stage.start(['get', '-w', '-o', 'json'])
  const happenings = stage.start(['events', '-w', '-o', 'json', '--since', '0'])
  const waiting = stage.start(['wait', 'shop-login', '--for=done', '--timeout', '1m'])
  await expect.poll(() => rows.stdout(), { timeout: 10_000 }).toContain('shop-login')
  const before = rows.stdout()
  expect(await stage.ao(['suspend', 'shop-login'])).toMatchObject({ code: 0 })
  await expect
    .poll(() => rows.stdout().slice(before.length), { timeout: 10_000 })
    .toContain('"Suspended"')
  await expect.poll(() => happenings.stdout(), { timeout: 10_000 }).toContain('"reason"')
  for (const process of [rows, happenings, waiting]) {
    process.signal('SIGTERM')
    expect(await process.exit).toMatchObject({ code: 130 })
  }
})

test('a reader that leaves early is no error', async () => {
  await applyWorker()
  const script = '{ "$@"; echo "exit $?" >&2; } | true'
  const piped = spawnSync('sh', ['-c', script, 'sh', process.execPath, 'dist/ao.cjs', 'get'], {
    encoding: 'utf8',
    env: { ...stage.env, AO_HOME: stage.home },
    timeout: 30_000,
  })
  expect(piped.stderr).toMatch(/exit 0\n$/)
  expect(piped.stderr).not.toMatch(/EPIPE|error/)
})

test('doctor is content with a home in order and tells what is left over', async () => {
  await applyWorker()
  const fine = await stage.ao(['doctor'])
  expect(fine).toMatchObject({ code: 0 })
  expect(fine.stdout).toContain('Everything is fine.')
  stage.run(['update-ref', 'refs/ao/owned/shop-old/12345678', 'HEAD'])
  const left = await stage.json<{ checks: { check: string; next?: string }[] }>(['doctor'])
  expect(left.checks).toContainEqual(
    expect.objectContaining({ check: 'leftovers', next: expect.stringContaining('update-ref -d') }),
  )
  const poor = await stage.ao(['doctor'], { env: { PATH: '/nonexistent' } })
  expect(poor.code).toBe(7)
  expect(poor.stdout).toContain('install git')
})
