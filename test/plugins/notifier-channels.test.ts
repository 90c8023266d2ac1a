import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createDesktopNotifier } from '../../src/plugins/notifier/desktop.ts'
import { createDiscordNotifier } from '../../src/plugins/notifier/discord.ts'
import { createEmailNotifier } from '../../src/plugins/notifier/email.ts'
import { createSlackNotifier } from '../../src/plugins/notifier/slack.ts'
import { createWebhookNotifier } from '../../src/plugins/notifier/webhook.ts'
import { createDesktop } from '../support/channels/desktop.ts'
import type { Answer, HttpChannel, HttpChannelOptions } from '../support/channels/http-channel.ts'
import { startHttpChannel } from '../support/channels/http-channel.ts'
import { startSmtpServer } from '../support/channels/smtp-server.ts'
import type { SmtpFault, SmtpServer } from '../support/channels/smtp-server.ts'
import type { Mood, NotifierStage, NotifierSuite } from './notifier-conformance.ts'
import { FULL, NOW, notifierConformance } from './notifier-conformance.ts'

const now = (): Date => NOW
const KEY = 'e93facc04764012d7bfb002500d5d1a6'
const { signal } = new AbortController()

const MOODS = ['refusing', 'busy', 'failing', 'silent', 'cut', 'away'] as const

/** How a web service shows its moods; some say more in the body. */
const ANSWERS: Readonly<Record<Exclude<Mood, 'fine' | 'away'>, Answer>> = {
  refusing: { status: 404, body: 'no_service' },
  busy: { status: 429, headers: { 'retry-after': '7' } },
  failing: { status: 503 },
  silent: 'silent',
  cut: 'cut',
}

interface WebStage {
  readonly options: HttpChannelOptions
  readonly stage: (channel: HttpChannel) => Pick<
    NotifierStage,
    'notifier' | 'config' | 'secrets'
  > & {
    readonly textOf: (body: string) => string
  }
  readonly answers?: Partial<typeof ANSWERS>
}

async function openWeb({ options, stage, answers }: WebStage): Promise<NotifierStage> {
  const channel = await startHttpChannel(options)
  const { textOf, ...rest } = stage(channel)
  // What was refused and then sent was shown once.
  let skipped = 0
  return {
    ...rest,
    shown: () => channel.received.slice(skipped).map(({ body }) => textOf(body)),
    violations: () => channel.violations,
    arrived: () => channel.received.length,
    become: async mood => {
      skipped = channel.received.length
      if (mood === 'away') return channel.leave()
      if (mood === 'fine') channel.answer()
      else channel.answer({ ...ANSWERS, ...answers }[mood])
    },
    close: async () => channel.close(),
  }
}

const HOOK = { description: 'a webhook', secret: 'T0/B0/hidden' }

function slackTextOf(body: string): string {
  const { blocks } = JSON.parse(body) as { readonly blocks: readonly unknown[] }
  return texts(blocks)
    .join('\n')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

/** Every text in a value, in order. */
function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(texts)
}

const URLS: Pick<NotifierSuite, 'good' | 'bad'> = {
  good: [{ webhook: 'https://example.org/x' }, { webhook: '${HOOK}', timeout: '3s' }],
  bad: [{}, { webhook: 'ftp://example.org' }, { webhook: 7 }],
}

notifierConformance('slack, through a webhook', {
  open: async () =>
    openWeb({
      options: { fine: { status: 200, body: 'ok' }, schema: 'slack-message.schema.json' },
      stage: ({ url }) => ({
        notifier: createSlackNotifier({ now }),
        config: { webhook: `${url}/services/${HOOK.secret}` },
        secrets: [HOOK.secret],
        textOf: slackTextOf,
      }),
    }),
  moods: MOODS,
  atLeast: 2000,
  good: URLS.good,
  bad: [...URLS.bad, { webhook: 'https://example.org', token: 'x', channel: 'y' }],
})

/** What Slack's API answers, with a new timestamp for each message. */
function posted(nth: number): Answer {
  return {
    status: 200,
    body: JSON.stringify({ ok: true, channel: 'C1', ts: `1700000000.00000${nth}` }),
  }
}

const SLACK_API: HttpChannelOptions = {
  fine: (_request, nth) => posted(nth),
  schema: 'slack-message.schema.json',
}

function slackSays(error: string): Answer {
  return { status: 200, body: JSON.stringify({ ok: false, error }) }
}

notifierConformance('slack, as a bot', {
  open: async () =>
    openWeb({
      options: SLACK_API,
      answers: { refusing: slackSays('invalid_auth'), failing: slackSays('internal_error') },
      stage: ({ url }) => ({
        notifier: createSlackNotifier({ now }),
        config: { token: 'xoxb-hidden', channel: 'C1', apiUrl: `${url}/api/` },
        secrets: ['xoxb-hidden'],
        textOf: slackTextOf,
      }),
    }),
  moods: MOODS,
  atLeast: 2000,
  good: [{ token: 'x', channel: '#ops' }],
  bad: [{ token: 'x' }, { channel: '#ops' }, { token: '', channel: 'x' }],
})

notifierConformance('discord', {
  open: async () =>
    openWeb({
      options: { fine: { status: 200, body: '{}' }, schema: 'discord-webhook.schema.json' },
      answers: {
        busy: { status: 429, body: JSON.stringify({ message: 'slow down', retry_after: 7 }) },
      },
      stage: ({ url }) => ({
        notifier: createDiscordNotifier({ now }),
        config: { webhook: `${url}/api/webhooks/1/hidden`, username: 'ao', threadId: '42' },
        secrets: ['hidden'],
        textOf: body => {
          const { embeds } = JSON.parse(body) as { readonly embeds: readonly unknown[] }
          return texts(embeds)
            .join('\n')
            .replaceAll(/\\(?=[\\*_~`|[\]()<>#])/g, '')
        },
      }),
    }),
  moods: MOODS,
  atLeast: 3000,
  good: [...URLS.good, { webhook: 'https://example.org', username: 'ao', threadId: '1' }],
  bad: [...URLS.bad, { webhook: 'https://example.org', threadId: 'general' }],
})

notifierConformance('webhook', {
  open: async () =>
    openWeb({
      options: { fine: { status: 204 } },
      stage: ({ url }) => ({
        notifier: createWebhookNotifier({ now }),
        config: {
          url: `${url}/hook?key=hidden`,
          secret: 'sesame',
          body: {
            text: '{{title}}: {{message}}',
            about: ['{{project}}/{{session}}', '#{{pullRequest.number}} {{pullRequest.url}}'],
            do: '{{next}}',
          },
        },
        secrets: ['hidden', 'sesame'],
        // A template is its author's business: what JSON takes is taken.
        textOf: body => texts(JSON.parse(body)).join('\n').replaceAll(CONTROL, ''),
      }),
    }),
  moods: MOODS,
  atLeast: 5000,
  good: [
    { url: 'https://example.org' },
    { url: '${HOOK}', secret: 'x', headers: { A: 'b' }, body: 'x' },
    { url: 'https://example.org', body: { a: ['{{title}}'] } },
  ],
  bad: [{}, { url: 'ftp://example.org' }, { url: 'https://example.org', body: 7 }],
})

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f\u202e]/g

notifierConformance('webhook, as PagerDuty wants it', {
  open: async () =>
    openWeb({
      options: {
        fine: { status: 202, body: '{"status":"success"}' },
        schema: 'pagerduty-event.schema.json',
      },
      stage: ({ url }) => ({
        notifier: createWebhookNotifier({ now }),
        config: { preset: 'pagerduty', url: `${url}/v2/enqueue`, routingKey: KEY },
        secrets: [KEY],
        textOf: body => texts(JSON.parse(body)).join('\n'),
      }),
    }),
  moods: MOODS,
  atLeast: 500,
  good: [
    { preset: 'pagerduty', routingKey: 'x' },
    { preset: 'pagerduty', routingKey: 'x', url: 'https://events.eu.pagerduty.com/v2/enqueue' },
  ],
  bad: [
    { preset: 'pagerduty' },
    { preset: 'opsgenie', routingKey: 'x' },
    { routingKey: 'x', url: 'https://example.org' },
    { preset: 'pagerduty', routingKey: 'x', body: 'x' },
  ],
})

const SMTP_FAULTS: Readonly<Record<Exclude<Mood, 'fine' | 'away' | 'busy'>, SmtpFault>> = {
  refusing: { at: 'RCPT', answer: '550 5.1.1 no such person' },
  failing: { at: 'end', answer: '451 4.3.0 try later' },
  silent: { at: 'DATA', does: 'silent' },
  cut: { at: 'MAIL', does: 'cut' },
}

async function openMail(): Promise<NotifierStage & { readonly server: SmtpServer }> {
  const server = await startSmtpServer()
  return {
    server,
    notifier: createEmailNotifier(),
    config: {
      url: `smtp://ann:hidden@127.0.0.1:${server.port}`,
      from: 'ao <ao@example.org>',
      to: ['ann@example.org', 'bob@example.org'],
    },
    secrets: ['hidden'],
    shown: () => server.mails.map(({ data }) => readable(data)),
    violations: () =>
      server.mails.flatMap(({ data }) =>
        data.split('\n').some(line => Buffer.byteLength(line) > 998) ? ['a line is too long'] : [],
      ),
    arrived: () => server.arrived(),
    become: async mood => {
      if (mood === 'away') return server.leave()
      server.fault(mood === 'fine' || mood === 'busy' ? undefined : SMTP_FAULTS[mood])
    },
    close: async () => server.close(),
  }
}

/** A mail as its reader sees it: encoded words and quoted-printable undone. */
function readable(data: string): string {
  const [head = '', ...rest] = data.split('\n\n')
  const subject = head
    .replaceAll(/\n\s+/g, ' ')
    .replaceAll(/=\?UTF-8\?Q\?([^?]*)\?=/gi, (_all, text: string) =>
      unquoted(text.replaceAll('_', ' ')),
    )
    .replaceAll(/=\?UTF-8\?B\?([^?]*)\?=/gi, (_all, text: string) =>
      Buffer.from(text, 'base64').toString(),
    )
  const body = rest.join('\n\n')
  const isBase64 = /content-transfer-encoding: base64/i.test(head)
  return `${subject}\n\n${isBase64 ? Buffer.from(body, 'base64').toString() : unquoted(body)}`
}

function unquoted(text: string): string {
  const bytes = text
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => `%${hex}`)
  try {
    return decodeURIComponent(bytes.replaceAll(/%(?![0-9A-F]{2})/g, '%25'))
  } catch {
    return text
  }
}

notifierConformance('email', {
  open: openMail,
  moods: ['refusing', 'failing', 'silent', 'cut', 'away'],
  atLeast: 5000,
  good: [
    { url: 'smtp://mail.example.org', from: 'a@example.org', to: 'b@example.org' },
    { host: 'mail', port: 25, user: 'a', password: 'b', from: 'a@b', to: ['c@d'], subject: 'x' },
  ],
  bad: [
    { from: 'a@b', to: 'c@d' },
    { host: 'mail', to: 'c@d' },
    { url: 'http://mail', from: 'a@b', to: 'c@d' },
    { url: 'smtp://mail', host: 'mail', from: 'a@b', to: 'c@d' },
    { host: 'mail', user: 'a', from: 'a@b', to: 'c@d' },
  ],
})

describe('mails', () => {
  let stage: Awaited<ReturnType<typeof openMail>>
  beforeEach(async () => {
    stage = await openMail()
  })
  afterEach(async () => stage.close())

  test('go to everybody, from whom the manifest says, after logging in', async () => {
    await stage.notifier.send(FULL, stage.config, signal)
    expect(stage.server.logins).toEqual(['ann:hidden'])
    expect(stage.server.mails).toMatchObject([
      { from: 'ao@example.org', to: ['ann@example.org', 'bob@example.org'] },
    ])
  })

  test('about one session are one conversation, and the same mail has the same id', async () => {
    for (const id of ['n-1', 'n-2', 'n-1']) {
      await stage.notifier.send({ ...FULL, id }, stage.config, signal)
    }
    const heads = stage.server.mails.map(({ data }) => ({
      id: /^Message-ID: (.*)$/m.exec(data)?.[1],
      references: /^References: (.*)$/m.exec(data)?.[1],
    }))
    const references = '<shop.shop-login@ao.invalid>'
    expect(heads).toEqual([
      { id: '<n-1@ao.invalid>', references },
      { id: '<n-2@ao.invalid>', references },
      { id: '<n-1@ao.invalid>', references },
    ])
  })

  test('have the subject of their template, on one line whatever is filled in', async () => {
    const config = { ...stage.config, subject: '{{project}} {{title}} #{{pullRequest.number}}' }
    await stage.notifier.send({ ...FULL, title: 'a\r\nBcc: eve@example.org' }, config, signal)
    const head = stage.server.mails[0]?.data.split('\n\n')[0] ?? ''
    expect(head).toContain('Subject: shop a Bcc: eve@example.org #3')
    expect(head).not.toMatch(/^Bcc:/m)
  })

  test.each([
    ['a login', { at: 'AUTH', answer: '535 5.7.8 wrong' }, 'Refused'],
    ['a sender', { at: 'MAIL', answer: '553 5.1.8 not you' }, 'Refused'],
    ['a text', { at: 'end', answer: '554 5.7.1 spam' }, 'Refused'],
    ['a login for now', { at: 'AUTH', answer: '454 4.7.0 later' }, 'Unreachable'],
    ['a guest', { at: 'greeting', answer: '421 4.3.2 closed' }, 'Unreachable'],
  ] as const)(
    'say whether a server that refuses %s may change its mind',
    async (_what, fault, code) => {
      stage.server.fault(fault)
      const sending = stage.notifier.send(FULL, stage.config, signal)
      await expect(sending).rejects.toMatchObject({ code, retryable: code === 'Unreachable' })
    },
  )

  test('give no password to a server that is not on this machine and has no TLS', async () => {
    const { options } = (await import('../../src/plugins/notifier/email-settings.ts')).readMailbox({
      url: 'smtp://ann:hidden@mail.example.org',
    })
    expect(options).toMatchObject({ requireTLS: true, secure: false, port: 587 })
  })
})

describe('threads of Slack', () => {
  let channel: HttpChannel
  beforeEach(async () => {
    channel = await startHttpChannel(SLACK_API)
  })
  afterEach(async () => channel.close())

  const slack = createSlackNotifier({ now })
  const post = async (thread?: string, over: object = {}) =>
    slack.send(
      { ...FULL, ...over },
      { token: 'xoxb-hidden', channel: 'C1', apiUrl: `${channel.url}/api` },
      signal,
      thread,
    )
  const bodies = () => channel.received.map(({ body }) => JSON.parse(body) as object)

  test('begin with the first message and go on with its timestamp', async () => {
    const first = await post()
    expect(first).toEqual({ thread: 'C1 1700000000.000001' })
    expect(await post(first?.thread)).toEqual(first)
    expect(bodies()).toMatchObject([
      { channel: 'C1' },
      { channel: 'C1', thread_ts: '1700000000.000001', reply_broadcast: false },
    ])
    expect(bodies()[0]).not.toHaveProperty('thread_ts')
    const call = { url: '/api/chat.postMessage', headers: { authorization: 'Bearer xoxb-hidden' } }
    expect(channel.received).toMatchObject([call, call])
  })

  test('show in the channel, too, what is urgent', async () => {
    await post('C1 1700000000.000001', { priority: 'urgent' })
    expect(bodies()).toMatchObject([{ reply_broadcast: true }])
  })

  test('begin anew in another channel', async () => {
    await post('C2 1700000000.000001')
    expect(bodies()[0]).not.toHaveProperty('thread_ts')
  })

  test('begin anew when somebody removed their first message', async () => {
    channel.answer(slackSays('thread_not_found'), posted(9))
    expect(await post('C1 1700000000.000001')).toEqual({ thread: 'C1 1700000000.000009' })
    expect(channel.received).toHaveLength(2)
  })

  test.each([
    [slackSays('channel_not_found'), 'Refused'],
    [slackSays('is_archived'), 'Refused'],
    [slackSays('ratelimited'), 'RateLimited'],
    [slackSays('fatal_error'), 'Unreachable'],
    ['torn', 'Unreachable'],
    [{ status: 200, body: '<html>' }, 'Unreachable'],
  ] as const)('end with what Slack says: %j is %s', async (answer, code) => {
    channel.answer(answer)
    await expect(post()).rejects.toMatchObject({ code, retryable: code !== 'Refused' })
  })

  test('hold nothing that mentions people or poses as a link', async () => {
    await post(undefined, {
      title: '<!channel>',
      message: '<!here> <@U1> <https://evil.example|fine> & `x`',
      pullRequestUrl: 'https://forge.example/pull/3?a=|<!here>',
    })
    // The title is plain text, which Slack does not read.
    const [message] = bodies() as readonly { readonly text: string; readonly blocks: object[] }[]
    const read = texts([message?.text, message?.blocks.slice(1)]).join('\n')
    expect(read).toContain('&lt;!here&gt;')
    expect(read).not.toMatch(/<!|<@|<https:\/\/evil/)
  })
})

describe('embeds of Discord', () => {
  test('mention nobody, are plain text, and wait for the answer', async () => {
    const channel = await startHttpChannel({ fine: { status: 200 } })
    try {
      const discord = createDiscordNotifier({ now })
      const config = { webhook: `${channel.url}/api/webhooks/1/x?y=z`, threadId: '42' }
      await discord.send(
        { ...FULL, message: '@everyone [x](https://evil.example)' },
        config,
        signal,
      )
      expect(channel.received).toMatchObject([
        { url: '/api/webhooks/1/x?y=z&wait=true&thread_id=42' },
      ])
      expect(JSON.parse(channel.received[0]?.body ?? '')).toMatchObject({
        allowed_mentions: { parse: [] },
        embeds: [{ description: '@everyone \\[x\\]\\(https://evil.example\\)' }],
      })
    } finally {
      await channel.close()
    }
  })

  test('stay below 6000 characters together', async () => {
    const channel = await startHttpChannel({ fine: { status: 200 } })
    try {
      const long = 'x'.repeat(100_000)
      const notification = { ...FULL, title: long, message: long, session: long, next: long }
      await createDiscordNotifier({ now }).send(notification, { webhook: channel.url }, signal)
      const { embeds } = JSON.parse(channel.received[0]?.body ?? '') as { embeds: unknown }
      expect(texts(embeds).join('').length).toBeLessThan(6000)
    } finally {
      await channel.close()
    }
  })
})

describe('events of PagerDuty', () => {
  let channel: HttpChannel
  beforeEach(async () => {
    channel = await startHttpChannel({
      fine: { status: 202 },
      schema: 'pagerduty-event.schema.json',
    })
  })
  afterEach(async () => channel.close())

  const webhook = createWebhookNotifier({ now })
  const post = async (over: object = {}) =>
    webhook.send(
      { ...FULL, ...over },
      { preset: 'pagerduty', url: channel.url, routingKey: KEY },
      signal,
    )
  const bodies = () => channel.received.map(({ body }) => JSON.parse(body) as unknown)

  test('are one alert for each cause, and resolve it when it is gone', async () => {
    await post()
    await post({ id: 'n-2', message: 'it failed again' })
    await post({ id: 'n-3', resolved: true })
    await post({ id: 'n-4', cause: 'x'.repeat(300) })
    expect(bodies()).toMatchObject([
      {
        event_action: 'trigger',
        dedup_key: FULL.cause,
        payload: {
          severity: 'error',
          source: 'shop/shop-login',
          class: 'ci-failed',
          timestamp: NOW.toISOString(),
          custom_details: { next: 'ao attach shop-login' },
        },
        links: [{ href: FULL.pullRequestUrl, text: 'Pull request #3' }],
      },
      { event_action: 'trigger', dedup_key: FULL.cause },
      { event_action: 'resolve', dedup_key: FULL.cause },
      { event_action: 'trigger' },
    ])
    expect(channel.violations).toEqual([])
  })

  test('are never folded into a digest, unlike other posts', () => {
    expect(webhook.tracksCauses?.({ preset: 'pagerduty' })).toBe(true)
    expect(webhook.tracksCauses?.({ url: 'https://example.org' })).toBe(false)
  })

  test.each([
    ['urgent', 'critical'],
    ['action', 'error'],
    ['warning', 'warning'],
    ['info', 'info'],
  ])('of priority %s are %s', async (priority, severity) => {
    await post({ priority })
    expect(bodies()).toMatchObject([{ payload: { severity } }])
  })
})

describe('templates of webhooks', () => {
  let channel: HttpChannel
  beforeEach(async () => {
    channel = await startHttpChannel({ fine: { status: 200 } })
  })
  afterEach(async () => channel.close())

  const post = async (config: object, over: object = {}) =>
    createWebhookNotifier({ now }).send(
      { ...FULL, ...over },
      { url: channel.url, ...config },
      signal,
    )

  test('are filled in where they stand, and nothing that is filled in is a template or breaks the JSON', async () => {
    const body = { text: '{{ title }}|{{message}}', list: ['{{state}}', 7, true], plain: 'a' }
    await post({ body }, { title: '{{next}}', message: '", "x": "\n' })
    expect(JSON.parse(channel.received[0]?.body ?? '')).toEqual({
      text: '{{next}}|", "x": "\n',
      list: ['firing', 7, true],
      plain: 'a',
    })
    expect(channel.received[0]?.headers['content-type']).toMatch('application/json')
  })

  test('of a text are posted as text, and fields without a value are empty', async () => {
    await post({ body: '{{title}} <{{session}}>' }, { session: undefined })
    expect(channel.received).toMatchObject([
      {
        body: 'shop-login: ci-failed <>',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      },
    ])
  })

  test('of headers stay on one line, in ASCII', async () => {
    const headers = { Title: '{{title}}', Priority: '{{priority}}', 'Content-Type': 'text/x' }
    await post({ headers, body: 'x' }, { title: 'ü\r\nX-Evil: 1' })
    const sent = channel.received[0]?.headers
    expect(sent).toMatchObject({ priority: 'action', 'content-type': 'text/x' })
    expect(sent).not.toHaveProperty('x-evil')
    expect(sent?.['title']).toBe(`=?UTF-8?B?${Buffer.from('ü X-Evil: 1').toString('base64')}?=`)
  })
})

const DESKTOP_MOODS: Readonly<Partial<Record<Mood, string>>> = {
  fine: 'exit 0',
  failing: 'echo no bus >&2; exit 1',
  silent: 'sleep 60',
}

notifierConformance('desktop', {
  open: async () => {
    const desktop = createDesktop()
    let before = 0
    const env = { PATH: `${desktop.bin}:${process.env['PATH'] ?? ''}`, DISPLAY: ':0' }
    return {
      notifier: createDesktopNotifier({ platform: 'linux', env, timeoutMs: 5000 }),
      config: {},
      secrets: [],
      shown: () =>
        desktop
          .calls()
          .slice(before)
          .map(call => call.slice(3).join('\n'))
          .map(text =>
            text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
          ),
      violations: () =>
        desktop
          .calls()
          .flatMap(([app, urgency, dashes, title, body, ...more]) =>
            app === '--app-name=ao' &&
            /^--urgency=(low|normal|critical)$/.test(urgency ?? '') &&
            dashes === '--' &&
            title !== '' &&
            body !== undefined &&
            !/[<>]/.test(body) &&
            more.length === 0
              ? []
              : ['the arguments are others'],
          ),
      arrived: () => desktop.calls().length,
      become: async mood => {
        before = desktop.calls().length
        desktop.does(DESKTOP_MOODS[mood] ?? 'exit 0')
      },
      close: async () => {
        desktop.remove()
      },
    }
  },
  moods: ['failing'],
  atLeast: 500,
  good: [{}],
  bad: [],
})

describe('a desktop', () => {
  let desktop: ReturnType<typeof createDesktop>
  beforeEach(() => {
    desktop = createDesktop()
  })
  afterEach(() => {
    desktop.remove()
  })
  const at = (env: Readonly<Record<string, string>>) =>
    createDesktopNotifier({ platform: 'linux', env })

  test('that is not there is no crash: the channel says what to install', async () => {
    const notifier = at({ PATH: '/nowhere', DISPLAY: ':0' })
    expect(await notifier.missing?.()).toMatchObject({
      message: expect.stringMatching(/notify-send is not on the PATH/),
      next: expect.stringMatching(/libnotify-bin/),
    })
    await expect(notifier.send(FULL, {}, signal)).rejects.toMatchObject({
      code: 'EnvironmentMissing',
      retryable: false,
    })
  })

  test('without a display is none, even where the program is', async () => {
    const notifier = at({ PATH: desktop.bin })
    expect((await notifier.missing?.())?.message).toMatch(/no desktop/)
    await expect(notifier.send(FULL, {}, signal)).rejects.toMatchObject({
      code: 'EnvironmentMissing',
    })
    expect(desktop.calls()).toEqual([])
  })

  test.each(['DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS'])(
    'is there where %s says so',
    async name => {
      expect(await at({ PATH: desktop.bin, [name]: 'x' }).missing?.()).toBeUndefined()
    },
  )

  test('is asked in words that no shell reads', async () => {
    desktop.does('exit 0')
    const env = { PATH: `${desktop.bin}:/usr/bin:/bin`, DISPLAY: ':0' }
    const title = '--hint=x $(touch /tmp/never) `id` "; exit 1'
    await at(env).send({ ...FULL, title }, {}, signal)
    expect(desktop.calls()[0]?.[3]).toBe(title)
  })

  test('that hangs is left after a while, and at once when interrupted', async () => {
    desktop.does('sleep 60')
    const env = { PATH: `${desktop.bin}:/usr/bin:/bin`, DISPLAY: ':0' }
    const slow = createDesktopNotifier({ platform: 'linux', env, timeoutMs: 100 })
    await expect(slow.send(FULL, {}, signal)).rejects.toMatchObject({ retryable: true })
    const controller = new AbortController()
    const sending = at(env).send(FULL, {}, controller.signal)
    controller.abort()
    await expect(sending).rejects.toMatchObject({ code: 'Interrupted' })
  })
})
