import { afterEach, beforeEach, expect, test } from 'vitest'

import type { HttpChannel } from '../support/channels/http-channel.ts'
import { startHttpChannel } from '../support/channels/http-channel.ts'
import { eventually } from '../support/eventually.ts'
import { createForgeStage } from '../support/forge-stage.ts'
import type { ForgeStage } from '../support/forge-stage.ts'

const NAME = 'shop-rounds'

let stage: ForgeStage
let hook: HttpChannel

beforeEach(async () => {
  hook = await startHttpChannel({ fine: { status: 204 } })
  stage = await createForgeStage()
})
afterEach(async () => {
  try {
    await stage.check()
  } finally {
    await stage.close()
    await hook.close()
  }
})

function notifier(): string {
  return `---
apiVersion: ao.dev/v1alpha1
kind: Notifier
metadata: { name: hook }
spec: { plugin: webhook, config: { url: '${hook.url}' } }
`
}

test.each(['before', 'during', 'after'])(
  'killed %s the answers of a round that owes two, the agent and a person are told, each once (A10)',
  async phase => {
    const more = 'reactions: { changes-requested: { retries: 1 } }'
    const declared = `${stage.project}${notifier()}${stage.worker(NAME, more)}`
    const { code, stdout, stderr } = await stage.declare(declared)
    expect(code, `${stdout}${stderr}`).toBe(0)
    const pull = await stage.open(NAME)
    await pull.requestChanges('ann', 'Round 1.')
    stage.watch()
    await stage.hears(NAME, 1, 'Round 1.')
    await stage.unwatch()

    await stage.work(NAME, 'round-1.txt', 'better\n')
    await pull.requestChanges('ann', 'Round 2.')
    // 128: by a signal.
    const env = { AO_FAILPOINT: `answer:${phase}:kill` }
    expect(await stage.ao(['reconcile', '--once'], { env })).toMatchObject({ code: 128 })
    stage.watch()
    await stage.hears(NAME, 2, 'Round 2.')
    const posts = () => hook.received.filter(({ body }) => body.includes('round 2 of reviews'))
    await eventually('a person is told', () => posts().length > 0, 30_000)
    await stage.unwatch()
    await stage.ao(['reconcile', '--once'])
    expect(stage.heard(NAME)).toHaveLength(2)
    expect(posts()).toHaveLength(1)
  },
  90_000,
)
