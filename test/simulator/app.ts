import { KEY, TOKEN } from '../serve.ts'

/** The app of the callbacks that tests make. */
export const APP = {
  id: 'cli_a0000000000000ff',
  secret: 'the-apps-secret',
  verificationToken: TOKEN,
  encryptKey: KEY,
}
