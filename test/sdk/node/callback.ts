import { createServer } from 'node:http'
import { adaptDefault, EventDispatcher } from '@larksuiteoapi/node-sdk'
import { handle } from './handle.ts'

const { PORT, VERIFICATION_TOKEN = '', ENCRYPT_KEY = '' } = process.env

const dispatcher = new EventDispatcher({
  verificationToken: VERIFICATION_TOKEN,
  encryptKey: ENCRYPT_KEY,
}).register({ approval_cc: handle })

createServer(adaptDefault('/webhook/event', dispatcher, { autoChallenge: true })).listen(
  Number(PORT),
  '127.0.0.1',
)
