import { HouseError } from '../../errors.ts'
import type { Notification } from '../../resource/notification.ts'
import { NOTIFICATION_FIELDS, notificationFields } from '../../resource/notification.ts'
import { fillTemplate } from '../../resource/template.ts'
import { plainLine, plainText } from '../../resource/text.ts'
import { requiredText, TIMEOUT_SETTING, timeoutOf } from '../channel-settings.ts'
import { pullRequestName, subjectOf } from '../channel-text.ts'
import type { Notifier } from '../notifier.ts'
import type { Mailbox } from './email-settings.ts'
import { readMailbox } from './email-settings.ts'

const MAX_SUBJECT = 200
const MAX_BODY = 64 * 1024
const SUBJECT = '[{{priority}}] {{title}}'

/** Sends plain mails over SMTP. The mails about one session are one conversation; one that is sent again has the id it had. */
export function createEmailNotifier(): Notifier {
  return {
    name: 'email',
    configSchema: EMAIL_SCHEMA,
    async send(notification, config, signal) {
      const from = requiredText(config['from'], 'the sender of the mail')
      const to = addressesOf(config['to'])
      const timeoutMs = timeoutOf(config['timeout'])
      const mailbox = readMailbox(config)
      const limit = AbortSignal.timeout(timeoutMs)
      // The library takes a while to load, and few need it.
      const { createTransport } = await import('nodemailer')
      const transport = createTransport({
        ...mailbox.options,
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        dnsTimeout: timeoutMs,
        socketCloseTimeout: 0,
        disableFileAccess: true,
        disableUrlAccess: true,
      })
      try {
        await transport.sendMail({
          from,
          to: [...to],
          ...contentOf(notification, config['subject']),
          signal: AbortSignal.any([signal, limit]),
        })
      } catch (error) {
        if (signal.aborted) {
          throw new HouseError('Interrupted', `sending to ${mailbox.what} was interrupted`)
        }
        throw refusalOf(mailbox, error, limit.aborted ? timeoutMs : undefined)
      } finally {
        transport.close()
      }
      return undefined
    },
  }
}

const EMAIL_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['from', 'to'],
  anyOf: [{ required: ['url'] }, { required: ['host'] }],
  dependentRequired: { user: ['password'], password: ['user'] },
  dependentSchemas: {
    url: { properties: { host: false, port: false, user: false, password: false } },
  },
  properties: {
    url: {
      description:
        'The mail server as `smtp://USER:PASSWORD@HOST:PORT`, or `smtps://…` for TLS from the start. With a password better given as `valueFrom`.',
      type: 'string',
      pattern: '^(smtps?://|\\$\\{)',
      'x-expand': true,
    },
    host: { description: 'The mail server.', type: 'string', minLength: 1, 'x-expand': true },
    port: {
      description: 'Its port: 465 is TLS from the start, on any other TLS begins with STARTTLS.',
      type: 'integer',
      minimum: 1,
      maximum: 65_535,
      default: 587,
    },
    user: {
      description: 'Who logs in there; nobody does without it.',
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    password: {
      description: 'Better given as `valueFrom`.',
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    from: {
      description: 'The sender, such as `ao <ao@example.org>`.',
      type: 'string',
      minLength: 1,
      'x-expand': true,
    },
    to: {
      description: 'One receiver, or several.',
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
      ],
      'x-expand': true,
    },
    subject: {
      description: 'The subject, a template.',
      type: 'string',
      minLength: 1,
      default: SUBJECT,
      'x-template': NOTIFICATION_FIELDS,
    },
    timeout: TIMEOUT_SETTING,
  },
} as const

function addressesOf(to: unknown): readonly string[] {
  const all = (Array.isArray(to) ? to : [to]).filter(
    (address): address is string => typeof address === 'string' && address !== '',
  )
  requiredText(all[0], 'the receiver of the mail')
  return all
}

interface Content {
  readonly subject: string
  readonly text: string
  readonly messageId: string
  readonly references?: string
  readonly headers: Readonly<Record<string, string>>
}

function contentOf(notification: Notification, subject: unknown): Content {
  const { id, priority, session, project, message, next, pullRequestUrl } = notification
  const template = typeof subject === 'string' ? subject : SUBJECT
  const line = fillTemplate(template, notificationFields(notification))
  const facts = [
    `About:  ${subjectOf(notification)}`,
    ...(pullRequestUrl === undefined
      ? []
      : [`${pullRequestName(notification)}:  ${pullRequestUrl}`]),
    ...(next === undefined ? [] : [`Next:  ${next}`]),
  ]
  return {
    subject: plainLine(line, MAX_SUBJECT),
    text: plainText(`${message}\n\n${facts.join('\n')}\n`, MAX_BODY),
    messageId: `<${idPart(id)}@ao.invalid>`,
    ...(session === undefined
      ? {}
      : { references: `<${idPart(`${project}.${session}`)}@ao.invalid>` }),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Ao-Delivery': idPart(id),
      'X-Ao-Priority': priority,
    },
  }
}

function idPart(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]/g, '-')
}

/** Answers of 4xx pass by themselves, those of 5xx and refused logins do not. */
function refusalOf({ what }: Mailbox, error: unknown, timedOutMs: number | undefined): HouseError {
  if (timedOutMs !== undefined) {
    return new HouseError('Unreachable', `${what} did not answer within ${timedOutMs} ms`, {
      retryable: true,
    })
  }
  const { code, responseCode, response } = detailsOf(error)
  const said = plainLine(response ?? (error instanceof Error ? error.message : String(error)), 200)
  const isFinal =
    responseCode === undefined
      ? ['ECONFIG', 'EENVELOPE', 'ENOAUTH', 'EREQUIRETLS', 'ETLS'].includes(code ?? '')
      : responseCode >= 500
  if (isFinal) {
    return new HouseError('Refused', `${what} refused it: ${said}`, {
      next: 'ao get notifiers -o yaml',
    })
  }
  const about = responseCode === undefined ? 'could not be reached' : 'can not take it now'
  return new HouseError('Unreachable', `${what} ${about}: ${said}`, {
    cause: error,
    retryable: true,
  })
}

interface Details {
  readonly code?: string
  readonly responseCode?: number
  readonly response?: string
}

function detailsOf(error: unknown): Details {
  if (!(error instanceof Error)) return {}
  const { code, responseCode, response } = error as Error & Record<string, unknown>
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof responseCode === 'number' ? { responseCode } : {}),
    ...(typeof response === 'string' ? { response } : {}),
  }
}
