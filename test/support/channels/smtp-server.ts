import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** Headers and text, as they came, without the dots that SMTP doubles. */
  readonly data: string
}

/** Where the server does something else than to take the mail. */
export type SmtpStage = 'greeting' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'end'

export type SmtpFault =
  | { readonly at: SmtpStage; readonly answer: string }
  | { readonly at: SmtpStage; readonly does: 'silent' | 'cut' }

/** A mail server on loopback, as much of RFC 5321 and 4954 as a client needs to hand over one mail. */
export interface SmtpServer {
  readonly port: number
  readonly mails: Mail[]
  /** `user:password` of everybody who logged in. */
  readonly logins: string[]
  /** How many connections were made. */
  arrived(): number
  fault(fault: SmtpFault | undefined): void
  leave(): Promise<void>
  close(): Promise<void>
}

export async function startSmtpServer(): Promise<SmtpServer> {
  const mails: Mail[] = []
  const logins: string[] = []
  const sockets = new Set<Socket>()
  let fault: SmtpFault | undefined
  let arrived = 0
  const server = createServer(socket => {
    sockets.add(socket)
    arrived += 1
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    const say = (at: SmtpStage, line: string): boolean => {
      if (fault?.at !== at) {
        socket.write(`${line}\r\n`)
        return true
      }
      if ('answer' in fault) socket.write(`${fault.answer}\r\n`)
      else if (fault.does === 'cut') socket.destroy()
      return false
    }
    const talk = conversation({ say, socket, mails, logins, isFaulty: at => fault?.at === at })
    say('greeting', '220 localhost ESMTP')
    let buffered = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      buffered += text
      for (;;) {
        const end = buffered.indexOf('\r\n')
        if (end === -1) return
        const line = buffered.slice(0, end)
        buffered = buffered.slice(end + 2)
        talk(line)
      }
    })
  })
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise(resolve => server.close(resolve))
  }
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    logins,
    arrived: () => arrived,
    fault: given => {
      fault = given
    },
    leave: stop,
    close: stop,
  }
}

interface Talk {
  readonly say: (at: SmtpStage, line: string) => boolean
  readonly socket: Socket
  readonly mails: Mail[]
  readonly logins: string[]
  readonly isFaulty: (at: SmtpStage) => boolean
}

/** One connection: a function that takes line after line. */
function conversation({ say, socket, mails, logins, isFaulty }: Talk): (line: string) => void {
  let from = ''
  let to: string[] = []
  let data: string[] | undefined
  return line => {
    if (data !== undefined) {
      if (line !== '.') {
        data.push(line.replace(/^\./, ''))
        return
      }
      if (!isFaulty('end')) mails.push({ from, to, data: data.join('\n') })
      data = undefined
      say('end', '250 2.0.0 taken')
      return
    }
    const verb = (line.split(/[ :]/)[0] ?? '').toUpperCase()
    switch (verb) {
      case 'EHLO':
        socket.write('250-localhost\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n')
        return
      case 'AUTH': {
        const [, user = '', password = ''] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0')
        if (say('AUTH', '235 2.7.0 welcome')) logins.push(`${user}:${password}`)
        return
      }
      case 'MAIL':
        from = addressIn(line)
        to = []
        say('MAIL', '250 2.1.0 fine')
        return
      case 'RCPT':
        to.push(addressIn(line))
        say('RCPT', '250 2.1.5 fine')
        return
      case 'DATA':
        if (say('DATA', '354 go on')) data = []
        return
      case 'QUIT':
        socket.end('221 2.0.0 bye\r\n')
        return
      default:
        socket.write('250 2.0.0 fine\r\n')
    }
  }
}

function addressIn(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? ''
}
