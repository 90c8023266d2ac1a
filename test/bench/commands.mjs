/** What a person feels at the prompt: the start of the program, and a comparison of many objects. */
import { spawnSync } from 'node:child_process'

import { alternate, median, timed } from './measure.mjs'
import { ratioRow } from './row.mjs'
import { names, worker, writeManifests } from './workshop.mjs'

export async function measureCommands({ workshop, quick, add }) {
  const rounds = quick ? 9 : 25
  const stage = workshop.stage('commands')
  const node = args => () =>
    timed(() => spawnSync(process.execPath, args, { env: stage.env, cwd: stage.dir }))
  const [bare, version] = alternate(
    rounds,
    node(['-e', '0']),
    node([workshop.program, '--version']),
  )
  add(
    ratioRow('`ao --version`', {
      floor: median(bare),
      ours: median(version),
      bar: 1.5,
      aim: 1.2,
    }),
  )

  const count = quick ? 100 : 1000
  // Suspended, so that there is nothing to start and everything to compare.
  writeManifests(
    stage,
    names(count - 1).map(name => worker(name, { state: 'Suspended' })),
  )
  stage.ao('apply', '-f', stage.manifests, '--yes')
  const diff = ['diff', '-f', stage.manifests]
  stage.ao(...diff)
  const [floor, ours] = alternate(
    quick ? 3 : 9,
    node(['-e', '0']),
    node([workshop.program, ...diff]),
  )
  add(
    ratioRow(`\`ao diff\`, ${count} resources unchanged`, {
      floor: median(floor),
      ours: median(ours),
      bar: 10,
      aim: 7,
    }),
  )
  stage.close()
}
