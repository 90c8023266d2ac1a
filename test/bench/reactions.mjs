/** How soon a watcher does what changed: a manifest that was saved, an agent that died. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { median, quantile, sleep, until } from './measure.mjs'
import { boundRow, overRow } from './row.mjs'
import { names, worker, writeManifests } from './workshop.mjs'

export async function measureReactions(bench) {
  await measureSaving(bench)
  await measureDeaths(bench)
}

async function measureSaving({ workshop, quick, add }) {
  const rounds = quick ? 3 : 10
  const stage = workshop.stage('saving')
  const floor = []
  const ours = []
  const mark = name => join(stage.dir, `mark-${name}`)
  const command = name => ['sh', '-c', `: > '${mark(name)}'; exec sleep 100000`]
  stage.ao('apply', '-f', stage.manifests, '--yes')
  stage.watch('-f', stage.manifests)
  await until('the watcher', () => existsSync(join(stage.home, 'lock')))
  await sleep(1500)
  const workers = []
  for (const name of names(rounds)) {
    const start = Date.now()
    const path = join(stage.dir, 'trees', name)
    stage.sh(`git -C '${stage.repository}' worktree add --quiet -b floor/${name} '${path}' origin/main >/dev/null
tmux -S '${stage.floorSocket}' -f /dev/null new-session -d -s ${name} -c '${path}' ": > '${mark(`floor-${name}`)}'; exec sleep 100000"`)
    floor.push((await written(mark(`floor-${name}`))) - start)

    // At any moment of the watcher's pauses.
    await sleep(300 + Math.random() * 1000)
    workers.push(worker(name, { agent: { plugin: 'custom', command: command(name) } }))
    const saved = Date.now()
    writeManifests(stage, workers)
    ours.push((await written(mark(name))) - saved)
    await sleep(300)
  }
  add(
    overRow('manifest saved to pane running (watch)', {
      floor: median(floor),
      ours: median(ours),
      bar: 150,
      aim: 100,
    }),
  )
  stage.close()
}

async function measureDeaths({ workshop, quick, add }) {
  const count = quick ? 5 : 20
  const stage = workshop.stage('deaths')
  writeManifests(
    stage,
    names(count).map(name => worker(name)),
  )
  stage.ao('apply', '-f', stage.manifests, '--yes')
  stage.watch()
  await until('the watcher', () => existsSync(join(stage.home, 'lock')))
  await sleep(1500)
  const events = join(stage.home, 'events.jsonl')
  const delays = []
  for (const name of names(count)) {
    const status = JSON.parse(readFileSync(join(stage.home, 'status', 'Worker', `${name}.json`)))
    await sleep(200 + Math.random() * 1000)
    const killed = performance.now()
    process.kill(status.runtime.pid, 'SIGKILL')
    const about = `"Worker/${name}"`
    await until(`the end of ${name}`, () =>
      readFileSync(events, 'utf8')
        .split('\n')
        .some(line => line.includes(about) && /KilledBySignal|AgentExited|ProcessGone/.test(line)),
    )
    delays.push(performance.now() - killed)
  }
  add(
    boundRow(`pane death to recorded event, p50 of ${count}`, {
      value: median(delays),
      unit: 'ms',
      bar: 1500,
      aim: 300,
    }),
  )
  add(
    boundRow(`pane death to recorded event, p99 of ${count}`, {
      value: quantile(delays, 0.99),
      unit: 'ms',
      bar: 1500,
      aim: 300,
    }),
  )
  stage.close()
}

/** The moment at which the file was made. */
async function written(file) {
  await until(file, () => existsSync(file), { everyMs: 2 })
  return statSync(file).mtimeMs
}
