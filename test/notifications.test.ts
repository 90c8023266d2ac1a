import { createHmac } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { Stage } from './faults/stage.ts'
import { condition, createStage, project, worker } from './faults/stage.ts'
import { createDesktop } from './support/channels/desktop.ts'
import type { HttpChannel } from './support/channels/http-channel.ts'
import { startHttpChannel } from './support/channels/http-channel.ts'
import { startSmtpServer } from './support/channels/smtp-server.ts'
import { eventually } from './support/eventually.ts'

const KEY = 'e93facc04764012d7bfb002500d5d1a6'
const SECRETS = ['hook-hidden', 'xoxb-hidden', 'mail-hidden', KEY]

let stage: Stage
let channels: HttpChannel[]

beforeEach(() => {
  stage = createStage()
  channels = []
})
afterEach(async () => {
  try {
    for (const channel of channels) expect(channel.violations).toEqual([])
    for (const secret of SECRETS)
      expect(holders(stage.home, secret), 'a secret on disk').toEqual([])
    await stage.close()
  } finally {
    for (const channel of channels) await channel.close()
  }
})

async function listen(...args: Parameters<typeof startHttpChannel>): Promise<HttpChannel> {
  const channel = await startHttpChannel(...args)
  channels.push(channel)
  return channel
}

const hook = async (): Promise<HttpChannel> => listen({ fine: { status: 204 } })
const pagerDuty = async (): Promise<HttpChannel> =>
  listen({ fine: { status: 202 }, schema: 'pagerduty-event.schema.json' })
const slack = async (): Promise<HttpChannel> =>
  listen({
    fine: (_request, nth) => ({
      status: 200,
      body: JSON.stringify({ ok: true, ts: `1700000000.00000${nth}` }),
    }),
    schema: 'slack-message.schema.json',
  })

function notifier(
  name: string,
  plugin: string,
  config: object,
  routes?: readonly string[],
): object {
  const spec = { plugin, config, ...(routes === undefined ? {} : { routes }) }
  return { apiVersion: 'ao.dev/v1alpha1', kind: 'Notifier', metadata: { name }, spec }
}

/** A worker that ends badly at its first attempt and stays at every later one. */
function failing(name: string, spec: object = {}): object {
  const command = ['sh', '-c', 'test "$AO_ATTEMPT" = 1 && exit 3; exec sleep 98765']
  const agent = { plugin: 'custom', command }
  return worker(stage, name, { agent, restartPolicy: 'Never', ...spec })
}

const env = {
  HOOK_URL: '',
  SLACK_TOKEN: 'xoxb-hidden',
  PD_KEY: KEY,
}

/** Accepts the manifests and starts a watcher. */
async function begin(at: Readonly<Record<string, string>>, ...documents: readonly object[]) {
  stage.write('all.yaml', project(stage), ...documents)
  const settings = { env: { ...env, ...at } }
  await accept(settings)
  return stage.watch([], settings)
}

/** Agents that end badly are no success of an apply: what matters here is what people are told of it. */
async function accept(settings?: {
  readonly env: Readonly<Record<string, string>>
}): Promise<void> {
  const { code, stderr } = await stage.ao(['apply', '-f', stage.manifests], settings)
  expect([0, 6], stderr).toContain(code)
}

interface Posted {
  readonly version: number
  readonly notification: {
    readonly id: string
    readonly title: string
    readonly message: string
    readonly session?: string
    readonly next?: string
    readonly items?: readonly { readonly session: string }[]
  }
}

/** What a webhook, a PagerDuty and a Slack get, as far as the tests look. */
interface Body extends Posted {
  readonly event_action: string
  readonly dedup_key: string
  readonly thread_ts?: string
  readonly text: string
}

const bodiesOf = (channel: HttpChannel): readonly Body[] =>
  channel.received.map(({ body }) => JSON.parse(body) as Body)

/** The lines of `describe` that begin with a word. */
async function described(name: string, label: string): Promise<string> {
  const { stdout } = await stage.must(['describe', `notifier/${name}`])
  return stdout.split('\n').find(line => line.trim().startsWith(label)) ?? ''
}

describe('people are told', () => {
  test('through every channel that takes it, with the session, why and the next command; the alert is resolved when the cause is gone', async () => {
    const [webhook, chat, pager] = [await hook(), await slack(), await pagerDuty()]
    const at = { HOOK_URL: `${webhook.url}/hook-hidden` }
    await begin(
      at,
      notifier('hook', 'webhook', { url: '${HOOK_URL}' }),
      notifier('calm', 'webhook', { url: '${HOOK_URL}' }, ['info']),
      notifier('chat', 'slack', {
        token: { valueFrom: { env: 'SLACK_TOKEN' } },
        channel: 'C1',
        apiUrl: `${chat.url}/api`,
      }),
      notifier('pager', 'webhook', {
        preset: 'pagerduty',
        url: pager.url,
        routingKey: { valueFrom: { env: 'PD_KEY' } },
      }),
      failing('app-1'),
    )
    await eventually('everybody was told', () =>
      [webhook, chat, pager].every(({ received }) => received.length === 1),
    )
    expect(bodiesOf(webhook)).toMatchObject([
      {
        version: 1,
        notification: {
          priority: 'urgent',
          session: 'app-1',
          project: 'app',
          reaction: 'agent-exited',
          next: 'ao restart app-1',
        },
      },
    ])
    expect(chat.received[0]?.body).toContain('ao restart app-1')
    const [alert] = bodiesOf(pager)
    expect(alert).toMatchObject({
      event_action: 'trigger',
      payload: { severity: 'critical', source: 'app/app-1' },
    })

    await stage.must(['restart', 'app-1'], 0, { env: { ...env, ...at } })
    await eventually('the alert is resolved', () => pager.received.length === 2)
    expect(bodiesOf(pager)[1]).toEqual({
      routing_key: KEY,
      event_action: 'resolve',
      dedup_key: alert?.dedup_key,
    })
    await eventually('nothing is open', async () => (await described('pager', 'Open')) === '')
    expect(await described('pager', 'Last sent')).toContain('app-1: agent-exited is over')
    expect([webhook.received.length, chat.received.length]).toEqual([1, 1])
    expect(await described('chat', 'Last sent')).toMatch(/app-1: agent-exited/)
    const sent = (await stage.events()).filter(({ reason }) => reason === 'NotificationSent')
    expect(sent.map(({ object }) => object).sort()).toEqual([
      'Notifier/chat',
      'Notifier/hook',
      'Notifier/pager',
      'Notifier/pager',
    ])
  })

  test('in one thread for each session, which outlives the watcher', async () => {
    const chat = await slack()
    const config = { token: 'xoxb-thread', channel: 'C1', apiUrl: chat.url }
    const dying = { plugin: 'custom', command: ['sh', '-c', 'exit 3'] }
    const watcher = await begin(
      {},
      notifier('chat', 'slack', config),
      failing('app-1', { agent: dying }),
      failing('app-2', { agent: dying }),
    )
    await eventually('both were told', () => chat.received.length === 2)
    await eventually('it is written down', async () =>
      (await described('chat', 'Told')).includes('2 sent'),
    )
    await watcher.kill('SIGKILL')
    await stage.watch([], { env })
    await stage.ao(['restart', 'app-1'], { env })
    await eventually('the first was told of again', () => chat.received.length === 3)
    const threads = bodiesOf(chat)
    const first = threads.findIndex(({ text }) => text.startsWith('app-1'))
    expect(threads.map(({ thread_ts: thread }) => thread)).toEqual([
      undefined,
      undefined,
      `1700000000.00000${first + 1}`,
    ])
  })

  test('by the notifiers that a reaction or a project names, and by nobody else', async () => {
    const [all, named, pager] = [await hook(), await hook(), await hook()]
    stage.write(
      'all.yaml',
      project(stage, { defaults: { runtime: 'process', notifiers: ['named'] } }),
      notifier('all', 'webhook', { url: all.url }),
      notifier('named', 'webhook', { url: named.url }),
      notifier('pager', 'webhook', { url: pager.url }, ['info']),
      failing('app-1'),
      failing('app-2', { reactions: { 'agent-exited': { notifiers: ['pager'] } } }),
    )
    await accept()
    await stage.watch()
    await eventually('both were told', () => named.received.length + pager.received.length >= 2)
    const sessions = (channel: HttpChannel) =>
      bodiesOf(channel).map(({ notification }) => notification.session)
    expect([sessions(all), sessions(named), sessions(pager)]).toEqual([[], ['app-1'], ['app-2']])
  })

  test('in words of their own, with headers, and signed', async () => {
    const channel = await hook()
    await begin(
      { HOOK_URL: channel.url, HOOK_SECRET: 'sesame' },
      notifier('hook', 'webhook', {
        url: '${HOOK_URL}',
        secret: { valueFrom: { env: 'HOOK_SECRET' } },
        headers: { Title: '{{title}}' },
        body: { who: '{{project}}/{{session}}', what: ['{{message}}', '{{next}}'] },
      }),
      failing('app-1'),
    )
    await eventually('it was told', () => channel.received.length === 1)
    const [{ headers, body } = { headers: {}, body: '' }] = channel.received
    expect(JSON.parse(body)).toEqual({
      who: 'app/app-1',
      what: [expect.stringContaining('exited with 3'), 'ao restart app-1'],
    })
    const signature = createHmac('sha256', 'sesame').update(body).digest('hex')
    expect(headers).toMatchObject({
      title: 'app-1: agent-exited',
      'x-ao-signature-256': `sha256=${signature}`,
    })
  })
})

describe('bad settings of a channel', () => {
  test.each([
    [
      'an unknown plugin',
      { plugin: 'slak' },
      /unknown notifier plugin "slak"[^]*did you mean "slack"/,
    ],
    [
      'an unknown field',
      { plugin: 'discord', config: { webhok: 'https://a.example' } },
      /unknown field "webhok"[^]*did you mean "webhook"[^]*ao explain notifier\.spec\.config\.webhook/,
    ],
    [
      'a template with an unknown field',
      { plugin: 'webhook', config: { url: 'https://a.example', body: { a: '{{titel}}' } } },
      /the unknown field "titel"[^]*did you mean "title"[^]*ao explain notifier\.spec\.config\.body/,
    ],
    [
      'an unknown priority',
      { plugin: 'desktop', routes: ['urgnt'] },
      /"urgnt"; allowed: urgent, action, warning, info[^]*did you mean "urgent"/,
    ],
    [
      'a variable that is not set',
      { plugin: 'slack', config: { webhook: '${NOWHERE}' } },
      /the environment variable NOWHERE is not set[^]*export NOWHERE=/,
    ],
    [
      'a wrong length of time',
      { plugin: 'slack', config: { webhook: 'https://a.example', timeout: 'soon' } },
      /spec\.config\.timeout[^]*"soon"/,
    ],
  ])('such as %s are refused with their place, and nothing is lost', async (_what, spec, told) => {
    stage.write('all.yaml', project(stage), notifier('chat', 'desktop', {}))
    await accept()
    const chat = {
      apiVersion: 'ao.dev/v1alpha1',
      kind: 'Notifier',
      metadata: { name: 'chat' },
      spec,
    }
    stage.write('all.yaml', project(stage), chat)
    const { stderr } = await stage.must(['apply', '-f', stage.manifests, '--yes'], 2)
    expect(stderr).toMatch(told)
    expect(stderr).toMatch(/all\.yaml:\d+:\d+[^]*in Notifier chat/)
    expect(stderr).toContain('Nothing was applied, nothing was pruned')
    const { stdout } = await stage.must(['get', 'notifiers'])
    expect(stdout).toMatch(/^chat +\w+ +desktop/m)
  })
})

describe('a channel in trouble', () => {
  test('keeps nothing waiting but itself, is tried again in order, and a burst comes as one', async () => {
    const [good, bad] = [await hook(), await hook()]
    bad.answer({ status: 503 })
    const names = Array.from({ length: 8 }, (_, index) => `app-${index + 1}`)
    await begin(
      {},
      notifier('good', 'webhook', { url: good.url }),
      notifier('bad', 'webhook', { url: bad.url }),
      ...names.map(name => failing(name)),
    )
    const told = (channel: HttpChannel): readonly string[] =>
      bodiesOf(channel).flatMap(({ notification }) =>
        (notification.items ?? [notification]).map(({ session }) => session ?? ''),
      )
    await eventually('the good one was told everything', () => told(good).length >= 8)
    expect([...new Set(told(good))].sort()).toEqual(names)
    expect(told(good)).toHaveLength(8)

    const status = async () => condition(await stage.get('bad'), 'Ready')
    await eventually('everything waits for the bad one', async () =>
      /8 waiting/.test((await status())?.message ?? ''),
    )
    expect(await status()).toMatchObject({ status: 'False', reason: 'ProgressingWithRetry' })
    expect(await described('bad', 'Pending')).toMatch(/Pending\s+8, since/)
    const failed = bad.received.length
    bad.answer()
    await eventually(
      'the bad one was told',
      async () => (await status())?.status === 'True',
      30_000,
    )
    const after = bodiesOf(bad).slice(failed)
    expect(after).toHaveLength(1)
    expect(after[0]?.notification.items?.map(({ session }) => session).toSorted()).toEqual(names)
    expect(await described('bad', 'Pending')).toMatch(/Pending\s+0/)
  })

  test('that asks to be left alone is left alone for so long', async () => {
    const channel = await hook()
    channel.answer({ status: 429, headers: { 'retry-after': '2' } }, { status: 204 })
    await begin({}, notifier('hook', 'webhook', { url: channel.url }), failing('app-1'))
    await eventually('it was asked again', () => channel.received.length === 2)
    const [first, second] = channel.received.map(({ at }) => at)
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(1990)
    const ids = bodiesOf(channel).map(({ notification }) => notification.id)
    expect(ids[0]).toBe(ids[1])
  })

  test('that refuses is said to, once and for all, and what comes later is tried all the same', async () => {
    const channel = await hook()
    channel.answer({ status: 404, body: 'no such hook' }, { status: 204 })
    await begin({}, notifier('hook', 'webhook', { url: channel.url }), failing('app-1'))
    await eventually('it is said', async () => {
      const ready = condition(await stage.get('hook'), 'Ready')
      return ready?.reason === 'Failed' && /answered 404: no such hook/.test(ready.message)
    })
    expect(await described('hook', 'Last failed')).toMatch(/app-1: agent-exited.*404/)
    const events = (await stage.events()).filter(({ reason }) => reason === 'NotificationFailed')
    expect(events).toMatchObject([{ object: 'Notifier/hook', type: 'Warning' }])
    expect(channel.received).toHaveLength(1)

    stage.write('more.yaml', failing('app-2'))
    await accept()
    await eventually('the second arrived', () => channel.received.length === 2)
    await eventually('all is well', async () => {
      const ready = condition(await stage.get('hook'), 'Ready')
      return ready?.status === 'True'
    })
  })

  test('that is silent when the watcher is killed hears of it again from the next', async () => {
    const channel = await hook()
    channel.answer('silent')
    const watcher = await begin(
      {},
      notifier('hook', 'webhook', { url: channel.url }),
      failing('app-1'),
    )
    await eventually('it is being told', () => channel.received.length === 1)
    await watcher.kill('SIGKILL')
    channel.answer()
    await stage.watch()
    await eventually('it was told', () => channel.received.length === 2)
    const [first, second] = bodiesOf(channel)
    expect(first).toEqual(second)
  })

  test('whose secret cannot be read yet is tried again with what the file says then', async () => {
    const channel = await hook()
    const file = join(stage.repo.root, 'url')
    await begin({}, notifier('hook', 'webhook', { url: { valueFrom: { file } } }), failing('app-1'))
    await eventually('it is said', async () =>
      /failed/.test(condition(await stage.get('hook'), 'Ready')?.message ?? ''),
    )
    writeFileSync(file, `${channel.url}/late\n`)
    await eventually('it was told', () => channel.received.length === 1, 30_000)
    expect(channel.received[0]?.url).toBe('/late')
  })
})

describe('a desktop', () => {
  test('that a server does not have is a condition, and no crash', async () => {
    await begin({ PATH: pathWithout() }, notifier('desk', 'desktop', {}), failing('app-1'))
    await eventually('it was tried', async () =>
      (await stage.events()).some(({ reason }) => reason === 'NotificationFailed'),
    )
    const ready = condition(await stage.get('desk'), 'Ready')
    expect(ready).toMatchObject({ status: 'False', reason: 'EnvironmentMissing' })
    expect(ready?.message).toMatch(/no desktop here|not on the PATH.*libnotify/)
  })

  test('that a server does not have holds nobody up', async () => {
    const settings = { env: { PATH: pathWithout() } }
    stage.write('all.yaml', project(stage), notifier('desk', 'desktop', {}))
    const { stderr } = await stage.must(['apply', '-f', stage.manifests], 0, settings)
    expect(stderr).toMatch(/Notifier\/desk +create done .*(no desktop|not on the PATH)/)
    await stage.must(['reconcile', '--once'], 0, settings)
  })

  test('that is there shows it', async () => {
    const desktop = createDesktop()
    try {
      const PATH = `${desktop.bin}:${stage.repo.env['PATH'] ?? ''}`
      await begin({ PATH, DISPLAY: ':99' }, notifier('desk', 'desktop', {}), failing('app-1'))
      await eventually('it was shown', () => desktop.calls().length === 1)
      expect(desktop.calls()[0]?.join('\n')).toContain('ao restart app-1')
    } finally {
      desktop.remove()
    }
  })
})

describe('ao notifier test', () => {
  const documents = (channel: HttpChannel): readonly object[] => [
    project(stage),
    notifier('hook', 'webhook', { url: '${HOOK_URL}' }, ['urgent']),
    notifier('pager', 'webhook', {
      preset: 'pagerduty',
      url: channel.url,
      routingKey: { valueFrom: { env: 'PD_KEY' } },
    }),
  ]

  test('sends one real message now and says what became of it, without a watcher and beside one', async () => {
    const [channel, pager] = [await hook(), await pagerDuty()]
    const at = { env: { ...env, HOOK_URL: `${channel.url}/hook-hidden` } }
    stage.write('all.yaml', ...documents(pager))
    await accept(at)
    const { stdout } = await stage.must(['notifier', 'test', 'hook', '--priority', 'urgent'], 0, at)
    expect(stdout).toBe('Notifier/hook (webhook): sent\n')
    await stage.watch([], at)
    const second = await stage.must(['notifier', 'test', 'notifier/hook', '-o', 'json'], 0, at)
    expect(JSON.parse(second.stdout)).toEqual({ notifier: 'hook', plugin: 'webhook', ok: true })
    expect(second.stderr).toContain('does not take info')
    expect(bodiesOf(channel)).toMatchObject([
      { notification: { priority: 'urgent', next: 'ao describe notifier/hook' } },
      { notification: { priority: 'info' } },
    ])

    await stage.must(['notifier', 'test', 'pager'], 0, at)
    const actions = bodiesOf(pager)
    expect(actions.map(({ event_action: action }) => action)).toEqual(['trigger', 'resolve'])
  })

  test('sends a mail, with a password that stands in a file', async () => {
    const server = await startSmtpServer()
    try {
      const file = join(stage.repo.root, 'password')
      writeFileSync(file, 'mail-hidden\n')
      const place = { host: '127.0.0.1', port: server.port, user: 'ann' }
      const config = {
        ...place,
        password: { valueFrom: { file } },
        from: 'ao@a.example',
        to: 'b@c.d',
      }
      stage.write('all.yaml', project(stage), notifier('mail', 'email', config))
      await accept()
      await stage.must(['notifier', 'test', 'mail'])
      expect(server.logins).toEqual(['ann:mail-hidden'])
      expect(server.mails).toMatchObject([{ from: 'ao@a.example', to: ['b@c.d'] }])
      server.fault({ at: 'AUTH', answer: '535 5.7.8 wrong' })
      const refused = await stage.must(['notifier', 'test', 'mail'], 4)
      expect(refused.stdout).toMatch(
        /the mail server 127\.0\.0\.1:\d+ refused it: 535 5\.7\.8 wrong/,
      )
    } finally {
      await server.close()
    }
  })

  test('exits with 4 when it was not sent, and with 2 for what is no notifier', async () => {
    const [channel, pager] = [await hook(), await pagerDuty()]
    const at = { env: { ...env, HOOK_URL: `${channel.url}/hook-hidden` } }
    stage.write('all.yaml', ...documents(pager))
    await accept(at)
    channel.answer({ status: 403, body: 'not you' })
    const refused = await stage.must(['notifier', 'test', 'hook'], 4, at)
    expect(refused.stdout).toMatch(/Notifier\/hook \(webhook\): not sent: .* answered 403: not you/)
    expect(refused.stdout).not.toContain('hook-hidden')
    const unset = await stage.must(['notifier', 'test', 'pager'], 4, { env: { HOOK_URL: 'x' } })
    expect(unset.stdout).toMatch(/not sent: .*PD_KEY is not set/)
    const typo = await stage.must(['notifier', 'test', 'pagr'], 2, at)
    expect(typo.stderr).toMatch(/did you mean "pager"/)
    const loud = await stage.must(['notifier', 'test', 'hook', '--priority', 'loud'], 2, at)
    expect(loud.stderr).toMatch(/none of urgent, action, warning, info/)
    const alone = await stage.must(['notifier'], 2, at)
    expect(alone.stderr).toMatch(/test .*\n[\s\S]*error: ao notifier needs a command\nnext:/)
  })
})

/** A PATH on which a desktop's program is not, whatever this machine has. */
function pathWithout(): string {
  return (stage.repo.env['PATH'] ?? '')
    .split(':')
    .filter(dir => !contains(dir, 'notify-send'))
    .join(':')
}

function contains(dir: string, name: string): boolean {
  try {
    return readdirSync(dir).includes(name)
  } catch {
    return false
  }
}

/** The files below a directory that hold a text. */
function holders(directory: string, text: string): readonly string[] {
  let entries
  try {
    entries = readdirSync(directory, { withFileTypes: true })
  } catch {
    return []
  }
  return entries.flatMap(entry => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return holders(path, text)
    return entry.isFile() && contentOf(path).includes(text) ? [path] : []
  })
}

/** What is written meanwhile may be gone again. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
