import { EventDispatcher, WSClient } from '@larksuiteoapi/node-sdk'
import { handle } from './handle.ts'

const { DOMAIN = '', APP_ID = '', APP_SECRET = '' } = process.env

const client = new WSClient({ appId: APP_ID, appSecret: APP_SECRET, domain: DOMAIN })
await client.start({ eventDispatcher: new EventDispatcher({}).register({ approval_cc: handle }) })
