import { describe, expect, test } from 'vitest'
import { describeEvent } from '../../src/cli/data/describe-event.ts'
import { createProgressLine } from '../../src/cli/data/progress-line.ts'
import { createTable } from '../../src/cli/data/table.ts'
import { cut, widthOf } from '../../src/cli/data/terminal-text.ts'
import { parseWhen } from '../../src/cli/data/when.ts'
import { printable, printableLines } from '../../src/core/printable.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')

function output(terminal: { isTTY?: boolean; columns?: number } = {}) {
  let text = ''
  return { ...terminal, write: (more: string) => (text += more), text: () => text }
}

describe('times', () => {
  test.each([
    ['500ms', '2026-11-22T11:59:59.500Z'],
    ['10s', '2026-11-22T11:59:50.000Z'],
    ['5m', '2026-11-22T11:55:00.000Z'],
    ['2h', '2026-11-22T10:00:00.000Z'],
    ['7d', '2026-11-15T12:00:00.000Z'],
    ['2026-11-22', '2026-11-22T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-11-22T09:30Z', '2026-11-22T09:30:00.000Z'],
    ['2026-11-22T09:30:00.125Z', '2026-11-22T09:30:00.125Z'],
    ['2026-11-22T09:30:00+08:00', '2026-11-22T01:30:00.000Z'],
  ])('%s is %s', (written, time) => {
    expect(new Date(parseWhen(written, NOW) ?? 0).toISOString()).toBe(time)
  })

  test.each([
    '',
    '2',
    '2 h',
    '-2h',
    '1.5h',
    '2w',
    'yesterday',
    '1763800000000',
    '2026-02-30',
    '2026-13-01',
    '2026-11-22T09:30:00',
    '2026-11-22T25:00:00Z',
    '2026-11-22 09:30:00Z',
    '22.11.2026',
  ])('"%s" is none', (written) => {
    expect(parseWhen(written, NOW)).toBeUndefined()
  })
})

describe('what comes from outside', () => {
  test.each([
    ['a\u001b[31mred', 'a\\u001b[31mred'],
    ['two\nlines\ttab', 'two\\u000alines\\u0009tab'],
    ['\u009b2J', '\\u009b2J'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['\u{e0041}', '\\udb40\\udc41'],
    ['审批 é 😀', '审批 é 😀'],
  ])('%j moves no terminal', (text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  test('lines stay lines', () => {
    expect(printableLines('two\n\u001b[2Jlines')).toBe('two\n\\u001b[2Jlines')
  })

  test('JSON stays the same JSON', () => {
    const value = { id: '\u001b[2J\u007f\u009b\u202e\u2028\u{e0041}', name: '审批' }
    const line = printable(JSON.stringify(value))
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(JSON.parse(line)).toEqual(value)
  })

  test('a text is cut at a terminal column, never within a character', () => {
    expect(widthOf('审批 e\u0301')).toBe(6)
    expect(cut('审批抄送', 8)).toBe('审批抄送')
    expect(cut('审批抄送', 6)).toBe('审批…')
    expect(cut('😀😀', 3)).toBe('😀…')
  })
})

test('an event’s body is shown to the letter: a long number, an escape, a text that looks like its end', () => {
  const body = '{"id": 1502199207696941056, "é": "\\u5ba1 \\"}", "none": [ ], "l":[1,{"body":{}}]}'
  const event = `{"ref":"1","problems":["event: odd"],"deliveries":[],"body":${body}}`
  expect(describeEvent(event).split('\n')).toEqual([
    'ref  1',
    'problem: event: odd',
    '',
    'owed to nobody',
    '',
    '{',
    '  "id": 1502199207696941056,',
    '  "é": "\\u5ba1 \\"}",',
    '  "none": [ ],',
    '  "l": [',
    '    1,',
    '    {',
    '      "body": {}',
    '    }',
    '  ]',
    '}',
  ])
})

test('a body of nothing but brackets is no flood of blanks', () => {
  const body = '['.repeat(100_000) + ']'.repeat(100_000)
  const event = `{"ref":"1","problems":[],"deliveries":[],"body":${body}}`
  expect(describeEvent(event).length).toBeLessThan(100 * body.length)
})

describe('a table', () => {
  test('is aligned, also over Chinese, and has its head once', () => {
    const out = output()
    const table = createTable(['NAME', 'N'], out)
    table.add([
      ['审批抄送', '1'],
      ['b', '22'],
    ])
    table.add([['longer than all', '3']])
    expect(out.text()).toBe('NAME      N\n审批抄送  1\nb         22\nlonger than all  3\n')
  })

  test('without rows is nothing', () => {
    const out = output()
    createTable(['NAME'], out).add([])
    expect(out.text()).toBe('')
  })

  test('is cut to a terminal, and whole anywhere else', () => {
    const rows = [['x'.repeat(30), 'y'.repeat(30)]]
    const [terminal, pipe] = [output({ isTTY: true, columns: 40 }), output({ columns: 40 })]
    for (const out of [terminal, pipe]) createTable(['A', 'B'], out).add(rows)
    expect(terminal.text().split('\n')[1]).toBe(`${'x'.repeat(30)}  ${'y'.repeat(7)}…`)
    expect(pipe.text()).toContain('y'.repeat(30))
  })
})

describe('progress', () => {
  function at(seconds: readonly number[]) {
    const times = [0, ...seconds.map((second) => second * 1000)]
    return () => times.shift() ?? 0
  }

  test('a plain line a second, with rate and time left', () => {
    const out = output()
    const line = createProgressLine({
      noun: 'events',
      total: 500,
      output: out,
      clock: at([0.5, 1, 1.4, 2]),
    })
    for (const done of [50, 100, 140, 200]) line.show(done)
    line.end()
    expect(out.text()).toBe(
      '100 of 500 events, 100/s, 4 s left\n200 of 500 events, 100/s, 3 s left\n',
    )
  })

  test('without a total: how many, and how fast', () => {
    const out = output()
    createProgressLine({ noun: 'events', output: out, clock: at([2]) }).show(300)
    expect(out.text()).toBe('300 events, 150/s\n')
  })

  test('one line on a terminal, drawn again, and gone at the end', () => {
    const out = output({ isTTY: true })
    const line = createProgressLine({
      noun: 'events',
      total: 100,
      output: out,
      clock: at([0.2, 0.25, 0.4]),
    })
    for (const done of [25, 30, 50]) line.show(done)
    line.end()
    const drawings = out.text().split('\r\u001b[K')
    expect(drawings).toEqual([
      '',
      `${'█'.repeat(6)}${'░'.repeat(18)} 25 of 100 events, 125/s, 1 s left`,
      `${'█'.repeat(12)}${'░'.repeat(12)} 50 of 100 events, 125/s, 1 s left`,
      '',
    ])
  })
})
