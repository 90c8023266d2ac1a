import type { Printer, PrinterOptions } from './progress-event.ts'
import { toJsonLines } from './serialize.ts'

const FORMAT_VERSION = 1

/** One JSON document for each event; the first line says which version of the format follows. */
export function createJsonPrinter({ write, now }: PrinterOptions): Printer {
  let versionSaid = false
  return {
    print(event) {
      const time = now().toISOString()
      const documents = versionSaid ? [] : [{ type: 'version', time, version: FORMAT_VERSION }]
      versionSaid = true
      write(toJsonLines([...documents, { ...event, time }]))
    },
    close() {
      // Nothing is held.
    },
  }
}
