/**
 * Plays examples/01-quickstart in a throw-away home and tells what happens, with the built program as a person would use it.
 *
 *   npm run demo
 *   npm run demo -- --keep                 leaves everything running and says how to go on
 *   npm run demo -- --end DIR              ends what --keep left running
 *   npm run demo -- --runtime process      without tmux, although it is installed
 */
import { parseArgs } from 'node:util'
import { endStage, makeStage, reopenStage } from './demo-stage.mjs'
import { tellStory } from './demo-story.mjs'

const STORY_LIMIT_MS = 60_000
const WORKERS = ['shop-login', 'shop-search', 'shop-docs']
const EXIT = { failed: 1, usage: 2, interrupted: 130 }

const options = readOptions()
if (options.end !== undefined) await endKept(options.end)
else await play()

async function play() {
  const startedAt = performance.now()
  const stage = makeStage({ runtime: options.runtime })
  endOnSignal(stage)
  try {
    await show(stage)
    if (options.keep) {
      await stage.keep()
      return sayWhatIsLeft(stage)
    }
    headline('Away with it')
    say('Sessions end, workspaces go; work that is not merged would be preserved.')
    await stage.show('ao', ['delete', '-f', '.ao', '--force'])
    if (!(await endStage(stage))) throw new Error('Something is left')
    sayHowToGoOn(Math.round((performance.now() - startedAt) / 1000))
  } catch (error) {
    // Ctrl-C ends the programs that this waited for; no need to explain that.
    if (stage.isEnding) return
    process.exitCode = EXIT.failed
    await explain(stage, error)
    await endStage(stage)
  }
}

async function show(stage) {
  headline('A repository')
  say(`A small shop with history and an origin, in ${stage.repository}.
Its folder .ao/ declares a project, an orchestrator who reviews, and three workers.
The agents are scripts; git, processes, checks, pull requests and merges are real.`)
  await stage.show('git', ['log', '--oneline', '-4'])

  headline('The plan')
  say('What is declared against what is there. Nothing has happened yet.')
  await stage.show('ao', ['diff'], { exits: [1] })

  headline('Apply it')
  say('The same plan, carried out: a branch, a workspace and an agent each. shop-docs has to wait.')
  await stage.show('ao', ['apply'], { quiet: true })
  await stage.show('ao', ['get'])

  headline('Keep it so')
  say('Now the loop: it watches, sends failures and reviews back, merges and cleans up.')
  stage.startWatcher()
  say('')
  await tellStory(stage, { workers: WORKERS, limitMs: STORY_LIMIT_MS, print: console.log })

  headline('What there is now')
  say('All three are merged.')
  await stage.show('ao', ['get'])
  say('\nThe plan is empty, so `ao diff` exits 0:')
  await stage.show('ao', ['diff'])
  say('\nEverything that happened, and why:')
  await stage.show('ao', ['events'])
  say('\nThe main branch of the origin, merged. The checkout you work in was never touched.')
  await stage.show('git', ['log', '--graph', '--oneline', '-12', 'origin/main'])
}

/** What a person would look at next to find out why. */
async function explain(stage, error) {
  headline('The demo did not get to its end')
  say(`${error.message}\n\nThis is how things stand:`)
  const looks = [['get'], ['events'], ...stage.sessions.map(name => ['logs', name, '--tail', '15'])]
  for (const look of looks) await stage.look('ao', look)
  const watcher = stage.watcherOutput()
  if (watcher !== '') say(`The watcher said:\n${watcher}`)
}

function sayWhatIsLeft(stage) {
  headline('It goes on running')
  const attach =
    stage.runtime === 'tmux'
      ? '  ao attach shop-orchestrator              its terminal; C-b d leaves it running'
      : '  ao logs shop-orchestrator -f             what it prints'
  say(`The loop (pid ${stage.watcherPid}) and the orchestrator are still there. To use them, in this terminal:

  export AO_HOME=${quote(stage.home)}
  export PATH=${quote(stage.bin)}:"$PATH"
  cd ${quote(stage.repository)}

  ao get
${attach}
  ao send shop-orchestrator "Well done."
  ao events -w

Or change .ao/workers.yaml and look how the loop follows. To end it all:

  npm run demo -- --end ${quote(stage.directory)}`)
}

function sayHowToGoOn(seconds) {
  headline('With your own repository')
  say(`Took ${seconds} s; everything it started is ended and removed. To do the same at home:

  npm link                  puts \`ao\` on your PATH
  cd your/repository
  ao init                   writes .ao/project.yaml and a first worker; have a look at them
  ao diff                   the plan
  ao apply                  carries it out
  ao reconcile --watch      keeps it so; in another terminal: ao get, ao attach, ao send

To look at what you have just seen from inside:  npm run demo -- --keep`)
}

/** The children are in process groups of their own, so that Ctrl-C reaches them through here, in order. */
function endOnSignal(stage) {
  const end = async code => {
    if (stage.isEnding) return
    process.exitCode = code
    if (!(await endStage(stage))) process.exitCode = EXIT.failed
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      console.error('\nEnding what was started …')
      return end(EXIT.interrupted)
    })
  }
  // Nobody reads any more, as with `npm run demo | head`.
  process.stdout.on('error', () => end(EXIT.failed))
  process.on('uncaughtException', error => {
    console.error(error)
    return end(EXIT.failed)
  })
}

async function endKept(directory) {
  const stage = reopenStage(directory)
  if (stage === undefined) {
    console.error(`${directory} was not left behind by this demo`)
    process.exitCode = EXIT.usage
    return
  }
  if (await endStage(stage)) say(`Ended and removed ${directory}`)
  else process.exitCode = EXIT.failed
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        keep: { type: 'boolean', default: false },
        end: { type: 'string' },
        runtime: { type: 'string' },
      },
    })
    const { runtime } = values
    if (runtime === undefined || runtime === 'tmux' || runtime === 'process') return values
    throw new Error(`Unknown runtime "${runtime}"; there are tmux and process`)
  } catch (error) {
    console.error(`${error.message}\nnpm run demo -- [--keep] [--runtime tmux|process] [--end DIR]`)
    process.exit(EXIT.usage)
  }
}

function headline(text) {
  const bold = isColored() ? ['\x1b[1m', '\x1b[0m'] : ['', '']
  console.log(`\n${bold[0]}── ${text} ${'─'.repeat(70 - text.length)}${bold[1]}\n`)
}

function say(text) {
  console.log(text)
}

function isColored() {
  return process.stdout.isTTY && !process.env.NO_COLOR
}

function quote(path) {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
