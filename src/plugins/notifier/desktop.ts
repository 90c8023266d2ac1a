import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { HouseError } from '../../errors.ts'
import type { Notification, NotificationPriority } from '../../resource/notification.ts'
import { plainLine } from '../../resource/text.ts'
import { clipped, pullRequestName, subjectOf } from '../channel-text.ts'
import { run } from '../exec.ts'
import type { Notifier, Shortcoming } from '../notifier.ts'
import { NO_SETTINGS } from '../plugin.ts'

const TIMEOUT_MS = 10_000
const MAX_TITLE = 200
const MAX_BODY = 1000

type Environment = Readonly<Record<string, string | undefined>>

export interface DesktopOptions {
  readonly platform: NodeJS.Platform
  /** Ao's own environment, which says whether there is a desktop. */
  readonly env: Environment
  /** How long the program may take; 10 s by default. */
  readonly timeoutMs?: number
}

/** What the program that shows it needs to find the person's desktop. */
const PASSED = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
]

/**
 * Shows notifications on the desktop of the person who runs ao, with the system's own program: `notify-send`, on macOS `osascript`. On a machine
 * without a desktop it says what is missing.
 */
export function createDesktopNotifier({
  platform,
  env,
  timeoutMs = TIMEOUT_MS,
}: DesktopOptions): Notifier {
  const passed = Object.fromEntries(
    PASSED.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]] as const])),
  )
  return {
    name: 'desktop',
    configSchema: NO_SETTINGS,
    missing: async () => shortcoming(platform, env),
    async send(notification, _config, signal) {
      const missing = shortcoming(platform, env)
      if (missing !== undefined) {
        throw new HouseError('EnvironmentMissing', missing.message, { next: missing.next })
      }
      const [program, args] =
        platform === 'darwin' ? appleScript(notification) : notifySend(notification)
      const result = await run(program, args, { env: passed, timeoutMs, signal })
      if (result.exitCode === 0) return undefined
      const said = plainLine(result.stderr, 200)
      // The desktop may be starting, or its person logging in again.
      throw new HouseError(
        'Unreachable',
        `${program} exited with ${result.exitCode}${said === '' ? '' : `: ${said}`}`,
        { retryable: true },
      )
    },
  }
}

const URGENCIES: Readonly<Record<NotificationPriority, string>> = {
  urgent: 'critical',
  action: 'normal',
  warning: 'normal',
  info: 'low',
}

function shortcoming(platform: NodeJS.Platform, env: Environment): Shortcoming | undefined {
  const program = platform === 'darwin' ? 'osascript' : 'notify-send'
  if (!isOnPath(program, env['PATH'])) {
    const next = platform === 'darwin' ? 'export PATH="$PATH:/usr/bin"' : INSTALL
    return { message: `${program} is not on the PATH, so nothing can be shown here`, next }
  }
  if (platform === 'darwin' || hasDesktop(env)) return undefined
  const message =
    'there is no desktop here: neither DISPLAY, WAYLAND_DISPLAY nor DBUS_SESSION_BUS_ADDRESS is set'
  return { message, next: 'ao explain notifier.spec.plugin' }
}

const INSTALL = 'apt install libnotify-bin (dnf: libnotify, pacman: libnotify)'

function hasDesktop(env: Environment): boolean {
  if (
    ['DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS'].some(
      name => (env[name] ?? '') !== '',
    )
  )
    return true
  const runtime = env['XDG_RUNTIME_DIR'] ?? ''
  return runtime !== '' && existsSync(join(runtime, 'bus'))
}

function isOnPath(program: string, path: string | undefined): boolean {
  return (path ?? '').split(delimiter).some(dir => dir !== '' && isProgram(join(dir, program)))
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function notifySend(notification: Notification): readonly [string, readonly string[]] {
  const { priority, title } = notification
  // Desktops read the body as markup.
  const args = ['--app-name=ao', `--urgency=${URGENCIES[priority]}`, '--']
  return [
    'notify-send',
    [...args, clipped(title, MAX_TITLE), clipped(bodyOf(notification), MAX_BODY, escape)],
  ]
}

const SCRIPT = [
  'on run argv',
  'display notification (item 2 of argv) with title (item 1 of argv)',
  'end run',
]

function appleScript(notification: Notification): readonly [string, readonly string[]] {
  const texts = [clipped(notification.title, MAX_TITLE), clipped(bodyOf(notification), MAX_BODY)]
  return ['osascript', [...SCRIPT.flatMap(line => ['-e', line]), '--', ...texts]]
}

function bodyOf(notification: Notification): string {
  const { message, next, pullRequestUrl } = notification
  return [
    message,
    subjectOf(notification),
    ...(pullRequestUrl === undefined
      ? []
      : [`${pullRequestName(notification)}: ${pullRequestUrl}`]),
    ...(next === undefined ? [] : [`Next: ${next}`]),
  ].join('\n')
}

function escape(character: string): string {
  return character === '&'
    ? '&amp;'
    : character === '<'
      ? '&lt;'
      : character === '>'
        ? '&gt;'
        : character
}
