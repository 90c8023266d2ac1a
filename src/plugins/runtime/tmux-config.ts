import { shellQuote } from '../launcher.ts'
import type { TmuxPlace } from './tmux-client.ts'

/** Put into no pane, but what the server itself needs to start a shell. */
const SERVER_NEEDS = 'PATH'

/** From now on the server ends with its last session. */
export const LET_SERVER_END = 'set-option -s exit-empty on'

/**
 * The whole configuration of our server; a person's own is never read. Its last line makes the server write down who it is before it
 * answers the first command, so that it can be found again when its socket is deleted.
 */
export function tmuxConfig(place: TmuxPlace): string {
  const unset = Object.keys(place.env)
    .filter(name => name !== SERVER_NEEDS)
    .map(name => `set-environment -gu ${quoteTmux(name)}`)
  return `# Written by ao before it starts the server; changes are lost.
set-option -g update-environment ""
set-option -g remain-on-exit on
set-option -g history-limit 20000
set-option -g default-terminal screen-256color
set-option -g default-shell /bin/sh
set-option -s escape-time 10
# Until the first session is there; see LET_SERVER_END.
set-option -s exit-empty off
set-option -g mouse off
set-option -g set-titles off
set-option -g allow-rename off
set-option -g automatic-rename off
set-option -g status-left "[#{session_name}] "
set-option -g status-left-length 60
set-option -g status-right "C-b d leaves it running"
${unset.join('\n')}
run-shell ${quoteTmux(recordServer(place.serverFile))}
`
}

function recordServer(file: string): string {
  const target = shellQuote(file).replaceAll('#', '##')
  const temporary = shellQuote(`${file}.new`).replaceAll('#', '##')
  const pid = '#{pid}'
  // One process less is noticed: the first session waits for this.
  const linux = `cat /proc/sys/kernel/random/boot_id /proc/${pid}/stat`
  const elsewhere = `{ /usr/sbin/sysctl -n kern.bootsessionuuid; LC_ALL=C TZ=UTC /bin/ps -o stat=,lstart= -p ${pid}; }`
  return `{ echo ${pid}; ${linux} || ${elsewhere}; } > ${temporary} 2>/dev/null && mv -f ${temporary} ${target} || :`
}

/** One word of a tmux file. Line ends are written as escapes, because tmux takes what looks like a comment after them out of its quotes. */
export function quoteTmux(text: string): string {
  const escaped = text
    .replaceAll(/[\\"$~]/g, String.raw`\$&`)
    .replaceAll(/[\u0001-\u001f\u007f]/g, char => `\\${octal(char.charCodeAt(0))}`)
  return `"${escaped}"`
}

function octal(code: number): string {
  return code.toString(8).padStart(3, '0')
}
