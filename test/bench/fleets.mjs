/** What standing fleets cost: cycles in which there is nothing to do, looking at them, and watching them. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { alternate, cpuOf, median, memoryOf, sleep, timed, until } from './measure.mjs'
import { boundRow, ms, ratioRow } from './row.mjs'
import { names, worker, writeManifests } from './workshop.mjs'

/** The loop slows down when nothing has happened for half a minute. */
const QUIET_MS = 33_000
const SAMPLE_MS = 10_000
const PER_MS = 30_000
const MOST_CHILDREN = 3
const MOST_MEMORY = { 100: [100, 70], 300: [150, 110], 1000: [150, 110] }

export async function measureFleets(bench) {
  const { workshop, quick } = bench
  for (const count of quick ? [1, 30] : [1, 30, 100, 300]) {
    const stage = workshop.stage(`fleet-${count}`)
    writeManifests(
      stage,
      names(count).map(name => worker(name)),
    )
    stage.ao('apply', '-f', stage.manifests, '--yes')
    measureCycles(bench, stage, count)
    if (count === 100 || (quick && count === 30)) measureGet(bench, stage, count)
    if (count >= 100 || (quick && count === 30)) await measureWatching(bench, stage, count)
    stage.close()
  }
}

function measureCycles({ workshop, quick, add, note }, stage, count) {
  const list = ['-S', stage.socket, 'list-panes', '-a']
  const floor = median(
    alternate(20, () => timed(() => spawnSync('tmux', list, { env: stage.env })))[0],
  )
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [workshop.cycles, quick ? '10' : '30', join(stage.repository, '.git')],
    { env: stage.env, cwd: stage.dir, encoding: 'utf8', maxBuffer: 1e8 },
  )
  if (status !== 0) throw new Error(stderr)
  const seen = JSON.parse(stdout)
  for (const program of seen.programs) note(`    ${program}`)
  for (const file of seen.written) note(`    wrote ${file}`)
  const about = `no-op cycle, ${count} sessions`
  const time = median(seen.times)
  const limit = 2 * floor + 0.1 * count
  add(
    boundRow(`${about}: time`, {
      floor: ms(floor),
      value: time,
      unit: 'ms',
      aim: Math.round(limit),
      against: `${(time / floor).toFixed(2)} x`,
    }),
  )
  add(
    boundRow(`${about}: CPU with children`, {
      value: seen.cpuMs,
      unit: 'ms',
      bar: count > 100 ? undefined : 100,
      aim: count > 100 ? undefined : 40,
    }),
  )
  add(boundRow(`${about}: child processes`, { value: seen.children, bar: MOST_CHILDREN, aim: 2 }))
  add(boundRow(`${about}: files written`, { value: seen.writes, bar: 0, aim: 0 }))
}

function measureGet({ workshop, quick, add }, stage, count) {
  const node = args => () => timed(() => spawnSync(process.execPath, args, { env: stage.env }))
  const [floor, ours] = alternate(
    quick ? 9 : 25,
    node(['-e', '0']),
    node([workshop.program, 'get']),
  )
  add(
    ratioRow(`\`ao get\`, ${count} sessions`, {
      floor: median(floor),
      ours: median(ours),
      bar: 2.5,
      aim: 1.8,
    }),
  )
}

async function measureWatching({ quick, add }, stage, count) {
  const watcher = stage.watch()
  await until('the watcher', () => spawnSync('test', ['-e', join(stage.home, 'lock')]).status === 0)
  await sleep(quick ? 3000 : 5000)
  const busy = await sampleCpu(watcher.pid, quick ? 3000 : SAMPLE_MS)
  if (!quick) await sleep(QUIET_MS - 5000 - SAMPLE_MS)
  const idle = quick ? busy : await sampleCpu(watcher.pid, SAMPLE_MS)
  const memory = memoryOf(watcher.pid)
  const bounded = count <= 100
  add(
    boundRow(`watching ${count} idle sessions: CPU per 30 s`, {
      value: idle,
      unit: 'ms',
      bar: bounded ? 1000 : undefined,
      aim: bounded ? 500 : undefined,
    }),
  )
  add(
    boundRow(`watching ${count} idle sessions: CPU per 30 s, just started`, {
      value: busy,
      unit: 'ms',
      bar: bounded ? 1000 : undefined,
      aim: bounded ? 500 : undefined,
    }),
  )
  const node = stage.idleNode()
  await sleep(500)
  const floor = memoryOf(node.pid)
  node.kill('SIGKILL')
  const [bar, aim] = MOST_MEMORY[count] ?? []
  add(
    boundRow(`watcher's memory, ${count} sessions`, {
      floor: `${Math.round(floor)} MB`,
      value: memory,
      unit: 'MB',
      bar,
      aim,
      against: `${(memory / floor).toFixed(2)} x`,
    }),
  )
  watcher.kill('SIGTERM')
  await until('the watcher to end', () => watcher.exitCode !== null || watcher.signalCode !== null)
}

async function sampleCpu(pid, forMs) {
  const start = performance.now()
  const before = cpuOf(pid)
  await sleep(forMs)
  return ((cpuOf(pid) - before) * PER_MS) / (performance.now() - start)
}
