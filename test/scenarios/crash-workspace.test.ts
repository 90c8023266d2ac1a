import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

import { readProcesses } from '../../src/plugins/process-tree.ts'
import { eventually } from '../support/eventually.ts'
import { dumpWorld, lostWork } from '../support/world.ts'
import type { World } from '../support/world.ts'
import { DELETE, WORK, resting, succeed } from './routes.ts'
import { createStage, project, worker } from './stage.ts'
import type { Stage } from './stage.ts'
import { expectOrder } from './order.ts'

let stage: Stage | undefined

afterEach(async () => {
  await stage?.remove()
  stage = undefined
})

function begin(): Stage {
  stage = createStage()
  stage.declare('project.yaml', project())
  stage.declare('workers.yaml', worker('app-one', 'work'))
  return stage
}

describe('a workspace whose making was cut off', () => {
  const half = `"$real" "$@" || exit
printf initializing >.git/worktrees/app-one/locked
rm -f "$AO_TEST_HOME/worktrees/app/app-one/.git"`
  test.each([
    ['before git did anything', ':'],
    ['half way', half],
    ['before ao heard that it was done', '"$real" "$@"'],
  ])('A4 git worktree add is killed with its group %s', async (_when, does) => {
    const one = begin()
    const path = one.fake(
      'git',
      `case " $* " in *' worktree add '*) ;; *) exec "$real" "$@" ;; esac
AO_TEST_HOME='${one.home}'
${does}
echo $$ >'${one.manifests}/git-pid.new'
mv '${one.manifests}/git-pid.new' '${one.manifests}/git-pid'
sleep 1000
`,
    )
    const broken = one.start(['apply', '-f', one.manifests], { env: { PATH: path } })
    const pid = await eventually('git adds the worktree', () =>
      existsSync(join(one.manifests, 'git-pid'))
        ? Number(readFileSync(join(one.manifests, 'git-pid'), 'utf8'))
        : undefined,
    )
    broken.child.kill('SIGKILL')
    process.kill(-pid, 'SIGKILL')
    expect((await broken.ended).signal).toBe('SIGKILL')
    expectOrder(one)
    await succeed(one, ['apply', '-f', one.manifests])
    await resting(one)
    expect(dumpWorld(one)).toEqual(await wholeWorld())
    expectOrder(one, ['app-one'])
  })

  test('A5 a path that is taken keeps its files, and once it is free the same branch is used', async () => {
    const one = begin()
    const taken = one.worktree('app-one')
    mkdirSync(taken, { recursive: true })
    writeFileSync(join(taken, 'mine.txt'), 'a person put this here\n')
    const blocked = await one.ao(['apply', '-f', one.manifests])
    expect(blocked.code).toBe(6)
    expect(blocked.stderr).toContain('mine.txt')
    expect(readdirSync(taken)).toEqual(['mine.txt'])
    expectOrder(one)
    renameSync(taken, join(one.repo.root, 'moved'))
    await succeed(one, ['apply', '-f', one.manifests])
    await resting(one)
    expect(dumpWorld(one)).toEqual(await wholeWorld())
    expect(readFileSync(join(one.repo.root, 'moved', 'mine.txt'), 'utf8')).toContain('person')
    expectOrder(one, ['app-one'])
  })

  test('A6 postCreate cut off in its middle is ended and run from its start, and the agent waits for its end', async () => {
    const one = begin()
    const { manifests } = one
    one.declare(
      'project.yaml',
      project({
        postCreate: `echo run >> '${manifests}/runs'; [ -e '${manifests}/gate' ] || { echo $$ > '${manifests}/pid'; sleep 1000; }; echo ready > .prepared`,
      }),
    )
    const broken = one.start(['apply', '-f', manifests])
    await eventually('postCreate runs', () => existsSync(join(manifests, 'pid')))
    broken.child.kill('SIGKILL')
    await broken.ended
    expect(one.starts()).toEqual([])
    expectOrder(one)
    writeFileSync(join(manifests, 'gate'), '')
    await succeed(one, ['apply', '-f', manifests])
    await resting(one)
    expect(readFileSync(join(manifests, 'runs'), 'utf8')).toBe('run\nrun\n')
    const former = Number(readFileSync(join(manifests, 'pid'), 'utf8'))
    expect(await readProcesses([former])).toEqual([])
    expect(dumpWorld(one)).toEqual(await wholeWorld())
    expectOrder(one, ['app-one'])
  })
})

describe('a workspace whose removal was cut off', () => {
  test('A11 killed while the session is being killed', async () => {
    const one = createStage()
    stage = one
    await DELETE.prepare(one)
    const path = one.fake(
      'tmux',
      `"$real" "$@"; code=$?
case " $* " in *list-clients*) exit $code ;; esac
"$real" -S '${one.socket}' has-session -t =app-one 2>/dev/null && exit $code
touch '${one.manifests}/hangs'
sleep 1000
`,
    )
    await killWhenHanging(one, path)
    expect(one.alive()).toEqual([])
    await finishDelete(one)
  })

  test('A12 killed with the directory half deleted', async () => {
    const one = createStage()
    stage = one
    await DELETE.prepare(one)
    const path = one.fake(
      'rm',
      `for last; do :; done
"$real" -f "$last/README.md" "$last"/*.txt
touch '${one.manifests}/hangs'
sleep 1000
`,
    )
    await killWhenHanging(one, path)
    await finishDelete(one)
  })

  test('A13 killed between the workspace and the branch, the branch is still on the list', async () => {
    const one = createStage()
    stage = one
    await DELETE.prepare(one)
    const env = { AO_FAILPOINT: 'branch.delete:before:kill' }
    expect((await one.ao(DELETE.command(one), { env })).signal).toBe('SIGKILL')
    expect(existsSync(one.worktree('app-one'))).toBe(false)
    const described = await succeed(one, ['get', 'workers', '-o', 'json'])
    expect(described).toContain('"branch"')
    expect(one.repo.run(['branch', '--list', 'ao/app-one'])).toContain('ao/app-one')
    await finishDelete(one)
  })
})

async function killWhenHanging(one: Stage, path: string): Promise<void> {
  const broken = one.start(DELETE.command(one), { env: { PATH: path } })
  await eventually('the deletion hangs', () => existsSync(join(one.manifests, 'hangs')))
  broken.child.kill('SIGKILL')
  await broken.ended
  expectOrder(one)
  expect(lostWork(one, 'app-one', WORK)).toEqual([])
}

async function finishDelete(one: Stage): Promise<void> {
  await succeed(one, DELETE.command(one))
  const world = dumpWorld(one)
  expect(world.sessions).toEqual([])
  expect(world.worktrees).toHaveLength(2)
  expect(world.refs.filter(ref => ref.includes('refs/ao/owned'))).toEqual([])
  expect(world.refs.filter(ref => ref.includes('refs/ao/preserved'))).toHaveLength(1)
  expect(world.inventory.filter(item => item.startsWith('Worker'))).toEqual([])
  expect(existsSync(one.worktree('app-one'))).toBe(false)
  expect(lostWork(one, 'app-one', WORK)).toEqual([])
  expectOrder(one)
}

let whole: World | undefined

/** The world of the same manifests without any fault. */
async function wholeWorld(): Promise<World> {
  if (whole !== undefined) return whole
  const other = createStage()
  try {
    other.declare('project.yaml', project())
    other.declare('workers.yaml', worker('app-one', 'work'))
    await succeed(other, ['apply', '-f', other.manifests])
    await resting(other)
    whole = dumpWorld(other)
    return whole
  } finally {
    await other.remove()
  }
}
