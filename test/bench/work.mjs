/** Making and taking away workers, against a shell loop that does the same git and tmux work. */
import { join } from 'node:path'

import { median, timed } from './measure.mjs'
import { overRow, ratioRow } from './row.mjs'
import { names, worker, writeManifests } from './workshop.mjs'

export async function measureWork({ workshop, quick, add }) {
  for (const [count, rounds] of quick
    ? [
        [1, 3],
        [10, 2],
      ]
    : [
        [1, 7],
        [30, 5],
        [100, 3],
      ]) {
    const times = { floor: { make: [], remove: [] }, ours: { make: [], remove: [] } }
    for (let round = 0; round < rounds; round += 1) {
      inShell(workshop, count, times.floor)
      withAo(workshop, count, times.ours)
    }
    const { floor, ours } = times
    const workers = count === 1 ? '1 worker' : `${count} workers`
    const made = { floor: median(floor.make), ours: median(ours.make) }
    const removed = { floor: median(floor.remove), ours: median(ours.remove) }
    add(
      count === 1
        ? overRow(`spawning ${workers} with \`ao apply\``, { ...made, bar: 150, aim: 70 })
        : ratioRow(`spawning ${workers} with \`ao apply\``, { ...made, bar: 1, aim: 0.6 }),
    )
    if (count === 100) continue
    add(
      count === 1
        ? overRow(`removing ${workers} with \`ao delete\``, { ...removed, bar: 150, aim: 70 })
        : ratioRow(`removing ${workers} with \`ao delete\``, { ...removed, bar: 2, aim: 1.2 }),
    )
  }
}

function withAo(workshop, count, times) {
  const stage = workshop.stage('work')
  writeManifests(
    stage,
    names(count).map(name => worker(name)),
  )
  times.make.push(timed(() => stage.ao('apply', '-f', stage.manifests, '--yes')))
  const panes = stage.sh(`tmux -S '${stage.socket}' list-panes -a`).trim().split('\n')
  if (panes.length !== count) throw new Error(`${panes.length} panes of ${count}`)
  const workers = join(stage.manifests, 'workers.yaml')
  times.remove.push(timed(() => stage.ao('delete', '-f', workers)))
  const left = stage.sh(`git -C '${stage.repository}' worktree list | wc -l`).trim()
  if (left !== '1') throw new Error(`${left} worktrees are left`)
  stage.close()
}

function inShell(workshop, count, times) {
  const stage = workshop.stage('floor')
  const git = `git -C '${stage.repository}'`
  const tmux = `tmux -S '${stage.floorSocket}' -f /dev/null`
  const each = body => `for w in ${names(count).join(' ')}; do\n${body}\ndone`
  const path = `'${stage.dir}/trees/'$w`
  const make = each(`${git} worktree add --quiet -b ao/$w ${path} origin/main >/dev/null
${tmux} new-session -d -s $w -c ${path} sleep 100000`)
  const remove = each(`${tmux} kill-session -t =$w
${git} worktree remove ${path}`)
  times.make.push(timed(() => stage.sh(make)))
  times.remove.push(timed(() => stage.sh(remove)))
  stage.close()
}
