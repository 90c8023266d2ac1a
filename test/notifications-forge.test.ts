import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createDesktop } from './support/channels/desktop.ts'
import type { HttpChannel, HttpChannelOptions } from './support/channels/http-channel.ts'
import { startHttpChannel } from './support/channels/http-channel.ts'
import type { SmtpServer } from './support/channels/smtp-server.ts'
import { startSmtpServer } from './support/channels/smtp-server.ts'
import { eventually } from './support/eventually.ts'
import { createForgeStage } from './support/forge-stage.ts'
import type { ForgeStage } from './support/forge-stage.ts'

const NAME = 'shop-told'
const KEY = 'e93facc04764012d7bfb002500d5d1a6'
const PATIENCE_MS = 30_000

let stage: ForgeStage
let channels: Readonly<Record<'slack' | 'discord' | 'pager' | 'hook', HttpChannel>>
let mails: SmtpServer

beforeEach(async () => {
  stage = await createForgeStage()
  const start = async (status: number, body: string, schema?: string): Promise<HttpChannel> => {
    const options: HttpChannelOptions = { fine: { status, body } }
    return startHttpChannel(schema === undefined ? options : { ...options, schema })
  }
  channels = {
    slack: await start(200, 'ok', 'slack-message.schema.json'),
    discord: await start(200, '{}', 'discord-webhook.schema.json'),
    pager: await start(202, '{}', 'pagerduty-event.schema.json'),
    hook: await start(204, ''),
  }
  mails = await startSmtpServer()
})

afterEach(async () => {
  const all = Object.values(channels)
  try {
    await stage.check()
    for (const { violations } of all) expect(violations).toEqual([])
  } finally {
    await stage.close()
    await Promise.all(all.map(async channel => channel.close()))
    await mails.close()
  }
})

function notifier(name: string, plugin: string, config: object, routes: readonly string[]): string {
  const spec = { plugin, config, routes }
  const object = { apiVersion: 'ao.dev/v1alpha1', kind: 'Notifier', metadata: { name }, spec }
  return `---\n${JSON.stringify(object)}\n`
}

/** The text of a mail, whatever it was encoded as. */
function textOf(data: string): string {
  const [head = '', ...rest] = data.split('\n\n')
  const body = rest.join('\n\n')
  const text = /content-transfer-encoding: base64/i.test(head)
    ? Buffer.from(body, 'base64').toString()
    : body
        .replaceAll(/=\n/g, '')
        .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) =>
          String.fromCodePoint(Number.parseInt(hex, 16)),
        )
  return `${head}\n\n${text}`
}

test('a pull request that a person may merge is told through every channel that its priority goes to, with its link and the command', async () => {
  const { slack, discord, pager, hook } = channels
  const password = join(stage.root, 'password')
  writeFileSync(password, 'hidden\n')
  const mail = { host: '127.0.0.1', port: mails.port, from: 'ao@a.example', to: 'ann@a.example' }
  const login = { user: 'ann', password: { valueFrom: { file: password } } }
  const desktop = createDesktop()
  try {
    const reactions =
      'reactions: { approved-and-green: { auto: false, require: approval, settle: 1s, priority: action } }'
    const declared = [
      stage.project,
      notifier('chat', 'slack', { webhook: `${slack.url}/hidden` }, ['urgent', 'action']),
      notifier('guild', 'discord', { webhook: `${discord.url}/hidden` }, ['action']),
      notifier('pager', 'webhook', { preset: 'pagerduty', url: pager.url, routingKey: KEY }, [
        'action',
      ]),
      notifier('post', 'email', { ...mail, ...login }, ['action', 'info']),
      notifier('desk', 'desktop', {}, ['action']),
      notifier('night', 'webhook', { url: hook.url }, ['urgent', 'warning', 'info']),
      stage.worker(NAME, reactions),
    ]
    const env = { DISPLAY: ':99', PATH: `${desktop.bin}:${stage.env['PATH'] ?? ''}` }
    const applied = await stage.declare(declared.join(''))
    expect(applied.code, applied.stderr).toBe(0)
    const pull = await stage.open(NAME)
    await pull.check({ name: 'test', state: 'success' })
    await pull.approve('ann')
    const watcher = stage.start(['reconcile', '--watch'], { env })
    const told = (): readonly string[] => [
      ...[slack, discord, pager].flatMap(({ received }) => received.map(({ body }) => body)),
      ...mails.mails.map(({ data }) => textOf(data)),
      ...desktop.calls().map(words => words.join('\n')),
    ]
    await eventually('all five were told', () => told().length === 5, PATIENCE_MS)
    for (const text of told()) {
      for (const part of [NAME, `/acme/shop/pull/1`, 'ao pr merge 1']) expect(text).toContain(part)
    }
    expect(mails.logins).toEqual(['ann:hidden'])

    await pull.merge()
    const events = (): readonly { readonly event_action: string; readonly dedup_key: string }[] =>
      pager.received.map(({ body }) => JSON.parse(body) as never)
    await eventually('the alert is over', () => events().length === 2, PATIENCE_MS)
    const [first] = events()
    expect(events()[1]).toEqual({
      routing_key: KEY,
      event_action: 'resolve',
      dedup_key: first?.dedup_key,
    })
    watcher.signal('SIGTERM')
    await watcher.exit
    expect(hook.received.filter(({ body }) => body.includes('approved-and-green'))).toEqual([])
    const sent = await stage.events('NotificationSent')
    const about = sent.filter(({ message }) => message.includes('approved-and-green'))
    expect(new Set(about.map(({ object }) => object))).toEqual(
      new Set(['chat', 'guild', 'pager', 'post', 'desk'].map(name => `Notifier/${name}`)),
    )
  } finally {
    desktop.remove()
  }
}, 90_000)
