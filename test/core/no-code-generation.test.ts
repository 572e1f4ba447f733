import { expect, test } from 'vitest'

test('code from strings is forbidden where core is tested, as it is at the edge', () => {
  expect(() => new Function('return 1')).toThrow(EvalError)
  // biome-ignore lint/security/noGlobalEval: it is what must not work
  expect(() => eval('1')).toThrow(EvalError)
})
