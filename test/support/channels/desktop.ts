import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Desktop {
  /** The directory that holds `notify-send`. */
  readonly bin: string
  /** The arguments of each call. */
  calls(): readonly (readonly string[])[]
  /** What the program does once it has noted its arguments, as shell. */
  does(script: string): void
  remove(): void
}

/** A `notify-send` where there is no display: it stands at that boundary, notes what it is to show, and shows nothing. */
export function createDesktop(): Desktop {
  const bin = mkdtempSync(join(tmpdir(), 'ao-desktop-'))
  const log = join(bin, 'calls')
  const program = join(bin, 'notify-send')
  const write = (script: string): void => {
    const note = `for word in "$@"; do printf '%s\\0' "$word"; done >>'${log}'; printf '\\1' >>'${log}'`
    writeFileSync(program, `#!/bin/sh\n${note}\n${script}\n`)
    chmodSync(program, 0o755)
  }
  writeFileSync(log, '')
  write('exit 0')
  return {
    bin,
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\u0001')
        .slice(0, -1)
        .map(call => call.split('\0').slice(0, -1)),
    does: write,
    remove: () => {
      rmSync(bin, { recursive: true, force: true })
    },
  }
}
