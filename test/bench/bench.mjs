/**
 * Measures the program against what a plain shell needs for the same git and tmux work, in the same run, and prints a Markdown table.
 *
 *   node test/bench/bench.mjs [--quick] [--only PART,…]      npm run bench builds first
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

import { measureCommands } from './commands.mjs'
import { measureFleets } from './fleets.mjs'
import { measureForge } from './forge.mjs'
import { measureReactions } from './reactions.mjs'
import { measureWork } from './work.mjs'
import { openWorkshop } from './workshop.mjs'

const PARTS = {
  commands: measureCommands,
  fleets: measureFleets,
  work: measureWork,
  reactions: measureReactions,
  forge: measureForge,
}

const flags = process.argv.slice(2)
const quick = flags.includes('--quick')
const only = flags.includes('--only') ? (flags[flags.indexOf('--only') + 1] ?? '').split(',') : []
const rows = []

const workshop = await openWorkshop()
process.once('SIGINT', () => {
  workshop.close()
  process.exit(130)
})
try {
  for (const [name, measure] of Object.entries(PARTS)) {
    if (only.length > 0 && !only.includes(name)) continue
    await measure({ workshop, quick, add, note })
  }
  printTable()
} finally {
  workshop.close()
}

/** One line of the table; `missed` is what keeps it from its bar. */
function add(row) {
  rows.push(row)
  note(`${row.what}: ${row.ours} (floor ${row.floor}; bar ${row.bar}) ${row.ok ? '' : 'MISSED'}`)
}

function note(text) {
  process.stderr.write(`${text}\n`)
}

function printTable() {
  const tmux = spawnSync('tmux', ['-V'], { encoding: 'utf8' }).stdout.trim()
  const git = spawnSync('git', ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(
    `Node ${process.version}, ${git}, ${tmux}, ${cpus().length} cores, ${quick ? 'quick' : 'full'} sizes, in ${workshop.dir.replace(/\/[^/]*$/, '')}.\n`,
  )
  console.log('| what | floor | ours | against the floor | bar | aim | holds |')
  console.log('|---|--:|--:|--:|--:|--:|---|')
  for (const { what, floor, ours, against, bar, aim, ok } of rows) {
    console.log(
      `| ${what} | ${floor} | ${ours} | ${against} | ${bar} | ${aim} | ${ok ? 'yes' : '**no**'} |`,
    )
  }
}
