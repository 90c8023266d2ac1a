/** What a forge is asked for pull requests at which nothing happens, and when something happens at five of them: an hour on a clock that is moved. */
import { execFileSync, fork } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { boundRow } from './row.mjs'
import { names, worker } from './workshop.mjs'

const REPOSITORIES = 3
const CHANGED = 5
/** What a look may ask of a repository when nothing changes: a list for each hundred, comments, the base. */
const PER_LOOK = 3
/** Everything is read anew every 15 minutes (`maxAge`), whatever the signs say. */
const FULL_READS = 4
/** After ten minutes nothing more is expected of any check. */
const WARM_UP_MINUTES = 45
const DOUBLE = new URL('forge-double.ts', import.meta.url)

export async function measureForge(bench) {
  for (const count of bench.quick ? [10] : [10, 100, 300]) await measureCount(bench, count)
}

async function measureCount(bench, count) {
  const { workshop, note } = bench
  const stage = workshop.stage(`forge-${count}`)
  const double = await converse(fork(DOUBLE, { execArgv: ['--import', 'tsx'] }))
  try {
    const { apiUrl, token } = double.first
    const env = { ...stage.env, GITHUB_TOKEN: token }
    const branches = await declare(stage, double, { count, apiUrl })
    execFileSync(process.execPath, [workshop.program, 'apply', '-f', stage.manifests, '--yes'], {
      cwd: stage.dir,
      env,
      stdio: 'pipe',
    })
    for (const [name, own] of branches) await double.ask({ type: 'fill', name, branches: own })
    const engine = await converse(fork(workshop.hour, { cwd: stage.dir, env, stdio: 'inherit' }))
    await engine.ask({ minutes: WARM_UP_MINUTES })
    await double.ask({ type: 'take' })
    const idle = { ...(await engine.ask({ minutes: 60 })), ...(await double.ask({ type: 'take' })) }
    note(`    idle: ${JSON.stringify(idle)}`)
    for (const [name, own] of changedOf(branches)) {
      await double.ask({ type: 'change', name, branches: own })
    }
    const busy = { ...(await engine.ask({ minutes: 60 })), ...(await double.ask({ type: 'take' })) }
    note(`    changed: ${JSON.stringify(busy)}`)
    await engine.end()
    addRows(bench, { count, idle, busy })
    await double.ask({ type: 'close' })
  } finally {
    await double.end()
    stage.close()
  }
}

function addRows({ add }, { count, idle, busy }) {
  const pages = Math.floor(count / REPOSITORIES / 100)
  const perLook = REPOSITORIES * (PER_LOOK + pages)
  const about = `${count} idle pull requests in ${REPOSITORIES} repositories`
  const row = (what, value, bar) => add(boundRow(what, { value, bar, aim: bar }))
  row(`${about}: requests per quiet poll, at most`, idle.mostRequests, perLook)
  row(`${about}: requests per hour`, idle.requests)
  row(`${about}: of these without validator`, idle.unconditional, 0)
  row(`${about}: of these that count (not 304)`, idle.paid)
  row(`${about}: polls per hour`, idle.polls)
  row(`${about}: of these with a query`, idle.polls - idle.quietPolls, FULL_READS * REPOSITORIES)
  row(`${about}: points per hour`, idle.points)
  row(`${about}: child processes per hour`, idle.children, 0)
  const then = `${count} pull requests, ${CHANGED} change`
  row(`${then}: requests per hour`, busy.requests)
  row(`${then}: points per hour, beyond the idle hour's`, busy.points - idle.points)
  row(`${then}: child processes per hour`, busy.children, 0)
}

/** Projects, workers and their repositories; gives the branches of each repository. */
async function declare(stage, double, { count, apiUrl }) {
  const objects = []
  const branches = new Map()
  for (let at = 1; at <= REPOSITORIES; at += 1) {
    const name = `shop-${at}`
    const from = join(stage.dir, 'origin.git')
    const { folder } = await double.ask({ type: 'repository', name, from })
    const path = join(stage.dir, name)
    execFileSync('git', ['clone', '--quiet', folder, path], { env: stage.env })
    const scm = { plugin: 'github', repo: `acme/${name}`, apiUrl, approvals: 1 }
    objects.push({
      apiVersion: 'ao.dev/v1alpha1',
      kind: 'Project',
      metadata: { name },
      spec: { path, scm },
    })
    branches.set(name, [])
  }
  for (const [at, name] of names(count).entries()) {
    const project = `shop-${1 + (at % REPOSITORIES)}`
    const branch = `work/${name}`
    branches.get(project).push(branch)
    objects.push(worker(name, { project, branch }))
  }
  mkdirSync(stage.manifests, { recursive: true })
  writeFileSync(join(stage.manifests, 'project.yaml'), '')
  writeFileSync(
    join(stage.manifests, 'workers.yaml'),
    objects.map(object => JSON.stringify(object)).join('\n---\n'),
  )
  return branches
}

function changedOf(branches) {
  const all = [...branches].flatMap(([name, own]) => own.map(branch => [name, branch]))
  const some = all.toSorted(([, a], [, b]) => (a < b ? -1 : 1)).slice(0, CHANGED)
  return [...branches.keys()].map(name => [
    name,
    some.filter(([project]) => project === name).map(([, branch]) => branch),
  ])
}

/** A process that answers messages one by one, and says a first thing by itself. */
async function converse(child) {
  const waiting = new Map()
  let last = 0
  const answered = id =>
    new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
    })
  const ended = new Promise(resolve => {
    child.once('exit', code => {
      for (const { reject } of waiting.values()) reject(new Error(`a part ended with ${code}`))
      resolve()
    })
  })
  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) resolve(value)
    else reject(new Error(error))
  })
  const first = await answered(0)
  return {
    first,
    ask(message) {
      last += 1
      child.send({ id: last, ...message })
      return answered(last)
    },
    async end() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
