import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Condition } from '../src/resource/conditions.ts'
import { findCondition } from '../src/resource/conditions.ts'
import { checkConditions } from '../src/status/invariants.ts'
import type { Shown } from './faults/stage.ts'
import { createStage, project, worker } from './scenarios/stage.ts'
import type { Stage } from './scenarios/stage.ts'
import { eventually } from './support/eventually.ts'

const PROGRAM = fileURLToPath(new URL('../dist/ao.cjs', import.meta.url))
let stage: Stage

beforeAll(async () => {
  stage = createStage()
  stage.declare('project.yaml', project())
  stage.declare('workers.yaml', worker('app-one'))
  const { code, stderr } = await stage.ao(['apply', '-f', stage.manifests])
  if (code !== 0) throw new Error(stderr)
})

afterAll(async () => {
  stage.sentinel.check()
  await stage.remove()
})

describe('-o', () => {
  test('gives a plan in every form', async () => {
    const files = ['-f', stage.manifests]
    stage.declare('more.yaml', worker('app-two'))
    const asked = async (form: string): Promise<string> =>
      (await stage.ao(['diff', ...files, '-o', form])).stdout
    expect(await asked('name')).toBe('Worker/app-two\n')
    expect(JSON.parse(await asked('json'))).toMatchObject({ kind: 'Plan', summary: { create: 1 } })
    expect(await asked('yaml')).toMatch(/^apiVersion: ao\.dev\/v1alpha1\nkind: Plan\n/)
    const lines = (await asked('jsonl')).trim().split('\n')
    const verbs = lines.map(line => (JSON.parse(line) as { readonly action: string }).action)
    expect(verbs.toSorted()).toEqual(['create', 'unchanged', 'unchanged'])
    expect(await asked('wide')).toContain('1 create')
    stage.declare('more.yaml', '# nothing\n')
  })

  test.each([
    ['explain', ['explain', 'worker'], 'json', 'table'],
    ['apply', ['apply', '-f', 'manifests'], 'yaml', 'table, json, jsonl'],
    ['logs', ['logs', 'app-one'], 'json', 'table'],
  ])('is refused by %s where it has no such form', async (_name, args, form, offered) => {
    const { code, stdout, stderr } = await stage.ao([...args, '-o', form])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`-o ${form} is not possible here; possible: ${offered}`)
  })
})

test('explain --recursive tells the settings of plugins down to the items of lists', async () => {
  const { stdout } = await stage.ao(['explain', 'project.spec.scm', '--recursive'])
  expect(stdout).toMatch(/PLUGIN local\n {2}checks {2}<list of object>/)
  expect(stdout).toContain('    command  <string> (required)')
})

test('explain and describe tell the reactions that hold, and where each value comes from', async () => {
  const more = 'reactions: { ci-failed: { retries: 7 } }'
  stage.declare(
    'project.yaml',
    project({ more: 'reactions: { changes-requested: { retries: 4 } }' }),
  )
  stage.declare('workers.yaml', worker('app-one', 'rest', more))
  expect((await stage.ao(['apply', '-f', stage.manifests])).code).toBe(0)
  const explained = async (path: string): Promise<string> =>
    (await stage.ao(['explain', path], { cwd: stage.manifests })).stdout
  const own = await explained('Worker.spec.reactions.ci-failed')
  expect(own).toMatch(/EFFECTIVE in Worker app-one\n +REACTION +FROM +VALUES\n/)
  expect(own).toMatch(/ workers\.yaml:\d+:\d+ +retries 7\n/)
  expect(own).toMatch(/ default +.*escalateAfter 30m/)
  expect(await explained('worker.spec.reactions.ci-failed.retries')).toMatch(
    /VALUES\n +ci-failed +workers\.yaml:\d+:\d+ +retries 7\n$/,
  )
  expect(await explained('project.spec.reactions')).toMatch(
    /EFFECTIVE in Project app\n.*\n +ci-failed +default +auto true, retries 2/,
  )
  const described = async (key: string): Promise<string> =>
    (await stage.ao(['describe', key], { cwd: stage.manifests })).stdout
  expect(await described('app-one')).toMatch(/ workers\.yaml:\d+:\d+ +retries 7\n/)
  expect(await described('project/app')).toMatch(
    /Reactions of its sessions\n.*\n +changes-requested +(default .*\n +)?project\.yaml:\d+:\d+ +retries 4/,
  )
  stage.declare('project.yaml', project())
  stage.declare('workers.yaml', worker('app-one'))
  expect((await stage.ao(['apply', '-f', stage.manifests])).code).toBe(0)
})

test('a change that is refused needs a person: it is blocked and exits 6', async () => {
  stage.declare('workers.yaml', worker('app-one').replace('Do the work', 'Do other work'))
  const { code, stderr } = await stage.ao(['apply', '-f', stage.manifests])
  expect(code).toBe(6)
  expect(stderr).toMatch(/Worker\/app-one +replace blocked .*prompt cannot change in place/)
  expect(stderr).toContain('next:  ao apply --replace')
  expect(stderr).not.toContain('blocked done')
  stage.declare('workers.yaml', worker('app-one'))
  expect((await stage.ao(['apply', '-f', stage.manifests])).code).toBe(0)
})

describe('a change that is refused', () => {
  const files = (): readonly string[] => ['-f', stage.manifests]
  const change = (): void => {
    const other = worker('app-one').replace('Do the work', 'Do other work')
    stage.declare('workers.yaml', other)
    stage.declare('rest.yaml', worker('app-rest'))
  }
  const conditionsOf = async (name: string): Promise<readonly Condition[]> => {
    const { stdout } = await stage.ao(['get', 'worker', name, '-o', 'json'])
    const { metadata, status } = JSON.parse(stdout) as Shown
    const { conditions, observedGeneration } = status
    expect(checkConditions(conditions, metadata.generation, observedGeneration)).toEqual([])
    return conditions
  }
  const undo = async (): Promise<void> => {
    stage.declare('workers.yaml', worker('app-one'))
    stage.declare('rest.yaml', '# nothing\n')
    expect((await stage.ao(['delete', 'app-rest', '--force'])).code).toBe(0)
  }

  test('is told by reconcile -f with a condition, an event and 6, and the rest is done', async () => {
    change()
    const { code, stderr } = await stage.ao(['reconcile', '--once', ...files()])
    expect(code).toBe(6)
    expect(stderr).toMatch(/ReplaceRefused +prompt cannot change in place as .*workers\.yaml:\d+/)
    expect(stderr).toMatch(
      /error: Worker\/app-one: prompt cannot .*\n +next: ao describe Worker\/app-one\n$/,
    )
    expect(await conditionsOf('app-one')).toContainEqual(
      expect.objectContaining({ type: 'ChangeRefused', status: 'True', reason: 'ReplaceRefused' }),
    )
    expect(findCondition(await conditionsOf('app-one'), 'Ready')).toMatchObject({
      status: 'True',
      message: expect.stringMatching(/^change of prompt refused; running/) as string,
    })
    expect(findCondition(await conditionsOf('app-rest'), 'Ready')?.status).toBe('True')
    // It stays so, and is no news any more.
    const again = await stage.ao(['reconcile', '--once', ...files()])
    expect(again.code).toBe(6)
    expect(again.stderr).not.toContain('ReplaceRefused')
    await undo()
    expect((await stage.ao(['reconcile', '--once'])).code).toBe(0)
    expect(findCondition(await conditionsOf('app-one'), 'ChangeRefused')).toBeUndefined()
  })

  test('ends a pass that a watcher makes in the same way', async () => {
    change()
    const watcher = stage.start(['reconcile', '--watch'])
    await eventually('it watches', () => watcher.said().includes('Watching'))
    const { code, stderr } = await stage.ao(['reconcile', '--once', ...files()])
    expect(code).toBe(6)
    expect(stderr).toContain('Worker/app-one: prompt cannot change in place')
    expect(findCondition(await conditionsOf('app-rest'), 'Ready')?.status).toBe('True')
    const applied = await stage.ao(['apply', ...files()])
    expect(applied.code).toBe(6)
    expect(applied.stderr).toMatch(/Worker\/app-one +replace blocked/)
    watcher.child.kill('SIGTERM')
    await watcher.ended
    await undo()
    expect((await stage.ao(['apply', ...files()])).code).toBe(0)
  })
})

test('apply --no-wait ends beside a watcher as it does without one', async () => {
  stage.repo.run(['branch', 'ao/app-taken'])
  const blocked = join(stage.repo.root, 'blocked.yaml')
  writeFileSync(blocked, worker('app-taken').replace('./agent.sh', './manifests/agent.sh'))
  const apply = ['apply', '-f', blocked, '--no-wait']
  const watcher = stage.start(['reconcile', '--watch'])
  await eventually('it watches', () => watcher.said().includes('Watching'))
  const beside = await stage.ao(apply)
  watcher.child.kill('SIGTERM')
  await watcher.ended
  const alone = await stage.ao(apply)
  expect([beside.code, alone.code]).toEqual([6, 6])
  // Also beside a watcher there is a line that sums up.
  expect(beside.stderr).toContain('create: 1 stalled')
  expect((await stage.ao(['delete', 'app-taken', '--force'])).code).toBe(0)
  stage.repo.run(['branch', '-D', 'ao/app-taken'])
})

test.each([['get -w'], ['events -w'], ['logs app-one -f']])(
  '%s ends when its reader has seen enough, not at the next change',
  async words => {
    const env = { ...stage.repo.env, AO_HOME: stage.home }
    const line = `'${process.execPath}' '${PROGRAM}' ${words} | { read -r first; }`
    const child = spawn('sh', ['-c', line], { env, stdio: 'ignore', timeout: 20_000 })
    const signal = await new Promise(resolve => {
      child.once('exit', (_code, ended) => resolve(ended))
    })
    expect(signal).toBe(null)
  },
)

test('delete -f needs no more of manifests than names', async () => {
  const webhook = '{ plugin: webhook, config: { url: "${NOT_SET_ANYWHERE}" } }'
  stage.declare(
    'hook.yaml',
    `apiVersion: ao.dev/v1alpha1\nkind: Notifier\nmetadata: { name: hook }\nspec: ${webhook}\n`,
  )
  const env = { NOT_SET_ANYWHERE: 'http://127.0.0.1:9/' }
  const file = join(stage.manifests, 'hook.yaml')
  expect((await stage.ao(['apply', '-f', file], { env })).code).toBe(0)
  expect((await stage.ao(['validate', '-f', file])).code).toBe(2)
  const { code, stdout } = await stage.ao(['delete', '-f', file])
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Notifier/hook deleted\n' })
  writeFileSync(file, 'kind: [')
  expect((await stage.ao(['delete', '-f', file])).code).toBe(2)
  stage.declare('hook.yaml', '# nothing\n')
})

test('an issue that is not there is told with the directory that was looked in', async () => {
  const manifest = worker('app-issue').replace(
    'prompt: Do the work of app-issue.',
    'issue: "77"\n  restartPolicy: Never',
  )
  const changed = project({ more: 'tracker: { plugin: local, path: ../repo/tickets }' })
  stage.declare('project.yaml', changed)
  stage.declare('issue.yaml', manifest)
  const { stderr } = await stage.ao(['apply', '-f', stage.manifests, '--timeout', '3s'])
  expect(stderr).toContain(`issue 77 does not exist in tracker local (${stage.repo.path}/tickets)`)
  stage.declare('issue.yaml', '# nothing\n')
  stage.declare('project.yaml', project())
})

test('a base without a commit is named as it is called', async () => {
  const empty = join(stage.repo.root, 'empty')
  stage.repo.run(['init', '-q', '-b', 'trunk', empty])
  const file = join(stage.repo.root, 'void.yaml')
  const text = [project({ name: 'void', path: './empty' }), worker('void-one')].join('---\n')
  writeFileSync(file, text.replaceAll('./agent.sh', './manifests/agent.sh'))
  const declared = await stage.ao(['diff', '-f', file])
  expect(declared.stdout).toContain('branch trunk has no commit to start from')
})

test('a prune that is blocked is told as blocked, and needs a person', async () => {
  const text = worker('app-kept', 'work', 'deletionPolicy: Delete')
  stage.declare('kept.yaml', text)
  expect((await stage.ao(['apply', '-f', stage.manifests])).code).toBe(0)
  await eventually('it has committed', () => existsSync(join(stage.manifests, 'rests-app-kept-1')))
  stage.declare('kept.yaml', '# nothing\n')
  const prune = ['apply', '-f', stage.manifests, '--prune', '--yes']
  const blocked = await stage.ao(prune)
  expect(blocked.code).toBe(6)
  expect(blocked.stderr).toMatch(/Worker\/app-kept +prune blocked/)
  expect(blocked.stderr).toContain('next:  ao delete Worker/app-kept --force')
  expect((await stage.ao(['delete', 'app-kept', '--force'])).code).toBe(0)
  expect((await stage.ao(prune)).code).toBe(0)
})

test("a project's changed variable is told by its name, and its value nowhere", async () => {
  const withEnv = (value: string): string => project({ more: `env: { API_KEY: ${value} }` })
  stage.declare('project.yaml', withEnv('hunter2'))
  const files = ['-f', stage.manifests]
  expect((await stage.ao(['apply', ...files])).code).toBe(0)
  stage.declare('project.yaml', withEnv('hunter3'))
  const { stdout } = await stage.ao(['diff', ...files])
  expect(stdout).toMatch(/Project +app +update +update in place\n +spec\.env\.API_KEY +a value/)
  expect(stdout).toMatch(/app-one +restart +env\.API_KEY cannot change while running/)
  expect(stdout + (await stage.ao(['diff', ...files, '-o', 'json'])).stdout).not.toContain('hunter')
  stage.declare('project.yaml', project())
  expect((await stage.ao(['apply', ...files])).code).toBe(0)
})

describe('what is missing in the environment of whoever looks ends with 7, and is told', () => {
  const begin = async (text: string, env: Record<string, string>): Promise<string> => {
    const file = join(stage.repo.root, 'lacking.yaml')
    writeFileSync(file, text.replaceAll('./agent.sh', './manifests/agent.sh'))
    expect((await stage.ao(['apply', '-f', file], { env })).code).toBe(0)
    return file
  }
  const end = async (env: Record<string, string>): Promise<void> => {
    const { code } = await stage.ao(['delete', 'lack-one', 'project/lack', '--force'], { env })
    expect(code).toBe(0)
  }

  test('a variable of env that an agent is to be started with', async () => {
    const env = { LACK_KEY: 'hunter2' }
    const more = 'env: { KEY: "${LACK_KEY}" }'
    await begin(
      [project({ name: 'lack', path: './repo', more }), worker('lack-one')].join('---\n'),
      env,
    )
    const restart = await stage.ao(['restart', 'lack-one'])
    expect(restart.code).toBe(7)
    expect(restart.stderr).toMatch(/LACK_KEY is not set; export LACK_KEY=/)
    const once = await stage.ao(['reconcile', '--once'])
    expect(once.code).toBe(7)
    expect(once.stderr).toMatch(/error: Worker\/lack-one: .*LACK_KEY is not set; export LACK_KEY=/)
    // It only has to be there.
    expect((await stage.ao(['reconcile', '--once'], { env })).code).toBe(0)
    await end(env)
  })

  test("a variable of a project's path, without which nothing of it is known", async () => {
    const env = { LACK_PATH: stage.repo.path }
    await begin(
      [project({ name: 'lack', path: '${LACK_PATH}' }), worker('lack-one')].join('---\n'),
      env,
    )
    const once = await stage.ao(['reconcile', '--once'])
    expect(once.code).toBe(7)
    expect(once.stderr).toContain(
      'error: Project/lack: spec.path: the environment variable LACK_PATH is not set; export LACK_PATH=',
    )
    const { stdout } = await stage.ao(['get', 'project', 'lack', '-o', 'json'])
    const { metadata, status } = JSON.parse(stdout) as Shown
    expect(findCondition(status.conditions, 'Stalled')?.reason).toBe('EnvironmentMissing')
    expect(
      checkConditions(status.conditions, metadata.generation, status.observedGeneration),
    ).toEqual([])
    expect(stage.alive('lack-one')).toHaveLength(1)
    expect((await stage.ao(['reconcile', '--once'], { env })).code).toBe(0)
    await end(env)
  })
})
