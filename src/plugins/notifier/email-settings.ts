import { badSetting, optionalText, requiredText } from '../channel-settings.ts'

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/
const SUBMISSION = 587
const TLS_FROM_THE_START = 465

/** A mail server, and how it is called in messages: without user and password. */
export interface Mailbox {
  readonly what: string
  readonly options: MailboxOptions
}

interface MailboxOptions {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  /** A password goes over no open line, except within this machine. */
  readonly requireTLS: boolean
  readonly auth?: { readonly user: string; readonly pass: string }
}

export function readMailbox(config: Readonly<Record<string, unknown>>): Mailbox {
  return config['url'] === undefined ? fromParts(config) : fromUrl(config['url'])
}

function fromParts(config: Readonly<Record<string, unknown>>): Mailbox {
  const host = requiredText(config['host'], 'the host of the mail server')
  const port = typeof config['port'] === 'number' ? config['port'] : SUBMISSION
  const login =
    config['user'] === undefined
      ? undefined
      : {
          user: requiredText(config['user'], `the user of the mail server ${host}`),
          pass: requiredText(config['password'], `the password of the mail server ${host}`),
        }
  return mailbox({ host, port, secure: port === TLS_FROM_THE_START }, login)
}

function fromUrl(value: unknown): Mailbox {
  const text = optionalText(value)
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') {
    throw badSetting('the url of the mail server is not one of smtp or smtps')
  }
  const secure = url.protocol === 'smtps:'
  const port = url.port === '' ? (secure ? TLS_FROM_THE_START : SUBMISSION) : Number(url.port)
  const login =
    url.username === ''
      ? undefined
      : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) }
  return mailbox({ host: url.hostname, port, secure }, login)
}

function mailbox(
  place: Pick<MailboxOptions, 'host' | 'port' | 'secure'>,
  auth: MailboxOptions['auth'],
): Mailbox {
  const requireTLS = auth !== undefined && !place.secure && !LOOPBACK.test(place.host)
  return {
    what: `the mail server ${place.host}:${place.port}`,
    options: { ...place, requireTLS, ...(auth === undefined ? {} : { auth }) },
  }
}
