import { formatDuration } from '../../resource/duration.ts'
import { paletteOf } from './look.ts'
import { finishedLines, outcomePaint } from './progress-words.ts'
import type { Printer, PrinterOptions, ProgressEvent } from './progress-event.ts'
import { clean } from './text.ts'

/** One line for each finished step and each outcome; what takes long gets a line now and then. For logs and pipes. */
export function createLinePrinter(options: PrinterOptions): Printer {
  const { write } = options
  return {
    print(event) {
      for (const line of linesOf(event, options)) write(`${line.trimEnd()}\n`)
    },
    close() {
      // Nothing is held.
    },
  }
}

function linesOf(event: ProgressEvent, { color, now }: PrinterOptions): readonly string[] {
  const paint = paletteOf(color)
  switch (event.type) {
    case 'started':
      return []
    case 'step':
      return event.phase === 'finished' ? [`${event.row.key}  ${clean(event.message)}`] : []
    case 'done': {
      const { key, verb, state, message, startedAt, finishedAt } = event.row
      const took =
        startedAt === undefined || finishedAt === undefined
          ? ''
          : ` after ${formatDuration(finishedAt.getTime() - startedAt.getTime())}`
      const words = [...(verb === undefined ? [] : [verb]), state].join(' ')
      const rest = message === '' ? '' : `: ${clean(message)}`
      return [`${key}  ${outcomePaint(state, paint)(words)}${took}${rest}`]
    }
    case 'note':
      return [clean(event.message)]
    case 'heartbeat':
      return event.waiting.map(row => {
        const since = row.startedAt === undefined ? 0 : now().getTime() - row.startedAt.getTime()
        return `${row.key}  still at it after ${formatDuration(since)}: ${clean(row.message)}`
      })
    case 'finished':
      return finishedLines(event, paint)
  }
}
