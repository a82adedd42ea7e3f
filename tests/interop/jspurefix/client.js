/*
 * A FIX initiator by jspurefix, told what to do by lines of JSON on stdin; what happens to it
 * leaves as lines of JSON on stdout.
 *
 *   {"do": "send", "type": "D", "fields": {"ClOrdID": "1", ...}}
 *   {"do": "drop"}      hang up without a word, and end
 *   {"do": "logout"}    say goodbye, and end when the answer has come
 *
 *   {"event": "ready"}                                    the Logon was answered
 *   {"event": "message", "type": "8", "fields": {...}}    by jspurefix's own reading of it
 *   {"event": "wire", "sent": true, "type": "D", "text": "8=FIX.4.4|..."}
 *   {"event": "ended", "error": null}
 *
 * jspurefix judges every message it gets by its own dictionary, and answers Reject(35=3) to what
 * it does not like: that is what this program is for, and must not be turned off.
 */
'use strict'

require('reflect-metadata')
const readline = require('readline')
const {
  AsciiSession, EmptyLogFactory, SessionLauncher
} = require('jspurefix')

const TIMES = new Set(['TransactTime'])

const settings = JSON.parse(process.argv[2])

function say (event, more) {
  process.stdout.write(JSON.stringify({ event, ...more }) + '\n')
}

class Client extends AsciiSession {
  constructor (config) {
    super(config)
    // jspurefix has it on for acceptors only.
    this.checkMsgIntegrity = true
    this.lines = readline.createInterface({ input: process.stdin })
  }

  onLogon () {
    return true
  }

  onReady () {
    say('ready')
    this.lines.on('line', line => this.obey(JSON.parse(line)))
  }

  obey (command) {
    switch (command.do) {
      case 'send': {
        const fields = { ...command.fields }
        for (const name of Object.keys(fields)) {
          if (TIMES.has(name)) fields[name] = new Date(fields[name])
        }
        this.send(command.type, fields)
        break
      }
      case 'drop':
        this.stop(new Error('dropped'))
        break
      case 'logout':
        this.done()
        break
      default:
        throw new Error(`no such command: ${command.do}`)
    }
  }

  onApplicationMsg (type, view) {
    say('message', { type, fields: view.toObject() })
  }

  onDecoded (type, text) {
    say('wire', { sent: false, type, text })
  }

  onEncoded (type, text) {
    say('wire', { sent: true, type, text })
  }

  onStopped (error) {
    this.lines.close()
    process.stdin.destroy()
    say('ended', { error: error ? error.message : null })
  }
}

class Launcher extends SessionLauncher {
  constructor () {
    super(settings, null, new EmptyLogFactory())
  }

  makeFactory () {
    return { makeSession: config => new Client(config) }
  }
}

new Launcher().run().catch(error => say('failed', { error: error.message }))
