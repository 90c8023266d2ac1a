/** Tells what happens from what `ao events`, `ao get` and `ao logs` print while it does. */

const QUIET_MS = 60
const POLL_MS = 50
const WHO_WIDTH = 18

/** Tells until every worker is merged and cleaned up; fails when the time is over or the watcher ends. */
export async function tellStory(stage, { workers, limitMs, print }) {
  const startedAt = performance.now()
  const line = (who, what) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    print(`${seconds.padStart(5)}s  ${paint(who, who.padEnd(WHO_WIDTH))}  ${what}`)
  }
  const finished = new Set()
  const followed = new Set()
  const followLog = name => {
    if (followed.has(name)) return
    followed.add(name)
    stage.sessions.push(name)
    stage.follow(
      ['logs', name, '-f'],
      readLog(entry => tellEntry(name, entry, line)),
    )
  }
  stage.follow(['events', '-w', '-o', 'jsonl'], text => {
    const event = JSON.parse(text)
    const [kind, name] = event.object.split('/')
    if (event.reason === 'Created' && kind !== 'Project') followLog(name)
    if (event.reason === 'CleanedUp') finished.add(name)
    tellEvent(event, name, line)
  })
  stage.follow(['get', 'workers', '-w', '-o', 'jsonl'], readChecks(line))
  while (!workers.every(name => finished.has(name))) {
    if (stage.isEnding) throw new Error('Interrupted')
    if (!stage.isWatched()) throw new Error('`ao reconcile --watch` ended by itself')
    if (performance.now() - startedAt > limitMs)
      throw new Error(`The story is not told after ${limitMs / 1000} s`)
    await new Promise(done => setTimeout(done, POLL_MS))
  }
}

/** What `ao` itself does; what agents do stands in their output. */
function tellEvent({ type, reason, message, attempt }, name, line) {
  switch (reason) {
    case 'CIFailureSent':
    case 'ReviewSent':
    case 'Merged':
      return line('ao', `${name}: ${message}`)
    case 'CleanedUp':
      return line('ao', `${name}: session, workspace and merged branch are taken away`)
    case 'Created':
      return line('ao', `${name}: started, attempt ${attempt}`)
    case 'PullRequestChanged':
      return // told as checks, reviews and merges
    default:
      if (type === 'Warning') line('ao', `${name}: ${reason}: ${message}`)
  }
}

/** An agent's output is a verb in the margin, then words, then more lines of them. */
function tellEntry(name, { verb, text, more }, line) {
  switch (verb) {
    case 'say':
      return line(name, `"${text}"`)
    case 'edit':
      return line(name, `edits ${text}`)
    case 'run':
      return line(name, `runs ${text}`)
    case 'commit':
      return line(name, `commits ${text}`)
    case 'open-pr':
      return line(name, `opens pull request ${text.split(' ')[0]}: ${more.join(' ')}`)
    case 'review':
      return line(name, `${verdictIn(text)}: ${more.join(' ')}`)
    case 'message':
      line(name, `is told: ${text}`)
      for (const quoted of quotedIn(more)) line('', `  | ${quoted}`)
  }
}

function verdictIn(text) {
  const [number, verdict] = text.split(' ')
  if (verdict === 'approve') return `approves ${number}`
  return verdict === 'request-changes' ? `asks for changes on ${number}` : `comments on ${number}`
}

/** The part of a message that others wrote: a check's output, a reviewer's words. */
function quotedIn(lines) {
  const from = lines.findIndex(text => text.startsWith('```'))
  const to = lines.findLastIndex(text => text.startsWith('```'))
  return from === to ? [] : lines.slice(from + 1, to).filter(text => !text.startsWith('ok '))
}

function readLog(onEntry) {
  let entry
  let timer
  const flush = () => {
    if (entry !== undefined) onEntry(entry)
    entry = undefined
  }
  return text => {
    clearTimeout(timer)
    const [, verb, words] = /^ {0,7}(\S+) {2}(.*)$/.exec(text) ?? []
    if (verb !== undefined && text.indexOf(verb) + verb.length === 8) {
      flush()
      entry = { verb, text: words, more: [] }
    } else {
      entry?.more.push(text.trim())
    }
    // More of it may be on its way.
    timer = setTimeout(flush, QUIET_MS)
  }
}

function readChecks(line) {
  const told = new Map()
  return text => {
    const { metadata, status } = JSON.parse(text)
    const number = status.pullRequest?.number
    const { reason, message } = status.conditions.find(one => one.type === 'ChecksPassing') ?? {}
    if (number === undefined || told.get(number) === reason) return
    told.set(number, reason)
    if (reason === 'ChecksPassing') line('checks', `#${number} of ${metadata.name} pass`)
    if (reason === 'ChecksFailing')
      line('checks', `#${number} of ${metadata.name} fail: ${message}`)
  }
}

const COLORS = { ao: 35, checks: 33, 'shop-orchestrator': 36, '': 2 }

function paint(who, text) {
  if (!process.stdout.isTTY || process.env.NO_COLOR) return text
  return `\x1b[${COLORS[who] ?? 32}m${text}\x1b[0m`
}
